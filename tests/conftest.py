"""What every test may use: how often stages are killed, the real photos, and a locale that is the same everywhere."""

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="kill each stage at 100 seeded moments in place of 8")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`kill_seed`: a test that asks for it runs once for each moment at which a stage is killed."""
    if "kill_seed" in metafunc.fixturenames:
        metafunc.parametrize("kill_seed", range(100 if metafunc.config.getoption("--all") else 8))


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
