// The result page's own script. What a program does by script (untrusted events) changes nothing here, as on the pages
// that this one stands for; a real pointer does.
"use strict";

function run(config) {
  const grid = document.getElementById("islrg");
  const sentinel = document.getElementById("more");
  const showMore = sentinel.querySelector("input");
  const column = document.getElementById("viewer");
  const tiles = []; // in the order shown: {element, facts}
  const tileOf = new Map(); // element -> its place in `tiles`
  let state = config.seed;
  let batches = 0;
  let allowed = config.showMoreAfter || Infinity;
  let loading = null;

  function random() { // mulberry32: seeded, since each load's missing names must be repeatable
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  function make(tag, role, jsname, properties) {
    const element = document.createElement(tag);
    element.className = config.names[role];
    if (jsname && random() < config.jsname) element.setAttribute("jsname", jsname);
    return Object.assign(element, properties);
  }

  function adopt(batch) {
    const payload = batch.querySelector("script[type='text/plain']");
    const facts = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload.text), (c) => c.charCodeAt(0))));
    facts.forEach((fact, index) => {
      const element = batch.children[index];
      tileOf.set(element, tiles.length);
      tiles.push({ element, facts: fact });
      element.querySelectorAll("img[data-src]").forEach((image) => lazy.observe(image));
    });
    batches += 1;
    settle();
  }

  const lazy = new IntersectionObserver((entries) => {
    entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => {
      target.src = target.dataset.src;
      lazy.unobserve(target);
    });
  }, { rootMargin: "300px" });

  const bottom = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && batches < allowed) more();
  }, { rootMargin: "400px" });

  function exhausted() { return tiles.length >= config.total; }

  function settle() {
    bottom.unobserve(sentinel);
    showMore.hidden = exhausted() || batches < allowed;
    if (exhausted()) sentinel.append(make("div", "ended", "", { textContent: config.ended }));
    else bottom.observe(sentinel); // observing anew reports at once when the batch was too short to scroll
  }

  function more() {
    if (!loading && !exhausted()) loading = fetchBatch().finally(() => { loading = null; });
    return loading || Promise.resolve();
  }

  async function fetchBatch() {
    const parameters = new URLSearchParams({ q: config.query, start: tiles.length, load: config.load });
    const answer = await fetch("/async?" + parameters);
    if (answer.redirected) { // the wall: /sorry/index
      location.assign(answer.url);
      return;
    }
    const holder = document.createElement("div");
    holder.innerHTML = await answer.text();
    const batch = holder.firstElementChild;
    grid.append(batch);
    adopt(batch);
  }

  function placeOf(target) {
    for (let element = target; element && element !== grid; element = element.parentElement) {
      if (tileOf.has(element)) return tileOf.get(element);
    }
    return -1;
  }

  grid.addEventListener("mouseover", (event) => {
    const place = placeOf(event.target);
    if (!event.isTrusted || !config.hoverLink || place < 0) return;
    const { element, facts } = tiles[place];
    const link = element.querySelector("a");
    if (link) {
      link.href = "/imgres?" + [
        ["q", config.query], ["imgurl", facts.image], ["imgrefurl", facts.page], ["docid", facts.docid],
        ["tbnid", facts.tbnid], ["w", facts.width], ["h", facts.height],
      ].map(([key, value]) => key + "=" + encodeURIComponent(value)).join("&");
    }
  });

  grid.addEventListener("click", (event) => {
    const place = placeOf(event.target);
    const link = event.target.closest("a");
    if (link && place >= 0 && link !== tiles[place].element.querySelector("a")) return; // the caption leads away
    event.preventDefault();
    if (event.isTrusted && config.panel && place >= 0) open(place);
  });

  showMore.addEventListener("click", (event) => {
    if (!event.isTrusted) return;
    showMore.hidden = true; // at once: a second click before the batch has come would count as another
    allowed += config.showMoreAfter;
    more();
  });

  function open(place) {
    const { facts } = tiles[place];
    const panel = make("div", "panel", "figiqf");
    const bar = make("div", "bar");
    bar.append(make("span", "host", "", { textContent: facts.host }), nextButton(place), closeButton());
    const link = make("a", "stage", "", safe(facts.page));
    link.append(picture(facts));
    panel.append(bar, link, make("a", "heading", "", { textContent: facts.title, ...safe(facts.page) }));
    panel.append(make("div", "size", "", { textContent: facts.width + " × " + facts.height }));
    column.append(panel); // appended: the earlier panels stay in the document, beneath this one
    document.body.classList.add(config.names.viewing);
  }

  function safe(address) {
    return /^https?:/.test(address) ? { href: address, target: "_blank", rel: "noopener noreferrer" } : {};
  }

  function picture(facts) {
    const image = make("img", "full", "kn3ccd", { alt: facts.title, src: "/images?q=tbn:" + facts.tbnid });
    const [least, most] = config.previewDelay;
    const full = new Image();
    const show = () => { image.src = facts.image; };
    const begin = () => (config.panelWaits ? Object.assign(full, { onload: show, src: facts.image }) : show());
    setTimeout(begin, 1000 * (least + (most - least) * random()));
    return image;
  }

  function nextButton(place) {
    const last = () => place + 1 >= tiles.length;
    const button = make("button", "next", "OCpkoe", { type: "button", textContent: "›", disabled: last() && exhausted() });
    button.setAttribute("aria-label", "다음 이미지");
    button.addEventListener("click", async (event) => {
      if (!event.isTrusted) return;
      if (last()) await more();
      if (!last()) open(place + 1);
    });
    return button;
  }

  function closeButton() {
    const button = make("button", "close", "tqp7ud", { type: "button", textContent: "×" });
    button.setAttribute("aria-label", "닫기");
    button.addEventListener("click", () => document.body.classList.remove(config.names.viewing));
    return button;
  }

  adopt(grid.firstElementChild);
}
