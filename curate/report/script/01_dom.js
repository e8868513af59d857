/* What the page was given, and how elements are made. Strangers' text becomes text nodes, never markup. */
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const texts = data.texts;

function element(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function button(label, key, act) {
  const made = element("button", "", label);
  made.type = "button";
  if (key) {
    made.title = label + " — " + key;
    made.append(element("kbd", "", key));
  }
  made.addEventListener("click", act);
  return made;
}

function link(address, label) {
  const made = element("a", "", label);
  made.href = address;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  return made;
}

function option(value, label) {
  const made = element("option", "", label);
  made.value = value;
  return made;
}

/* A sentence of the catalogue with its fields filled in: say("and {count} more", {count: 3}). */
function say(sentence, fields) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in fields ? String(fields[name]) : whole));
}

function part(tag, id) {
  const made = element(tag, "");
  made.id = id;
  return made;
}

/* The parts of the page beside #header and #main. */
const tools = part("div", "tools");
const limitPanel = part("div", "limits");
const messages = part("p", "message");
const dialog = part("dialog", "dialog");
limitPanel.hidden = true;
messages.hidden = true;
messages.setAttribute("role", "status");
tools.append(limitPanel);
document.getElementById("main").before(tools);
document.getElementById("main").after(messages, dialog);

function tell(text) {
  messages.textContent = text;
  messages.hidden = false;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => { messages.hidden = true; }, 6000);
}
