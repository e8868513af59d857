"""Lists of addresses: text, CSV and Parquet, and what cannot be read."""

import io
import random
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
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
from pipeline.demo.offers import Offer
from pipeline.demo.site import Site, serve
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


def test_a_parquet_file_has_a_column_url_and_may_have_others_in_any_order(tmp_path: Path) -> None:
    columns = {
        "vector": [[0.5], [1.0], None],
        "Title": ["벚꽃, 봄", None, "x"],
        " URL ": ["https://a.kr/1.jpg", None, "http://b"],
        "licence": ["CC BY", "", None],
    }
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "list.parquet")
    assert read(tmp_path / "list.parquet") == [
        Found("https://a.kr/1.jpg", title="벚꽃, 봄", licence="CC BY"),
        Found(""),
        Found("http://b", title="x"),
    ]


@pytest.mark.parametrize(
    ("columns", "named"), [({"address": ["https://a.kr/1.jpg"]}, "no column url"), ({}, "no column url")]
)
def test_a_parquet_file_without_a_column_url_is_refused(
    tmp_path: Path, columns: dict[str, list[str]], named: str
) -> None:
    pyarrow.parquet.write_table(pyarrow.table(columns), tmp_path / "list.parquet")
    with pytest.raises(UsageError, match=rf"list\.parquet.*{named}"):
        read(tmp_path / "list.parquet")


def test_a_parquet_file_that_is_broken_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"url": ["https://a.kr/1.jpg"] * 50}), path)
    whole = path.read_bytes()
    for data in (b"", b"PAR1", b"nothing at all", whole[: len(whole) // 2], whole[:4] + b"\xff" * 40 + whole[44:]):
        path.write_bytes(data)
        with pytest.raises(UsageError, match=r"list\.parquet"):
            read(path)
    path.unlink()
    with pytest.raises(UsageError, match=r"list\.parquet"):
        read(path)


@given(st.binary(max_size=200))
@settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_parquet_file_is_read_or_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "any.parquet").write_bytes(b"PAR1" + content + b"PAR1")
    with pytest.raises(PipelineError, match=r"any\.parquet"):
        read(tmp_path / "any.parquet")


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
