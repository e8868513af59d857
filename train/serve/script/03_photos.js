let photo = null, ticket = 0, clock = 0, addresses = [];

const chosenWay = () => document.querySelector("fieldset input:checked")?.value ?? data.ways[0].way;

function addressOf(blob) {
  const address = URL.createObjectURL(blob);
  addresses.push(address);
  return address;
}

function jpegOf(text) {
  return new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], {type: "image/jpeg"});
}

function shapedAs(width, height) {
  stage.style.setProperty("--ratio", width / height);
  stage.style.setProperty("--most", `${4 * width}px`);
}

function forget() {
  addresses.forEach((address) => URL.revokeObjectURL(address));
  addresses = [];
}

// The photo itself while it is worked on, where the browser can show it.
function preview(file) {
  const picture = new Image();
  const mine = ticket;
  picture.addEventListener("load", () => {
    if (mine !== ticket || !result.classList.contains("working")) return;
    shapedAs(picture.naturalWidth, picture.naturalHeight);
    before.alt = after.alt = "";
    before.src = after.src = picture.src;
    slideTo(100);
    result.hidden = false;
  });
  picture.src = addressOf(file);
}

function working(isWorking) {
  clearInterval(clock);
  result.classList.toggle("working", isWorking);
  document.body.setAttribute("aria-busy", isWorking);
  elapsed.textContent = "";
  if (!isWorking) return;
  const began = performance.now();
  clock = setInterval(() => { elapsed.textContent = `${Math.round((performance.now() - began) / 1000)} s`; }, 1000);
}

function show(made, file, way) {
  const others = addresses;
  addresses = [];
  shapedAs(made.width, made.height);
  after.src = download.href = addressOf(jpegOf(made.after));
  before.src = addressOf(jpegOf(made.before));
  others.forEach((address) => URL.revokeObjectURL(address));
  before.alt = `${texts.before}: ${file.name}`;
  after.alt = `${texts.after}: ${file.name}`;
  download.download = `${file.name.replace(/\.[^.]*$/, "") || "photo"}-${way}.jpg`;
  const from = made.original[0] === made.width ? "" : ` (${texts.scaled} ${made.original.join(" × ")})`;
  facts.textContent = `${made.width} × ${made.height}${from} · ${made.seconds} ${texts.seconds}`;
  result.hidden = false;
  result.scrollIntoView({block: "nearest"});
  bloom();
}

async function answerOf(response) {
  try {
    return await response.json();
  } catch {
    return {error: response.status === 413 ? texts.tooLarge : texts.gone};
  }
}

// Sends a photo, and shows what comes back unless another was sent meanwhile.
async function translate(file) {
  const mine = ++ticket, way = chosenWay();
  photo = file;
  problem.textContent = told.textContent = "";
  if (file.size > data.mostBytes) { refuse(texts.tooLarge); return; }
  told.textContent = texts.working;
  working(true);
  preview(file);
  let made;
  try {
    made = await answerOf(await fetch(`translate/${way}`, {
      method: "POST", body: file, headers: {"Content-Type": "application/octet-stream"},
    }));
  } catch {
    made = {error: texts.gone};
  }
  if (mine !== ticket) return;
  working(false);
  told.textContent = made.error ? "" : texts.done;
  if (made.error) refuse(made.error);
  else show(made, file, way);
}

function refuse(text) {
  working(false);
  photo = null;
  result.hidden = true;
  forget();
  problem.textContent = text;
}

function offer(found) {
  photos.replaceChildren(...Array.from({length: found.photos}, (_, number) => {
    const picture = element("img", ""), button = element("button", "", picture);
    button.type = "button";
    picture.src = `photo/${found.way}/${number}`;
    picture.alt = `${texts.photo} ${number + 1}`;
    button.addEventListener("click", async () => {
      try {
        const answer = await fetch(picture.src);
        translate(new File([await answer.blob()], `${texts.photo} ${number + 1}.jpg`));
      } catch {
        refuse(texts.gone);
      }
    });
    return button;
  }));
  toTry.hidden = !found.photos;
}
