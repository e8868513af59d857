"""Finding the browser and its driver, and ending both however the crawl ends."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from processes import drivers_of, living
from selenium.common.exceptions import InvalidSessionIdException
from selenium.webdriver.remote.webdriver import WebDriver
from test_build import picture

from crawler import browser
from crawler.browser import LastingBrowser, find_browser, find_driver, open_browser
from crawler.crawl import crawl
from crawler.options import CrawlOptions
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.demo.offers import Offer
from pipeline.demo.searchhost import Behaviour
from pipeline.demo.site import serve
from pipeline.errors import BrowserError
from pipeline.progress import Silent
from pipeline.records import Candidate, Query


def program(path: Path, script: str = "exit 0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with neither browser nor driver; the returned folder is its whole PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("SE_CHROMEDRIVER", raising=False)
    monkeypatch.setattr(browser, "DRIVER_PLACES", ())
    monkeypatch.setattr(browser, "_downloaded_driver", lambda: None)
    return folder


def test_the_browser_and_driver_on_path_are_found(bare: Path) -> None:
    installed = program(bare / "chromium-browser"), program(bare / "chromedriver")
    assert (find_browser(), find_driver()) == installed


def test_a_named_program_comes_before_any_other(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare / "chromedriver")
    named, of_environment = program(tmp_path / "named"), program(tmp_path / "environment")
    monkeypatch.setenv("SE_CHROMEDRIVER", str(of_environment))
    assert find_driver(str(named)) == named
    assert find_driver() == of_environment
    assert find_browser(str(named)) == named


def test_the_driver_that_debian_installs_beside_the_browser_is_found(
    bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = program(tmp_path / "chromium" / "chromedriver")
    monkeypatch.setattr(browser, "DRIVER_PLACES", (place,))
    assert find_driver() == place


def test_a_machine_without_a_browser_is_told_what_to_install(bare: Path) -> None:
    with pytest.raises(BrowserError, match=r"apt install chromium.*--browser"):
        find_browser()
    with pytest.raises(BrowserError, match=r"apt install chromium-driver.*--driver"):
        find_driver()


@pytest.mark.parametrize("option", ["browser", "driver"])
def test_a_named_program_that_does_not_exist_is_named(bare: Path, option: str) -> None:
    program(bare / "chromium")
    named = CrawlOptions(**{option: "/nowhere/program"})
    with pytest.raises(BrowserError, match=rf"--{option} /nowhere/program"), open_browser(named, ()):
        pass


def test_a_driver_that_does_not_start_says_what_it_said(bare: Path) -> None:
    program(bare / "chromium")
    program(bare / "chromedriver", "echo the libraries are missing; exit 1")
    with pytest.raises(BrowserError, match="libraries are missing"), open_browser(CrawlOptions(), ()):
        pass


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, "never came true"
        time.sleep(0.01)


def profiles(folder: Path) -> list[Path]:
    return list(folder.glob("unpaired-browser-*"))


@pytest.mark.browser
def test_no_process_and_no_profile_stay_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(KeyError), open_browser(CrawlOptions(), ()):
        (driver,) = drivers_of(os.getpid())
        assert len(living(driver)) > 1
        assert profiles(tmp_path)
        raise KeyError
    assert not living(driver)
    assert not profiles(tmp_path)


@pytest.mark.browser
def test_a_driver_that_dies_is_a_browser_error_and_leaves_nothing_behind() -> None:
    with pytest.raises(BrowserError, match="does not answer"), open_browser(CrawlOptions(), ()) as session:
        (driver,) = drivers_of(os.getpid())
        os.kill(driver, signal.SIGKILL)
        session.get("data:text/html,")
    assert not living(driver)


@pytest.mark.browser
def test_a_named_profile_is_kept(tmp_path: Path) -> None:
    with open_browser(CrawlOptions(profile=str(tmp_path / "profile")), ()):
        pass
    assert (tmp_path / "profile" / "Default").is_dir()


@pytest.mark.browser
def test_proxies_of_the_environment_do_not_stand_between_us_and_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with open_browser(CrawlOptions(), ()) as session:
        session.get("data:text/html,<title>here</title>")
        assert session.title == "here"


PROGRAM = """
import signal, sys, time
from crawler.browser import open_browser
from crawler.options import CrawlOptions
from pipeline.errors import Terminated

