"""The check of the search for copies on photos that are at hand."""

from pathlib import Path

import pytest
from PIL import Image

from curate.edits import EDITS
from curate.selftest import check, photos_in
from pipeline.demo.scenes import compose, render_leaf
from pipeline.errors import UsageError

FEW = [edit for edit in EDITS if edit.name in ("half size", "mirror", "crop 10 %", "watermark")]


@pytest.fixture(scope="module")
def scenes() -> dict[str, Image.Image]:
    return {f"scene {seed}": render_leaf(compose(seed)).convert("RGB") for seed in (900_301, 900_302, 900_303)}


def test_every_edit_of_every_photo_is_counted(scenes: dict[str, Image.Image]) -> None:
    report = check(scenes, edits=FEW)
    assert [score.edit for score in report.scores] == [edit.name for edit in FEW]
    assert {score.pictures for score in report.scores} == {3}
    assert all(score.recall == 1 and score.share_called_copies == 1 for score in report.scores)


def test_different_photos_are_counted_as_mistakes_only_when_linked(scenes: dict[str, Image.Image]) -> None:
    mistakes = check(scenes, edits=FEW[:1]).mistakes
    assert (mistakes.pairs, mistakes.linked, mistakes.called_copies) == (3, 0, 0)


def test_a_photo_that_is_there_twice_is_a_mistake(scenes: dict[str, Image.Image]) -> None:
    twice = scenes | {"scene again": scenes["scene 900301"]}
    assert check(twice, edits=[]).mistakes.called_copies == 1


def test_edits_have_names_of_their_own_and_there_are_thirty_at_least() -> None:
    assert len({edit.name for edit in EDITS}) == len(EDITS) >= 30


def test_the_same_seed_gives_the_same_report(scenes: dict[str, Image.Image]) -> None:
    one = {"scene": scenes["scene 900301"]}
    assert check(one, seed=4, edits=FEW) == check(one, seed=4, edits=FEW)


def test_the_report_has_a_line_for_each_edit_and_one_for_the_mistakes(scenes: dict[str, Image.Image]) -> None:
    lines = check(scenes, edits=FEW).text().splitlines()
    assert [line.split("  ")[0] for line in lines[1:-1]] == [edit.name for edit in FEW]
    assert lines[-1] == "Of 3 pairs of different photos 0 were linked and 0 called copies."


def test_photos_of_a_folder_are_read_and_what_is_none_is_passed_over(
    scenes: dict[str, Image.Image], tmp_path: Path
) -> None:
    (tmp_path / "deeper").mkdir()
    for number, scene in enumerate(scenes.values()):
        scene.save(tmp_path / "deeper" / f"{number}.png")
    (tmp_path / "notes.txt").write_text("no photo")
    assert sorted(photos_in(tmp_path)) == ["deeper/0.png", "deeper/1.png", "deeper/2.png"]


def test_a_folder_with_less_than_two_photos_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "one.png")
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(UsageError, match=str(folder)):
            photos_in(folder)
