"""The report of rejected images: one file, no network, and strangers' text stays text."""

import base64
import hashlib
import io
import json
import re
from pathlib import Path

import pytest
from PIL import Image

from curate.report.page import MOST_PER_REASON, Shown, report_page
from pipeline.language import is_korean
from pipeline.records import Candidate, Domain, Split, Verdict

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
    return report_page("trees", NAMES, COUNTS, verdicts, images or {}).decode()


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
    html = report_page(EVIL, NAMES, COUNTS, [], {}).decode()
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


def test_a_reason_with_very_many_images_shows_some_and_counts_the_rest() -> None:
    html = page([Verdict(sha(number), "empty") for number in range(MOST_PER_REASON + 20)])
    (group,) = data_of(html)["groups"]  # type: ignore[misc]
    assert (group["total"], len(group["images"])) == (MOST_PER_REASON + 20, MOST_PER_REASON)
    assert group["more"] == "and 20 more that are not shown"


def test_the_most_frequent_reason_comes_first_and_says_score_and_threshold() -> None:
    verdicts = [
        Verdict(sha(1), "empty"),
        Verdict(sha(2), "duplicate", score=0.98, detail="same content", other=sha(9)),
        Verdict(sha(3), "duplicate", score=1, detail="under a veil", other=sha(9)),
    ]
    groups = data_of(page(verdicts, {sha(number): shown() for number in (2, 3, 9)}))["groups"]
    assert isinstance(groups, list)
    assert [group["reason"] for group in groups] == ["duplicate", "empty"]
    assert groups[0]["images"][0]["why"] == (
        "the same content everywhere (correlation 0.98); the other comes first by its hash"
    )


@pytest.mark.parametrize(
    ("kept", "advantage"),
    [
        (Shown(100, 100, 10_000, 9, b"", None), "has more real detail"),
        (Shown(200, 100, 2_500, 9, b"", None), "has more pixels"),
        (Shown(100, 100, 2_500, 99, b"", None), "has more bytes"),
        (Shown(100, 100, 2_500, 9, b"", None), "comes first by its hash"),
    ],
)
def test_a_copy_says_why_the_other_was_kept(kept: Shown, advantage: str) -> None:
    images = {sha(1): Shown(100, 100, 2_500, 9, b"", None), sha(9): kept}
    verdict = Verdict(sha(1), "duplicate", score=1, detail="same content", other=sha(9))
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


@pytest.mark.browser
def test_a_browser_shows_the_pictures_and_runs_no_script_of_a_title(browser: object, tmp_path: Path) -> None:
    from selenium.webdriver.common.by import By

    verdicts = [
        Verdict(sha(1), "duplicate", score=4, threshold=6, other=sha(9)),
        Verdict(sha(2), "corrupt"),
    ]
    images = {sha(1): shown(title=EVIL, page_url="https://example.org/"), sha(9): shown(), sha(2): shown(query=EVIL)}
    path = tmp_path / "index.html"
    path.write_text(page(verdicts, images), encoding="utf-8")
    browser.get(path.as_uri())  # type: ignore[attr-defined]
    found = browser.find_elements(By.CSS_SELECTOR, "article img")  # type: ignore[attr-defined]
    assert [picture.get_property("naturalWidth") for picture in found] == [16, 16, 16]
    assert browser.title == "trees: what was rejected"  # type: ignore[attr-defined]
    assert EVIL in browser.find_element(By.CSS_SELECTOR, ".title").text  # type: ignore[attr-defined]
    links = browser.find_elements(By.CSS_SELECTOR, "figcaption a")  # type: ignore[attr-defined]
    assert [link.get_attribute("rel") for link in links] == ["noopener noreferrer"]
    assert browser.get_log("browser") == []  # type: ignore[attr-defined]
