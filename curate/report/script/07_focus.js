/* Where a person is, what is selected, and what was looked at. */

let current = null;

const shown = () => entries.filter((entry) => !entry.node.hidden);
const selection = () => entries.filter((entry) => entry.selected && !entry.node.hidden);

function targets() {
  const chosen = selection();
  return chosen.length ? chosen : current ? [current] : [];
}

function goTo(entry) {
  if (!entry.filled) fill(entry);
  entry.node.focus({ preventScroll: true });
  entry.node.scrollIntoView({ block: "nearest" });
}

function become(entry) {
  if (current === entry) return;
  if (current) current.node.tabIndex = -1;
  current = entry;
  entry.node.tabIndex = 0;
  look([entry]);
}

/* Many looks go in one request; they are no steps that could be undone. */
const looks = new Map();

function look(seen) {
  for (const entry of seen) {
    if (!entry.group.counts || isLookedAt(entry)) continue;
    looks.set(entry.row.sha256, onImage(entry.row.sha256, "look", standOf(entry.row, entry.group)));
  }
  clearTimeout(look.timer);
  if (looks.size) look.timer = setTimeout(sendLooks, 400);
}

function sendLooks() {
  const seen = [...looks.values()].filter((word) => !words.stands(word));
  looks.clear();
  return seen.length ? send(seen) : undefined;
}

function select(entry, isOn) {
  entry.selected = isOn;
  mark(entry);
  showBulk();
}

function clearSelection() {
  for (const entry of entries) if (entry.selected) select(entry, false);
}

function selectGroup() {
  if (!current) return;
  const group = shown().filter((entry) => entry.group === current.group);
  const isOn = !group.every((entry) => entry.selected);
  for (const entry of group) select(entry, isOn);
}

/* The card that lies in a direction; up and down look for the nearest one in the next row. */
function neighbour(direction) {
  const all = shown();
  const place = all.indexOf(current);
  if (place < 0) return all[0];
  if (direction === "ArrowLeft") return all[place - 1];
  if (direction === "ArrowRight") return all[place + 1];
  const way = direction === "ArrowDown" ? 1 : -1;
  const box = current.node.getBoundingClientRect();
  let best = null;
  for (let at = place + way; all[at]; at += way) {
    const other = all[at].node.getBoundingClientRect();
    if (Math.abs(other.top - box.top) < 4) continue;
    if (best && Math.abs(other.top - best.top) > 4) break;
    const far = Math.abs(other.left - box.left);
    if (!best || far < best.far) best = { entry: all[at], far, top: other.top };
  }
  return best ? best.entry : undefined;
}

function move(direction, extend) {
  const next = neighbour(direction);
  if (!next) return;
  if (extend) {
    if (current) select(current, true);
    select(next, true);
  }
  goTo(next);
}

function moveGroup(way) {
  const heads = data.groups.filter((group) => shown().some((entry) => entry.group === group));
  const place = current ? heads.indexOf(current.group) : -1;
  const group = heads[Math.min(Math.max(place + way, 0), heads.length - 1)];
  const first = shown().find((entry) => entry.group === group);
  if (first) goTo(first);
}

/* The next image that nobody looked at, from here on and then from the start. */
function nextUnseen() {
  const all = shown();
  const place = all.indexOf(current) + 1;
  const next = [...all.slice(place), ...all.slice(0, place)].find((entry) => !isLookedAt(entry) && entry.group.counts);
  if (next) goTo(next);
  else tell(texts.allSeen);
}
