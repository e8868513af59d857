/* The keyboard: plain keys only, since those with Ctrl, Alt or Cmd belong to the browser. */

const commands = {
  k: () => act("keep"), x: () => act("reject"), d: () => act("distinct"), o: () => act("prefer"),
  a: () => act("A"), b: () => act("B"),
  m: () => current && writeNote(current), i: () => current && showFacts(current), Enter: () => current && compare(current),
  s: () => current && select(current, !current.selected), e: selectGroup, Escape: clearSelection,
  u: undo, r: redo, n: nextUnseen, g: () => moveGroup(1), G: () => moveGroup(-1),
  t: () => document.querySelector(".filters select").focus(), w: saveDecisions, l: toggleLimits, "?": showHelp,
};

const keys = [
  ["← → ↑ ↓", texts.keyMove], ["k", texts.keep], ["x", texts.reject], ["d", texts.distinct], ["o", texts.prefer],
  ["a", say(texts.move, { name: data.names.A })], ["b", say(texts.move, { name: data.names.B })], ["m", texts.note],
  ["i", texts.facts], ["Enter", texts.compare], ["f", texts.flip], ["s", texts.select], ["Shift + ← → ↑ ↓", texts.keyExtend],
  ["e", texts.keyGroup], ["Esc", texts.keyEscape], ["u", texts.undo], ["r", texts.redo], ["n", texts.nextUnseen],
  ["g", texts.keyNext], ["Shift + g", texts.keyPrevious], ["t", texts.keyFilter],
  ...(data.served ? [["l", texts.limits]] : [["w", texts.saveFile]]), ["?", texts.keys],
];

/* The letter on the key, also where another script is switched on, as for Korean. */
function letterOf(event) {
  if (/^Key[A-Z]$/.test(event.code) && !/^[a-z]$/i.test(event.key)) {
    const letter = event.code.slice(3);
    return event.shiftKey ? letter : letter.toLowerCase();
  }
  return event.key;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.target.matches("textarea, select, input:not([type=checkbox])")) return;
  const key = letterOf(event);
  if (dialog.open) {
    if (key === "f" && flip) flip();
    return;
  }
  if (key === "Enter" && event.target.matches("button, a, input")) return;
  if (key.startsWith("Arrow")) {
    move(key, event.shiftKey);
    event.preventDefault();
  } else if (Object.hasOwn(commands, key)) {
    event.preventDefault();
    commands[key]();
  }
});
