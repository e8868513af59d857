"""A Chrome or Chromium driven by Selenium: found on this machine, started with a profile of its own, always ended."""

import logging
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import InvalidSessionIdException, NoSuchWindowException, WebDriverException
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver
from urllib3.exceptions import HTTPError

from crawler import reaper
from crawler.options import CrawlOptions
from pipeline.errors import BrowserError
from pipeline.language import _
from pipeline.records import Candidate

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
DRIVERS = ("chromedriver", "chromium.chromedriver")
DRIVER_PLACES = (Path("/usr/lib/chromium/chromedriver"), Path("/usr/lib/chromium-browser/chromedriver"))
NOBODY = "http://127.0.0.1:9"
"""The proxy for everything that the browser may not reach: the discard port, where nobody listens (RFC 863)."""
PAGE_SECONDS = 30.0
QUIT_SECONDS = 3
DOWNLOAD_SECONDS = 20.0
NO_DOWNLOADS = 3
"""No page may save a file: chromeenterprise.google/policies/#DownloadRestrictions."""
RESTARTS = 2
"""So often a browser that died or hangs is replaced during one search."""

log = logging.getLogger(__name__)


def find_browser(named: str = "") -> Path:
    """The browser's program: the one that is named, else the first on PATH. Raises BrowserError with the remedy."""
    if named:
        return _program(named, "--browser")
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return Path(found)
    raise BrowserError(
        _(
            "No browser found (looked for {names} on PATH). Install one, such as `apt install chromium`,"
            " or name it with --browser PATH.",
            names=", ".join(BROWSERS),
        )
    )


def find_driver(named: str = "") -> Path:
    """The chromedriver: the named one, else SE_CHROMEDRIVER, PATH, where Debian puts it. Downloads nothing.

    Raises BrowserError with the remedy.
    """
    if named:
        return _program(named, "--driver")
    if os.environ.get("SE_CHROMEDRIVER"):
        return _program(os.environ["SE_CHROMEDRIVER"], "SE_CHROMEDRIVER")
    found = [Path(path) for path in map(shutil.which, DRIVERS) if path]
    found += [path for path in DRIVER_PLACES if os.access(path, os.X_OK)]
    if found:
        return found[0]
    raise BrowserError(
        _(
            "No chromedriver found. Install the one that belongs to your browser, such as"
            " `apt install chromium-driver`, or name it with --driver PATH."
        )
    )


@contextmanager
def open_browser(options: CrawlOptions, hosts: Sequence[str]) -> Iterator[WebDriver]:
    """A running browser; it and its driver are gone when the block ends, or when this process ends in any way.

    It reaches only `hosts`, each HOST or HOST:PORT, `*` standing for any part of a name: whatever else a page embeds
    is sent to a proxy that is not there, so that no search result makes it call on the user's own network.
    Its sandbox is off only where `hosts` are all on this machine or the user said so.
    Raises BrowserError when one of the two is missing, they do not fit, they die while they are used, or root asks for
    a browser with a sandbox.
    """
    browser = find_browser(options.browser)
    driver = _driver_or_download(options.driver)
    _refuse_root(options, hosts)
    own_folder = Path(tempfile.gettempdir(), f"unpaired-browser-{secrets.token_hex(4)}")  # the reaper makes it
    with (
        _running_driver(driver, own_folder) as address,
        browser_errors(),
        _session(_arguments(options, hosts, browser, own_folder), address) as session,
    ):
        yield session


class LastingBrowser:
    """A browser that opens when it is first needed, and anew when it died or hangs in the middle of a search."""

    def __init__(self, options: CrawlOptions, hosts: Sequence[str]) -> None:
        self._options = options
        self._hosts = hosts
        self._closing = ExitStack()
        self._driver: WebDriver | None = None

    def __enter__(self) -> "LastingBrowser":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def driver(self) -> WebDriver:
        """The browser that runs, or a new one. Raises BrowserError."""
        if self._driver is None:
            self._driver = self._closing.enter_context(open_browser(self._options, self._hosts))
        return self._driver

    def close(self) -> None:
        self._driver = None
        with suppress(BrowserError):  # what is closed may be dead already
            self._closing.close()

    def search(self, look: Callable[[WebDriver], Iterator[Candidate]]) -> Iterator[Candidate]:
        """What a search in the browser offers, each address once.

        When the browser stops, another takes its place and `look` begins anew, at most RESTARTS times; what was offered
        before is not offered again. Raises BrowserError for one that cannot be opened or stops too often.
        """
        offered: set[str] = set()
        for restarts_left in reversed(range(RESTARTS + 1)):
            driver = self.driver()
            try:
                with browser_errors():
                    for candidate in look(driver):
                        if candidate.image_url not in offered:
                            offered.add(candidate.image_url)
                            yield candidate
                return
            except BrowserError as error:
                self.close()
                if not restarts_left:
                    raise
                log.debug("%s", error)
                log.warning(_("The browser stopped answering. Another one is started and the search goes on."))


