/* The page put together. */

function table(rows) {
  const [head, ...body] = rows.map((row, number) =>
    element("tr", "", ...row.map((cell, column) => {
      const made = element(number && column ? "td" : "th", "", cell);
      if (!(number && column)) made.scope = number ? "row" : "col";
      return made;
    })));
  return element("table", "counts", element("thead", "", head), element("tbody", "", ...body));
}

function section(group) {
  group.counter = element("span", "count", String(group.total));
  const made = group.images.map((row) => addEntry(row, group));
  const grid = element("div", group.images.some((row) => row.other) ? "grid pairs" : "grid", ...made.map((entry) => entry.node));
  const seen = button(texts.markSeen, "", () => look(made.filter((entry) => !entry.node.hidden)));
  group.section = element("section", "",
    element("div", "head", element("h2", "", group.name, group.counter), group.counts ? seen : null),
    element("p", "meaning", group.meaning), grid,
    group.more ? element("p", "faint", group.more) : null);
  group.section.id = group.reason;
  return group.section;
}

const progress = element("progress", "");
const progressText = element("span", "");
const undoButton = button(texts.undo, "u", undo);
const redoButton = button(texts.redo, "r", redo);
const bulk = element("div", "bulk");

function showBulk() {
  const chosen = selection();
  bulk.hidden = !chosen.length;
  if (!chosen.length) return;
  bulk.replaceChildren(element("strong", "", say(texts.selected, { count: chosen.length })),
    button(texts.keep, "k", () => act("keep")), button(texts.reject, "x", () => act("reject")),
    ...["A", "B"].map((domain) => button(say(texts.move, { name: data.names[domain] }), domain.toLowerCase(), () => act(domain))),
    button(texts.keyEscape, "Esc", clearSelection));
}

function showProgress() {
  const counted = entries.filter((entry) => entry.group.counts);
  const looked = counted.filter(isLookedAt).length;
  progress.max = counted.length || 1;
  progress.value = looked;
  progressText.textContent = say(texts.progress, { looked, total: counted.length });
  undoButton.disabled = !done.length;
  redoButton.disabled = !undone.length;
}

/* Words were heard: show them on every card that they concern. */
function changed(heard) {
  const names = new Set(heard.flatMap((word) => [word.sha256, word.other]));
  for (const name of names) for (const entry of entriesOf.get(name) || []) mark(entry);
  showProgress();
}

function toolbar() {
  progress.setAttribute("aria-label", texts.progressOf);
  return element("div", "toolbar", filterBar(),
    element("div", "tools", progress, progressText, undoButton, redoButton,
      data.served ? button(texts.limits, "l", toggleLimits) : button(texts.saveFile, "w", saveDecisions),
      button(texts.keys, "?", showHelp)), bulk);
}

async function begin() {
  await store.start();
  document.getElementById("main").append(...data.groups.map(section));
  document.getElementById("header").append(element("h1", "", data.heading), table(data.table),
    element("p", "faint", data.groups.length ? texts.intro : texts.none));
  if (!data.groups.length) return;
  tools.append(toolbar());
  entries.forEach(mark);
  applyFilters();
  showProgress();
  entries.forEach((entry) => near.observe(entry.node));
  document.getElementById("main").addEventListener("focusin", (event) => {
    const card = event.target.closest(".card");
    if (card) become(card.entry);
  });
  addEventListener("pagehide", sendLooks);
  entries[0].node.tabIndex = 0;
  if (entries.some(isLookedAt)) nextUnseen();
}

begin();
