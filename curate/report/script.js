"use strict";
const data = JSON.parse(document.getElementById("data").textContent);

function element(tag, name, ...children) {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.append(...children.filter((child) => child !== null));
  return made;
}

function link(address) {
  const made = element("a", "", data.texts.page);
  made.href = address;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  return made;
}

function frame(image) {
  if (!image.picture) return element("div", "frame", data.texts.nothing);
  const picture = element("img", "");
  picture.src = image.picture;
  picture.alt = image.title;
  return element("div", "frame", picture);
}

function figure(sha256, role, name) {
  const image = data.images[sha256];
  const facts = element("div", "faint", image.size);
  if (image.query) facts.append(" · ", image.query);
  const hash = element("div", "hash", sha256.slice(0, 12));
  if (image.link) hash.append(" · ", link(image.link));
  const caption = element("figcaption", "",
    role ? element("div", "role", role) : null,
    image.title ? element("div", "title", image.title) : null,
    facts, hash);
  return element("figure", name, frame(image), caption);
}

function card(group, rejected) {
  const sides = element("div", "sides", figure(rejected.sha256, rejected.other ? data.texts.rejected : "", ""));
  if (rejected.other) {
    const isCopy = group.reason === "duplicate";
    sides.append(figure(rejected.other, isCopy ? data.texts.instead : data.texts.twin, isCopy ? "kept" : ""));
  }
  return element("article", "card", rejected.why ? element("p", "why", rejected.why) : null, sides);
}

function section(group) {
  const grid = element("div", group.images.some((image) => image.other) ? "grid pairs" : "grid",
    ...group.images.map((image) => card(group, image)));
  const made = element("section", "",
    element("h2", "", group.name, element("span", "count", String(group.total))),
    element("p", "meaning", group.meaning), grid,
    group.more ? element("p", "faint", group.more) : null);
  made.id = group.reason;
  return made;
}

function table(rows) {
  const [head, ...body] = rows.map((row, number) =>
    element("tr", "", ...row.map((cell, column) => element(number && column ? "td" : "th", "", cell))));
  return element("table", "", element("thead", "", head), element("tbody", "", ...body));
}

function chip(group) {
  const made = element("a", "", group.name, element("span", "count", String(group.total)));
  made.href = "#" + group.reason;
  return made;
}

document.getElementById("header").append(
  element("h1", "", data.heading), table(data.table),
  data.groups.length ? element("nav", "", ...data.groups.map(chip)) : element("p", "faint", data.texts.none));
document.getElementById("main").append(...data.groups.map(section));
