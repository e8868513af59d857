let touched = false;

function warning(one) {
  const head = element("div", "head", element("strong", "", one.name), one.ways ? " " + one.ways : null,
    element("span", "faint", ` · ${data.texts.step} ${one.step.toLocaleString()}`));
  return element("li", "", head, element("p", "", one.advice));
}

function warnings() {
  const list = element("ul", "");
  const node = element("section", "warnings", element("h2", "", data.texts.warnings), list);
  node.setAttribute("aria-live", "polite");
  const fill = shown(list, (all) => all.map(warning));
  return [node, (run) => { node.hidden = !run.warnings.length; fill(run.warnings); }];
}

function options() {
  const lists = element("div", "lists"), node = element("details", "", element("summary", "", data.texts.options), lists);
  const rows = (all, changed) => all.filter((one) => one[2] === changed)
    .map(([name, value]) => element("tr", "", element("th", "", name), element("td", "", value || "–")));
  const list = (all, name, changed) => element("div", "", element("h3", "", name),
    element("table", "", element("tbody", "", ...rows(all, changed))));
  const fill = shown(lists, (all) => [list(all, data.texts.changed, true), list(all, data.texts.others, false)]);
  let opened = false;
  return [node, (run) => {
    if (!opened && !run.steps.length && !run.samples.length) node.open = true; // there is nothing else to see
    opened = true;
    fill(run.options);
  }];
}

function link([name, address]) {
  const made = element("a", "", name);
  made.href = address;
  return made;
}

function head() {
  const title = element("h1", ""), facts = element("dl", "");
  const named = shown(title, ([name, finished, state]) => [name, element("span", finished ? "state done" : "state", state)]);
  const told = shown(facts, (all) =>
    all.map(([name, value]) => element("div", "", element("dt", "", name), element("dd", "", value))));
  return [element("div", "top", title, facts), (run) => {
    named([run.name, run.finished, run.state]);
    const written = new Date(run.written).toLocaleString(document.documentElement.lang);
    told([...run.facts, [data.texts.written, written]]);
  }];
}

// A run, and the function that shows a newer state of it.
function section(count) {
  const files = element("p", "links"), named = shown(files, (all) => [data.texts.files + ": ", ...all.map(link)]);
  const parts = {head: head(), warnings: warnings(), samples: samples(), losses: losses(count), options: options()};
  const node = element("article", "run", parts.head[0], parts.warnings[0],
    element("section", "", element("h2", "", data.texts.samples), parts.samples[0]),
    element("section", "", element("h2", "", data.texts.losses), parts.losses[0]),
    element("section", "", parts.options[0], files));
  return [node, (run) => {
    Object.values(parts).forEach(([, update]) => update(run));
    named(run.files);
  }];
}
