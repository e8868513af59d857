"""The curation through its door: what it makes and what it refuses. That killing it costs nothing: test_kills.py."""

import io
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from curate.build import CurateSummary, curate
from curate.options import CurateOptions
from curate.report.shown import shown_before
from curate.thresholds import REASONS
from pipeline.catalog import open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import DatasetLockedError, UnusableError, UsageError
from pipeline.files import lock, sha256_of
from pipeline.image import ImageError, inspect
from pipeline.progress import Silent
from pipeline.records import Candidate, Decision, Domain, ImageRecord, Source, Split

NAMES: dict[Domain, str] = {"A": "거리", "B": "벚꽃"}
OPTIONS = CurateOptions(split=0.75, size=40, min_size=32, keep=REASONS, workers=1)


def picture(seed: int, width: int = 96, height: int = 64, kind: str = "JPEG", quality: int = 90) -> bytes:
    """A picture unlike those of all other seeds."""
    values = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC).save(buffer, kind, quality=quality)
    return buffer.getvalue()


def add(dataset: DatasetDir, domain: Domain, files: Iterable[bytes], query: str = "") -> list[str]:
    """Put files into a dataset as a crawl of one query does; returns their sha256."""
    added = []
    with open_catalog(dataset.catalog) as catalog:
        for rank, data in enumerate(files):
            sha256 = sha256_of(data)
            candidate = Candidate(
                domain,
                "google",
                query or NAMES[domain],
                rank,
                f"https://example.org/{sha256}",
                page_url="https://example.org/page",
                title=f"{rank} \u2028 번째",
            )
            try:
                extension = inspect(data).extension
            except ImageError:
                extension = "bin"
            path = dataset.raw_file(sha256, extension)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            catalog.see([candidate])
            record = ImageRecord(sha256, extension, len(data))
            catalog.settle([Source(candidate, "fetched", sha256=sha256)], [record])
            added.append(sha256)
    return added


def run(dataset: DatasetDir, options: CurateOptions = OPTIONS) -> CurateSummary:
    return curate(options, dataset, names=NAMES, progress=Silent())


def content(dataset: DatasetDir) -> dict[str, bytes]:
    """Everything that a curation made, but for the report, whose language is the user's."""
    folders = [dataset.split_dir("train"), dataset.split_dir("test")]
    paths = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(dataset.root)): path.read_bytes() for path in [*paths, dataset.summary]}


def dump(dataset: DatasetDir) -> list[tuple[object, ...]]:
    with open_catalog(dataset.catalog) as catalog:
        return catalog.dump()


def reasons(dataset: DatasetDir) -> dict[str, str]:
    with open_catalog(dataset.catalog) as catalog:
        return {verdict.sha256: verdict.reason for verdict in catalog.verdicts()}


def sides(dataset: DatasetDir) -> dict[str, Split]:
    with open_catalog(dataset.catalog) as catalog:
        return catalog.sides()


def metadata(dataset: DatasetDir, split: Split) -> list[dict[str, object]]:
    return [json.loads(line) for line in dataset.metadata(split).read_text("utf-8").splitlines()]


@pytest.fixture
def dataset(tmp_path: Path) -> DatasetDir:
    """Four streets, four blossoms, and the dirt that a crawl brings home."""
    return _trees(tmp_path / "trees")


def _trees(root: Path) -> DatasetDir:
    dataset = DatasetDir(root)
    add(dataset, "A", [picture(seed) for seed in range(4)])
    add(dataset, "B", [picture(seed) for seed in range(10, 14)])
    return dataset


def test_images_are_split_resized_and_described(dataset: DatasetDir) -> None:
    summary = run(dataset)
    assert summary.counts == {"train": {"A": 3, "B": 3}, "test": {"A": 1, "B": 1}}
    assert (summary.images, summary.kept, summary.rejected, summary.changed) == (8, 8, {}, True)
    assert dataset.counts() == summary.counts
    lines = metadata(dataset, "train")
    assert [line["file_name"] for line in lines] == sorted(str(line["file_name"]) for line in lines)
    for line in lines:
        with Image.open(dataset.split_dir("train") / str(line["file_name"])) as image:
            assert (image.format, image.size) == ("JPEG", (60, 40)) == ("JPEG", (line["width"], line["height"]))
    keys = "file_name domain split sha256 flags query engine image_url page_url title licence attribution width height"
    assert " ".join(lines[0]) == keys
    assert json.loads(dataset.summary.read_text("utf-8"))["counts"] == summary.counts
    json.dumps(asdict(summary))


def test_each_kind_of_dirt_is_rejected_with_its_reason(dataset: DatasetDir) -> None:
    dirt = {
        "empty": b"",
        "not_image": b"<!doctype html><title>404</title>",
        "corrupt": picture(20)[:-400],
        "too_small": picture(21, 30, 30),
        "extreme_aspect": picture(22, 200, 40),
        "duplicate": picture(0, 48, 32, quality=60),
    }
    names = dict(zip(add(dataset, "A", dirt.values()), dirt, strict=True))
    summary = run(dataset)
    found = reasons(dataset)
    assert {name: found[name] for name in names} == names
    assert summary.rejected == dict.fromkeys(sorted(dirt), 1)
    report = dataset.report.read_text("utf-8")
    assert all(sha256 in report for sha256 in names)


