/* Which words stand, by the rules of pipeline/decisions.py. A word is {sha256, other, action, value, time}. */

const topics = {
  keep: "verdict", reject: "verdict", distinct: "pair", prefer: "pair", move: "domain", note: "note", look: "look",
};

function topicOf(word) {
  return word.action === "undo" ? word.value : topics[word.action] || "";
}

function keyOf(word) {
  return word.sha256 + " " + word.other + " " + topicOf(word);
}

function isLater(word, than) {
  const rank = (one) => [one.sha256, one.other, one.action, one.value].join("\n");
  return word.time !== than.time ? word.time > than.time : rank(word) > rank(than);
}

function sayTheSame(first, second) {
  return ["sha256", "other", "action", "value"].every((name) => first[name] === second[name]);
}

class Words {
  constructor() {
    this.latest = new Map();
  }

  /* Take words in, in any order and any number of times; returns those that changed what stands. */
  hear(words) {
    return words.filter((word) => {
      const known = this.latest.get(keyOf(word));
      if (known && !isLater(word, known)) return false;
      this.latest.set(keyOf(word), word);
      return true;
    });
  }

  /* The word that stands on a topic, or null. */
  on(sha256, other, topic) {
    const word = this.latest.get(sha256 + " " + other + " " + topic);
    return word && word.action !== "undo" ? word : null;
  }

  stands(word) {
    const known = this.on(word.sha256, word.other, topicOf(word));
    return word.action === "undo" ? known === null : known !== null && sayTheSame(known, word);
  }

  /* The word that would bring back what stands now on a word's topic. */
  restoring(word) {
    const known = this.on(word.sha256, word.other, topicOf(word));
    if (known) return { ...known };
    return { sha256: word.sha256, other: word.other, action: "undo", value: topicOf(word) };
  }
}

function onImage(sha256, action, value = "") {
  return { sha256, other: "", action, value };
}

function onPair(first, second, action, value = "") {
  const [sha256, other] = [first, second].sort();
  return { sha256, other, action, value };
}

const words = new Words();
