"""Row F1 of FAULTS.md: whatever a stranger calls a picture, files are named by their sha256 and by nothing else."""

import json
import re
import socket
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest
from faults import fixed, jpeg, reply, serving

from crawler.crawl import crawl
from crawler.folder import add
from crawler.options import CrawlOptions
from curate.build import curate
from curate.options import CurateOptions
from pipeline.catalog import open_catalog
from pipeline.cli.collecting import queries_of
from pipeline.dataset import DatasetDir
from pipeline.progress import Silent
from pipeline.recipe import STREET_TO_BLOSSOM
from pipeline.records import SPLITS, Candidate, Query

NAMES = (
    "../../../../etc/cron.d/evil.jpg",
    "..",
    "/etc/passwd",
    "..\\..\\evil.jpg",
    "C:\\Windows\\evil.jpg",
    "nul\0byte.jpg",
    "CON",
    "aux.jpg",
    "x" * 300 + ".jpg",
    "ends in a dot.",
    " ends in spaces  ",
    "벚꽃.jpg",
    unicodedata.normalize("NFD", "벚꽃.jpg"),
    "photo_\u202egnp.exe",
    "🌸🏳️‍🌈.jpg",
    "SAME.jpg",
    "same.jpg",
    ".hidden",
    ".tmp-evil",
    "catalog.sqlite",
    "-rf *",
    "$(touch evil).jpg",
    "two\nlines.jpg",
    "%2e%2e%2fevil.jpg",
    "<img src=x onerror=alert(1)>.jpg",
)
RAW = re.compile(r"raw/([0-9a-f]{2})/(\1[0-9a-f]{62})\.jpg")
FINISHED = re.compile(r"(train|test)/[AB]/[0-9a-f]{64}\.jpg")
OWN = {"catalog.sqlite", ".lock", "dataset.json", "README.md", "croissant.json", "rejected/index.html"}


def answer(connection: socket.socket, target: str) -> None:
    """A picture of its own for each address, to be saved as the name that the address begins with."""
    name = NAMES[int(target.split("/")[1])]
    plain = re.sub(r"[\0\r\n]", "", name)
    disposition = f"Content-Disposition: attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    connection.sendall(reply(jpeg(320, 300), "200 OK", disposition))


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def titles(dataset: DatasetDir) -> list[str]:
    with open_catalog(dataset.catalog) as catalog:
        return [source.candidate.title for source in catalog.sources()]


def assert_named_by_hashes(tmp_path: Path, dataset: DatasetDir, count: int) -> None:
    """`count` images, finished ones too, no file of another name in the dataset, and none outside it."""
    curate(CurateOptions(size=64), dataset, names={"A": "거리", "B": "벚꽃"}, progress=Silent())
    found = files_in(dataset.root) - OWN - {"train/metadata.jsonl", "test/metadata.jsonl"}
    assert [path for path in found if not RAW.fullmatch(path) and not FINISHED.fullmatch(path)] == []
    assert (len([path for path in found if RAW.fullmatch(path)]), len(found)) == (count, 2 * count)
    assert {path.split("/")[0] for path in files_in(tmp_path)} <= {dataset.name, "photos"}


def test_titles_addresses_and_headers_name_no_file(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path / "data")
    with serving({"/robots.txt": fixed(reply(b"", "404 No")), "*": answer}) as server:
        urls = [server.url(f"/{number}/{name}") for number, name in enumerate(NAMES)]

        def search(query: Query) -> Iterator[Candidate]:
            for rank, (url, name) in enumerate(zip(urls, NAMES, strict=True)):
                yield Candidate(query.domain, "google", query.text, rank, url, page_url=f"file:///{name}", title=name)

        options = CrawlOptions(allow_host=(server.host,), concurrency=4, per_host=4)
        summary = crawl(options, [Query("B", NAMES[0])], dataset, progress=Silent(), search=search)
    assert summary.queries[0].failed == {}
    with open_catalog(dataset.catalog) as catalog:
        kept = {source.candidate.image_url: source.candidate.title for source in catalog.sources()}
    assert kept == dict(zip(urls, NAMES, strict=True))
    assert_named_by_hashes(tmp_path, dataset, len(NAMES))
    lines = "".join(dataset.metadata(split).read_text("utf-8") for split in SPLITS).splitlines()
    assert sorted(json.loads(line)["title"] for line in lines) == sorted(NAMES)


def test_the_names_of_the_users_own_photos_name_no_file(tmp_path: Path) -> None:
    photos, dataset = tmp_path / "photos", DatasetDir(tmp_path / "data")
    photos.mkdir()
    names = [name for name in NAMES if not re.search(r"/|\0|^\.", name) and len(name) < 250]
    for name in [*names, "not utf-8 \udcff.jpg"]:
        (photos / name).write_bytes(jpeg(320, 300))
    assert add(photos, "B", dataset, progress=Silent()).images == len(names) + 1
    assert sorted(titles(dataset)) == sorted([*map(normal, names), "not utf-8 \ufffd.jpg"])
    assert_named_by_hashes(tmp_path, dataset, len(names) + 1)


def normal(name: str) -> str:
    return unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKD"])
def test_a_query_is_stored_in_nfc_however_it_was_typed(form: Literal["NFC", "NFD", "NFKD"]) -> None:
    assert queries_of(STREET_TO_BLOSSOM, [unicodedata.normalize(form, "벚꽃 이미지")], None) == [
        Query("B", unicodedata.normalize("NFC", "벚꽃 이미지"))
    ]
