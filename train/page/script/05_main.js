const RELOAD_MILLISECONDS = 20000, ALIVE_MILLISECONDS = 300000, ASK_MILLISECONDS = 2000, PATIENCE_MILLISECONDS = 10000;
const sections = data.runs.map((run) => section(run.charts.length));
const message = element("p", "message");
message.setAttribute("role", "status");

function show(runs) {
  data.runs = runs;
  sections.forEach(([, update], number) => update(runs[number]));
}

function say(text) {
  if (message.textContent !== text) message.textContent = text;
}

let tag = data.tag;

// Asks the server for what is new; one that answers "the same" costs it a look at some files' times.
async function ask() {
  try {
    const answer = await fetch("runs", {
      headers: {"If-None-Match": tag}, cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    });
    if (answer.status === 200) {
      const newer = await answer.json();
      show(newer.runs);
      tag = answer.headers.get("ETag");
    }
    say(answer.ok || answer.status === 304 ? "" : (await answer.json()).error);
  } catch {
    say(data.texts.gone);
  }
}

async function keepAsking() {
  if (!document.hidden) await ask();
  setTimeout(keepAsking, ASK_MILLISECONDS);
}

document.getElementById("main").append(...sections.map(([node]) => node), message);
document.body.classList.toggle("several", data.runs.length > 1);
show(data.runs);
if (data.served) {
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
  setTimeout(keepAsking, ASK_MILLISECONDS);
} else if (data.runs.some((run) => !run.finished && Date.now() - run.written < ALIVE_MILLISECONDS)) {
  // From disk nothing can be asked: the page is looked at again, unless somebody reads something else than the latest.
  setInterval(() => { if (!touched && !document.hidden) location.reload(); }, RELOAD_MILLISECONDS);
}
