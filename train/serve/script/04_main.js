data.ways.forEach(({way, label}, number) => {
  const choice = Object.assign(element("input", ""), {type: "radio", name: "way", value: way, checked: number === 0});
  choice.addEventListener("change", () => {
    offer(data.ways[number]);
    if (photo) translate(photo);
  });
  ways.append(element("label", "", choice, label));
});
ways.hidden = data.ways.length < 2;
offer(data.ways[0]);

input.addEventListener("change", () => {
  const file = input.files[0];
  if (file) translate(file);
  input.value = ""; // so that the same one can be chosen again
});

// The whole page takes a photo, so that one that misses the field does not replace the page.
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  const file = event.dataTransfer.files[0];
  if (file) translate(file);
});
document.addEventListener("paste", (event) => {
  const file = event.clipboardData.files[0];
  if (file) translate(file);
});
