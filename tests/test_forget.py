"""Forgetting: nothing of an image stays but hashes, no copy takes its place, and no crawl brings it back."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from test_build import NAMES, picture

from crawler.crawl import crawl
from crawler.folder import add as add_folder
from crawler.options import CrawlOptions
from curate.build import curate
from curate.options import CurateOptions
from curate.swap import finish_or_undo
from curate.thresholds import REASONS
from pipeline.adoption import adopt_raw
from pipeline.catalog import Catalog, open_catalog
from pipeline.dataset import DatasetDir
from pipeline.demo.offers import Offer
from pipeline.demo.site import serve
from pipeline.errors import DatasetLockedError, UsageError
from pipeline.files import lock, sha256_of
from pipeline.forget import ForgetSummary, forget, read_target
from pipeline.progress import Silent
from pipeline.records import Candidate, Decision, Domain, ImageRecord, Query, Source
from pipeline.tombstones import address_mark, host_mark

OPTIONS = CurateOptions(split=0.75, size=40, min_size=32, keep=REASONS, workers=1)
HOSTS = ("pictures.example.org", "cdn.example.net")


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> DatasetDir:
    """Six images of each domain from two hosts, one of them with a smaller copy, curated."""
    dataset = DatasetDir(tmp_path_factory.mktemp("made") / "data")
    with open_catalog(dataset.catalog) as catalog:
        for number in range(12):
            _store(catalog, dataset, number, picture(number))
        _store(catalog, dataset, 12, picture(0, 48, 32, quality=95))
        catalog.decide(Decision(sha256_of(picture(0)), "", "keep", ""))
    curate(OPTIONS, dataset, names=NAMES, progress=Silent())
    return dataset


def _store(catalog: Catalog, dataset: DatasetDir, number: int, data: bytes) -> None:
    candidate = _candidate(number)
    sha256 = sha256_of(data)
    path = dataset.raw_file(sha256, "jpg")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    catalog.see([candidate])
    source = Source(candidate, "fetched", sha256=sha256, final_url=f"{candidate.image_url}?final")
    catalog.settle([source], [ImageRecord(sha256, "jpg", len(data))])


def _candidate(number: int) -> Candidate:
    domain: Domain = "B" if number % 2 else "A"
    url = f"https://{HOSTS[number % 3 == 1]}/secret-{number:02d}.jpg"
    return Candidate(domain, "google", NAMES[domain], number, url, "https://blog.example.com/post", f"title-{number}")


@pytest.fixture
def dataset(curated: DatasetDir, tmp_path: Path) -> DatasetDir:
    shutil.copytree(curated.root, tmp_path / "data")
    return DatasetDir(tmp_path / "data")


def run(dataset: DatasetDir, *targets: str) -> ForgetSummary:
    return forget(targets, dataset, dataset.root.parent / "runs", finish_swap=finish_or_undo)


def traces(dataset: DatasetDir, *texts: str | bytes) -> list[str]:
    """The files in which one of the texts or byte strings lies, and names that hold one."""
    wanted = [text.encode() if isinstance(text, str) else text for text in texts]
    paths = [path for path in sorted(dataset.root.rglob("*")) if path.is_file()]
    return [
        str(path)
        for path in paths
        if any(text in path.read_bytes() or text in os.fsencode(path.name) for text in wanted)
    ]


def state(dataset: DatasetDir) -> tuple[dict[str, bytes], list[tuple[object, ...]]]:
    files = {
        path.relative_to(dataset.root).as_posix(): path.read_bytes()
        for path in sorted(dataset.root.rglob("*"))
        if path.is_file() and not path.name.startswith(("catalog.sqlite", ".lock"))
    }
    with open_catalog(dataset.catalog) as catalog:
        return files, catalog.dump()


def finished(dataset: DatasetDir) -> Iterator[tuple[str, str]]:
    for split in ("train", "test"):
        for line in (dataset.root / split / "metadata.jsonl").read_text().splitlines():
            row = json.loads(line)
            yield row["sha256"], f"{split}/{row['file_name']}"


def test_nothing_of_a_forgotten_image_stays_but_hashes(dataset: DatasetDir) -> None:
    sha256 = sha256_of(picture(4))
    (smaller,) = dataset.root.glob(f"t*/A/{sha256}.jpg")
    pixels = smaller.read_bytes()
    run(dataset, sha256)
    assert traces(dataset, "secret-04", "title-4", picture(4), pixels, picture(4)[-60:-20]) == []
    assert [Path(name).name for name in traces(dataset, sha256)] == ["catalog.sqlite"]
    with open_catalog(dataset.catalog) as catalog:
        assert {(str(row[0]), str(row[1])) for row in catalog.dump() if sha256 in row} == {
            (sha256, sha256),
            (address_mark(_candidate(4).image_url), sha256),
            (address_mark(_candidate(4).image_url + "?final"), sha256),
        }


def test_the_images_that_stay_are_as_they_were(dataset: DatasetDir) -> None:
    before = dict(finished(dataset))
    gone = sha256_of(picture(4))
    run(dataset, gone)
    after = dict(finished(dataset))
    assert after == {name: place for name, place in before.items() if name != gone}
    assert all((dataset.root / place).is_file() for place in after.values())
    counts = json.loads(dataset.summary.read_text())["counts"]
    assert counts == dataset.counts()


def test_a_copy_of_what_was_forgotten_is_forgotten_too_and_never_promoted(dataset: DatasetDir) -> None:
    larger, smaller = sha256_of(picture(0)), sha256_of(picture(0, 48, 32, quality=95))
    assert run(dataset, larger).images == tuple(sorted((larger, smaller)))
    curate(OPTIONS, dataset, names=NAMES, progress=Silent())
    assert smaller not in dict(finished(dataset))
    assert traces(dataset, "secret-12", "secret-00") == []


def test_the_kept_image_that_a_forgotten_copy_resembles_is_named_and_stays(dataset: DatasetDir) -> None:
    larger, smaller = sha256_of(picture(0)), sha256_of(picture(0, 48, 32, quality=95))
    done = run(dataset, smaller)
    assert (done.images, done.copies) == ((smaller,), (larger,))
    assert larger in dict(finished(dataset))


@pytest.mark.parametrize(
    ("target", "numbers"),
    [
        ("https://pictures.example.org/secret-02.jpg", {2}),
        ("https://Pictures.EXAMPLE.org/%73ecret-02.jpg#part", {2}),
        ("https://pictures.example.org/secret-02.jpg?final", {2}),
        ("cdn.example.net", {1, 4, 7, 10}),
        ("EXAMPLE.net.", {1, 4, 7, 10}),
        ("net", {1, 4, 7, 10}),
        ("https://blog.example.com/post", set(range(13))),
        ("ample.net", set()),
        ("https://pictures.example.org/secret-0", set()),
    ],
)
def test_a_target_means_an_address_a_page_or_a_host_and_those_below_it(
    dataset: DatasetDir, target: str, numbers: set[int]
) -> None:
    pictures = {number: sha256_of(picture(number)) for number in range(12)}
    pictures[12] = sha256_of(picture(0, 48, 32, quality=95))
    assert set(run(dataset, target).images) == {pictures[number] for number in numbers}


@pytest.mark.parametrize("text", ["", "two words", "/etc/passwd", "a@b", "name:80"])
def test_what_is_no_target_is_refused_before_anything_happens(dataset: DatasetDir, text: str) -> None:
    with pytest.raises(UsageError, match="sha256"):
        run(dataset, "cdn.example.net", text)
    assert len(dict(finished(dataset))) == 12


def test_a_host_is_the_same_in_hangul_and_in_ascii() -> None:
    assert read_target("벚꽃.kr").mark == host_mark("벚꽃".encode("idna").decode() + ".kr") == host_mark("벚꽃.KR.")


def test_a_dataset_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such dataset"):
        run(DatasetDir(tmp_path / "nowhere"), "example.org")
    assert not (tmp_path / "nowhere").exists()


def test_a_dataset_that_another_command_works_on_is_left_alone(dataset: DatasetDir) -> None:
    with lock(dataset.lock), pytest.raises(DatasetLockedError):
        run(dataset, "example.net")


def test_a_catalogue_that_somebody_reads_cannot_be_scrubbed_and_the_error_says_so(
    dataset: DatasetDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.catalog.BUSY_SECONDS", 0.01)
    with open_catalog(dataset.catalog) as reader:
        sources = reader.sources()
        next(sources)
        with pytest.raises(DatasetLockedError, match="another program"):
            run(dataset, "example.net")
        list(sources)
    run(dataset, "example.net")
    assert traces(dataset, "cdn.example.net") == []


def test_what_is_forgotten_twice_is_as_if_forgotten_once(dataset: DatasetDir) -> None:
    first = run(dataset, "example.net", "nobody.example")
    once = state(dataset)
    again = run(dataset, "example.net", "nobody.example")
    assert state(dataset) == once
    assert (again.images, again.sources, again.files) == (first.images, 0, 0)
    assert "Nothing of it was in the dataset" in again.text()


def test_the_next_curation_starts_from_what_is_left(dataset: DatasetDir) -> None:
    run(dataset, "example.net", sha256_of(picture(0)))
    assert not dataset.report.exists()
    done = curate(OPTIONS, dataset, names=NAMES, progress=Silent())
    assert done.changed
    assert dataset.report.is_file()
    assert traces(dataset, "cdn.example.net") == []
    assert not curate(OPTIONS, dataset, names=NAMES, progress=Silent()).changed


def test_half_written_files_and_kept_layout_pages_go_with_it(dataset: DatasetDir) -> None:
    dataset.layouts.mkdir()
    (dataset.layouts / "layout-1.html").write_text("https://cdn.example.net/secret-01.jpg")
    (dataset.rejected / ".tmp-abc").write_bytes(b"https://cdn.example.net/secret-01.jpg")
    build = dataset.root / ".build-tree" / "train"
    build.mkdir(parents=True)
    (build / "metadata.jsonl").write_text("https://cdn.example.net/secret-01.jpg")
    run(dataset, "example.net")
    assert traces(dataset, "cdn.example.net") == []


def test_a_link_in_the_dataset_is_removed_itself_and_not_what_it_points_to(dataset: DatasetDir, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    sha256 = sha256_of(picture(4))
    (outside / f"{sha256}.jpg").write_bytes(b"mine")
    (place,) = dataset.root.glob(f"t*/A/{sha256}.jpg")
    place.unlink()
    place.symlink_to(outside / f"{sha256}.jpg")
    shutil.move(dataset.rejected, tmp_path / "rejected")
    dataset.rejected.symlink_to(outside)
    run(dataset, sha256)
    assert not place.is_symlink()
    assert (outside / f"{sha256}.jpg").read_bytes() == b"mine"


def test_runs_and_exports_that_used_it_are_named(dataset: DatasetDir, tmp_path: Path) -> None:
    used, other = sha256_of(picture(2)), sha256_of(picture(3))
    for name, sha256 in (("00001-a", used), ("00002-b", other)):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "images.jsonl").write_text(json.dumps({"domain": "A", "sha256": sha256}) + "\n")
    with open_catalog(dataset.catalog) as catalog:
        catalog.exported("one.jsonl", [used, other])
        catalog.exported("two.jsonl", [other])
    for _time in range(2):
        done = run(dataset, "https://pictures.example.org/secret-02.jpg")
        assert (done.runs, done.exports) == (("00001-a",), ("one.jsonl",))
        assert "00001-a" in done.text()


def test_json_has_every_field_of_the_summary(dataset: DatasetDir) -> None:
    assert set(asdict(run(dataset, "example.net"))) == {"images", "sources", "files", "copies", "runs", "exports"}


CHILD = """
import os, signal, sys
from pathlib import Path
from curate.swap import finish_or_undo
from pipeline.dataset import DatasetDir
from pipeline.forget import forget

