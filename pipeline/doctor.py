"""What is there and what is missing on this machine, each with its remedy."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path

from pipeline.dataset import DatasetDir
from pipeline.errors import BrowserError
from pipeline.language import _

FREE_BYTES = 5_000_000_000
"""A crawl of a few hundred photos with its training run takes one or two gigabytes; five leave room to work."""

HANGUL_FONTS = re.compile(r"nanum|cjk|baekmuk|unfonts|malgun|applesdgothic|sarasa|pretendard", re.IGNORECASE)
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts", "/Library/Fonts")

FindProgram = Callable[[str], Path]
"""A finder of the browser or its driver: the path that the user named or "", to the program; raises BrowserError."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` is "" where nothing is to be done."""

    name: str
    value: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """All findings; healthy when none needs a remedy."""

    findings: tuple[Finding, ...]
    healthy: bool

    def text(self) -> str:
        """A line for each finding, then what to do about those that need it."""
        return "\n".join(_line(finding) for finding in self.findings)


def examine(find_browser: FindProgram, find_driver: FindProgram, dataset: DatasetDir) -> Examination:
    """Look at everything that the commands need."""
    browser = _program("browser", find_browser)
    driver = _program("chromedriver", find_driver)
    findings = (
        _python(),
        *_packages(),
        browser,
        driver,
        *_mismatch(browser, driver),
        _cuda(),
        _disk(dataset),
        _fonts(),
    )
    return Examination(findings, not any(finding.remedy for finding in findings))


def _line(finding: Finding) -> str:
    mark = "✗" if finding.remedy else "✓"
    return f"{mark} {finding.name}: {finding.value}" + (f"\n    → {finding.remedy}" if finding.remedy else "")


def _python() -> Finding:
    found = f"{platform.python_implementation()} {platform.python_version()}"
    return Finding("python", found, "" if sys.version_info >= (3, 11) else _("Install CPython 3.11 or newer."))


def _packages() -> list[Finding]:
    wanted = [line.split(";") for line in requires("unpaired") or []]
    return [
        _package(re.split(r"[<>=!~ \[]", line[0], maxsplit=1)[0])
        for line in wanted
        if len(line) == 1 or "train" in line[1]
    ]


def _package(name: str) -> Finding:
    try:
        return Finding(name, version(name))
    except PackageNotFoundError:
        return Finding(name, _("missing"), _("Install it: pip install -e '.[train]'"))


def _program(name: str, find: FindProgram) -> Finding:
    try:
        path = find("")
    except BrowserError as error:
        return Finding(name, _("missing"), str(error))
    return Finding(name, f"{_version_of(path)} ({path})")


def _version_of(program: Path) -> str:
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    match = re.search(r"\d+(\.\d+)+", answer.stdout)
    return match[0] if match else answer.stdout.strip()


def _mismatch(browser: Finding, driver: Finding) -> list[Finding]:
    majors = [finding.value.split(".")[0] for finding in (browser, driver)]
    if not all(major.isdigit() for major in majors) or majors[0] == majors[1]:
        return []
    value = _("browser {browser}, driver {driver}", browser=majors[0], driver=majors[1])
    return [Finding("versions", value, _("Install the chromedriver of the browser's own version."))]


def _cuda() -> Finding:
    if find_spec("torch") is None:
        return Finding("CUDA", _("unknown without torch"))
    import torch

    if torch.cuda.is_available():
        return Finding("CUDA", torch.cuda.get_device_name(0))
    if shutil.which("nvidia-smi"):
        remedy = _("Install a torch with CUDA: pip install --force-reinstall torch")
        return Finding("CUDA", _("an NVIDIA driver, but torch {torch} cannot use it", torch=torch.__version__), remedy)
    return Finding("CUDA", _("no NVIDIA GPU here; training runs on the CPU"))


def _disk(dataset: DatasetDir) -> Finding:
    folder = next(path for path in (dataset.root.absolute(), *dataset.root.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(folder).free
    value = _("{free:.1f} GB free at {folder}", free=free / 1e9, folder=folder)
    if not os.access(folder, os.W_OK):
        return Finding("disk", value, _("No permission to write there: change its owner or choose another folder."))
    return Finding("disk", value, "" if free >= FREE_BYTES else _("Make room: a crawl and a training take some GB."))


def _fonts() -> Finding:
    found = next((path for folder in FONT_FOLDERS for path in _files(Path(folder).expanduser())), None)
    if found is None:
        return Finding("Hangul font", _("missing"), _("Korean text shows boxes: apt-get install fonts-nanum"))
    return Finding("Hangul font", found.name)


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*.*") if HANGUL_FONTS.search(str(path)) and path.is_file())
