"""Watching runs: a server that reads files only, and a page that shows what is new by itself."""

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from chromium import Reader
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selenium.webdriver.common.keys import Keys
from servers import Served
from test_page import dataset_picture, run_of
from werkzeug.test import TestResponse

from pipeline.errors import UnusableError
from pipeline.gate import Address, Pass
from pipeline.language import is_korean
from pipeline.listening import ListenOptions
from pipeline.webserver import answering
from train import watch as watching
from train.rundir import RunDir, append_line
from train.samples import write_picture
from train.watch import MOST_BYTES, Watched, application, watch

PORT = 8765
HERE = Address("127.0.0.1", PORT)


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    """A run of three lines and two sheets."""
    run = run_of(tmp_path, 3, planned=400)
    for step in (20, 40):
        sheet(run, step)
    run.log.write_text("벚꽃\n", encoding="utf-8")
    return run


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is new is read at once."""
    monkeypatch.setattr(watching, "_REST", 0)


def sheet(run: RunDir, step: int) -> None:
    write_picture(run.sample(step), dataset_picture().resize((step, 40)))


def line(run: RunDir, step: int) -> None:
    append_line(run.metrics, {"step": step, "planned_steps": 400, "epoch": 1.0, "gan_a2b": 0.75, "gan_b2a": 0.5})


def client_of(*runs: RunDir, entry: Pass | None = None, address: Address = HERE) -> FlaskClient:
    return application(Watched(runs), address, entry).test_client()


def get(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, base_url=f"http://127.0.0.1:{PORT}", headers=named)


def test_what_is_new_is_told_and_what_is_not_costs_no_answer(run: RunDir) -> None:
    client = client_of(run)
    first = get(client, "/runs")
    assert first.json and first.json["runs"][0]["steps"] == [20, 40, 60]
    tag = first.headers["ETag"]
    assert get(client, "/runs", If_None_Match=tag).status_code == 304

    line(run, 80)
    second = get(client, "/runs", If_None_Match=tag)
    assert second.status_code == 200 and second.headers["ETag"] != tag
    assert second.json and second.json["runs"][0]["steps"] == [20, 40, 60, 80]


def test_a_run_that_takes_long_to_read_is_read_more_rarely(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_REST", 10**9)
    watched = Watched([run])
    before = watched.state()
    line(run, 80)
    assert watched.state() is before


def test_the_page_holds_the_runs_as_they_are_and_the_tag_of_their_state(run: RunDir) -> None:
    client = client_of(run, run)
    data = json.loads(get(client, "/").text.split('id="data">')[1].split("</script>")[0])
    assert [one["samples"] for one in data["runs"]] == [
        [[step, f"{number}/samples/step_{step:07d}.jpg"] for step in (20, 40)] for number in (0, 1)
    ]
    assert data["served"] and get(client, "/runs", If_None_Match=data["tag"]).status_code == 304


def test_the_files_of_a_run_are_given_out_and_no_others(run: RunDir, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("x")
    (run.root / "index.html").write_text("<script>")
    client = client_of(run)
    assert get(client, "/0/samples/step_0000020.jpg").data == run.sample(20).read_bytes()
    log = get(client, "/0/log.txt")
    assert (log.text, log.mimetype) == ("벚꽃\n", "text/plain")
    assert get(client, "/0/options.json").mimetype == "application/json"
    for path in (
        *("1/log.txt", "-1/log.txt", "0/index.html", "0/step_0000020.jpg", "0/samples/step_0000060.jpg"),
        *("0/checkpoints/step_0000006.pt", "0/samples/../../secret.txt", "0/..%2f..%2fsecret.txt"),
    ):
        assert get(client, f"/{path}").status_code == 404, path


def test_only_reading_is_possible_and_only_from_this_page_under_this_name(run: RunDir) -> None:
    client = client_of(run)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        headers = {"Sec-Fetch-Site": "same-origin"}
        assert client.open("/", base_url=f"http://127.0.0.1:{PORT}", method=method, headers=headers).status_code == 405
    for path in ("/", "/runs", "/0/log.txt"):
        assert get(client, path, Host="evil.example").status_code == 403
        assert get(client, path, Sec_Fetch_Site="cross-site").status_code == 403
        assert get(client, path, Origin="http://evil.example").status_code == 403
        answer = get(client, path)
        assert answer.status_code == 200
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'sha256-")
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_another_machine_needs_the_token_which_every_device_may_use(run: RunDir) -> None:
    entry = Pass(once=False)
    for _device in range(2):
        client = client_of(run, entry=entry, address=Address("0.0.0.0", PORT))
        assert get(client, "/").status_code == get(client, "/?token=x").status_code == 403
        assert get(client, f"/?token={entry.token}").status_code == 303
        assert get(client, "/runs").status_code == 200


def test_who_opens_a_wrong_address_reads_words_and_no_json(run: RunDir) -> None:
    client = client_of(run, entry=Pass(once=False), address=Address("0.0.0.0", PORT))
    answer = get(client, "/", Accept="text/html,*/*;q=0.8")
    assert answer.mimetype == "text/plain" and "pipeline watch" in answer.text


def test_a_run_that_goes_away_or_breaks_is_told_and_comes_back(run: RunDir, tmp_path: Path) -> None:
    client = client_of(run)
    aside = run.root.rename(tmp_path / "aside")
    assert get(client, "/runs").status_code == get(client, "/").status_code == 503
    aside.rename(run.root)
    assert get(client, "/runs").status_code == 200
    append_line(run.warnings, {"step": 20, "directions": 7})
    answer = get(client, "/runs")
    assert answer.status_code == 503 and answer.json and "damaged" in answer.json["error"]
    with pytest.raises(UnusableError):
        Watched([run])


LINES = st.fixed_dictionaries(
    {"step": st.one_of(st.integers(-9, 99), st.floats(), st.text(max_size=3))},
    optional=dict.fromkeys(
        ("gan_a2b", "epoch", "planned_steps", "seconds_per_step", "cause", "directions", "learning_rate"),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.lists(st.none(), max_size=2)
        ),
    ),
)


@settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=3), st.lists(LINES, max_size=2))
def test_no_files_whatever_bring_the_server_down(run: RunDir, metrics: list[object], warnings: list[object]) -> None:
    client = client_of(run_of(folder := run.root / str(len(list(run.root.iterdir()))), 1))
    for name, lines in (("metrics.jsonl", metrics), ("warnings.jsonl", warnings)):
        (folder / "00000-drawn" / name).write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    answer = get(client, "/runs")
    assert answer.status_code in (200, 503)
    assert answer.status_code == 503 or "NaN" not in answer.text.replace('"NaN', "")


PATHS = st.one_of(
    st.sampled_from(["/", "/runs", "/0/log.txt", "/0/samples/step_0000020.jpg", "/9999999999999999999999/log.txt"]),
    st.text(max_size=20).map(lambda text: "/" + text),
    st.text(max_size=20).map(lambda text: "/0/samples/" + text),
)
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=20)


@settings(
    derandomize=True, deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "TRACE", "NONSENSE"]),
    PATHS,
    st.dictionaries(
        st.sampled_from(["Origin", "Sec-Fetch-Site", "If-None-Match", "Accept", "Range"]), TEXT, max_size=3
    ),
)
def test_no_request_whatever_brings_the_server_down(
    run: RunDir, method: str, path: str, headers: dict[str, str]
) -> None:
    client = client_of(run)
    answer = client.open(
        quote(path, safe="/%", errors="replace"), base_url=f"http://127.0.0.1:{PORT}", method=method, headers=headers
    )
    assert answer.status_code < 500


def test_watching_needs_no_torch(run: RunDir, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("train")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    from train.watch import Watched as WatchedAgain

    assert WatchedAgain([run]).state().views


def test_the_command_prints_an_address_serves_until_ctrl_c_and_says_how_far_the_runs_are(run: RunDir) -> None:
    served = Served("watch", str(run.root))
    assert served.opening.startswith("http://127.0.0.1:") and "token" not in served.opening
    assert served.enter() == 200
    code, out, err = served.end(signal.SIGINT)
    assert (code, json.loads(out), err.strip()) == (0, {"steps": {str(run.root): 60}}, "")


def test_a_server_for_every_address_prints_one_that_another_device_can_open(run: RunDir) -> None:
    served = Served("watch", str(run.root), "--host", "0.0.0.0")
    host = served.address.split("/")[2].rpartition(":")[0]
    assert host != "0.0.0.0" and "?token=" in served.opening
    served.opening = served.opening.replace(host, "127.0.0.1", 1)
    assert served.enter() == 200
    assert served.end(signal.SIGTERM)[0] == 143


def test_a_browser_is_opened_at_the_address_unless_that_is_not_wanted(run: RunDir) -> None:
    opened: list[str] = []
    said: list[str] = []

    def interrupted(page: str) -> None:
        opened.append(page)
        raise KeyboardInterrupt

    summary = watch(ListenOptions(host="127.0.0.2"), [run], announce=said.append, open_page=interrupted)
    assert opened[0] in said[0] and opened[0].startswith("http://127.0.0.2:") and "?token=" in opened[0]
    assert summary.text().endswith("step 60")


@pytest.fixture
def page(reader: Reader, run: RunDir) -> Iterator[Reader]:
    """The page of the run, open in a browser."""
    with answering(lambda address: application(Watched([run]), address, None), ListenOptions(), MOST_BYTES) as (at, _):
        reader.open(at.shown)
        reader.until(lambda: width(reader) == 40)
        yield reader


def width(reader: Reader) -> int:
    found = reader.run("return document.querySelector('.sheet img').naturalWidth")
    assert isinstance(found, int)
    return found


def facts(reader: Reader) -> str:
    return reader.text(".top dl")


@pytest.mark.browser
def test_what_a_training_writes_appears_without_a_reload_and_the_latest_sheet_too(page: Reader, run: RunDir) -> None:
    page.run("window.here = true")
    assert "60 / 400" in facts(page)
    line(run, 80)
    page.until(lambda: "80 / 400" in facts(page))
    chart = page.find(".chart svg[role=img]")
    assert "step 80" in (chart.get_attribute("aria-label") or "")
    sheet(run, 60)
    append_line(run.warnings, {"cause": "mode_collapse", "step": 80, "directions": ["b2a"]})
    page.until(lambda: width(page) == 60)
    page.until(lambda: page.find(".warnings").is_displayed())
    assert page.run("return window.here") and page.console() == []


@pytest.mark.browser
def test_who_looks_at_an_older_sheet_or_value_keeps_it_when_news_come(page: Reader, run: RunDir) -> None:
    slider, chart = page.find("input[type=range]"), page.find(".chart svg[role=img]")
    slider.send_keys(Keys.ARROW_LEFT)
    page.until(lambda: width(page) == 20)
    chart.send_keys(Keys.HOME)
    page.run("window.nodes = [...document.querySelectorAll('.sheet img, input, .chart svg[role=img], summary')]")
    page.find("summary").click()
    chart.send_keys(Keys.HOME)
    sheet(run, 60)
    line(run, 80)
    page.until(lambda: "80 / 400" in facts(page))
    assert width(page) == 20 and page.text("output") == "step 20"
    assert "step 20" in (chart.get_attribute("aria-label") or "")
    assert page.run("return window.nodes.every((one) => one.isConnected) && document.querySelector('details').open")
    assert page.run("return document.activeElement === window.nodes.find((one) => one.matches('svg'))")
    slider.send_keys(Keys.END)
    page.until(lambda: width(page) == 60)


@pytest.mark.browser
def test_runs_stand_side_by_side_and_each_is_kept_up_to_date(reader: Reader, tmp_path: Path) -> None:
    runs = [run_of(tmp_path, 3, planned=400, name=name) for name in ("00000-one", "00001-other")]
    with answering(lambda address: application(Watched(runs), address, None), ListenOptions(), MOST_BYTES) as (at, _):
        reader.open(at.shown)
        told = "return [...document.querySelectorAll('article')].map((one) => one.querySelector('dd').textContent)"
        assert reader.run(told) == ["60 / 400", "60 / 400"]
        line(runs[1], 80)
        reader.until(lambda: reader.run(told) == ["60 / 400", "80 / 400"])
        one, other = reader.run("return [...document.querySelectorAll('article')].map((one) => one.offsetTop)")
        assert one == other


@pytest.mark.browser
def test_a_server_that_ended_is_missed_with_words(reader: Reader, run: RunDir) -> None:
    with answering(lambda address: application(Watched([run]), address, None), ListenOptions(), MOST_BYTES) as (at, _):
        reader.open(at.shown)
    reader.until(lambda: "does not answer" in reader.text(".message"))
    assert "60 / 400" in facts(reader)


@pytest.mark.browser
def test_a_run_without_lines_shows_its_options(reader: Reader, tmp_path: Path) -> None:
    run = run_of(tmp_path, 0)
    with answering(lambda address: application(Watched([run]), address, None), ListenOptions(), MOST_BYTES) as (at, _):
        reader.open(at.shown)
        assert "--steps" in reader.text("details")
        assert "every 20 steps" in reader.text("main") and "0 / 6" in facts(reader)
        line(run, 20)
        reader.until(lambda: "20 / 400" in facts(reader))
        assert reader.find(".chart").is_displayed()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault_in_the_served_page_in_korean(
    reader: Reader, run: RunDir, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    is_korean.cache_clear()
    append_line(run.warnings, {"cause": "mode_collapse", "step": 60, "directions": ["b2a"]})
    reader.prefer(scheme)
    with answering(lambda address: application(Watched([run]), address, None), ListenOptions(), MOST_BYTES) as (at, _):
        reader.open(at.shown)
        assert reader.run("return document.documentElement.lang") == "ko"
        reader.find("summary").click()
        assert reader.faults() == []
