"""What every test may use: the real photos beside the checkout, and a locale that does not depend on the machine."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def shared_data() -> Path:
    """The folder of real photos; skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"{SHARED_DATA} is not there")
    return SHARED_DATA


@pytest.fixture(autouse=True)
def english_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages in English, in this process and in children."""
    from pipeline.language import is_korean

    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    is_korean.cache_clear()
