// The sheets of a run with a slider, and the function that takes newer ones: who looks at the latest goes on to the
// next, who looks at another keeps it.
function samples() {
  const picture = element("img", ""), label = element("output", ""), missing = element("p", "faint");
  const slider = Object.assign(element("input", ""), {type: "range", min: 0, max: 0, step: 1, value: 0});
  const nothing = element("p", "faint", data.texts.noSamples);
  const columns = element("div", "columns", ...data.columns.map((name) => element("span", "", name)));
  const all = element("div", "", element("div", "control", slider, label), missing,
    element("div", "sheet", columns, picture), element("p", "faint help", data.texts.sliderHelp));
  let sheets = [];
  slider.setAttribute("aria-label", data.texts.samples);
  picture.addEventListener("load", () => {
    picture.width = picture.naturalWidth * Math.max(1, Math.min(3, Math.floor(1160 / picture.naturalWidth)));
    missing.textContent = "";
  });
  picture.addEventListener("error", () => { missing.textContent = data.texts.missing; });

  function show() {
    const [step, address] = sheets[Number(slider.value)];
    label.textContent = `${data.texts.step} ${step.toLocaleString()}`;
    slider.setAttribute("aria-valuetext", label.textContent);
    picture.alt = `${label.textContent}: ${data.columns.join(", ")}`;
    if (picture.getAttribute("src") !== address) picture.src = address;
    [sheets[Number(slider.value) - 1], sheets[Number(slider.value) + 1]].forEach((one) => { if (one) new Image().src = one[1]; });
  }

  slider.addEventListener("input", () => { touched = true; show(); });
  return [element("div", "samples", nothing, all), (run) => {
    const at = sheets[Number(slider.value)], latest = Number(slider.value) >= sheets.length - 1;
    sheets = run.samples;
    nothing.hidden = sheets.length > 0;
    all.hidden = !sheets.length;
    if (!sheets.length) return;
    slider.max = sheets.length - 1;
    slider.value = latest ? sheets.length - 1 : nearest(sheets.map(([step]) => step), at[0]);
    show();
  }];
}
