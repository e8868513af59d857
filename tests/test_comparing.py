"""Which pairs are compared, how often, and what becomes of a pair that brings its process down."""

import io
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from curate.comparing import Pair, compare, compare_all, proposed
from curate.measure import measure
from curate.proposals import Proposal
from curate.raw import RawFile
from pipeline.errors import DiskError
from pipeline.files import sha256_of
from pipeline.records import Comparison, Measurement
from pipeline.workers import CrashedError


def photo(seed: int, quality: int = 90, size: tuple[int, int] = (320, 240)) -> bytes:
    """Shapes of all sizes, unlike those of other seeds; saved with another quality it is a copy."""
    generator = np.random.default_rng(seed)
    layers = [
        np.asarray(
            Image.fromarray(generator.integers(0, 256, (cells, cells, 3), dtype=np.uint8)).resize(
                (320, 240), Image.Resampling.BICUBIC
            ),
            dtype=float,
        )
        for cells in (4, 10, 25, 60)
    ]
    picture = Image.fromarray(np.mean(layers, axis=0).astype(np.uint8)).resize(size)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def stored(folder: Path, *photos: bytes) -> dict[str, RawFile]:
    files = {}
    for data in photos:
        path = folder / sha256_of(data)
        path.write_bytes(data)
        files[path.name] = RawFile(path.name, path)
    return files


def measured(files: dict[str, RawFile]) -> dict[str, Measurement]:
    return {sha256: measure(file).measurement for sha256, file in files.items()}


def pairs(files: dict[str, RawFile], proposals: list[Proposal]) -> list[Pair]:
    return [Pair(files[one.first], files[one.second], one) for one in proposals]


class Scripted(Executor):
    """Runs work here and now, or ends it with an error."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def submit(self, function: Callable[..., object], /, *args: object, **kwargs: object) -> Future[object]:  # type: ignore[override]
        future: Future[object] = Future()
        if self._error:
            future.set_exception(self._error)
        else:
            future.set_result(function(*args, **kwargs))
        return future


def test_a_copy_is_proposed_and_found_to_be_one(tmp_path: Path) -> None:
    files = stored(tmp_path, photo(1), photo(1, 60), photo(2))
    (pair,) = pairs(files, proposed(measured(files), (), ()))
    (found,) = compare_all(Scripted(), [pair])
    assert found is not None
    assert {found.first, found.second} == {sha256_of(photo(1)), sha256_of(photo(1, 60))}
    assert found.kind == "copy"


def test_only_pairs_with_a_new_image_are_compared(tmp_path: Path) -> None:
    old, new = stored(tmp_path, photo(1), photo(1, 60), photo(2)), stored(tmp_path, photo(2, 60))
    (proposal,) = proposed(measured(old | new), old, ())
    assert {proposal.first, proposal.second} == {sha256_of(photo(2)), sha256_of(photo(2, 60))}


def test_a_pair_that_was_compared_before_a_kill_is_not_compared_again(tmp_path: Path) -> None:
    files = stored(tmp_path, photo(1), photo(1, 60), photo(2), photo(2, 60))
    first, second = proposed(measured(files), (), ())
    known = [Comparison(first.first, first.second, "copy")]
    assert proposed(measured(files), (), known) == [second]


def test_nothing_is_proposed_where_nothing_is_new(tmp_path: Path) -> None:
    files = stored(tmp_path, photo(1), photo(1, 60))
    assert proposed(measured(files), files, ()) == []


def test_images_without_a_picture_are_in_no_pair(tmp_path: Path) -> None:
    files = stored(tmp_path, b"", photo(1)[:-900], photo(1))
    assert proposed(measured(files), (), ()) == []


def test_a_pair_of_which_an_image_went_away_is_left_for_another_time(tmp_path: Path) -> None:
    files = stored(tmp_path, photo(1), photo(1, 60))
    (pair,) = pairs(files, proposed(measured(files), (), ()))
    pair.second.path.unlink()
    assert compare(pair) is None


def test_a_pair_that_crashes_counts_as_one_scene(tmp_path: Path) -> None:
    files = stored(tmp_path, photo(1), photo(1, 60))
    (pair,) = pairs(files, proposed(measured(files), (), ()))
    (found,) = compare_all(Scripted(CrashedError()), [pair])
    assert found == Comparison(pair.first.sha256, pair.second.sha256, "scene", detail="crashed")


def test_a_disk_that_fails_stops_the_comparing(tmp_path: Path) -> None:
    files = stored(tmp_path, photo(1), photo(1, 60))
    (pair,) = pairs(files, proposed(measured(files), (), ()))
    with pytest.raises(DiskError):
        list(compare_all(Scripted(PermissionError(13, "Permission denied")), [pair]))
