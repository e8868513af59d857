"""The recipe of a dataset: what it holds, how small it is, and the same dataset made from it again."""

import dataclasses
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from test_build import NAMES, picture

from crawler.crawl import crawl
from crawler.options import NO_LIMIT, CrawlOptions
from crawler.rebuild import rebuild
from curate.build import curate
from curate.options import CurateOptions
from curate.thresholds import REASONS
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.demo.offers import Offer
from pipeline.demo.site import Site, serve
from pipeline.errors import NoResultsError, UsageError
from pipeline.export import ExportSummary, export_recipe, read_recipe, recipe_bytes, recipe_of
from pipeline.files import sha256_of
from pipeline.forget import forget
from pipeline.progress import Silent
from pipeline.records import Candidate, Decision, ImageRecord, Query, Source, Verdict

CURATION = CurateOptions(split=0.75, size=40, min_size=32, keep=REASONS, workers=1)
STREET, BLOSSOM = Query("A", "거리"), Query("B", "벚꽃 이미지")
GALLERIES = {
    STREET.text: [Offer(f"거리/{seed}.jpg", picture(seed), title=f"거리 {seed}") for seed in range(8)],
    BLOSSOM.text: [Offer(f"벚꽃 {seed}.jpg", picture(seed), title=f"벚꽃 \u2028 {seed}") for seed in range(10, 18)],
}


def options(site: Site, **values: object) -> CrawlOptions:
    return CrawlOptions(allow_host=(site.image_host,), per_host=8, limit=NO_LIMIT, **values)  # type: ignore[arg-type]


def collected(site: Site, dataset: DatasetDir) -> DatasetDir:
    """A crawl of both queries, curated, with a decision of a person."""

    def search(query: Query) -> Iterator[Candidate]:
        for rank, offer in enumerate(GALLERIES[query.text]):
            yield Candidate(query.domain, "google", query.text, rank, site.address(offer), title=offer.title)

    crawl(options(site), [STREET, BLOSSOM], dataset, progress=Silent(), search=search)
    with open_catalog(dataset.catalog) as catalog:
        catalog.decide(Decision(sha256_of(picture(3)), "", "note", "벚꽃"))
    curate(CURATION, dataset, names=NAMES, progress=Silent())
    return dataset


def exported(dataset: DatasetDir, folder: Path) -> tuple[Path, ExportSummary]:
    file = folder / "made.recipe.jsonl"
    return file, export_recipe(dataset, file)


def finished(dataset: DatasetDir) -> dict[str, bytes]:
    paths = [path for split in ("train", "test") for path in (dataset.root / split).rglob("*") if path.is_file()]
    return {path.relative_to(dataset.root).as_posix(): path.read_bytes() for path in sorted(paths)}


def test_a_dataset_comes_back_from_its_recipe_to_the_byte(tmp_path: Path) -> None:
    with serve(GALLERIES) as site:
        first = collected(site, DatasetDir(tmp_path / "first"))
        file, summary = exported(first, tmp_path)
        second = DatasetDir(tmp_path / "second")
        made = rebuild(options(site, urls=str(file)), second, progress=Silent())
    curate(CURATION, second, names=NAMES, progress=Silent())
    assert (summary.images, summary.addresses, summary.local) == (16, 16, 0)
    assert (made.images, made.vanished) == (16, ())
    assert finished(second) == finished(first)
    assert second.summary.read_bytes() == first.summary.read_bytes()
    assert exported(second, tmp_path / "other")[0].read_bytes() == file.read_bytes()


