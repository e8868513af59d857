/* Two pictures over each other, a note, and the list of keys. */

let flip = null;

function openDialog(name, label, ...children) {
  const close = button("×", "", () => dialog.close());
  close.className = "close";
  close.setAttribute("aria-label", texts.close);
  dialog.className = name;
  dialog.setAttribute("aria-label", label);
  dialog.replaceChildren(close, element("h2", "", label), ...children);
  if (!dialog.open) dialog.showModal();
}

dialog.addEventListener("close", () => {
  flip = null;
  dialog.replaceChildren();
  if (current) goTo(current);
});

/* Lays the other picture of a pair where comparing the two found it: mirrored, cropped, turned or bordered. Both frames
   get the first one's shape; the numbers are shares of its width and height, as percentages of a shift in CSS are. */
function layOver(row, over) {
  const [a, b, c, d, e, f] = row.place;
  const ratio = data.images[row.sha256].ratio;
  over.style.setProperty("--ratio", ratio);
  over.querySelector(".frame:last-child img").style.transform =
    `translate(${100 * c}%, ${100 * f}%) matrix(${a}, ${d / ratio}, ${b * ratio}, ${e}, 0, 0)`;
  over.classList.add("laid");
}

/* The two lie in frames of one size, so that a copy of another size covers the original; one key shows them in turn in
   the same place, where the eye sees every difference. */
function compare(entry) {
  become(entry);
  const { row, group } = entry;
  if (!row.other) {
    openDialog("compare", row.why || group.name, element("div", "stage", pictureOf(row.sha256, true)), provenance(row.sha256));
    return;
  }
  const roles = [texts.rejected, group.role];
  const stages = [row.sha256, row.other].map((sha256) => element("div", "stage", pictureOf(sha256, true)));
  const over = element("div", "stage both", pictureOf(row.sha256, true), pictureOf(row.other, true));
  if (row.place.length && over.querySelectorAll("img").length === 2) layOver(row, over);
  const role = element("p", "role", roles[0]);
  flip = () => {
    const isOther = over.classList.toggle("flipped");
    role.textContent = roles[Number(isOther)];
  };
  openDialog("compare", row.why || group.name,
    element("div", "stages", ...stages.map((stage, side) => element("div", "", element("p", "role", roles[side]), stage)),
      element("div", "", role, over)),
    button(texts.flip, "f", () => flip()));
}

function writeNote(entry) {
  become(entry);
  const note = saidOf(entry.row).note;
  const field = element("textarea", "");
  field.maxLength = 2000;
  field.value = note ? note.value : "";
  field.setAttribute("aria-label", texts.note);
  const save = async () => {
    const text = field.value.trim().replaceAll("\0", "");
    const word = text ? onImage(entry.row.sha256, "note", text) : onImage(entry.row.sha256, "undo", "note");
    dialog.close();
    await decide([word]);
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save();
  });
  openDialog("noting", texts.note, field, button(texts.save, "Ctrl+Enter", save));
  field.focus();
}

function showFacts(entry) {
  entry.open = !entry.open;
  fill(entry);
}

function showHelp() {
  const rows = keys.map(([key, meaning]) => element("tr", "", element("th", "", element("kbd", "", key)), element("td", "", meaning)));
  openDialog("help", texts.keys, element("table", "keys", element("tbody", "", ...rows)));
}
