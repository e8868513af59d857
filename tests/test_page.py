"""The page of a run: what its files tell, in one HTML file that a browser opens from disk."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from chromium import Reader
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from trainings import StopAt, dataset, tiny

from pipeline.language import is_korean
from pipeline.progress import Silent
from train import journal
from train.loop import train
from train.page.page import runs_page, write_page
from train.page.view import MOST_POINTS, duration, run_view, seconds_left, thinned
from train.rundir import RunDir, RunSettings, append_line, checkpoint_step, checkpoints, write_settings
from train.samples import write_picture

EVIL = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dataset(tmp_path_factory.mktemp("data") / "street2blossom")


def run_of(root: Path, lines: int, *, planned: int = 0, name: str = "00000-drawn", **options: object) -> RunDir:
    """A run folder of so many lines of metrics, one each 20 steps."""
    run = RunDir(root / name)
    run.root.mkdir(parents=True)
    write_settings(run, RunSettings("/photos", tiny(**options)))
    for number in range(1, lines + 1):
        line = {"step": 20 * number, "planned_steps": planned, "epoch": number / 10, "gan_a2b": 1 / number,
                "gan_b2a": 0.5, "learning_rate": 2e-4, "seconds_per_step": 0.5}  # fmt: skip
        append_line(run.metrics, line)
    return run


def data_of(html: bytes) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html.decode(), re.DOTALL)
    assert found
    return json.loads(found[1])


def test_a_finished_training_leaves_a_page_of_its_curves_and_samples(tiny_run: RunDir) -> None:
    (run,) = data_of(tiny_run.page.read_bytes())["runs"]

    assert run["finished"] and run["state"] == "finished"
    assert [step for step, _address in run["samples"]] == [1, 2, 3, 4, 5, 6]
    assert all((tiny_run.root / address).is_file() for _step, address in run["samples"])
    assert {chart["title"] for chart in run["charts"] if chart["curves"]} == {
        "GAN loss", "Discriminators", "Cycle loss", "Identity loss", "Learning rate",
        "Kernel distance to the goal",
    }  # fmt: skip
    assert ["step", "6 / 6"] in run["facts"]
    assert ["--width", "4", True] in run["options"] and ["--beta1", "0.5", False] in run["options"]


def test_the_page_is_the_same_from_the_same_files_and_needs_no_torch(
    tiny_run: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tiny_run.page.read_bytes()
    for name in [name for name in sys.modules if name.startswith("train")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    from train.page.page import write_page as written_again

    written_again(tiny_run)  # type: ignore[arg-type]
    assert tiny_run.page.read_bytes() == before


def test_a_training_that_was_stopped_leaves_a_page_that_says_how_far_it_is(data: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(tiny(steps=50, sample_every=1000), data, tmp_path, resume=None, progress=StopAt(journal.LOG_EVERY + 2))

    stopped = RunDir(next(tmp_path.iterdir()))
    (run,) = data_of(stopped.page.read_bytes())["runs"]
    assert not run["finished"]
    assert run["steps"] == [journal.LOG_EVERY]
    done = checkpoint_step(checkpoints(stopped)[0])
    assert done >= journal.LOG_EVERY + 2
    assert run["facts"][0] == ["step", f"{done} / 50"]
    assert run["facts"][-1][0] == "time left"


def test_a_training_that_was_stopped_before_its_first_line_shows_what_is_there(data: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(tiny(steps=50, sample_every=1), data, tmp_path, resume=None, progress=StopAt(3))
    run = RunDir(next(tmp_path.iterdir()))
    run.metrics.unlink()  # sheets bring lines; a kill between the two leaves none

    done, view = checkpoint_step(checkpoints(run)[0]), run_view(run)
    assert done >= 3
    assert view["facts"] == [["step", f"{done} / 50"], ["images", "6 + 4"]]
    assert [step for step, _address in view["samples"]] == list(range(1, done + 1))
    assert ["--steps", "50", True] in view["options"]
    assert [name for name, _address in view["files"]] == ["log.txt", "options.json"]


def test_the_page_is_written_while_the_training_goes_on(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_PAGE_SECONDS", 0)
    seen: list[int] = []

    class Looking(Silent):
        def update(self, done: int, note: str = "") -> None:
            pages = list(tmp_path.glob("*/index.html"))
            seen.append(len(data_of(pages[0].read_bytes())["runs"][0]["steps"]) if pages else 0)

    train(tiny(steps=3 * journal.LOG_EVERY, sample_every=1000), data, tmp_path, resume=None, progress=Looking())
    assert max(seen) > 1


def test_warnings_stand_on_the_page_with_their_advice(tmp_path: Path) -> None:
    run = run_of(tmp_path, 3)
    append_line(run.warnings, {"cause": "colour_inversion", "step": 40, "directions": ["a2b"]})
    append_line(run.warnings, {"cause": "of a later version", "step": 60})

    first, second = run_view(run)["warnings"]
    assert (first["name"], first["ways"], first["step"]) == ("Inverted colours", "A → B", 40)
    assert "--identity-weight" in first["advice"]
    assert second["name"] == "of a later version"


def test_a_long_curve_is_averaged_down_and_keeps_its_end() -> None:
    lines = [{"step": step, "gan_a2b": float(step % 2)} for step in range(1, 10 * MOST_POINTS + 4)]
    short = thinned(lines, MOST_POINTS)

    assert len(short) <= MOST_POINTS
    assert short[-1]["step"] == lines[-1]["step"]
    assert all(line["gan_a2b"] == pytest.approx(0.5, abs=0.06) for line in short[:-1])


def test_a_page_of_a_million_steps_is_small(tmp_path: Path) -> None:
    run = run_of(tmp_path, 1)
    line = json.dumps({"step": 20, "gan_a2b": 0.123456789, "gan_b2a": 0.123456789, "learning_rate": 0.0002}) + "\n"
    run.metrics.write_text(line * 50_000)

    assert len(runs_page({"": run})) < 300_000


@pytest.mark.parametrize("lines", [[], [{"step": 1, "gan_a2b": 0.5}]])
def test_few_lines_are_shown_as_they_are(lines: list[dict[str, float]]) -> None:
    assert thinned(lines, 10) == lines


def test_a_line_that_is_half_written_or_holds_no_number_does_not_spoil_the_page(tmp_path: Path) -> None:
    run = run_of(tmp_path, 2)
    with run.metrics.open("a") as file:
        file.write('{"step": 60, "gan_a2b": NaN}\n{"step": 80, "gan')

    (view,) = data_of(runs_page({"": run}))["runs"]
    assert view["steps"] == [20, 40, 60]
    assert view["charts"][0]["curves"][0]["values"] == [1.0, 0.5, None]


def test_samples_of_steps_that_are_yet_to_come_again_are_not_shown(tmp_path: Path) -> None:
    run = run_of(tmp_path, 2)
    for step in (20, 40, 60):
        write_picture(run.sample(step), dataset_picture())

    assert run_view(run, "runs/x/")["samples"] == [[20, f"runs/x/samples/{run.sample(20).name}"],
                                                  [40, f"runs/x/samples/{run.sample(40).name}"]]  # fmt: skip


def dataset_picture() -> Any:
    from trainings import picture

    return picture(1, (60, 40))


def test_the_time_left_is_that_of_the_planned_steps_at_the_latest_pace() -> None:
    lines = [{"step": 20, "planned_steps": 100, "seconds_per_step": 9.0},
             *({"step": step, "planned_steps": 100, "seconds_per_step": 2.0} for step in (40, 60))]  # fmt: skip

    assert seconds_left(lines) == 80
    assert seconds_left([{"step": 20, "planned_steps": 0, "seconds_per_step": 1.0}]) is None
    assert seconds_left([]) is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(4.4, "4 s"), (59.6, "1 min"), (720, "12 min"), (11_100, "3 h 5 min"), (360_000, "4 d 4 h")],
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_what_a_user_wrote_stays_text(tmp_path: Path) -> None:
    html = runs_page({"": run_of(tmp_path, 1, augment="", time_budget="", name="00000-x")}).decode()
    evil = runs_page({EVIL: run_of(tmp_path, 1, name="00001-y")}).decode()

    assert html.count("<script") == evil.count("<script") == 2
    assert "onerror" not in evil.split('id="data">')[0]
    assert "img-src 'self' file: data:; base-uri 'none'; form-action 'none'" in html


def test_the_page_is_korean_where_the_locale_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    is_korean.cache_clear()
    html = runs_page({"": run_of(tmp_path, 1)})

    assert b'<html lang="ko">' in html
    assert data_of(html)["texts"]["samples"] == "시간에 따른 샘플"


@pytest.mark.browser
@pytest.mark.parametrize("lines", [1, 2000])
def test_a_browser_shows_curves_and_moves_through_samples_by_key(reader: Reader, tmp_path: Path, lines: int) -> None:
    run = run_of(tmp_path, lines, planned=40_000)
    for step in (5, 10, 20):
        write_picture(run.sample(step), dataset_picture().resize((60 + step, 40)))
    append_line(run.warnings, {"cause": "mode_collapse", "step": 20, "directions": ["b2a"]})
    write_page(run)
    reader.open(run.page.as_uri())

    slider = reader.find("input[type=range]")
    shown = "return document.querySelector('.sheet img').naturalWidth"
    reader.until(lambda: reader.run(shown) == 80)
    slider.send_keys(Keys.ARROW_LEFT)
    reader.until(lambda: reader.run(shown) == 70)
    assert "step 10" in reader.text("output")
    slider.send_keys(Keys.HOME)
    reader.until(lambda: reader.run(shown) == 65)

    chart = reader.find(".chart svg[role=img]")
    assert chart.get_attribute("aria-label") == (
        f"GAN loss. step {20 * lines:,} · epoch {lines / 10:g}. A → B {float(f'{1 / lines:.3g}'):g}, B → A 0.5"
    )
    chart.send_keys(Keys.HOME)
    assert "A → B 1," in (chart.get_attribute("aria-label") or "")
    assert "Mode collapse" in reader.text(".warnings")
    assert reader.console() == []
    asked = reader.asked()
    assert asked and {address.split(":")[0] for address in asked} <= {"file", "data"}


@pytest.mark.browser
def test_a_browser_shows_runs_side_by_side(reader: Reader, tmp_path: Path) -> None:
    runs = {f"{name}/": run_of(tmp_path, 3, name=name) for name in ("00000-one", "00001-other")}
    for run in runs.values():
        write_picture(run.sample(20), dataset_picture())
    page = tmp_path / "both.html"
    page.write_bytes(runs_page(runs))
    reader.open(page.as_uri())

    one, other = (article.rect for article in reader.chrome.find_elements(By.TAG_NAME, "article"))
    assert one["y"] == other["y"] and one["x"] + one["width"] <= other["x"]
    reader.until(lambda: reader.run("return [...document.images].every((one) => one.naturalWidth > 0)"))
    assert reader.console() == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_the_page_of_a_run(reader: Reader, tmp_path: Path, scheme: str) -> None:
    run = run_of(tmp_path, 3, planned=400)
    write_picture(run.sample(20), dataset_picture())
    append_line(run.warnings, {"cause": "mode_collapse", "step": 20, "directions": ["b2a"]})
    write_page(run)
    reader.prefer(scheme)
    reader.open(run.page.as_uri())
    reader.find("summary").click()
    assert reader.faults() == []
