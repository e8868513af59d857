"""The page of the review in a real browser: written at once, two tabs that agree, kept images, limits, no fault."""

import signal
from collections.abc import Iterator

import pytest
from chromium import Reader
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from test_build import OPTIONS, add, picture, run
from test_review import Reviewed

from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.files import sha256_of

SMALL = picture(50, width=24, height=20)
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> DatasetDir:
    dataset = DatasetDir(tmp_path_factory.mktemp("review") / "trees")
    add(dataset, "A", [*(picture(seed) for seed in range(6)), SMALL, picture(0, quality=50)])
    add(dataset, "B", [picture(seed) for seed in range(10, 14)])
    run(dataset, OPTIONS)
    return dataset


@pytest.fixture
def page(reader: Reader, dataset: DatasetDir) -> Iterator[Reader]:
    """The page of a review of a dataset without decisions."""
    with open_catalog(dataset.catalog) as catalog:
        catalog._connection.execute("DELETE FROM decisions")
        catalog._connection.commit()
    served = Reviewed(dataset)
    reader.open(served.opening)
    reader.until(lambda: reader.run("return document.querySelector('.toolbar') !== null"))
    yield reader
    served.end(signal.SIGKILL)


def words(dataset: DatasetDir) -> list[tuple[str, str]]:
    with open_catalog(dataset.catalog) as catalog:
        return [(one.sha256, one.action) for one in catalog.decisions() if one.action != "look"]


def test_a_decision_by_key_is_in_the_catalogue_at_once_and_so_is_what_takes_it_back(
    page: Reader, dataset: DatasetDir
) -> None:
    small = sha256_of(SMALL)
    assert page.run("return location.href").endswith("/")  # the token is gone from the address
    page.go_to(small)
    page.press("k")
    page.until(lambda: page.said(small) == "keep")
    assert words(dataset) == [(small, "keep")]
    page.press("u")
    page.until(lambda: page.said(small) == "")
    page.press("r")
    page.until(lambda: page.said(small) == "keep")
    assert [action for _sha256, action in words(dataset)] == ["keep", "undo", "keep"]


def test_kept_images_are_looked_through_and_rejected_many_at_once(page: Reader, dataset: DatasetDir) -> None:
    kept = page.run("return entries.filter((e) => e.row.domain === 'B').map((e) => e.row.sha256)")
    page.go_to(kept[0])
    page.until(lambda: page.run("return document.querySelector('.card:focus img')?.naturalWidth > 0"))
    page.press_with_shift(Keys.ARROW_RIGHT)
    page.press("x")
    page.until(lambda: page.said(kept[0]) == "reject")
    assert {action for _sha256, action in words(dataset)} == {"reject"}
    assert len(words(dataset)) == 2


def test_two_tabs_agree_and_the_one_that_did_not_hear_overrules_nothing(page: Reader, dataset: DatasetDir) -> None:
    small, first = sha256_of(SMALL), page.chrome.current_window_handle
    address = page.run("return location.href")
    page.chrome.switch_to.new_window("tab")
    page.open(address)
    page.until(lambda: page.run("return document.querySelector('.toolbar') !== null"))
    page.run("store.ask = () => {}")  # a tab that has not asked yet
    second = page.chrome.current_window_handle
    page.chrome.switch_to.window(first)
    page.go_to(small)
    page.press("k")
    page.until(lambda: page.said(small) == "keep")
    page.chrome.switch_to.window(second)
    assert page.said(small) == ""
    page.go_to(small)
    page.press("x")
    page.until(lambda: "Somebody else decided" in page.text("#message"))
    assert page.said(small) == "keep"
    page.press("x")
    page.until(lambda: page.said(small) == "reject")
    page.chrome.close()
    page.chrome.switch_to.window(first)
    page.until(lambda: page.said(small) == "reject")
    page.press("u")
    page.until(lambda: "Somebody else decided" in page.text("#message"))
    assert page.said(small) == "reject"
    assert [action for _sha256, action in words(dataset)] == ["keep", "reject"]


def test_a_limit_moved_by_hand_shows_at_once_what_would_change(page: Reader) -> None:
    small = sha256_of(SMALL)
    page.press("l")
    slider = page.chrome.find_element(By.CSS_SELECTOR, "#limits input")
    page.run("arguments[0].value = 10; arguments[0].dispatchEvent(new Event('input'))", slider)
    page.until(lambda: page.text("#limits output") == "would reject 0 more and keep 1 more")
    assert page.text("#limits code") == "pipeline curate --min-size 10"
    assert page.run("return entries.filter((e) => e.node.dataset.change === 'keep').map((e) => e.row.sha256)") == [
        small
    ]
    slider.send_keys(Keys.END)
    page.until(lambda: "would reject 1" in page.text("#limits output"))


def test_where_one_left_off_is_known_to_another_review(page: Reader, dataset: DatasetDir) -> None:
    first = page.shown()[0]
    page.go_to(first)
    page.until(lambda: page.text(".tools").startswith("1 of "))
    served = Reviewed(dataset)
    page.open(served.opening)
    page.until(lambda: page.text(".tools").startswith("1 of "))
    page.until(lambda: page.current() == page.shown()[1])
    served.process.kill()
    served.process.communicate()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_the_served_page(page: Reader, scheme: str) -> None:
    page.prefer(scheme)
    page.press("l")
    page.go_to(sha256_of(SMALL))
    page.press("k")
    page.until(lambda: page.said(sha256_of(SMALL)) == "keep")
    assert page.faults() == []


def test_a_server_that_ended_is_missed_with_words(page: Reader) -> None:
    page.go_to(sha256_of(SMALL))
    page.run("store.post = () => { throw new TypeError('Failed to fetch'); }")
    page.press("k")
    page.until(lambda: "does not answer" in page.text("#message"))
    assert page.said(sha256_of(SMALL)) == ""


def test_copies_are_laid_over_each_other_as_they_were_found(page: Reader) -> None:
    copy = page.run("return entries.find((one) => one.group.reason === 'duplicate').row.sha256")
    page.go_to(copy)
    page.press(Keys.ENTER)
    assert page.run("return document.querySelector('.both').classList.contains('laid')")
    page.press("f")
    assert page.run("return document.querySelector('.both').classList.contains('flipped')")
