"use strict";
const data = JSON.parse(document.getElementById("data").textContent);

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

// A function that fills a node anew where what it shows has changed, and only then: nothing flickers, a selection stays.
function shown(node, contents) {
  let last = "";
  return (value) => {
    const text = JSON.stringify(value);
    if (text === last) return;
    last = text;
    node.replaceChildren(...contents(value).filter((child) => child !== null));
  };
}

// A number in three digits, and one beside an axis, where there is less room: 2e-4.
const short = (value) => value === null || value === undefined ? "–" : String(Number(value.toPrecision(3)));
const sign = (value) => value !== 0 && Math.abs(value) < 0.001 ? value.toExponential() : short(value);
