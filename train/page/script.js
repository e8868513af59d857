"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const WIDTH = 400, HEIGHT = 190, LEFT = 46, RIGHT = 8, TOP = 8, BOTTOM = 22;
const RELOAD_MILLISECONDS = 20000, ALIVE_MILLISECONDS = 300000;
let touched = false;

function element(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children.filter((child) => child !== null));
  return made;
}

function drawn(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const short = (value) => value === null || value === undefined ? "–" : String(Number(value.toPrecision(3)));

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

// From 0, or what lies below it, to all but the highest hundredth: one early peak must not flatten the rest.
function rangeOf(number) {
  const values = data.runs.flatMap((run) => run.charts[number].curves.flatMap((curve) => curve.values))
    .filter((value) => value !== null).sort((one, other) => one - other);
  if (!values.length) return [0, 1];
  const low = Math.min(0, values[Math.floor(values.length * 0.01)]);
  const high = values[Math.min(values.length - 1, Math.floor(values.length * 0.99))];
  return [low, high > low ? low + (high - low) * 1.08 : low + 1];
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
  for (const value of [low, (low + high) / 2, high]) {
    made.append(
      drawn("line", {x1: LEFT, x2: WIDTH - RIGHT, y1: y(value), y2: y(value)}),
      drawn("text", {x: LEFT - 6, y: y(value) + 4, "text-anchor": "end"}, short(value)));
  }
  const ends = [[LEFT, "start", run.steps[0]], [WIDTH - RIGHT, "end", run.steps[run.steps.length - 1]]];
  for (const [x, anchor, step] of run.steps.length > 1 ? ends : ends.slice(0, 1)) {
    made.append(drawn("text", {x, y: HEIGHT - 5, "text-anchor": anchor}, step.toLocaleString()));
  }
  return made;
}

function curveOf(curve, number, xs, y) {
  const made = drawn("g", {class: "curve curve" + number});
  const known = curve.values.filter((value) => value !== null);
  if (known.length === 1) {
    const index = curve.values.indexOf(known[0]);
    made.append(drawn("circle", {cx: xs[index], cy: y(known[0]), r: 4}));
  } else {
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

function chart(run, number) {
  const {title, curves} = run.charts[number];
  const [low, high] = rangeOf(number);
  const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (Math.min(Math.max(value, low), high) - low) / (high - low));
  const first = run.steps[0], span = run.steps[run.steps.length - 1] - first || 1;
  const xs = run.steps.map((step) => LEFT + (WIDTH - LEFT - RIGHT) * (step - first) / span);
  const cursor = drawn("line", {class: "cursor", y1: TOP, y2: HEIGHT - BOTTOM, x1: 0, x2: 0, visibility: "hidden"});
  const entries = curves.map(legend);
  const where = element("span", "where");
  const picture = drawn("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", tabindex: "0"},
    axes(run, low, high, y), ...curves.map((curve, index) => curveOf(curve, index, xs, y)), cursor);
  let at = run.steps.length - 1;

  function read(index) {
    at = Math.min(Math.max(index, 0), run.steps.length - 1);
    const epoch = run.epochs[at] === null ? "" : ` · ${data.texts.epoch} ${run.epochs[at]}`;
    where.textContent = `${data.texts.step} ${run.steps[at].toLocaleString()}${epoch}`;
    entries.forEach(([, value], index) => { value.textContent = short(curves[index].values[at]); });
    cursor.setAttribute("x1", xs[at]);
    cursor.setAttribute("x2", xs[at]);
    picture.setAttribute("aria-label", `${title}. ${where.textContent}. `
      + curves.map((curve) => `${curve.name} ${short(curve.values[at])}`).join(", "));
  }

  function show(index) {
    touched = true;
    cursor.setAttribute("visibility", "visible");
    read(index);
  }

  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * WIDTH;
    show(xs.reduce((best, one, index) => Math.abs(one - x) < Math.abs(xs[best] - x) ? index : best, 0));
  });
  picture.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    read(run.steps.length - 1);
  });
  picture.addEventListener("keydown", (event) => {
    const far = Math.max(1, Math.round(run.steps.length / 50));
    const next = {ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at + far, PageDown: at - far, Home: 0,
      End: run.steps.length - 1}[event.key];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    show(next);
  });
  read(at);
  return element("figure", "chart", element("figcaption", "", element("span", "name", title), where), picture,
    element("div", "legend", ...entries.map(([entry]) => entry)));
}

