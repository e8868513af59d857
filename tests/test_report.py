"""The report of rejected images: one file, no network, and strangers' text stays text."""

import base64
import hashlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chromium import Reader
from numpy.typing import NDArray
from PIL import Image, ImageOps
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from test_build import OPTIONS, add, picture, run

from curate.relation import relate
from curate.report.groups import MOST_PER_REASON
from curate.report.page import Reported, report_page, served_page
from curate.report.shown import Shown
from curate.saved import read_saved
from curate.view import view_of
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.files import sha256_of
from pipeline.language import is_korean
from pipeline.records import Candidate, Decision, Domain, Split, Verdict

NAMES: dict[Domain, str] = {"A": "거리", "B": "벚꽃"}
COUNTS: dict[Split, dict[Domain, int]] = {"train": {"A": 118, "B": 60}, "test": {"A": 13, "B": 7}}
EVIL = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


def sha(number: int) -> str:
    return f"{number:064x}"


def jpeg() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 12), "pink").save(buffer, "JPEG")
    return buffer.getvalue()


def shown(**candidate: str) -> Shown:
    source = Candidate("B", "google", candidate.pop("query", "벚꽃"), 0, candidate.pop("image_url", ""), **candidate)  # type: ignore[arg-type]
    return Shown(640, 480, 640 * 480, 1000, jpeg(), source)


def page(verdicts: list[Verdict], images: dict[str, Shown] | None = None) -> str:
    return report_page(Reported("f00d", "trees", NAMES, COUNTS, verdicts, images or {})).decode()