left = int(sys.argv[2])
def count(event, arguments):
    global left
    path = os.fsdecode(arguments[0]) if arguments and isinstance(arguments[0], (str, bytes)) else ""
    if event in ("os.remove", "os.rename", "sqlite3.connect", "os.truncate") or (event == "open" and "/data" in path):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
forget(["example.net"], DatasetDir(Path(sys.argv[1])), Path("runs"), finish_swap=finish_or_undo)
"""


@pytest.mark.parametrize("moment", [2, 3, 4, 5, 8, 11, 15, 16, 22, 23, 24, 25])
def test_killed_at_any_moment_and_run_again_it_ends_the_same(dataset: DatasetDir, tmp_path: Path, moment: int) -> None:
    whole = DatasetDir(tmp_path / "whole")
    shutil.copytree(dataset.root, whole.root)
    run(whole, "example.net")
    subprocess.run([sys.executable, "-c", CHILD, str(dataset.root), str(moment)], check=False)
    run(dataset, "example.net")
    assert state(dataset) == state(whole)
    assert traces(dataset, "cdn.example.net") == []


def test_a_raw_file_that_a_killed_forget_left_is_not_adopted_again(dataset: DatasetDir) -> None:
    sha256 = sha256_of(picture(2))
    run(dataset, sha256)
    path = dataset.raw_file(sha256, "jpg")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(picture(2))
    with open_catalog(dataset.catalog) as catalog:
        assert adopt_raw(dataset, catalog) == 0
    assert not path.exists()


def test_a_crawl_skips_what_was_forgotten_and_says_how_often(tmp_path: Path) -> None:
    query = Query("A", "거리")
    offered = [Offer(f"{number}.jpg", picture(number % 4)) for number in range(6)]
    dataset = DatasetDir(tmp_path / "data")
    with serve({query.text: offered}) as site:

        def search(_query: Query) -> Iterator[Candidate]:
            for rank, offer in enumerate(offered):
                yield Candidate("A", "google", query.text, rank, site.address(offer))

        options = CrawlOptions(allow_host=(site.image_host,))
        crawl(options, [query], dataset, progress=Silent(), search=search)
        forgotten = site.address(offered[1])
        run(dataset, forgotten)
        before = site.requests.downloads.total()
        row = crawl(options, [query], dataset, progress=Silent(), search=search).queries[0]
        assert site.requests.downloads.total() == before
    assert row.failed == {"forgotten": 2}
    assert row.candidates == row.fetched + row.known + 2 == 6
    assert traces(dataset, forgotten, site.address(offered[5])) == []


def test_a_forgotten_image_under_a_new_address_is_not_stored_and_leaves_no_address(tmp_path: Path) -> None:
    query = Query("A", "거리")
    offers = [Offer("old.jpg", picture(1)), Offer("other.jpg", picture(2)), Offer("new-place.jpg", picture(1))]
    dataset = DatasetDir(tmp_path / "data")
    with serve({query.text: offers}) as site:

        def search(count: int) -> Iterator[Candidate]:
            for rank, offer in enumerate(offers[:count]):
                yield Candidate("A", "google", query.text, rank, site.address(offer))

        options = CrawlOptions(allow_host=(site.image_host,))
        crawl(options, [query], dataset, progress=Silent(), search=lambda _query: search(2))
        run(dataset, sha256_of(picture(1)))
        for _time in range(2):
            row = crawl(options, [query], dataset, progress=Silent(), search=lambda _query: search(3)).queries[0]
            assert row.failed == {"forgotten": 2}
        assert site.requests.downloads[offers[2].name] <= 1
    assert traces(dataset, "new-place", picture(1)) == []


def test_add_skips_a_forgotten_photo(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(3):
        (photos / f"photo-{number}.jpg").write_bytes(picture(number))
    dataset = DatasetDir(tmp_path / "data")
    add_folder(photos, "A", dataset, progress=Silent())
    run(dataset, sha256_of(picture(1)))
    row = add_folder(photos, "A", dataset, progress=Silent()).queries[0]
    assert (row.known, row.failed) == (2, {"forgotten": 1})
    assert traces(dataset, "photo-1", picture(1)) == []
