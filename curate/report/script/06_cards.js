/* How an entry looks. Cards are filled when they come near the screen and emptied when they are far, so that two
   thousand of them cost no more than the few that are seen. */

function pictureOf(sha256, large) {
  const image = data.images[sha256];
  if (!image.picture) return element("div", "frame", texts.nothing);
  const picture = element("img", "");
  picture.decoding = "async";
  picture.alt = image.title || texts.untitled;
  picture.src = large && data.served ? "picture/" + sha256 : image.picture;
  picture.addEventListener("error", () => picture.replaceWith(texts.nothing));
  return element("div", "frame", picture);
}

function fact(name, value) {
  return value ? [element("dt", "", name), element("dd", "", value)] : [];
}

function provenance(sha256) {
  const image = data.images[sha256];
  return element("dl", "facts",
    ...fact(texts.query, image.query), ...fact(texts.engine, image.engine), ...fact(texts.licence, image.licence),
    ...fact(texts.attribution, image.attribution),
    ...fact(texts.page, image.link && link(image.link, image.link)),
    ...fact(texts.file, image.file && link(image.file, image.file)),
    ...fact("sha256", sha256));
}

function figure(sha256, role, name, open) {
  const image = data.images[sha256];
  const caption = element("figcaption", "",
    role ? element("div", "role", role) : null,
    image.title ? element("div", "title", image.title) : null,
    element("div", "faint", [image.size, image.query].filter(Boolean).join(" · ")),
    open ? provenance(sha256) : null);
  return element("figure", name, pictureOf(sha256, false), caption);
}

function sides(entry) {
  const { row, group, open } = entry;
  const made = element("div", "sides", figure(row.sha256, row.other ? texts.rejected : "", "", open));
  if (row.other) {
    made.append(figure(row.other, group.role, group.reason === "duplicate" ? "kept" : "", open));
  }
  return made;
}

function tags(entry) {
  const { row } = entry;
  const said = saidOf(row);
  const found = [];
  if (said.verdict) found.push(said.verdict.action === "keep" ? texts.saidKeep : texts.saidReject);
  if (said.domain) found.push(say(texts.saidMove, { name: data.names[said.domain.value] }));
  if (said.pair && said.pair.action === "distinct") found.push(texts.saidDistinct);
  if (said.pair && said.pair.action === "prefer") {
    found.push(said.pair.value === row.sha256 ? texts.saidPrefer : texts.saidStay);
  }
  const made = element("p", "tags", ...found.map((text) => element("span", "tag", text)));
  if (said.note) made.append(element("span", "note", said.note.value));
  return made;
}

function action(entry, name, label, key) {
  const made = button(label, key, () => act(name, [entry]));
  made.setAttribute("aria-pressed", String(words.stands(wordsFor(name, entry.row)[0])));
  made.disabled = refusal(name, entry) !== "";
  return made;
}

function actions(entry) {
  const { row, group } = entry;
  const made = element("div", "actions", action(entry, "keep", texts.keep, "k"), action(entry, "reject", texts.reject, "x"));
  if (row.other) made.append(action(entry, "distinct", texts.distinct, "d"));
  if (group.reason === "duplicate") made.append(action(entry, "prefer", texts.prefer, "o"));
  for (const domain of ["A", "B"]) {
    if (group.reason === "domain_conflict" || row.domain !== domain) {
      made.append(action(entry, domain, say(texts.move, { name: data.names[domain] }), domain.toLowerCase()));
    }
  }
  made.append(button(texts.note, "m", () => writeNote(entry)), button(texts.facts, "i", () => showFacts(entry)));
  return made;
}

function checkbox(entry) {
  const box = element("input", "");
  box.type = "checkbox";
  box.checked = entry.selected;
  box.setAttribute("aria-label", texts.select);
  box.addEventListener("change", () => select(entry, box.checked));
  return box;
}

function fill(entry) {
  const { node, row } = entry;
  const held = node.contains(document.activeElement) && document.activeElement !== node;
  const place = held ? [...node.querySelectorAll("button, input, a")].indexOf(document.activeElement) : -1;
  const view = button("", "", () => compare(entry));
  view.className = "view";
  view.title = texts.compare + " — Enter";
  view.setAttribute("aria-label", texts.compare);
  view.append("⤢");
  node.replaceChildren(
    element("div", "top", checkbox(entry), element("p", "why", row.why || entry.group.name), view),
    sides(entry), tags(entry), actions(entry));
  entry.filled = true;
  if (place >= 0) node.querySelectorAll("button, input, a")[place]?.focus();
}

/* The card keeps its height, which the observer measured: asking for it here would lay out the whole page anew. */
function empty(entry, height) {
  if (!entry.filled || entry.node.contains(document.activeElement)) return;
  if (height) entry.node.style.minHeight = height + "px";
  entry.node.replaceChildren();
  entry.filled = false;
}

/* What a card says of itself without being filled: how it was decided, selected, looked at, or would change. */
function mark(entry) {
  const { node, row } = entry;
  const said = saidOf(row);
  const verdict = said.verdict ? said.verdict.action : said.pair && said.pair.value === row.sha256 ? "keep" : "";
  node.dataset.said = verdict || (isDecided(entry) ? "other" : "");
  node.dataset.looked = String(isLookedAt(entry));
  node.classList.toggle("selected", entry.selected);
  node.setAttribute("aria-label", [row.why || entry.group.name, data.images[row.sha256].title].filter(Boolean).join(", "));
  if (entry.filled) fill(entry);
}

const near = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting, boundingClientRect } of seen) {
    if (!isIntersecting) empty(target.entry, boundingClientRect.height);
    else if (!target.entry.filled) fill(target.entry);
  }
}, { rootMargin: "300px 0px" });
