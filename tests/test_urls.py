"""Lists of addresses: text, CSV and Parquet, and what cannot be read."""

import io
import random
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from crawler.answers import Found
from crawler.crawl import CrawlSummary, crawl
from crawler.engines.urls import read
from crawler.options import NO_LIMIT, CrawlOptions
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.demo.site import Offer, Site, serve
from pipeline.errors import NoResultsError, PipelineError, UsageError
from pipeline.progress import Silent
from pipeline.records import Query

LIST = Query("A", "list.txt")


def written(folder: Path, text: str, name: str = "list.txt", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def test_a_text_file_has_an_address_a_line(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufeffhttps://a.kr/벚꽃.jpg\r\n\r\n# a remark\n  http://b.kr/2.jpg  \n")
    assert read(path) == [Found("https://a.kr/벚꽃.jpg"), Found("http://b.kr/2.jpg")]


def test_a_table_has_a_column_url_and_may_have_others_in_any_order(tmp_path: Path) -> None:
    text = 'Title, URL ,licence,page_url,attribution,colour\n"벚꽃, 봄",https://a.kr/1.jpg,CC BY,https://a.kr/,홍길동,pink\n,,\nx,http://b\n'
    assert read(written(tmp_path, text, "list.csv")) == [
        Found("https://a.kr/1.jpg", "https://a.kr/", "벚꽃, 봄", "CC BY", "홍길동"),
        Found(""),
        Found("http://b", title="x"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("list.csv", b"address,title\nhttps://a.kr/1.jpg,x\n", "address, title"),
        ("list.csv", b"", "no column url"),
        ("list.csv", b'url\n"' + b"x" * 200_000 + b'"\n', "field larger"),
        ("list.txt", "거리".encode("cp949"), "UTF-8"),
        ("missing.txt", None, "No such file"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes | None, named: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=named):
        read(tmp_path / name)


@pytest.mark.parametrize(("name", "text"), [("list.txt", "\n# nothing\n"), ("list.csv", "url,title\n,x\n")])
def test_a_list_that_names_nothing_has_no_results(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(NoResultsError, match=name):
        read(written(tmp_path, text, name))


def test_parquet_without_its_package_is_an_error_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UsageError, match="pip install pyarrow"):
        read(written(tmp_path, "PAR1", "list.parquet"))


class _Table:
    """As much of pyarrow's ParquetFile as is used: it is no dependency, so its interface is written down here."""

    def __init__(self, path: str) -> None:
        if Path(path).read_bytes() != b"PAR1":
            raise ValueError("Parquet magic bytes not found in footer")
        self.schema_arrow = types.SimpleNamespace(names=["URL", "title", "vector"])

    def read(self, columns: Sequence[str]) -> Any:
        assert list(columns) == ["URL", "title"]
        return types.SimpleNamespace(to_pylist=lambda: [{"URL": "https://a.kr/1.jpg", "title": None}])


def test_parquet_is_read_where_its_package_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", types.SimpleNamespace(ParquetFile=_Table))
    assert read(written(tmp_path, "PAR1", "list.parquet")) == [Found("https://a.kr/1.jpg")]
    with pytest.raises(UsageError, match="magic bytes"):
        read(written(tmp_path, "nothing", "other.parquet"))


@given(st.binary(max_size=200), st.sampled_from(["any.txt", "any.csv"]))
@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_read_or_refused(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(b"url\n" + content)
    try:
        found = read(tmp_path / name)
    except PipelineError as error:
        assert name in str(error)
        return
    assert all(isinstance(one.image_url.encode(), bytes) for one in found)


def offers(count: int) -> list[Offer]:
    made = []
    for number in range(count):
        file = io.BytesIO()
        Image.frombytes("RGB", (64, 48), random.Random(number).randbytes(64 * 48 * 3)).save(file, "JPEG")
        made.append(Offer(f"{number}.jpg", file.getvalue()))
    return made


def collect(path: Path, site: Site, dataset: DatasetDir, limit: int = NO_LIMIT) -> CrawlSummary:
    options = CrawlOptions(urls=str(path), allow_host=(site.image_host,), limit=limit, per_host=8)
    return crawl(options, [LIST], dataset, progress=Silent())


def test_every_address_of_a_list_ends_as_an_image_or_with_a_reason(tmp_path: Path) -> None:
    offered = offers(5)
    dataset = DatasetDir(tmp_path / "data")
    with serve({"x": offered}) as site:
        good = [site.address(offer) for offer in offered]
        lines = [*good, good[0], "ftp://a.kr/1.jpg", "no address", f"http://{site.image_host}/gone.jpg"]
        summary = collect(written(tmp_path, "\n".join(lines)), site, dataset)
        assert collect(tmp_path / "list.txt", site, dataset).queries[0].fetched == 0
        assert set(site.requests.downloads.values()) == {1}
    row = summary.queries[0]
    assert (row.query, row.fetched, row.images) == ("list.txt", 5, 5)
    assert row.failed == {"bad_scheme": 2, "http_404": 1}


def test_a_list_longer_than_what_may_wait_is_taken_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.crawl.MOST_UNDER_WAY", 10)
    offered = offers(40)
    with serve({"x": offered}) as site:
        path = written(tmp_path, "\n".join(site.address(offer) for offer in offered))
        assert collect(path, site, DatasetDir(tmp_path / "data")).images == 40


def test_a_list_that_grew_brings_only_what_is_new(tmp_path: Path) -> None:
    offered = offers(6)
    dataset = DatasetDir(tmp_path / "data")
    with serve({"x": offered}) as site:
        for count in (4, 6):
            path = written(tmp_path, "\n".join(site.address(offer) for offer in offered[:count]))
            summary = collect(path, site, dataset)
    assert (summary.queries[0].known, summary.queries[0].fetched, summary.images) == (4, 2, 6)


def test_what_a_table_says_of_its_images_reaches_the_catalogue(tmp_path: Path) -> None:
    offered = offers(1)
    dataset = DatasetDir(tmp_path / "data")
    with serve({"x": offered}) as site:
        text = f"url,title,licence,attribution\n{site.address(offered[0])},벚꽃,CC0,홍길동\n"
        collect(written(tmp_path, text, "list.csv"), site, dataset)
    with open_catalog(dataset.catalog) as catalog:
        candidate = next(catalog.sources()).candidate
    assert (candidate.engine, candidate.title, candidate.licence, candidate.attribution) == (
        "urls",
        "벚꽃",
        "CC0",
        "홍길동",
    )