def data_of(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    data = json.loads(found[1])
    assert isinstance(data, dict)
    return data


def test_the_policy_allows_this_script_this_style_and_pictures_inside_and_nothing_else() -> None:
    html = page([])
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)
    assert policy and style and script
    hashes = [base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode() for found in (script, style)]
    assert policy[1] == (
        f"default-src 'none'; script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


def test_no_tag_can_begin_in_the_data() -> None:
    html = page([Verdict(sha(1), "too_small", score=9, threshold=128)], {sha(1): shown(title=EVIL, query=EVIL)})
    data = html.split('id="data">')[1].split("</script>")[0]
    assert not set("<>&\u2028\u2029") & set(data)
    images = data_of(html)["images"]
    assert isinstance(images, dict)
    assert images[sha(1)]["title"] == EVIL


def test_the_dataset_s_name_is_escaped_in_the_title() -> None:
    html = report_page(Reported("f00d", EVIL, NAMES, COUNTS, [], {})).decode()
    assert "<img" not in html.split("<style>", maxsplit=1)[0]


@pytest.mark.parametrize(
    ("page_url", "image_url", "link"),
    [
        ("https://example.org/p", "https://example.org/i.jpg", "https://example.org/p"),
        ("javascript:alert(1)", "http://example.org/i.jpg", "http://example.org/i.jpg"),
        ("data:text/html,x", "file:///etc/passwd", ""),
        ("http:no-host", "http://[broken", ""),
    ],
)
def test_only_addresses_of_the_web_become_links(page_url: str, image_url: str, link: str) -> None:
    html = page([Verdict(sha(1), "empty")], {sha(1): shown(page_url=page_url, image_url=image_url)})
    images = data_of(html)["images"]
    assert isinstance(images, dict)
    assert images[sha(1)]["link"] == link
    assert images[sha(1)]["file"] == (
        image_url if image_url.startswith("http://example") or image_url.startswith("https") else ""
    )


def test_a_reason_with_very_many_images_shows_some_and_counts_the_rest() -> None:
    html = page([Verdict(sha(number), "empty") for number in range(MOST_PER_REASON + 20)])
    (group,) = data_of(html)["groups"]  # type: ignore[misc]
    assert (group["total"], len(group["images"])) == (MOST_PER_REASON + 20, MOST_PER_REASON)
    assert group["more"] == "and 20 more that are not shown"


def test_the_most_frequent_reason_comes_first_and_says_score_and_threshold() -> None:
    verdicts = [
        Verdict(sha(5), "empty"),
        Verdict(sha(2), "duplicate", score=0.98, detail="same content", other=sha(1)),
        Verdict(sha(3), "duplicate", score=1, detail="under a veil", other=sha(1)),
    ]
    groups = data_of(page(verdicts, {sha(number): shown() for number in (1, 2, 3)}))["groups"]
    assert isinstance(groups, list)
    assert [group["reason"] for group in groups] == ["duplicate", "empty"]
    assert groups[0]["images"][0]["why"] == (
        "the same content everywhere (correlation 0.98); the other comes first by its hash"
    )


@pytest.mark.parametrize(
    ("better", "advantage"),
    [
        (Shown(100, 100, 10_000, 9, b"", None), "has more real detail"),
        (Shown(200, 100, 2_500, 9, b"", None), "has more pixels"),
        (Shown(100, 100, 2_500, 99, b"", None), "has more bytes"),
        (Shown(100, 100, 2_500, 9, b"", None), "comes first by its hash"),
    ],
)
def test_a_copy_says_why_the_other_was_kept(better: Shown, advantage: str) -> None:
    images = {sha(2): Shown(100, 100, 2_500, 9, b"", None), sha(1): better}
    verdict = Verdict(sha(2), "duplicate", score=1, detail="same content", other=sha(1))
    (group,) = data_of(page([verdict], images))["groups"]  # type: ignore[misc]
    assert group["images"][0]["why"].endswith(f"the other {advantage}")


def test_the_least_certain_comes_first() -> None:
    scores = {1: 9.0, 2: 3.6, 3: 5.0}
    verdicts = [Verdict(sha(number), "not_a_photo", score=score, threshold=3.5) for number, score in scores.items()]
    (group,) = data_of(page(verdicts))["groups"]  # type: ignore[misc]
    assert [image["sha256"] for image in group["images"]] == [sha(2), sha(3), sha(1)]


def test_kept_images_with_a_doubt_are_shown_first_with_their_flags() -> None:
    doubtful = Verdict(sha(1), "", domain="A", split="train", flags="not_a_photo,noisy")
    verdicts = [doubtful, Verdict(sha(2), "empty"), Verdict(sha(3), "empty"), Verdict(sha(4), "", "A", "test")]
    groups = data_of(page(verdicts))["groups"]
    assert isinstance(groups, list)
    assert [group["reason"] for group in groups] == ["doubtful", "empty"]
    assert [image["sha256"] for image in groups[0]["images"]] == [sha(1)]
    assert groups[0]["images"][0]["why"] == "No photo, Noisy"


def test_the_page_is_korean_where_the_locale_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    is_korean.cache_clear()
    assert '<html lang="ko">' in page([])


def test_what_a_person_decided_stands_in_groups_of_its_own_at_the_end() -> None:
    verdicts = [
        Verdict(sha(1), "", "A", "train", flags="text,reviewed"),
        Verdict(sha(2), "review", flags="reviewed"),
        Verdict(sha(3), "empty"),
        Verdict(sha(4), "", "A", "train", flags="text"),
    ]
    groups = data_of(page(verdicts))["groups"]
    assert isinstance(groups, list)
    assert [(group["reason"], group["counts"]) for group in groups] == [
        ("doubtful", True),
        ("empty", True),
        ("review", False),
        ("reviewed", False),
    ]


def test_a_served_page_shows_all_images_the_kept_ones_last_and_by_domain() -> None:
    verdicts = [
        *(Verdict(sha(number), "empty") for number in range(3, MOST_PER_REASON + 9)),
        Verdict(sha(1), "", "B", "train"),
        Verdict(sha(2), "", "A", "train"),
    ]
    html = served_page(Reported("f00d", "trees", NAMES, COUNTS, verdicts, {}), 7, []).decode()
    groups, number = data_of(html)["groups"], data_of(html)["number"]
    assert isinstance(groups, list)
    assert [(group["reason"], len(group["images"]), group["counts"]) for group in groups] == [
        ("empty", MOST_PER_REASON + 6, True),
        ("kept-A", 1, False),
        ("kept-B", 1, False),
    ]
    assert number == 7


def test_what_no_word_can_keep_is_marked() -> None:
    groups = data_of(page([Verdict(sha(1), "corrupt"), Verdict(sha(2), "dark")]))["groups"]
    assert isinstance(groups, list)
    assert {group["reason"]: group["images"][0]["fixed"] for group in groups} == {"corrupt": True, "dark": False}


def test_the_page_holds_what_a_person_decided() -> None:
    said = [Decision(sha(1), "", "note", EVIL, 5.5)]
    html = report_page(Reported("f00d", "trees", NAMES, COUNTS, [], {}, said)).decode()
    assert data_of(html)["decisions"] == [{"sha256": sha(1), "other": "", "action": "note", "value": EVIL, "time": 5.5}]


def noise(seed: int) -> bytes:
    """A thumbnail of 2.9 kB, which is what 2,000 of them may have."""
    buffer = io.BytesIO()
    Image.effect_noise((96, 72), 30 + seed % 20).convert("RGB").save(buffer, "WEBP", quality=60)
    return buffer.getvalue()[:3000].ljust(3000, b"\0")


VERDICTS = [
    Verdict(sha(1), "duplicate", score=0.9, detail="same content", other=sha(9)),
    Verdict(sha(2), "duplicate", score=0.95, detail="under a veil", other=sha(9)),
    Verdict(sha(3), "dark", score=50, threshold=60),
    Verdict(sha(4), "dark", score=10, threshold=60),
    Verdict(sha(5), "corrupt"),
    Verdict(sha(6), "domain_conflict", other=sha(7)),
    Verdict(sha(7), "domain_conflict", other=sha(6)),
    Verdict(sha(8), "", "A", "train", flags="noisy"),
]
IMAGES = {
    sha(1): shown(title=EVIL, page_url="https://example.org/", licence="CC BY 4.0"),
    sha(2): shown(query="가로수길"),
    **{sha(number): shown(title=f"No. {number}") for number in (3, 4, 6, 7, 8, 9)},
    sha(5): Shown(0, 0, 0, 1000, b"", None),
}


def opened(reader: Reader, folder: Path, verdicts: Sequence[Verdict] = VERDICTS) -> Path:
    path = folder / "index.html"
    path.write_text(page(list(verdicts), IMAGES), encoding="utf-8")
    reader.open_afresh(path)
    return path


@pytest.mark.browser
def test_a_browser_shows_the_pictures_and_runs_no_script_of_a_title(reader: Reader, tmp_path: Path) -> None:
    opened(reader, tmp_path)
    reader.go_to(sha(1))
    reader.press("i")
    card = reader.chrome.find_element(By.CSS_SELECTOR, ".card:focus")
    pictures = card.find_elements(By.TAG_NAME, "img")
    reader.until(lambda: [picture.get_property("naturalWidth") for picture in pictures] == [16, 16])
    assert reader.chrome.title == "trees: what was rejected"
    assert EVIL in card.text
    assert "CC BY 4.0" in card.text
    links = card.find_elements(By.CSS_SELECTOR, "figcaption a")
    assert [link.get_attribute("rel") for link in links] == ["noopener noreferrer"]
    assert reader.chrome.get_log("browser") == []  # type: ignore[no-untyped-call]


@pytest.mark.browser
def test_keys_decide_undo_and_redo(reader: Reader, tmp_path: Path) -> None:
    opened(reader, tmp_path)
    reader.go_to(sha(3))
    reader.press("k")
    reader.until(lambda: reader.said(sha(3)) == "keep")
    reader.press("x")
    reader.until(lambda: reader.said(sha(3)) == "reject")
    for expected in ("keep", ""):
        reader.press("u")
        reader.until(lambda expected=expected: reader.said(sha(3)) == expected)
    for expected in ("keep", "reject"):
        reader.press("r")
        reader.until(lambda expected=expected: reader.said(sha(3)) == expected)
    reader.press("x")
    reader.until(lambda: reader.said(sha(3)) == "")


@pytest.mark.browser
def test_letters_count_also_with_a_korean_keyboard_and_those_of_the_browser_do_not(
    reader: Reader, tmp_path: Path
) -> None:
    opened(reader, tmp_path)
    reader.go_to(sha(3))
    press = "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, ...arguments[0]}))"
    reader.run(press, {"key": "x", "code": "KeyX", "ctrlKey": True})
    reader.run(press, {"key": "ㅏ", "code": "KeyK"})
    reader.until(lambda: reader.said(sha(3)) == "keep")


@pytest.mark.browser
def test_what_makes_no_sense_is_refused_with_words(reader: Reader, tmp_path: Path) -> None:
    opened(reader, tmp_path)
    for sha256, key, words in (
        (sha(5), "k", "No word can keep"),
        (sha(6), "k", "Found for both"),
        (sha(3), "d", "copies only"),
    ):
        reader.go_to(sha256)
        reader.press(key)
        reader.until(lambda words=words: words in reader.text("#message"))
        assert reader.said(sha256) == ""


@pytest.mark.browser
def test_pairs_and_domains_are_decided_by_key_and_the_card_says_so(reader: Reader, tmp_path: Path) -> None:
    opened(reader, tmp_path)
    reader.go_to(sha(1))
    reader.press("o")
    reader.until(lambda: "you keep this one instead" in reader.text(".card:focus"))
    reader.press("d")
    reader.until(lambda: "you say: no copy" in reader.text(".card:focus"))
    reader.go_to(sha(6))
    reader.press("b")
    reader.until(lambda: "you moved it to 벚꽃" in reader.text(".card:focus"))


@pytest.mark.browser
def test_a_selection_is_decided_at_once_and_undone_at_once(reader: Reader, tmp_path: Path) -> None:
    opened(reader, tmp_path)
    reader.go_to(sha(3))
    reader.press("e")
    assert reader.text(".bulk strong") == "2 selected"
    reader.press("x")
    reader.until(lambda: [reader.said(sha(3)), reader.said(sha(4))] == ["reject", "reject"])
    reader.press(Keys.ESCAPE, "u")
    reader.until(lambda: [reader.said(sha(3)), reader.said(sha(4))] == ["", ""])


@pytest.mark.browser
def test_arrows_go_and_with_shift_select(reader: Reader, tmp_path: Path) -> None:
    opened(reader, tmp_path)
    order = reader.shown()
    reader.go_to(order[0])
    reader.press(Keys.ARROW_RIGHT)
    assert reader.current() == order[1]
    reader.press_with_shift(Keys.ARROW_RIGHT)
    assert reader.text(".bulk strong") == "2 selected"
    reader.press(Keys.ESCAPE, "g")
    assert reader.current() not in order[:2]
    reader.press_with_shift("g")
    assert reader.current() in order[:2]


@pytest.mark.browser
def test_filters_leave_what_was_asked_for(reader: Reader, tmp_path: Path) -> None:
    opened(reader, tmp_path)
    for label, value, expected in (
        ("all queries", "가로수길", [sha(2)]),
        ("all queries", "", None),
        ("all reasons", "dark", [sha(3), sha(4)]),
        ("all reasons", "", None),
        ("both domains", "A", [sha(8), sha(6), sha(7)]),
    ):
        reader.run(
            "const found = [...document.querySelectorAll('.filters select')].find((one) =>"
            " one.getAttribute('aria-label') === arguments[0]);"
            " found.value = arguments[1]; found.dispatchEvent(new Event('change'))",
            label,
            value,
        )
        assert expected is None or sorted(reader.shown()) == sorted(expected)


@pytest.mark.browser
def test_a_note_is_kept_as_text(reader: Reader, tmp_path: Path) -> None:
    opened(reader, tmp_path)
    reader.go_to(sha(3))
    reader.press("m")
    reader.chrome.find_element(By.TAG_NAME, "textarea").send_keys("<b>kx</b>", Keys.CONTROL, Keys.ENTER)
    reader.until(lambda: "<b>kx</b>" in reader.text(".card:focus"))
    assert reader.said(sha(3)) == ""


@pytest.mark.browser
def test_two_copies_lie_in_one_place_and_a_key_shows_them_in_turn(reader: Reader, tmp_path: Path) -> None:
    opened(reader, tmp_path)
    reader.go_to(sha(1))
    reader.press(Keys.ENTER)
    boxes = reader.run(
        "return [...document.querySelectorAll('.both img')].map((one) => {"
        " const box = one.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; })"
    )
    assert boxes[0] == boxes[1]
    visible = "return [...document.querySelectorAll('.both .frame')].map((one) => getComputedStyle(one).visibility)"
    assert reader.run(visible) == ["visible", "hidden"]
    reader.press("f")
    assert reader.run(visible) == ["hidden", "visible"]
    reader.press(Keys.ESCAPE)
    assert reader.current() == sha(1)


def a_copy_of_a_part(photo: Image.Image) -> Image.Image:
    """Mirrored, without its right third and with a white border."""
    part = photo.crop((0, 0, 300, 300))
    return ImageOps.expand(ImageOps.mirror(part), 24, "white")


@pytest.mark.browser
@pytest.mark.parametrize("which", ["the copy", "the photo"])
def test_from_disk_a_copy_and_its_original_lie_where_comparing_found_them(
    reader: Reader, tmp_path: Path, which: str
) -> None:
    photo = Image.fromarray(pytest.importorskip("skimage.data").chelsea())
    pictures = {sha(1): photo, sha(2): a_copy_of_a_part(photo)}
    place = relate(*(view_of(picture) for picture in pictures.values())).place
    shown_name, other = (sha(2), sha(1)) if which == "the copy" else (sha(1), sha(2))
    images = {name: Shown(*picture.size, 1, 1, webp(picture), None) for name, picture in pictures.items()}
    verdicts = [Verdict(shown_name, "duplicate", score=1, detail="same content", other=other)]
    reported = Reported("f00d", "trees", NAMES, COUNTS, verdicts, images, places={(sha(1), sha(2)): place})
    (tmp_path / "index.html").write_bytes(report_page(reported))
    reader.open_afresh(tmp_path / "index.html")
    reader.go_to(shown_name)
    reader.press(Keys.ENTER)
    there = seen(reader)
    reader.press("f")
    moved = seen(reader)

    assert there.shape == moved.shape
    box = np.s_[60:-60, 60:-60] if which == "the copy" else np.s_[30:-30, 30 : int(there.shape[1] * 0.6)]
    assert np.abs(there - moved)[box].mean() < 5 < np.abs(there - there[:, ::-1])[box].mean()


def webp(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=90)
    return buffer.getvalue()


def seen(reader: Reader) -> NDArray[np.float64]:
    """What the frame of two pictures shows, as grey levels."""
    pictures = "[...document.querySelectorAll('.both img')]"
    reader.until(lambda: reader.run(f"return {pictures}.every((one) => one.complete && one.naturalWidth > 0)"))
    frame = reader.find(".both .frame")
    box = reader.run("const b = arguments[0].getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]", frame)
    scale = reader.run("return devicePixelRatio")
    picture = Image.open(io.BytesIO(reader.chrome.get_screenshot_as_png())).convert("L")
    return np.asarray(picture.crop(tuple(round(edge * scale) for edge in box)), dtype=np.float64)


@pytest.mark.browser
def test_every_key_that_does_something_is_listed(reader: Reader, tmp_path: Path) -> None:
    opened(reader, tmp_path)
    reader.press("?")
    listed = {row.text for row in reader.chrome.find_elements(By.CSS_SELECTOR, ".keys kbd")}
    names = {"Escape": "Esc", "G": "Shift + g"}
    assert {names.get(key, key) for key in reader.run("return Object.keys(commands)")} - {"l"} <= listed


@pytest.mark.browser
def test_one_goes_on_where_one_left_off(reader: Reader, tmp_path: Path) -> None:
    path = opened(reader, tmp_path)
    first, second, third, *_rest = reader.shown()
    reader.go_to(first)
    reader.go_to(second)
    reader.press("x")
    reader.until(lambda: reader.said(second) == "reject")
    reader.until(lambda: reader.text(".tools").startswith("2 of 8 looked at"))
    reader.open(path.as_uri())
    assert reader.said(second) == "reject"
    assert reader.current() == third


@pytest.mark.browser
def test_decisions_are_saved_to_a_file_that_the_curation_takes_over(
    reader: Reader, downloads: Path, tmp_path: Path
) -> None:
    dataset = DatasetDir(tmp_path / "나무 #1")
    small = picture(50, width=24, height=20)
    add(dataset, "A", [*(picture(seed) for seed in range(4)), small])
    add(dataset, "B", [picture(seed) for seed in range(10, 14)])
    run(dataset)
    reader.open_afresh(dataset.report)
    reader.go_to(sha256_of(small))
    reader.press("k")
    reader.until(lambda: reader.said(sha256_of(small)) == "keep")
    reader.press("w")
    saved = downloads / "decisions-나무_1.json"
    reader.until(saved.is_file)
    assert [one.action for one in read_saved(saved).decisions if one.action != "look"] == ["keep"]
    summary = run(dataset, replace(OPTIONS, review=str(saved)))
    assert "too_small" not in summary.rejected
    reader.open(dataset.report.as_uri())
    assert "Kept by you" in reader.text("main")
    with open_catalog(dataset.catalog) as catalog:
        assert "keep" in {one.action for one in catalog.decisions()}


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(reader: Reader, tmp_path: Path, scheme: str) -> None:
    reader.prefer(scheme)
    opened(reader, tmp_path)
    reader.go_to(sha(1))
    reader.press("d", "e", "i")
    reader.until(lambda: reader.said(sha(1)) == "other")
    assert reader.faults() == []
    reader.press(Keys.ENTER)
    assert reader.faults() == []
    reader.press(Keys.ESCAPE, "?")
    assert reader.faults() == []


@pytest.mark.browser
def test_two_thousand_images_weigh_little_and_few_of_them_are_there_at_once(reader: Reader, tmp_path: Path) -> None:
    reasons = ("dark", "bright", "blurred", "not_a_photo")
    verdicts = [Verdict(sha(n), reasons[n % 4], score=n, threshold=9) for n in range(2000)]
    pictures = [noise(seed) for seed in range(20)]
    images = {
        sha(n): Shown(
            640, 480, 640 * 480, 1000, pictures[n % 20], Candidate("A", "google", "벚꽃", n, f"https://example.org/{n}")
        )
        for n in range(2000)
    }
    path = tmp_path / "index.html"
    path.write_text(page(verdicts, images), encoding="utf-8")
    assert path.stat().st_size < 10_000_000
    reader.open_afresh(path)
    count = "return document.querySelectorAll('.card img').length"
    reader.until(lambda: reader.run(count) > 0)
    assert reader.run(count) < 60
    last = reader.shown()[-1]
    reader.go_to(last)
    reader.until(lambda: reader.run("return entries.at(-1).filled && !entries[0].filled"))
    reader.until(lambda: reader.run(count) < 90)
    assert len(reader.shown()) == 2000
