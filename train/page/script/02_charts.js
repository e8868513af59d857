const WIDTH = 400, HEIGHT = 190, LEFT = 46, RIGHT = 8, TOP = 8, BOTTOM = 22;

// The mean of the last values, heavier the later, without the pull of the start.
function smoothed(values) {
  const keep = 1 - 1 / Math.max(1, values.length / 40);
  let sum = 0, weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = keep * sum + value;
    weight = keep * weight + 1;
    return sum / weight;
  });
}

// From 0, or what lies below it, to all but the highest hundredth: one early peak must not flatten the rest. The same
// for all runs, so that curves side by side compare.
function rangeOf(number) {
  const values = data.runs.flatMap((run) => run.charts[number].curves.flatMap((curve) => curve.values))
    .filter((value) => value !== null).sort((one, other) => one - other);
  if (!values.length) return [0, 1];
  const low = Math.min(0, values[Math.floor(values.length * 0.01)]);
  const high = values[Math.min(values.length - 1, Math.floor(values.length * 0.99))];
  return [low, high > low ? low + (high - low) * 1.08 : low + 1];
}

// Round numbers in a range: one, two or five times a power of ten apart, three to six of them.
function marks(low, high) {
  const rough = (high - low) / 3, power = 10 ** Math.floor(Math.log10(rough));
  const apart = [5, 2, 1].map((one) => one * power).find((one) => one <= rough);
  const first = Math.ceil(low / apart), count = Math.floor(high / apart) - first + 1;
  return Array.from({length: count}, (_, index) => Number(((first + index) * apart).toPrecision(6)));
}

function path(xs, values, y) {
  let pen = "M";
  return values.map((value, index) => {
    if (value === null) { pen = "M"; return ""; }
    const piece = `${pen}${xs[index].toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
    return piece;
  }).join("");
}

function axes(run, low, high, y) {
  const made = drawn("g", {class: "axes"});
  for (const value of marks(low, high)) {
    made.append(
      drawn("line", {x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value)}),
      drawn("text", {x: LEFT - 6, y: y(value) + 4, "text-anchor": "end"}, sign(value)));
  }
  const ends = [[LEFT, "start", run.steps[0]], [WIDTH - RIGHT, "end", run.steps[run.steps.length - 1]]];
  for (const [x, anchor, step] of run.steps.length > 1 ? ends : ends.slice(0, 1)) {
    made.append(drawn("text", {x, y: HEIGHT - 5, "text-anchor": anchor}, step.toLocaleString()));
  }
  return made;
}

function curveOf(curve, noisy, number, xs, y) {
  const made = drawn("g", {class: "curve curve" + number});
  const known = curve.values.map((value, index) => [value, index]).filter(([value]) => value !== null);
  if (known.length === 1 || (!noisy && known.length < xs.length / 2)) {
    made.append(...known.map(([value, index]) => drawn("circle", {cx: xs[index], cy: y(value), r: known.length > 1 ? 2.5 : 4})));
  }
  if (!noisy) {
    made.append(drawn("path", {class: "smooth", d: path(known.map(([, index]) => xs[index]), known.map(([value]) => value), y)}));
  } else if (known.length > 1) {
    made.append(drawn("path", {class: "raw", d: path(xs, curve.values, y)}),
      drawn("path", {class: "smooth", d: path(xs, smoothed(curve.values), y)}));
  }
  return made;
}

function legend(curve, number) {
  const value = element("b", "", short(curve.values.filter((one) => one !== null).pop()));
  const swatch = drawn("svg", {class: "swatch curve" + number, viewBox: "0 0 18 8", "aria-hidden": "true"},
    drawn("path", {class: "smooth", d: "M0 4L18 4"}));
  return [element("span", "entry", swatch, curve.name + " ", value), value];
}

const nearest = (values, wanted) =>
  values.reduce((best, one, index) => Math.abs(one - wanted) < Math.abs(values[best] - wanted) ? index : best, 0);

// A chart of a run, and the function that draws it again: who reads a value of the past stays at its step.
function chart(number) {
  const cursor = drawn("line", {class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM, x1: 0, x2: 0, visibility: "hidden"});
  const name = element("span", "name"), where = element("span", "where"), keys = element("div", "legend");
  const picture = drawn("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", tabindex: "0"});
  const node = element("figure", "chart", element("figcaption", "", name, where), picture, keys);
  let run, curves, noisy, xs = [], entries = [], at = 0, reading = false;

  // What is measured rarely stands until it is measured again.
  function valueAt(curve, index) {
    while (!noisy && index > 0 && curve.values[index] === null) index -= 1;
    return short(curve.values[index]);
  }

  function read(index) {
    at = Math.min(Math.max(index, 0), run.steps.length - 1);
    const epoch = run.epochs[at] === null ? "" : ` · ${data.texts.epoch} ${run.epochs[at]}`;
    where.textContent = `${data.texts.step} ${run.steps[at].toLocaleString()}${epoch}`;
    entries.forEach(([, value], index) => { value.textContent = valueAt(curves[index], at); });
    cursor.setAttribute("x1", xs[at]);
    cursor.setAttribute("x2", xs[at]);
    cursor.setAttribute("visibility", reading ? "visible" : "hidden");
    picture.setAttribute("aria-label", `${name.textContent}. ${where.textContent}. `
      + curves.map((curve) => `${curve.name} ${valueAt(curve, at)}`).join(", "));
  }

  function show(index) {
    touched = reading = true;
    read(index);
  }

  function leave() {
    reading = false;
    read(run.steps.length - 1);
  }

  function draw(newer) {
    const step = reading ? run.steps[at] : null;
    run = newer;
    ({curves, noisy} = run.charts[number]);
    node.hidden = !curves.length;
    if (node.hidden) return;
    name.textContent = run.charts[number].title;
    const [low, high] = rangeOf(number);
    const y = (value) =>
      TOP + (HEIGHT - TOP - BOTTOM) * (1 - (Math.min(Math.max(value, low), high) - low) / (high - low));
    const first = run.steps[0], span = run.steps[run.steps.length - 1] - first || 1;
    xs = run.steps.map((one) => LEFT + (WIDTH - LEFT - RIGHT) * (one - first) / span);
    entries = curves.map(legend);
    keys.replaceChildren(...entries.map(([entry]) => entry));
    picture.replaceChildren(axes(run, low, high, y), ...curves.map((curve, index) => curveOf(curve, noisy, index, xs, y)), cursor);
    read(step === null ? run.steps.length - 1 : nearest(run.steps, step));
  }

  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    show(nearest(xs, (event.clientX - box.left) / box.width * WIDTH));
  });
  picture.addEventListener("pointerleave", leave);
  picture.addEventListener("blur", leave);
  picture.addEventListener("keydown", (event) => {
    const far = Math.max(1, Math.round(run.steps.length / 50));
    const next = {ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at + far, PageDown: at - far, Home: 0,
      End: run.steps.length - 1}[event.key];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(next);
  });
  return [node, draw];
}

function losses(count) {
  const nothing = element("p", "faint", data.texts.noLines), charts = Array.from({length: count}, (_, number) => chart(number));
  const all = element("div", "", element("div", "charts", ...charts.map(([node]) => node)),
    element("p", "faint help", data.texts.chartHelp));
  return [element("div", "", nothing, all), (run) => {
    nothing.hidden = run.steps.length > 0;
    all.hidden = !run.steps.length;
    if (run.steps.length) charts.forEach(([, draw]) => draw(run));
  }];
}