def test_an_image_that_is_rejected_by_itself_is_compared_when_it_is_kept(dataset: DatasetDir) -> None:
    (small,) = add(dataset, "A", [picture(0, 60, 40, quality=60)])
    run(dataset, replace(OPTIONS, min_size=45))
    with open_catalog(dataset.catalog) as catalog:
        assert small not in catalog.compared()
    assert reasons(dataset)[small] == "too_small"
    run(dataset)
    assert reasons(dataset)[small] == "duplicate"


def test_running_again_says_that_nothing_changed_and_touches_no_file(dataset: DatasetDir) -> None:
    first = run(dataset)
    before = {path: path.stat() for path in dataset.root.rglob("*") if path.is_file() and path != dataset.lock}
    assert run(dataset) == replace(first, changed=False)
    after = {path: path.stat() for path in before}
    assert [(stat.st_ino, stat.st_mtime_ns) for stat in before.values() if stat.st_size] == [
        (after[path].st_ino, after[path].st_mtime_ns) for path, stat in before.items() if stat.st_size
    ]


def test_the_number_of_workers_does_not_matter(dataset: DatasetDir, tmp_path: Path) -> None:
    other = DatasetDir(tmp_path / "other" / "trees")
    shutil.copytree(dataset.root, other.root)
    run(dataset)
    run(other, replace(OPTIONS, workers=2))
    assert content(dataset) == content(other)
    assert dump(dataset) == dump(other)


def test_unchanged_pictures_are_linked_and_not_made_again(dataset: DatasetDir) -> None:
    run(dataset)
    before = {path.name: path.stat().st_ino for path in dataset.root.glob("t*/?/*.jpg")}
    (new,) = add(dataset, "A", [picture(5)])
    run(dataset)
    after = {path.name: path.stat().st_ino for path in dataset.root.glob("t*/?/*.jpg")}
    assert after == before | {f"{new}.jpg": after[f"{new}.jpg"]}


def test_another_size_makes_every_picture_anew(dataset: DatasetDir) -> None:
    run(dataset)
    run(dataset, replace(OPTIONS, size=36))
    for path in dataset.root.glob("t*/?/*.jpg"):
        with Image.open(path) as image:
            assert min(image.size) == 36


def test_finished_folders_that_were_deleted_come_back_the_same(dataset: DatasetDir) -> None:
    run(dataset)
    before = content(dataset)
    shutil.rmtree(dataset.split_dir("train"))
    assert run(dataset).changed
    assert content(dataset) == before


def test_old_images_keep_their_side_when_new_ones_come(dataset: DatasetDir) -> None:
    run(dataset)
    before = sides(dataset)
    add(dataset, "A", [picture(seed) for seed in range(30, 36)], query="street")
    summary = run(dataset)
    assert before.items() <= sides(dataset).items()
    assert summary.counts["train"]["A"] == 8


def test_copies_across_the_domains_are_rejected_as_a_conflict(dataset: DatasetDir) -> None:
    add(dataset, "B", [picture(0), picture(1, 48, 32)])
    assert run(dataset).rejected == {"domain_conflict": 3}


def test_another_split_needs_resplit_and_the_message_names_both(dataset: DatasetDir) -> None:
    run(dataset)
    before = content(dataset), dump(dataset)
    with pytest.raises(UsageError, match=r"--split 0\.5.*0\.75.*--resplit"):
        run(dataset, replace(OPTIONS, split=0.5))
    assert (content(dataset), dump(dataset)) == before
    summary = run(dataset, replace(OPTIONS, split=0.5, resplit=True))
    assert summary.counts == {"train": {"A": 2, "B": 2}, "test": {"A": 2, "B": 2}}
    assert not run(dataset, replace(OPTIONS, split=0.5)).changed


def test_a_dataset_that_is_not_there_is_refused_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="pipeline crawl"):
        run(DatasetDir(tmp_path / "absent"))
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("files", [[picture(0)], [picture(0), picture(0, 48, 32), picture(0, 60, 40)], [b"", b"x"]])
def test_fewer_than_two_kept_images_are_refused_and_nothing_is_written(tmp_path: Path, files: list[bytes]) -> None:
    dataset = DatasetDir(tmp_path / "trees")
    add(dataset, "A", files)
    with pytest.raises(UsageError, match=str(dataset.root)) as caught:
        run(dataset)
    assert caught.value.exit_code == 2
    assert {path.name for path in dataset.root.iterdir()} <= {"catalog.sqlite", "raw", ".lock"}


def test_a_domain_with_one_image_trains_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    dataset = DatasetDir(tmp_path / "trees")
    add(dataset, "A", [picture(0)])
    add(dataset, "B", [picture(1), picture(2)])
    assert run(dataset).counts == {"train": {"A": 1, "B": 1}, "test": {"A": 0, "B": 1}}
    assert "거리 (A): train 1, test 0" in caplog.text


