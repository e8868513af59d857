"""Whether one picture is a copy of another, shows the same scene, or neither."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from curate.edits import EDITS
from curate.proposals import propose
from curate.relation import Relation, relate
from curate.signature import signature_of
from curate.view import SIDE, Features, View, view_of
from pipeline.demo.scenes import compose, render_leaf
from pipeline.image import decode


@pytest.fixture(scope="module")
def scene() -> Image.Image:
    return render_leaf(compose(900_201)).convert("RGB")


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    skimage_data = pytest.importorskip("skimage.data")
    return Image.fromarray(skimage_data.chelsea())


def relation_of(first: Image.Image, second: Image.Image) -> Relation:
    """As the curation does: a proposal where there is one, then the views."""
    found = propose({"a": signature_of(first), "b": signature_of(second)}, {"a"})
    return relate(view_of(first), view_of(second), found[0] if found else None)


@pytest.mark.parametrize("edit", [edit for edit in EDITS if edit.group != "opaque"], ids=lambda edit: edit.name)
def test_what_leaves_the_content_is_a_copy(photo: Image.Image, edit: object) -> None:
    changed = decode(edit.apply(photo, random.Random(1)))  # type: ignore[attr-defined]
    assert relation_of(photo, changed).kind == "copy"


def turned_by_a_quarter(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.ROTATE_90)


@pytest.mark.parametrize(
    ("edit", "place"),
    [
        (ImageOps.mirror, (-1, 0, 1, 0, 1, 0)),
        (lambda image: image.crop((90, 0, 360, 300)), (270 / 451, 0, 90 / 451, 0, 1, 0)),
        (lambda image: ImageOps.expand(image, 30, "white"), (511 / 451, 0, -30 / 451, 0, 360 / 300, -30 / 300)),
        (lambda image: image.resize((300, 150)), (1, 0, 0, 0, 1, 0)),
        (turned_by_a_quarter, (0, -1, 1, 1, 0, 0)),
    ],
    ids=["mirrored", "cropped", "bordered", "stretched", "turned"],
)
def test_a_copy_s_place_in_the_whole_picture_is_told(
    photo: Image.Image, edit: Callable[[Image.Image], Image.Image], place: tuple[float, ...]
) -> None:
    assert photo.size == (451, 300)
    assert relation_of(photo, edit(photo)).place == pytest.approx(place, abs=0.006)


@pytest.mark.parametrize("name", ["logo", "caption"])
def test_a_badge_or_letters_over_a_photo_leave_it_a_copy(photo: Image.Image, name: str) -> None:
    (edit,) = (edit for edit in EDITS if edit.name == name)
    kinds = [relation_of(photo, decode(edit.apply(photo, random.Random(seed)))).kind for seed in range(5)]
    assert kinds.count("copy") >= 4
    assert "unrelated" not in kinds


def test_two_scenes_are_unrelated(scene: Image.Image) -> None:
    other = render_leaf(compose(900_202)).convert("RGB")
    assert relation_of(scene, other).kind == "unrelated"


def test_a_thing_that_came_makes_it_a_scene(scene: Image.Image) -> None:
    """A textured thing without even colours, as a passer-by or a car is, in an otherwise identical picture."""
    grain = np.random.default_rng(5).integers(20, 200, (6, 4, 3), dtype=np.uint8)
    thing = Image.fromarray(grain).resize((scene.width // 9, scene.height // 4), Image.Resampling.BICUBIC)
    mask = Image.new("L", thing.size)
    ImageDraw.Draw(mask).ellipse((0, 0, thing.width - 1, thing.height - 1), fill=255)
    later = scene.copy()
    later.paste(thing, (scene.width // 2, scene.height // 2), mask)
    assert relation_of(scene, later).kind == "scene"


def test_depths_that_move_apart_make_it_a_scene(photo: Image.Image) -> None:
    """The upper half moves by two pixels, the lower by six: no two parts of a copy do that."""
    grey = np.asarray(photo)
    middle = photo.height // 2
    moved = np.concatenate([np.roll(grey[:middle], 2, axis=1), np.roll(grey[middle:], 6, axis=1)])
    first = photo.crop((8, 0, photo.width - 8, photo.height))
    assert relation_of(first, Image.fromarray(moved).crop((8, 0, photo.width - 8, photo.height))).kind == "scene"


def test_two_views_that_each_show_what_the_other_does_not_are_no_copies(photo: Image.Image) -> None:
    width, height = photo.size
    left, right = photo.crop((0, 0, round(width * 0.8), height)), photo.crop((round(width * 0.2), 0, width, height))
    assert relation_of(left, right).kind == "scene"


def test_the_relation_is_the_same_both_ways_and_the_place_is_turned_round(photo: Image.Image) -> None:
    for edit in EDITS[::5]:
        changed = decode(edit.apply(photo, random.Random(2)))
        names = {"a": photo, "b": changed}, {"b": photo, "a": changed}
        results = []
        for pictures in names:
            found = propose({name: signature_of(picture) for name, picture in pictures.items()}, {"a"})
            views = [view_of(pictures[name]) for name in "ab"]
            results.append(relate(views[0], views[1], found[0] if found else None))
        there, back = results
        assert replace(there, place=()) == replace(back, place=()), edit.name
        product = [np.vstack([np.reshape(one.place, (2, 3)), [0, 0, 1]]) for one in results]
        assert product[0] @ product[1] == pytest.approx(np.eye(3), abs=1e-3), edit.name


def test_the_relation_is_the_same_each_time(photo: Image.Image) -> None:
    changed = photo.rotate(3).crop((30, 30, photo.width - 30, photo.height - 30))
    assert relate(view_of(photo), view_of(changed)) == relate(view_of(photo), view_of(changed))


def test_without_a_proposal_features_find_the_place(photo: Image.Image) -> None:
    part = ImageOps.mirror(photo).crop((40, 20, photo.width - 100, photo.height - 60))
    assert relate(view_of(photo), view_of(part)).kind == "copy"


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (400, 2)])
def test_pictures_with_nothing_in_them_are_unrelated(size: tuple[int, int]) -> None:
    even = view_of(Image.new("RGB", size, "grey"))
    assert relate(even, even).kind == "unrelated"


def test_features_in_the_mirror_are_those_of_the_mirrored_picture(photo: Image.Image) -> None:
    """Nearly all of them: the search for points is not quite symmetric."""
    view, mirrored = view_of(photo), view_of(ImageOps.mirror(photo))
    computed, found = view.features.mirrored(view.width), mirrored.features
    near = np.linalg.norm(computed.points[:, None] - found.points[None], axis=2)
    alike = np.linalg.norm(computed.descriptors[:, None] - found.descriptors[None], axis=2)
    assert np.mean(np.any((near < 1.5) & (alike < 150), axis=1)) >= 0.7


def test_a_view_without_features_has_none() -> None:
    features = View(np.zeros((40, 60, 3), np.uint8)).features
    assert isinstance(features, Features)
    assert features.points.shape == (0, 2)


@pytest.mark.shared
def test_no_frame_of_the_shared_street_video_is_a_copy_of_another(shared_data: Path) -> None:
    files = sorted((shared_data / "street2blossom" / "train" / "A").iterdir())[:40]
    pictures = {file.name: decode(file.read_bytes(), at_least=SIDE) for file in files}
    found = propose({name: signature_of(picture) for name, picture in pictures.items()}, pictures)
    views = {name: view_of(picture) for name, picture in pictures.items()}
    kinds = [relate(views[pair.first], views[pair.second], pair).kind for pair in found]
    assert "copy" not in kinds
    assert kinds.count("scene") >= 5
