/* The images to be looked at, each an entry: its row, its group and its card; and what a person said of it. */

const entries = [];
const entriesOf = new Map();

function addEntry(row, group) {
  const node = element("article", "card");
  node.tabIndex = -1;
  const entry = { row, group, node, filled: false, open: false, selected: false };
  node.entry = entry;
  entries.push(entry);
  for (const sha256 of [row.sha256, row.other]) {
    if (sha256) entriesOf.set(sha256, [...(entriesOf.get(sha256) || []), entry]);
  }
  return entry;
}

function saidOf(row) {
  const [first, second] = [row.sha256, row.other].sort();
  return {
    verdict: words.on(row.sha256, "", "verdict"),
    domain: words.on(row.sha256, "", "domain"),
    pair: row.other ? words.on(first, second, "pair") : null,
    note: words.on(row.sha256, "", "note"),
  };
}

/* Under what an image stood; when that changes, it has to be looked at again. */
function standOf(row, group) {
  return group.reason === "doubtful" ? row.flags : group.reason;
}

function isDecided(entry) {
  const said = saidOf(entry.row);
  return Boolean(said.verdict || said.domain || said.pair);
}

function isLookedAt(entry) {
  const look = words.on(entry.row.sha256, "", "look");
  return isDecided(entry) || (look !== null && look.value === standOf(entry.row, entry.group));
}

/* The words that an action means for an entry; together they take back what stands against them. */
function wordsFor(action, row) {
  const { sha256, other } = row;
  if (action === "A" || action === "B") return [onImage(sha256, "move", action)];
  if (action === "distinct") return [onPair(sha256, other, "distinct")];
  if (action !== "prefer") return [onImage(sha256, action)];
  const against = [onImage(other, "keep"), onImage(sha256, "reject")].filter((word) => words.stands(word));
  return [onPair(sha256, other, "prefer", sha256), ...against.map((word) => onImage(word.sha256, "undo", "verdict"))];
}

function refusal(action, entry) {
  const { row, group } = entry;
  if ((action === "distinct" && !row.other) || (action === "prefer" && group.reason !== "duplicate")) return texts.noPair;
  if (action === "keep" && row.fixed) return texts.cannotKeep;
  if (action === "keep" && group.reason === "domain_conflict") return texts.sayDomain;
  return "";
}

/* Act on the selected entries, or on the current one. What all of them say already is taken back. */
async function act(action, chosen = targets()) {
  const able = chosen.filter((entry) => !refusal(action, entry));
  if (!able.length) {
    if (chosen.length) tell(refusal(action, chosen[0]));
    return;
  }
  const said = able.flatMap((entry) => wordsFor(action, entry.row));
  const main = able.map((entry) => wordsFor(action, entry.row)[0]);
  const isBack = main.every((word) => words.stands(word));
  await decide(isBack ? main.map((word) => ({ ...word, action: "undo", value: topicOf(word) })) : said);
  if (able.length < chosen.length) tell(say(texts.someNot, { count: chosen.length - able.length }));
}