def test_what_has_vanished_is_named_with_its_reason_and_the_others_keep_their_sides(tmp_path: Path) -> None:
    with serve(GALLERIES) as site:
        first = collected(site, DatasetDir(tmp_path / "first"))
        file, _summary = exported(first, tmp_path)
    gone, other = GALLERIES[STREET.text][2], GALLERIES[BLOSSOM.text][3]
    later = {
        STREET.text: [replace(offer, status=404) if offer is gone else offer for offer in GALLERIES[STREET.text]],
        BLOSSOM.text: [replace(one, data=picture(99)) if one is other else one for one in GALLERIES[BLOSSOM.text]],
    }
    second = DatasetDir(tmp_path / "second")
    with serve(later) as site:
        text = file.read_text(encoding="utf-8")
        old = json.loads(text.splitlines()[1])["url"].split("/")[2]
        file.write_text(text.replace(old, site.image_host), encoding="utf-8")
        for _time in range(2):
            made = rebuild(options(site, urls=str(file)), second, progress=Silent())
            assert {(one.sha256, one.reason) for one in made.vanished} == {
                (sha256_of(gone.data), "http_404"),
                (sha256_of(other.data), "changed"),
            }
            assert "http_404" in made.text(NAMES)
    curate(CURATION, second, names=NAMES, progress=Silent())
    names = {sha256_of(gone.data), sha256_of(other.data)}
    pictures = {name: data for name, data in finished(first).items() if name.endswith(".jpg")}
    assert {name: data for name, data in finished(second).items() if name.endswith(".jpg")} == {
        name: data for name, data in pictures.items() if Path(name).stem not in names
    }


def test_a_recipe_of_which_nothing_is_left_is_no_success(tmp_path: Path) -> None:
    with serve(GALLERIES) as site:
        file, _summary = exported(collected(site, DatasetDir(tmp_path / "first")), tmp_path)
    none = {name: [replace(offer, status=410) for offer in offers] for name, offers in GALLERIES.items()}
    with serve(none) as site, pytest.raises(NoResultsError, match="none of its images"):
        rebuild(options(site, urls=str(file)), DatasetDir(tmp_path / "second"), progress=Silent())


def test_one_side_of_a_recipe_can_be_had_alone(tmp_path: Path) -> None:
    with serve(GALLERIES) as site:
        file, _summary = exported(collected(site, DatasetDir(tmp_path / "first")), tmp_path)
        second = DatasetDir(tmp_path / "second")
        made = rebuild(options(site, urls=str(file)), second, "B", progress=Silent())
    assert [row.query for row in made.queries] == [BLOSSOM.text]
    assert (made.images, made.vanished) == (8, ())


def test_what_was_forgotten_does_not_come_back_by_a_recipe(tmp_path: Path) -> None:
    with serve(GALLERIES) as site:
        dataset = collected(site, DatasetDir(tmp_path / "first"))
        file, _summary = exported(dataset, tmp_path)
        gone = GALLERIES[STREET.text][1]
        done = forget([site.address(gone)], dataset, tmp_path / "runs")
        asked = site.requests.downloads.total()
        made = rebuild(options(site, urls=str(file)), dataset, progress=Silent())
        assert site.requests.downloads.total() == asked
    assert done.exports == (file.name,)
    assert [(one.sha256, one.reason) for one in made.vanished] == [(sha256_of(gone.data), "forgotten")]
    again = exported(dataset, tmp_path / "again")[0].read_text(encoding="utf-8")
    assert sha256_of(gone.data) not in again


def test_a_thousand_images_need_less_than_a_megabyte(tmp_path: Path) -> None:
    with open_catalog(tmp_path / "catalog.sqlite") as catalog:
        for rank in range(1000):
            sha256 = sha256_of(str(rank).encode())
            url = f"https://images{rank % 7}.example.org/{'photo/' * 15}{sha256[:40]}.jpg?w=1920&h=1080"
            page = f"https://blog.example.org/{'%EB%B2%9A%EA%BD%83' * 8}/{rank}"
            candidate = Candidate("B", "google", "벚꽃 이미지", rank, url, page, "벚꽃이 핀 거리의 봄날 풍경 사진 " * 3)
            catalog.see([candidate])
            catalog.settle([Source(candidate, "fetched", sha256=sha256)], [ImageRecord(sha256, "jpg", 123_456)])
        verdicts = [Verdict(image.sha256, "duplicate", other=image.sha256) for image in catalog.images()]
        catalog.judge(verdicts, {verdict.sha256: "train" for verdict in verdicts}, {"split": "0.9"})
        assert len(recipe_bytes(recipe_of(catalog, {}))) < 1_000_000


