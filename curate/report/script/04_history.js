/* What was done and can be taken back: every step remembers the words that brought it and those that undo it. */

const done = [];
const undone = [];

async function send(said) {
  try {
    changed(await store.send(said));
    return true;
  } catch (error) {
    tell(error instanceof TypeError ? texts.noServer : error.message);
    return false;
  }
}

/* Say something, unless it stands already. */
async function decide(said) {
  const fresh = said.filter((word) => !words.stands(word));
  if (!fresh.length) return;
  const step = { forth: fresh, back: fresh.map((word) => words.restoring(word)) };
  if (await send(fresh)) {
    done.push(step);
    undone.length = 0;
    changed([]);
  }
}

/* Go one step from `from` to `to`, but for the words that somebody else has changed since. */
async function step(from, to, before, after) {
  const last = from.pop();
  if (!last) {
    tell(texts.noStep);
    return;
  }
  const places = last[before].map((word, place) => (words.stands(word) ? place : -1)).filter((place) => place >= 0);
  const kept = { forth: places.map((place) => last.forth[place]), back: places.map((place) => last.back[place]) };
  if (places.length < last.forth.length) tell(texts.overtaken);
  if (!places.length) return;
  if (await send(kept[after])) to.push(kept);
  else from.push(last);
  changed([]);
  const entry = entries.find((one) => one.row.sha256 === kept.forth[0].sha256 && !one.node.hidden);
  if (entry) goTo(entry);
}

const undo = () => step(done, undone, "forth", "back");
const redo = () => step(undone, done, "back", "forth");