def test_a_dataset_on_which_another_command_works_is_refused(dataset: DatasetDir) -> None:
    with lock(dataset.lock), pytest.raises(DatasetLockedError, match=str(os.getpid())):
        run(dataset)


def test_a_damaged_catalogue_is_refused_with_advice(dataset: DatasetDir) -> None:
    dataset.catalog.write_bytes(b"no catalogue" * 500)
    with pytest.raises(UnusableError, match="pipeline crawl"):
        run(dataset)


def test_a_raw_file_that_vanished_or_changed_is_rejected_and_taken_up_again_when_it_is_back(
    dataset: DatasetDir,
) -> None:
    run(dataset)
    gone, changed = sorted((path for path in dataset.raw.rglob("*.jpg")), key=lambda path: path.name)[:2]
    kept = gone.read_bytes(), changed.read_bytes()
    gone.unlink()
    changed.write_bytes(b"another picture")
    assert run(dataset).rejected == {"changed": 1, "missing": 1}
    gone.write_bytes(kept[0])
    changed.write_bytes(kept[1])
    assert run(dataset).rejected == {}


def test_a_change_that_keeps_the_size_is_found_when_the_picture_is_made(dataset: DatasetDir) -> None:
    run(dataset)
    path = min(dataset.raw.rglob("*.jpg"))
    path.write_bytes(bytes(reversed(path.read_bytes())))
    assert run(dataset, replace(OPTIONS, size=36)).rejected == {"changed": 1}


def test_a_file_without_a_row_is_adopted_and_rejected_until_a_crawl_says_whose_it_is(dataset: DatasetDir) -> None:
    data = picture(50)
    path = dataset.raw_file(sha256_of(data), "jpg")
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    assert run(dataset).rejected == {"no_source": 1}
    add(dataset, "A", [data])
    assert run(dataset).rejected == {}


def test_links_that_point_out_of_the_dataset_are_replaced_and_their_targets_stay(
    dataset: DatasetDir, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    (outside / "A").mkdir(parents=True)
    (outside / "index.html").write_text("mine")
    for path in (dataset.split_dir("train"), dataset.rejected, dataset.root / ".build-tree", dataset.root / ".old-x"):
        path.symlink_to(outside)
    run(dataset)
    assert sorted(path.name for path in outside.rglob("*")) == ["A", "index.html"]
    assert (outside / "index.html").read_text() == "mine"
    assert not dataset.split_dir("train").is_symlink()


def test_a_finished_picture_that_is_a_link_is_made_anew(dataset: DatasetDir, tmp_path: Path) -> None:
    run(dataset)
    before = content(dataset)
    path = min(dataset.images("train", "A").iterdir())
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    assert run(dataset).changed
    assert content(dataset) == before


def test_a_person_s_decisions_stay(dataset: DatasetDir) -> None:
    decision = Decision("0" * 64, "", "keep", "A")
    with open_catalog(dataset.catalog) as catalog:
        catalog.decide(decision)
    run(dataset)
    with open_catalog(dataset.catalog) as catalog:
        assert catalog.decisions() == [decision]


def test_metadata_quotes_the_least_source_and_not_the_first(dataset: DatasetDir) -> None:
    (sha256,) = add(dataset, "A", [picture(0)], query="가로수길")
    run(dataset)
    lines = [line for split in ("train", "test") for line in metadata(dataset, split) if line["sha256"] == sha256]
    assert [line["query"] for line in lines] == ["가로수길"]


def test_the_pictures_of_the_last_report_are_not_made_again(dataset: DatasetDir) -> None:
    (sliver,) = add(dataset, "A", [picture(22, 200, 40)])
    run(dataset)
    before = shown_before(dataset.report)
    raw = dataset.raw_file(sliver, "jpg")
    raw.write_bytes(bytes(raw.stat().st_size))
    add(dataset, "A", [picture(23, 210, 40)])
    run(dataset)
    after = shown_before(dataset.report)
    assert len(after) == len(before) + 1
    assert after[sliver] == before[sliver] != b""


def test_a_report_that_is_none_of_ours_is_written_anew(dataset: DatasetDir) -> None:
    (sliver,) = add(dataset, "A", [picture(22, 200, 40)])
    run(dataset)
    report = dataset.report.read_bytes()
    for garbage in (b"", b'<script type="application/json" id="data">{"images": [1]}</script>', b"\xff" * 99):
        dataset.report.write_bytes(garbage)
        run(dataset, replace(OPTIONS, keep=(*REASONS, "extreme_aspect")))
        run(dataset)
        assert dataset.report.read_bytes() == report
    assert sliver in shown_before(dataset.report)


def test_only_what_is_new_is_written_to_the_disk_for_good(dataset: DatasetDir, monkeypatch: pytest.MonkeyPatch) -> None:
    run(dataset)
    (new,) = add(dataset, "A", [picture(30)])
    synced: list[Path] = []
    sync = os.fsync

    def watched(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink())
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    run(dataset)
    assert [path.stem for path in synced if path.suffix == ".jpg"] == [new]
    assert {path.name for path in synced} >= {"A", "B", "train", "test"}