def test_a_recipe_is_read_as_it_was_written(tmp_path: Path) -> None:
    with serve(GALLERIES) as site:
        dataset = collected(site, DatasetDir(tmp_path / "first"))
    file, _summary = exported(dataset, tmp_path)
    recipe = read_recipe(file)
    assert recipe_bytes(recipe) == file.read_bytes()
    assert len(file.read_text(encoding="utf-8").splitlines()) == 1 + 16 + 1
    assert recipe.options["size"] == CURATION.size
    assert dataclasses.asdict(recipe.ingredients[0].candidate)["query"] == STREET.text


def test_own_photos_are_counted_as_what_a_recipe_cannot_bring(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path / "data")
    candidate = Candidate("A", "folder", "", 0, "file:///photos/one.jpg#abc")
    with open_catalog(dataset.catalog) as catalog:
        catalog.see([candidate])
        catalog.settle([Source(candidate, "fetched", sha256="a" * 64)], [ImageRecord("a" * 64, "jpg", 5)])
    file, summary = exported(dataset, tmp_path)
    assert (summary.images, summary.local) == (1, 1)
    with pytest.raises(NoResultsError):
        rebuild(CrawlOptions(urls=str(file)), DatasetDir(tmp_path / "other"), progress=Silent())


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"url": 1}', "\x00", "[" * 100_000, '{"recipe": 1}\n{"url": ""}']
)
def test_a_file_that_is_no_recipe_is_refused_with_the_remedy(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.jsonl").write_text(text)
    with pytest.raises(UsageError, match=r"list\.jsonl.*pipeline export"):
        read_recipe(tmp_path / "list.jsonl")


def test_a_recipe_of_a_newer_version_is_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text('{"recipe": 2}\n')
    with pytest.raises(UsageError, match="Upgrade"):
        read_recipe(tmp_path / "list.jsonl")


def test_a_dataset_without_images_is_not_exported(tmp_path: Path) -> None:
    dataset = DatasetDir(tmp_path / "data")
    with pytest.raises(UsageError, match="pipeline crawl"):
        exported(dataset, tmp_path)
    assert list(tmp_path.iterdir()) == []


def with_place(data: bytes, kind: str) -> bytes:
    """The picture with a GPS position and a camera's serial number in its EXIF."""
    exif = Image.Exif()
    exif[0x010F] = "SECRETCAMERA"
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 33.0, 58.87), 3: "E", 4: (126.0, 58.0, 40.63), 29: "2026:04:05"})
    file = io.BytesIO()
    Image.open(io.BytesIO(data)).save(file, kind, exif=exif, comment="SECRETCAMERA", quality=95)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_where_a_photo_was_taken_never_leaves_raw(tmp_path: Path, kind: str) -> None:
    dataset = DatasetDir(tmp_path / "data")
    photos = [with_place(picture(seed), kind) for seed in range(6)]
    assert all(Image.open(io.BytesIO(photo)).getexif().get_ifd(0x8825) for photo in photos)
    suffix = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}[kind]
    with open_catalog(dataset.catalog) as catalog:
        for rank, photo in enumerate([*photos, with_place(picture(0, 48, 32), kind)]):
            candidate = Candidate("A", "folder", "", rank, f"file:///photos/{rank}")
            path = dataset.raw_file(sha256_of(photo), suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(photo)
            catalog.see([candidate])
            record = ImageRecord(path.stem, suffix, len(photo))
            catalog.settle([Source(candidate, "fetched", sha256=path.stem)], [record])
    curate(CURATION, dataset, names=NAMES, progress=Silent())
    file, _summary = exported(dataset, tmp_path)
    made = [path for path in dataset.root.rglob("*") if path.is_file() and dataset.raw not in path.parents]
    pictures = [path for path in made if path.suffix == ".jpg"]
    assert len(pictures) == 6
    for path in pictures:
        with Image.open(path) as finished_picture:
            assert not finished_picture.getexif()
            assert finished_picture.info.keys() & {"exif", "comment", "icc_profile", "xmp"} == set()
    assert [path for path in [*made, file] for word in (b"SECRETCAMERA", b"Exif\0") if word in path.read_bytes()] == []
