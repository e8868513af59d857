"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const texts = data.texts;

function element(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children);
  return made;
}

const isTouched = matchMedia("(pointer: coarse)").matches;
const input = Object.assign(element("input", "hidden"), {type: "file", accept: "image/*"});
const drop = element("label", "drop", input, element("strong", "", isTouched ? texts.choose : texts.drop), element("span", "faint", texts.limits));
const ways = element("fieldset", "", element("legend", "", texts.direction));
const photos = element("div", "photos"), toTry = element("div", "try", element("p", "faint", texts.try), photos);
const told = element("span", ""), elapsed = element("span", ""), state = element("p", "status", told, " ", elapsed);
const problem = element("p", "alert");
told.setAttribute("role", "status");
elapsed.setAttribute("aria-hidden", "true");
problem.setAttribute("role", "alert");

const before = element("img", "before"), after = element("img", "after"), handle = element("span", "handle");
const slider = Object.assign(element("input", ""), {type: "range", min: 0, max: 100, step: 1, value: 50});
slider.setAttribute("aria-label", texts.slider);
const stage = element("div", "stage", after, before, slider, handle, element("span", "tag first", texts.before),
  element("span", "tag last", texts.after));
const download = element("a", "button", texts.download), facts = element("p", "faint");
const result = element("section", "result", stage,
  element("div", "actions", download, facts), element("p", "faint", isTouched ? texts.touch : texts.help));
result.hidden = true;

document.getElementById("header").append(element("h1", "", data.name));
document.getElementById("main").append(element("div", "controls", ways, drop, toTry, state, problem), result);
