// The share of the picture, from the left, that shows it as it was.
function slideTo(percent) {
  slider.value = percent;
  stage.style.setProperty("--at", `${percent}%`);
  slider.setAttribute("aria-valuetext", `${Math.round(percent)} % ${texts.before}`);
}

const stillness = matchMedia("(prefers-reduced-motion: reduce)");
let sliding = 0;

// From all before to mostly after, in a second: seen to bloom. Whoever takes the slider has it.
function bloom() {
  cancelAnimationFrame(sliding);
  const from = 100, to = 15, began = performance.now();
  if (stillness.matches) { slideTo(50); return; }
  const move = (now) => {
    const done = Math.min(1, (now - began) / 1200), eased = done * done * (3 - 2 * done);
    slideTo(from + (to - from) * eased);
    if (done < 1) sliding = requestAnimationFrame(move);
  };
  move(began);
}

slider.addEventListener("input", () => {
  cancelAnimationFrame(sliding);
  slideTo(Number(slider.value));
});
slider.addEventListener("keydown", () => cancelAnimationFrame(sliding));