function losses(run) {
  if (!run.steps.length) return element("p", "faint", data.texts.noLines);
  const shown = run.charts.map((one, number) => number).filter((number) => run.charts[number].curves.length);
  return element("div", "", element("div", "charts", ...shown.map((number) => chart(run, number))),
    element("p", "faint help", data.texts.chartHelp));
}

function samples(run) {
  if (!run.samples.length) return element("p", "faint", data.texts.noSamples);
  const picture = element("img", ""), label = element("output", ""), missing = element("p", "faint");
  const slider = element("input", "");
  Object.assign(slider, {type: "range", min: 0, max: run.samples.length - 1, step: 1, value: run.samples.length - 1});
  slider.setAttribute("aria-label", data.texts.samples);
  picture.addEventListener("load", () => {
    picture.width = picture.naturalWidth * Math.max(1, Math.min(3, Math.floor(1160 / picture.naturalWidth)));
    missing.textContent = "";
  });
  picture.addEventListener("error", () => { missing.textContent = data.texts.missing; });

  function show() {
    const [step, address] = run.samples[Number(slider.value)];
    label.textContent = `${data.texts.step} ${step.toLocaleString()}`;
    slider.setAttribute("aria-valuetext", label.textContent);
    picture.alt = `${label.textContent}: ${data.columns.join(", ")}`;
    picture.src = address;
  }

  slider.addEventListener("input", () => { touched = true; show(); });
  show();
  const columns = element("div", "columns", ...data.columns.map((name) => element("span", "", name)));
  return element("div", "samples", element("div", "control", slider, label), missing,
    element("div", "sheet", columns, picture), element("p", "faint help", data.texts.sliderHelp));
}

function warning(one) {
  const head = element("div", "head", element("strong", "", one.name), one.ways ? " " + one.ways : null,
    element("span", "faint", ` · ${data.texts.step} ${one.step.toLocaleString()}`));
  return element("li", "", head, element("p", "", one.advice));
}

function options(run) {
  const rows = (changed) => run.options.filter((one) => one[2] === changed)
    .map(([name, value]) => element("tr", "", element("th", "", name), element("td", "", value || "–")));
  const list = (name, changed) => element("div", "", element("h3", "", name),
    element("table", "", element("tbody", "", ...rows(changed))));
  return element("details", "", element("summary", "", data.texts.options),
    element("div", "lists", list(data.texts.changed, true), list(data.texts.others, false)));
}

function link([name, address]) {
  const made = element("a", "", name);
  made.href = address;
  return made;
}

function head(run) {
  const written = new Date(run.written).toLocaleString(document.documentElement.lang);
  const facts = [...run.facts, [data.texts.written, written]];
  return element("div", "top", element("h1", "", run.name, element("span", run.finished ? "state done" : "state", run.state)),
    element("dl", "", ...facts.map(([name, value]) => element("div", "", element("dt", "", name), element("dd", "", value)))));
}

function section(run) {
  const told = run.warnings.length
    ? element("section", "warnings", element("h2", "", data.texts.warnings), element("ul", "", ...run.warnings.map(warning)))
    : null;
  return element("article", "run", head(run), told,
    element("section", "", element("h2", "", data.texts.samples), samples(run)),
    element("section", "", element("h2", "", data.texts.losses), losses(run)),
    element("section", "", options(run), element("p", "links", data.texts.files + ": ", ...run.files.map(link))));
}

document.getElementById("main").append(...data.runs.map(section));
document.body.classList.toggle("several", data.runs.length > 1);

// A run that is still being written is looked at again, unless somebody is reading something else than the latest.
if (data.runs.some((run) => !run.finished && Date.now() - run.written < ALIVE_MILLISECONDS)) {
  setInterval(() => { if (!touched && !document.hidden) location.reload(); }, RELOAD_MILLISECONDS);
}