def terminate(number, frame):
    raise Terminated

signal.signal(signal.SIGTERM, terminate)
signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored where the tests run under nohup
with open_browser(CrawlOptions(), ()) as session:
    session.get("data:text/html,")
    sys.stdout.write("ready")
    sys.stdout.flush()
    time.sleep(60)
"""


@pytest.mark.browser
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_crawl_that_is_ended_by_a_signal_takes_the_browser_with_it(tmp_path: Path, number: int) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    assert process.stdout is not None
    assert process.stdout.read(5) == b"ready"
    (driver,) = drivers_of(process.pid)
    process.send_signal(number)
    process.communicate(timeout=30)
    until(lambda: not living(driver) and not profiles(tmp_path))


@pytest.mark.browser
def test_a_browser_that_ends_as_it_starts_says_what_a_container_needs(tmp_path: Path) -> None:
    broken = program(tmp_path / "chromium", "echo No usable sandbox >&2; exit 1")
    with (
        pytest.raises(BrowserError, match=r"ended as it started.*--no-sandbox"),
        open_browser(CrawlOptions(browser=str(broken)), ()),
    ):
        pass


def as_user(monkeypatch: pytest.MonkeyPatch, user: int) -> None:
    monkeypatch.setattr("os.geteuid", lambda: user)


def test_root_may_not_show_pages_of_strangers_without_a_sandbox_and_is_told_what_to_do(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(bare / "chromium")
    program(bare / "chromedriver")
    as_user(monkeypatch, 0)
    with (
        pytest.raises(BrowserError, match=r"www\.google\.com.*normal user.*--no-sandbox"),
        open_browser(CrawlOptions(), ("www.google.com", "127.0.0.1:80")),
    ):
        pass


@pytest.mark.parametrize(
    ("user", "hosts", "no_sandbox", "sandboxed"),
    [
        (1000, ("www.google.com",), False, True),
        (1000, ("www.google.com",), True, False),
        (1000, ("127.0.0.1:8000", "localhost:1", "[::1]:80"), False, False),
        (0, ("127.0.0.1:8000",), False, False),
        (0, ("www.google.com",), True, False),
        (1000, ("127.0.0.1:8000", "localhost.example.org"), False, True),
        (1000, ("*",), False, True),
    ],
)
def test_the_sandbox_is_off_for_loopback_and_where_the_user_says_so(
    monkeypatch: pytest.MonkeyPatch, user: int, hosts: tuple[str, ...], no_sandbox: bool, sandboxed: bool
) -> None:
    as_user(monkeypatch, user)
    options = CrawlOptions(no_sandbox=no_sandbox)
    browser._refuse_root(options, hosts)
    words = browser._arguments(options, hosts, Path("chromium"), Path("folder")).arguments
    assert ("--no-sandbox" not in words) == sandboxed
    assert "--disable-quic" in words


class Recorded(BaseHTTPRequestHandler):
    """Answers every address with a page that is a file to be saved under /save, and notes what was asked."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        body = b"<title>page</title>" if self.path == "/" else b"x" * 1000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/html" if self.path == "/" else "application/octet-stream")
        if self.path != "/":
            self.send_header("Content-Disposition", "attachment; filename=saved.bin")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def pages() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Recorded) as server:
        server.asked = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.browser
