/* Where words are kept: in this browser until they are saved to a file, or in the catalogue by way of the server. */

class BrowserStore {
  constructor() {
    this.name = "unpaired " + data.dataset.id;
    this.last = 0;
    this.own = [];
  }

  async start() {
    words.hear(data.decisions);
    try {
      this.own = JSON.parse(localStorage.getItem(this.name) || "[]");
      words.hear(this.own);
    } catch {
      this.own = [];  // a browser that keeps nothing, or what it kept is no longer ours
    }
    this.last = Math.max(0, ...[...words.latest.values()].map((word) => word.time));
  }

  async send(said) {
    const timed = said.map((word) => {
      this.last = Math.max(Date.now() / 1000, Math.round(this.last * 1000 + 1) / 1000);
      return { ...word, time: this.last };
    });
    words.hear(timed);
    const given = new Set(data.decisions.map((word) => keyOf(word) + " " + word.time));
    this.own = [...words.latest.values()].filter((word) => !given.has(keyOf(word) + " " + word.time));
    try {
      localStorage.setItem(this.name, JSON.stringify(this.own));
    } catch {
      tell(texts.notKept);
    }
    return timed;
  }
}

class ServerStore {
  constructor() {
    this.number = 0;
    this.queue = Promise.resolve();
  }

  async start() {
    this.take(data);
    setInterval(() => this.ask(), 2000);
    document.addEventListener("visibilitychange", () => this.ask());
  }

  take(answer) {
    this.number = Math.max(this.number, answer.number);
    return words.hear(answer.decisions);
  }

  /* One request after the other, so that each knows what the one before it changed. */
  send(said) {
    const sent = this.queue.then(() => this.post(said));
    this.queue = sent.catch(() => {});
    return sent;
  }

  async post(said) {
    const answer = await fetch("decisions", {
      method: "POST", headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ after: this.number, decisions: said }),
    });
    const content = await answer.json();
    if (answer.status === 409) {
      changed(this.take(content));
      throw new Error(texts.overtaken);
    }
    if (!answer.ok) throw new Error(content.error);
    if (content.gone) tell(say(texts.gone, { count: content.gone }));
    return this.take(content);
  }

  async ask() {
    if (document.hidden) return;
    try {
      const answer = await fetch("decisions?after=" + this.number);
      if (answer.ok) changed(this.take(await answer.json()));
      else if (answer.status === 403) tell(texts.refused);
    } catch {
      tell(texts.noServer);
    }
  }
}

const store = data.served ? new ServerStore() : new BrowserStore();
