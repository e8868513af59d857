"""Google's page from within: the selectors of its parts, and the scripts that the browser runs in it."""

TILES = ("div[data-docid], [data-lpage]", "div[jsname=dTDiAc]")
"""By structure, then by name; the first that finds anything counts."""
PANEL = "div[jsname=figiqf]"
SHOW_MORE = ("결과 더보기", "더보기", "Show more results", "More results", "もっと見る", "Weitere Ergebnisse")

NEXT_TILES = """
const [selectors, panel, most] = arguments;
const read = (window.readTiles ??= new WeakSet());
for (const selector of selectors) {
  const tiles = [...document.querySelectorAll(selector)].filter((tile) =>
    tile.querySelector("img") && !tile.parentElement.closest(selector) && !tile.closest(panel));
  if (!tiles.length) continue;
  const fresh = tiles.filter((tile) => !read.has(tile)).slice(0, most);
  for (const tile of fresh) read.add(tile);
  if (fresh.length) fresh[0].scrollIntoView({ block: "center", behavior: "instant" });
  return [tiles.length, fresh];
}
return [0, []];
"""
READ_TILES = """
return arguments[0].map((tile) => {
  const link = [...tile.querySelectorAll("a")].find((one) => one.href.includes("imgurl="));
  const image = tile.querySelector("img");
  return [link ? link.href : "", tile.dataset.docid || "", tile.dataset.lpage || "", image ? image.alt : ""];
});
"""
INTO_VIEW = 'arguments[0].scrollIntoView({ block: "center", behavior: "instant" });'
_IMAGES_BESIDE_TILES = """
const selector = arguments[0].join(", ");
return [...document.images].filter((image) => !image.closest(selector) && image.getBoundingClientRect().width >= 100)
"""
REMEMBER_IMAGES = f"""
const known = (window.knownImages = new Map());
const images = (() => {{ {_IMAGES_BESIDE_TILES} }})();
for (const image of images) known.set(image, image.src);
window.rememberedAt = performance.now();
performance.clearResourceTimings();
"""
NEW_IMAGES = f"""
const images = (() => {{ {_IMAGES_BESIDE_TILES} }})();
const last = images.at(-1);
const asked = performance.getEntriesByType("resource")
  .filter((one) => one.initiatorType === "img" && one.startTime >= window.rememberedAt);
const shown = last && window.knownImages.get(last) !== last.src ? last.src : "";
return [shown, asked.map((one) => one.name)];
"""
"""The last image where it is another one than before, and what the page asked for since: a page that waits until the
full image has loaded never shows it here, since the browser reaches the engine's own hosts only. An entry appears only
when its load ends, so that by then it may be one of the tile before: it tells when it began."""
SCRIPT_DATA = """
const found = [...document.scripts].map((script) => script.textContent)
  .map((text) => [text, text.indexOf('"' + arguments[0] + '"')]).find(([, place]) => place >= 0);
return found ? found[0].slice(found[1], found[1] + 4000) : "";
"""
FIND_MORE = """
const [selectors, words] = arguments;
const shown = (one) => one.checkVisibility() && one.getBoundingClientRect().width > 0 && !one.disabled;
const last = selectors.map((selector) => [...document.querySelectorAll(selector)].at(-1)).find(Boolean);
const follows = (one) => last && last.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;
const buttons = [...document.querySelectorAll("input[type=button]")].filter(shown);
const named = [...document.querySelectorAll("button, [role=button]")].filter(shown)
  .filter((one) => words.includes(one.textContent.trim()));
window.scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
return buttons.filter(follows).at(-1) || buttons.find((one) => words.includes(one.value)) || named.at(-1) || null;
"""
STATE = """
return [location.href, !!document.querySelector("form#captcha-form"), document.body ? document.body.innerText : ""];
"""
