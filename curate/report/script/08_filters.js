/* Which entries are shown: by reason, domain, query, and how far they are looked at. */

const filters = { reason: "", domain: "", query: "", state: "" };

const states = {
  unseen: (entry) => !isLookedAt(entry),
  decided: isDecided,
  noted: (entry) => saidOf(entry.row).note !== null,
  changing: (entry) => entry.node.dataset.change !== undefined,
};

function passes(entry) {
  const image = data.images[entry.row.sha256];
  return (!filters.reason || entry.group.reason === filters.reason)
    && (!filters.domain || entry.row.domain === filters.domain || entry.group.reason === "domain_conflict")
    && (!filters.query || image.query === filters.query)
    && (!filters.state || states[filters.state](entry));
}

function applyFilters() {
  for (const entry of entries) entry.node.hidden = !passes(entry);
  for (const group of data.groups) {
    const visible = entries.filter((entry) => entry.group === group && !entry.node.hidden).length;
    group.section.hidden = visible === 0;
    group.counter.textContent = visible === group.images.length ? String(group.total) : visible + " / " + group.total;
  }
  showBulk();
}

function choice(name, label, options) {
  const made = element("select", "");
  made.append(option("", label), ...options.map(([value, text]) => option(value, text)));
  made.setAttribute("aria-label", label);
  made.addEventListener("change", () => {
    filters[name] = made.value;
    applyFilters();
  });
  return made;
}

function filterBar() {
  const queries = [...new Set(entries.map((entry) => data.images[entry.row.sha256].query).filter(Boolean))].sort();
  const known = [["unseen", texts.unseen], ["decided", texts.decided], ["noted", texts.noted]];
  return element("div", "filters",
    choice("reason", texts.allReasons, data.groups.map((group) => [group.reason, group.name + " (" + group.total + ")"])),
    choice("domain", texts.bothDomains, Object.entries(data.names).map(([domain, name]) => [domain, name + " (" + domain + ")"])),
    choice("query", texts.allQueries, queries.map((query) => [query, query])),
    choice("state", texts.allStates, data.served ? [...known, ["changing", texts.changing]] : known));
}
