"""What every test may use: how often stages are killed, the real photos, one thread, the same locale everywhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chromium import Reader, reading

if TYPE_CHECKING:
    from train.rundir import RunDir

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="kill each stage at 100 seeded moments in place of 8")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for one of these runs once for each moment at which a stage is killed.

    `kill_seed` is for stages without a browser, `browser_kill_seed` for a whole crawl with one, which takes long.
    """
    every = metafunc.config.getoption("--all")
    for name, few, many in (("kill_seed", 8, 100), ("browser_kill_seed", 2, 8)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, range(many if every else few))


@pytest.fixture
def shared_data() -> Path:
    """The folder of real photos; skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"{SHARED_DATA} is not there")
    return SHARED_DATA


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Torch with one thread: small networks lose more to a busy machine's threads than they win by them."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def english_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages in English, in this process and in children."""
    from pipeline.language import is_korean

    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    is_korean.cache_clear()


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory: pytest.TempPathFactory) -> "RunDir":
    """A finished run of six steps on a few pictures, with test images; for reading only."""
    from trainings import tiny, whole_dataset

    from pipeline.language import is_korean
    from pipeline.progress import Silent
    from train.loop import train
    from train.rundir import RunDir

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LC_ALL", "C.UTF-8")
        is_korean.cache_clear()
        data = whole_dataset(tmp_path_factory.mktemp("data") / "street2blossom")
        summary = train(tiny(), data, tmp_path_factory.mktemp("runs"), resume=None, progress=Silent())
    return RunDir(Path(summary.run))


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the browser saves files."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def one_reader(downloads: Path) -> Iterator[Reader]:
    with reading(downloads) as reader:
        yield reader


@pytest.fixture
def reader(one_reader: Reader) -> Reader:
    """A person in front of a headless Chromium, the same one for all tests; skips where there is none."""
    one_reader.settle()
    return one_reader
