/* The decisions as a file for `pipeline curate --review FILE` (curate/saved.py reads it). */

function saveDecisions() {
  if (data.served) {
    tell(texts.writtenAtOnce);
    return;
  }
  sendLooks();
  const content = { decisions_of: 1, dataset: data.dataset.id, name: data.dataset.name, decisions: store.own };
  const address = URL.createObjectURL(new Blob([JSON.stringify(content, null, 1)], { type: "application/json" }));
  const made = element("a", "");
  made.href = address;
  made.download = "decisions-" + data.dataset.name.replace(/[^\p{L}\p{N}_-]+/gu, "_") + ".json";
  document.body.append(made);
  made.click();
  made.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  tell(say(texts.savedAs, { file: made.download }));
}
