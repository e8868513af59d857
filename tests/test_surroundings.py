"""Row P4 of FAULTS.md, and the traps: a strange locale, time zone, clock or proxy around a command changes nothing."""

import ast
import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from faults import Answer, Server, drip, fixed, jpeg, reply, serving
from replicas import WEBSITES, Picture, Replica
from replicas import serve as serve_engine

from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir

ROOT = Path(__file__).parents[1]
TYPED = unicodedata.normalize("NFD", "벚꽃 이미지")
STORED = unicodedata.normalize("NFC", "벚꽃 이미지")
JUMPING = """
import itertools, time
real = time.time
years = itertools.cycle((-20, 0, 20))
time.time = lambda: real() + next(years) * 31_557_600
"""
"""A wall clock that jumps by decades each time it is read."""
CLOCKS = {
    ("crawler/fetch.py", "time"),  # a Retry-After that is a date
    ("crawler/pages.py", "time"),
    ("pipeline/catalog.py", "time"),  # when something happened: information only
}
"""Where the wall clock may be read, and nowhere else."""


@dataclass(frozen=True)
class Web:
    """A search engine, and the host of the images that it knows."""

    engine: Replica
    images: Server


@contextmanager
def serving_web(answers: Mapping[str, Answer]) -> Iterator[Web]:
    with serving({"/robots.txt": fixed(reply(b"", "404 No")), **answers}) as images:
        known = [Picture(images.url(path), title="벚꽃 🌸") for path in answers]
        with serve_engine(WEBSITES["naver"](known)) as engine:
            yield Web(engine, images)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with serving_web({f"/{number}.jpg": fixed(reply(jpeg(320, 300))) for number in range(5)}) as web:
        yield web


def pipeline(
    *words: str, folder: Path, before: str = "", environment: Mapping[str, str]
) -> subprocess.CompletedProcess[bytes]:
    program = f"{before}\nfrom pipeline.cli import main; main()"
    arguments = [sys.executable, "-c", program, *words]
    around = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(arguments, capture_output=True, cwd=folder, env=around, check=False, timeout=60)


def crawled(
    web: Web, folder: Path, *limits: str, before: str = "", **environment: str
) -> tuple[DatasetDir, subprocess.CompletedProcess[bytes]]:
    """The dataset of a whole command in `folder`, which must have ended well."""
    folder.mkdir(exist_ok=True)
    places = ["--engine", "naver", "--search-url", web.engine.url, "--allow-host", web.images.host]
    words = ["crawl", TYPED, "--domain", "B", *places, *limits, "--dataset", "./데이터", "--json"]
    ended = pipeline(*words, folder=folder, before=before, environment=environment)
    assert ended.returncode == 0, ended.stderr.decode()
    return DatasetDir(folder / "데이터"), ended


def dump(dataset: DatasetDir) -> list[tuple[object, ...]]:
    with open_catalog(dataset.catalog) as catalog:
        return catalog.dump()


@pytest.fixture(scope="module")
def plain(web: Web, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """What a crawl comes to where nothing is strange."""
    rows = dump(crawled(web, tmp_path_factory.mktemp("plain"), LC_ALL="C.UTF-8", TZ="UTC")[0])
    assert sum("fetched" in row for row in rows) == 5
    return rows


@pytest.mark.parametrize(
    ("locale", "zone"), [("C", "Pacific/Apia"), ("POSIX", "XXX-14:59"), ("ko_KR.EUC-KR", "Nowhere/At_All")]
)
def test_a_korean_query_in_any_locale_and_time_zone_is_asked_stored_and_told_in_utf8(
    web: Web, plain: list[tuple[object, ...]], tmp_path: Path, locale: str, zone: str
) -> None:
    dataset, ended = crawled(web, tmp_path, LC_ALL=locale, LANG=locale, TZ=zone)
    assert dump(dataset) == plain
    assert json.loads(ended.stdout)["queries"][0]["query"] == STORED
    assert web.engine.parameters()[-1]["query"] == STORED
    curated = pipeline("curate", "--dataset", "./데이터", folder=tmp_path, environment={"LC_ALL": locale, "TZ": zone})
    assert curated.returncode == 0, curated.stderr.decode()
    lines = (dataset.metadata("train").read_bytes() + dataset.metadata("test").read_bytes()).decode("utf-8")
    assert {json.loads(line)["query"] for line in lines.splitlines()} == {STORED}


def test_a_wall_clock_that_jumps_by_decades_moves_no_deadline_and_loses_no_image(tmp_path: Path) -> None:
    answers = {
        "/a.jpg": fixed(reply(jpeg())),
        "/b.jpg": fixed(reply(jpeg())),
        "/drip": drip(b"HTTP/1.1 200 OK\r\n\r\n"),
    }
    with serving_web(answers) as web:
        dataset, _ended = crawled(web, tmp_path, "--deadline-seconds", "2", before=JUMPING)
    with open_catalog(dataset.catalog) as catalog:
        counts = catalog.counts()
    assert (counts.fetched, counts.failed) == (2, {"deadline": 1})


def test_the_wall_clock_is_read_for_dates_of_servers_and_notes_of_the_catalogue_only() -> None:
    walls = {"time", "time_ns", "localtime", "gmtime", "ctime", "now", "utcnow", "today"}
    found = set()
    for room in ("pipeline", "crawler", "curate", "train"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                is_read = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in walls
                if is_read and node.value.id in ("time", "datetime", "date"):
                    found.add((path.relative_to(ROOT).as_posix(), node.attr))
    assert found == CLOCKS


def test_no_proxy_and_no_password_of_the_surroundings_is_used_for_engines_or_images(
    web: Web, plain: list[tuple[object, ...]], tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("default login me password secret\n")
    seen = len(web.images.requests), len(web.engine.asked)
    with serving({}) as trap:
        names = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy")
        traps = {name: trap.url() for lower in names for name in (lower, lower.upper())}
        clear = {"no_proxy": "", "NO_PROXY": ""}
        netrc = {"HOME": str(tmp_path), "NETRC": str(tmp_path / ".netrc")}
        dataset, _ended = crawled(web, tmp_path, **traps, **clear, **netrc)
        assert (trap.connections, trap.requests) == (0, [])
    assert dump(dataset) == plain
    fields = [name.lower() for _path, _parameters, headers in web.engine.asked[seen[1] :] for name in headers]
    assert "authorization" not in fields
    assert not [request for request in web.images.requests[seen[0] :] if "authorization" in request.lower()]