def test_no_page_can_save_a_file(pages: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    host = f"127.0.0.1:{pages.server_port}"
    with open_browser(CrawlOptions(), (host,)) as session:
        session.get(f"http://{host}/")
        session.execute_script("location.href = '/save'")
        until(lambda: "/save" in pages.asked)  # type: ignore[attr-defined]
        session.get(f"http://{host}/?after")
        found = [path for path in tmp_path.rglob("*") if path.suffix in (".bin", ".crdownload")]
    assert found == []


def offered(host: str, count: int, asked: list[str]) -> Callable[[WebDriver], Iterator[Candidate]]:
    """A search that asks the browser for a page before each of its candidates."""

    def look(session: WebDriver) -> Iterator[Candidate]:
        asked.append(session.session_id or "")
        for rank in range(count):
            session.get(f"http://{host}/")
            assert session.title == "page"
            yield Candidate("A", "google", "q", rank, f"http://{host}/{rank}.jpg")

    return look


@pytest.mark.browser
@pytest.mark.parametrize("victim", ["driver", "browser"])
def test_a_browser_that_dies_is_replaced_and_the_search_goes_on_where_it_was(
    pages: ThreadingHTTPServer, victim: str
) -> None:
    host, opened = f"127.0.0.1:{pages.server_port}", list[str]()
    with LastingBrowser(CrawlOptions(), (host,)) as lasting:
        search = lasting.search(offered(host, 5, opened))
        ranks = [next(search).rank for _ in range(3)]
        (driver,) = drivers_of(os.getpid())
        for process in [driver] if victim == "driver" else [one for one in living(driver) if one != driver]:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        ranks += [candidate.rank for candidate in search]
        assert not living(driver)
    assert ranks == [0, 1, 2, 3, 4]
    assert len(set(opened)) == 2


@pytest.mark.browser
def test_a_browser_that_hangs_is_replaced(pages: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "PAGE_SECONDS", 1.5)
    monkeypatch.setattr(browser, "QUIT_SECONDS", 0.5)
    host, opened = f"127.0.0.1:{pages.server_port}", list[str]()
    with LastingBrowser(CrawlOptions(), (host,)) as lasting:
        search = lasting.search(offered(host, 4, opened))
        ranks = [next(search).rank for _ in range(2)]
        (driver,) = drivers_of(os.getpid())
        for process in living(driver):
            os.kill(process, signal.SIGSTOP)
        ranks += [candidate.rank for candidate in search]
        assert not living(driver)
    assert ranks == [0, 1, 2, 3]
    assert len(opened) == 2


def test_a_browser_that_stops_each_time_is_given_up_after_two_more(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    opened: list[int] = []

    @contextmanager
    def dying(_options: CrawlOptions, _hosts: object) -> Iterator[int]:
        opened.append(len(opened))
        yield opened[-1]

    def look(_session: object) -> Iterator[Candidate]:
        yield Candidate("A", "google", "q", 0, "http://example.org/0.jpg")
        raise InvalidSessionIdException("gone")

    monkeypatch.setattr(browser, "open_browser", dying)
    search = LastingBrowser(CrawlOptions(), ()).search(look)
    assert next(search).rank == 0
    with pytest.raises(BrowserError, match="does not answer"):
        next(search)
    assert opened == [0, 1, 2]
    assert len(caplog.records) == 2


class KillingOnce(Silent):
    """Kills the browser when the first images are stored."""

    killed: int = 0

    def update(self, done: int, note: str = "") -> None:
        del note
        if done >= 4 and not self.killed:
            (driver,) = drivers_of(os.getpid())
            self.killed = driver
            for process in living(driver):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)


@pytest.mark.browser
def test_a_crawl_whose_browser_is_killed_ends_as_one_whose_browser_lived(tmp_path: Path) -> None:
    offers = [Offer(f"{seed}.jpg", picture(seed), title=f"title {seed}") for seed in range(30)]
    query, results, summaries = Query("B", "벚꽃 이미지"), [], []
    with serve({query.text: offers}, Behaviour(show_more_after=1)) as site:
        options = CrawlOptions(search_url=site.search_url, allow_host=(site.image_host,), per_host=8)
        killing = KillingOnce()
        for name, progress in (("whole", Silent()), ("killed", killing)):
            dataset = DatasetDir(tmp_path / name)
            summaries.append(crawl(options, [query], dataset, progress=progress))
            with open_catalog(dataset.catalog) as catalog:
                results.append(catalog.dump())
    assert killing.killed
    assert not living(killing.killed)
    assert results[0] == results[1]
    assert summaries[0].queries == summaries[1].queries
    assert summaries[0].images == 30
