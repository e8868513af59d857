"""Finding the browser and its driver, and ending both however the crawl ends."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler import browser
from crawler.browser import find_browser, find_driver, open_browser
from crawler.options import CrawlOptions
from pipeline.errors import BrowserError


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


def living(session: int) -> list[int]:
    """The processes of a session, but for dead ones (proc(5))."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, _group, of_session, *_rest = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(of_session) == session and state != "Z":
            found.append(int(entry.parent.name))
    return found


def drivers(parent: int) -> list[int]:
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(child) for child in children if "chrome" in Path(f"/proc/{child}/comm").read_text()]


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
        (driver,) = drivers(os.getpid())
        assert len(living(driver)) > 1
        assert profiles(tmp_path)
        raise KeyError
    assert not living(driver)
    assert not profiles(tmp_path)


@pytest.mark.browser
def test_a_driver_that_dies_is_a_browser_error_and_leaves_nothing_behind() -> None:
    with pytest.raises(BrowserError, match="does not answer"), open_browser(CrawlOptions(), ()) as session:
        (driver,) = drivers(os.getpid())
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
    (driver,) = drivers(process.pid)
    process.send_signal(number)
    process.communicate(timeout=30)
    until(lambda: not living(driver) and not profiles(tmp_path))