@contextmanager
def _running_driver(driver: Path, own_folder: Path) -> Iterator[str]:
    """The address of a chromedriver, which a second process starts, and ends when the block or this process ends.

    That process and the driver each lead a session of their own, so that Ctrl-C reaches neither. Raises BrowserError.
    """
    keeper = subprocess.Popen(
        [sys.executable, "-I", "-S", reaper.__file__, str(driver), str(own_folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        port, _newline, output = keeper.stdout.read().decode(errors="replace").partition("\n")
        if not port:
            raise _does_not_start(driver, output)
        yield f"http://127.0.0.1:{port}"
    finally:
        keeper.stdin.close()
        keeper.stdout.close()
        keeper.wait()


def _does_not_start(driver: Path, output: str) -> BrowserError:
    return BrowserError(
        _(
            "{driver}: does not start ({output}). Install the chromedriver of your browser's version"
            " or name it with --driver PATH.",
            driver=driver,
            output=output.strip()[-300:] or "-",
        )
    )


@contextmanager
def _session(arguments: webdriver.ChromeOptions, address: str) -> Iterator[WebDriver]:
    # without this, Selenium would send its commands to 127.0.0.1 through HTTP_PROXY
    direct = Proxy({"proxyType": ProxyType.DIRECT})
    config = ClientConfig(remote_server_addr=address, proxy=direct, timeout=int(2 * PAGE_SECONDS))
    session = webdriver.Remote(command_executor=RemoteConnection(client_config=config), options=arguments)
    try:
        session.set_page_load_timeout(PAGE_SECONDS)
        session.set_script_timeout(PAGE_SECONDS)
        yield session
    finally:
        config.timeout = QUIT_SECONDS  # one that hangs is killed
        with suppress(WebDriverException, HTTPError, OSError):
            session.quit()
        close = getattr(session.command_executor, "close", None)
        if close is not None:
            close()


@contextmanager
def browser_errors() -> Iterator[None]:
    """What Selenium says of a browser that is missing, does not fit or is gone, in our words."""
    try:
        yield
    except (InvalidSessionIdException, NoSuchWindowException, HTTPError, ConnectionError) as error:
        raise BrowserError(_gone(str(error))) from error
    except WebDriverException as error:
        message = (error.msg or "").strip()
        if "only supports Chrome version" in message:
            raise BrowserError(
                _(
                    "Browser and driver do not fit: {message}. Install the chromedriver of the browser's version"
                    " (`apt install chromium chromium-driver`) or name it with --driver PATH.",
                    message=" ".join(message.split()),
                )
            ) from error
        if "session not created" in message:
            raise BrowserError(
                _(
                    "The browser ended as it started: {message}. Where a container forbids its sandbox, say"
                    " --no-sandbox; else `pipeline doctor` says what is missing.",
                    message=" ".join(message.split())[:300],
                )
            ) from error
        raise BrowserError(_gone(message)) from error


def _gone(message: str) -> str:
    return _(
        "The browser does not answer: {message}. What was found is kept; run the same command again"
        " (`pipeline doctor` says what is missing).",
        message=" ".join(message.split())[:300],
    )


def _arguments(options: CrawlOptions, hosts: Sequence[str], browser: Path, own_folder: Path) -> webdriver.ChromeOptions:
    arguments = webdriver.ChromeOptions()
    arguments.binary_location = str(browser)
    arguments.page_load_strategy = "eager"
    profile = Path(options.profile).absolute() if options.profile else own_folder / "profile"
    for argument in (
        f"--user-data-dir={profile}",
        "--window-size=1280,2000",
        "--lang=ko",
        "--no-first-run",
        "--no-default-browser-check",
        f"--proxy-server={NOBODY}",
        f"--proxy-bypass-list={';'.join(('<-loopback>', *hosts))}",  # loopback is no exception
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-dev-shm-usage",
        "--disable-extensions",
        "--disable-quic",  # it would go past the proxy
        "--disable-sync",
        "--metrics-recording-only",
        "--mute-audio",
        *(() if options.headed else ("--headless=new", "--disable-gpu")),
        *(("--no-sandbox",) if not _needs_sandbox(options, hosts) else ()),
    ):
        arguments.add_argument(argument)
    preferences = {"intl.accept_languages": "ko-KR,ko,en", "download_restrictions": NO_DOWNLOADS}
    arguments.add_experimental_option("prefs", preferences)
    return arguments


def _needs_sandbox(options: CrawlOptions, hosts: Sequence[str]) -> bool:
    """Whether pages of strangers are shown: then only the user may do without the sandbox. Our own loopback is none."""
    return not options.no_sandbox and not all(_is_loopback(host) for host in hosts)


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _refuse_root(options: CrawlOptions, hosts: Sequence[str]) -> None:
    if os.geteuid() == 0 and _needs_sandbox(options, hosts):
        raise BrowserError(
            _(
                "The browser's sandbox does not work for root, and without it a page of {hosts} could take over this"
                " machine. Run as a normal user, or say --no-sandbox where the machine is disposable, as a container.",
                hosts=", ".join(hosts),
            )
        )


def _program(named: str, origin: str) -> Path:
    path = shutil.which(named)
    if path is None:
        raise BrowserError(_("{origin} {path}: not a program that can be run.", origin=origin, path=named))
    return Path(path)


def _driver_or_download(named: str) -> Path:
    try:
        return find_driver(named)
    except BrowserError:
        downloaded = None if named or os.environ.get("SE_CHROMEDRIVER") else _downloaded_driver()
        if downloaded is None:
            raise
        return downloaded


def _downloaded_driver() -> Path | None:
    """What webdriver-manager brings within 20 seconds, or None; behind a proxy that swallows it would wait forever."""
    brought: list[Path] = []

    def download() -> None:
        from webdriver_manager.chrome import ChromeDriverManager

        try:
            brought.append(Path(ChromeDriverManager().install()))
        except (OSError, ValueError, AttributeError) as error:  # requests' errors are OSErrors
            log.debug("webdriver-manager: %s", error)

    thread = threading.Thread(target=download, name="driver-download", daemon=True)
    thread.start()
    thread.join(DOWNLOAD_SECONDS)
    return brought[0] if brought else None
