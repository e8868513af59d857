/* A limit moved by hand: the server judges all images by it and tells at once what would be kept or rejected. */

let question = null;
let isAsking = false;

function showChange(answer) {
  const change = new Map([...answer.kept.map((name) => [name, "keep"]), ...answer.rejected.map((name) => [name, "reject"])]);
  for (const entry of entries) {
    const wanted = change.get(entry.row.sha256);
    if (wanted) entry.node.dataset.change = wanted;
    else delete entry.node.dataset.change;
  }
  limitPanel.querySelector("output").textContent = say(texts.wouldChange, {
    kept: answer.kept.length, rejected: answer.rejected.length });
  limitPanel.querySelector("code").textContent = answer.command;
  if (filters.state === "changing") applyFilters();
}

/* One question at a time; of those that come while the server thinks only the last is asked. */
async function preview(name, value) {
  question = { name, value };
  if (isAsking) return;
  isAsking = true;
  while (question) {
    const asked = new URLSearchParams(question);
    question = null;
    try {
      const answer = await fetch("preview?" + asked);
      const content = await answer.json();
      if (answer.ok) showChange(content);
      else tell(content.error);
    } catch {
      tell(texts.noServer);
    }
  }
  isAsking = false;
}

function limitControls(limit) {
  const slider = element("input", "");
  Object.assign(slider, { type: "range", min: limit.low, max: limit.high, step: "any", value: limit.value });
  slider.setAttribute("aria-label", say(texts.limitOf, { name: limit.label }));
  const value = element("span", "value", limit.value.toPrecision(4));
  slider.addEventListener("input", () => {
    value.textContent = Number(slider.value).toPrecision(4);
    preview(limit.name, slider.value);
  });
  return [slider, value];
}

function toggleLimits() {
  if (!data.served) return;
  limitPanel.hidden = !limitPanel.hidden;
  if (limitPanel.hidden || limitPanel.childElementCount) return;
  const place = element("span", "control");
  const chosen = element("select", "");
  chosen.append(...data.limits.map((limit) => option(limit.name, limit.label)));
  chosen.setAttribute("aria-label", texts.limits);
  const show = () => place.replaceChildren(...limitControls(data.limits.find((limit) => limit.name === chosen.value)));
  chosen.addEventListener("change", show);
  show();
  limitPanel.append(chosen, place, element("output", ""), element("code", ""));
}
