"""What the doctor finds, and that each thing that is missing has its remedy."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.dataset import DatasetDir
from pipeline.doctor import examine
from pipeline.errors import BrowserError


def _program(folder: Path, name: str, answer: str) -> Callable[[str], Path]:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    return lambda _wanted: path


def _absent(_wanted: str) -> Path:
    raise BrowserError("no browser here. Install chromium.")


def test_a_missing_browser_is_named_with_its_remedy(tmp_path: Path) -> None:
    found = examine(_absent, _program(tmp_path, "driver", "ChromeDriver 150.1.2"), DatasetDir(tmp_path))
    assert not found.healthy
    assert "✗ browser: missing\n    → no browser here. Install chromium." in found.text()


def test_a_driver_of_another_version_than_the_browser_is_named(tmp_path: Path) -> None:
    browser = _program(tmp_path, "browser", "Chromium 151.0.1")
    driver = _program(tmp_path, "driver", "ChromeDriver 150.1.2 (abc)")
    found = examine(browser, driver, DatasetDir(tmp_path))
    assert "✗ versions: browser 151, driver 150" in found.text()


def test_what_fits_is_told_with_its_version_and_place(tmp_path: Path) -> None:
    browser = _program(tmp_path, "browser", "Chromium 151.0.1")
    driver = _program(tmp_path, "driver", "ChromeDriver 151.0.9 (abc)")
    found = examine(browser, driver, DatasetDir(tmp_path))
    assert f"✓ browser: 151.0.1 ({tmp_path / 'browser'})" in found.text()
    assert "versions" not in found.text()


def test_every_package_that_the_project_needs_is_told(tmp_path: Path) -> None:
    names = {finding.name for finding in examine(_absent, _absent, DatasetDir(tmp_path)).findings}
    assert {"python", "click", "selenium", "pillow", "torch", "CUDA", "disk", "Hangul font"} <= names


def test_a_full_disk_is_told_before_it_hurts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr("pipeline.doctor.FREE_BYTES", usage.free + 1_000_000_000_000)
    disk = next(f for f in examine(_absent, _absent, DatasetDir(tmp_path)).findings if f.name == "disk")
    assert disk.remedy
