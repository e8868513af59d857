"""What is measured of a picture: photos keep their good name, and each way of spoiling them is seen."""

import csv
import io
import math
from collections.abc import Callable, Iterator
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

from curate.looks import look
from curate.thresholds import Appraisal, Thresholds, failures_of
from pipeline.demo.graphics import logo, text_card
from pipeline.demo.scenes import compose, render_blossom, render_leaf
from pipeline.image import decode


def saved(picture: Image.Image, quality: int = 90) -> Image.Image:
    """As it comes back from a JPEG."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return decode(file.getvalue())


def appraise(picture: Image.Image) -> Appraisal:
    return failures_of(look(picture), Thresholds())


def reasons(picture: Image.Image) -> set[str]:
    """Every reason for which a picture is rejected or flagged."""
    found = appraise(picture)
    return {one.reason for one in ((found.rejected,) if found.rejected else ()) + found.flags}


@pytest.fixture(scope="module")
def photos() -> dict[str, Image.Image]:
    """Photos that packages bring along, one with a blurred background, and the demo's scenes."""
    skimage_data = pytest.importorskip("skimage.data")
    sklearn_datasets = pytest.importorskip("sklearn.datasets")
    names = ("astronaut", "chelsea", "coffee", "rocket")
    found = {name: Image.fromarray(getattr(skimage_data, name)()) for name in names}
    found |= {name: Image.fromarray(sklearn_datasets.load_sample_image(f"{name}.jpg")) for name in ("flower", "china")}
    return {name: saved(picture) for name, picture in found.items()}


@pytest.fixture(scope="module")
def scenes() -> list[Image.Image]:
    seeds = [1000 * seed + number for seed in (0, 1, 2) for number in (0, 7)]
    leaves = [saved(render_leaf(compose(seed))) for seed in seeds]
    return leaves + [saved(render_blossom(compose(seed + 200))) for seed in seeds]


def test_no_photo_is_rejected(photos: dict[str, Image.Image]) -> None:
    assert {name: found.rejected for name, photo in photos.items() if (found := appraise(photo)).rejected} == {}


def test_a_photo_with_a_blurred_background_carries_no_flag(photos: dict[str, Image.Image]) -> None:
    assert reasons(photos["flower"]) == set()


def test_the_demo_s_scenes_pass_as_photos(scenes: list[Image.Image]) -> None:
    assert [appraise(scene).rejected for scene in scenes] == [None] * len(scenes)
    assert max(look(scene).graphic for scene in scenes) < -2


@pytest.mark.parametrize("seed", range(6))
def test_the_demo_s_logos_and_cards_are_rejected_as_graphics(seed: int) -> None:
    for drawing in (logo(seed), text_card(seed, ["SPRING SALE", "up to 40 % off", "this week only"])):
        rejected = appraise(drawing).rejected
        assert rejected is not None
        assert rejected.reason == "not_a_photo"


def small(photo: Image.Image, part: int) -> Image.Image:
    return photo.resize((photo.width // part, photo.height // part), Image.Resampling.BICUBIC)


def noisy(photo: Image.Image) -> Image.Image:
    values = np.asarray(photo, np.float64) + np.random.default_rng(5).normal(0, 50, (photo.height, photo.width, 3))
    return Image.fromarray(values.clip(0, 255).astype(np.uint8))


SPOILED: dict[str, tuple[Callable[[Image.Image], Image.Image], set[str]]] = {
    "strong blur": (lambda photo: photo.filter(ImageFilter.GaussianBlur(max(photo.size) / 100)), {"blurred"}),
    "soft blur": (lambda photo: photo.filter(ImageFilter.GaussianBlur(max(photo.size) / 250)), {"blurred"}),
    "enlarged thumbnail": (lambda photo: small(photo, 8).resize(photo.size, Image.Resampling.BICUBIC), {"blurred"}),
    "dark": (lambda photo: ImageEnhance.Brightness(photo).enhance(0.2), {"dark"}),
    "overexposed": (lambda photo: ImageEnhance.Brightness(photo).enhance(5), {"blown_out", "bright", "not_a_photo"}),
    "faded": (lambda photo: Image.blend(Image.new("RGB", photo.size, (190, 190, 190)), photo, 0.3), {"faded"}),
    "grey": (lambda photo: photo.convert("L").convert("RGB"), {"greyscale"}),
    "posterised": (lambda photo: ImageOps.posterize(photo, 2), {"posterised", "not_a_photo"}),
    "lowest JPEG quality": (lambda photo: saved(photo, 5), {"posterised", "blocky"}),
}


@pytest.mark.parametrize("way", SPOILED)
def test_a_spoiled_photo_is_caught_for_what_was_done_to_it(way: str, photos: dict[str, Image.Image]) -> None:
    spoil, expected = SPOILED[way]
    missed = [name for name, photo in photos.items() if not reasons(saved(spoil(photo))) & expected]
    assert len(missed) <= 1, missed


def test_noise_is_told_from_texture(photos: dict[str, Image.Image]) -> None:
    assert look(photos["chelsea"]).noise < 10
    assert "noisy" in reasons(saved(noisy(photos["chelsea"])))


def test_an_enlarged_picture_lacks_the_finest_detail(photos: dict[str, Image.Image]) -> None:
    photo = photos["china"]
    enlarged = small(photo, 4).resize(photo.size, Image.Resampling.BICUBIC)
    assert look(enlarged).bandwidth < -6.2 < look(photo).bandwidth


def test_a_white_sky_rejects_no_photo(photos: dict[str, Image.Image]) -> None:
    street = photos["china"].convert("L").filter(ImageFilter.GaussianBlur(2))
    sky = street.point(lambda value: 255 if value > 150 else 0)
    overcast = Image.composite(Image.new("RGB", street.size, "white"), photos["china"], sky)
    assert look(overcast).whiteness > 0.2
    assert appraise(saved(overcast)).rejected is None


def test_a_street_at_night_is_not_rejected(photos: dict[str, Image.Image]) -> None:
    night = photos["china"].point(lambda value: round(120 * (value / 255) ** 2))
    draw = ImageDraw.Draw(night)
    for left in range(40, 600, 40):
        draw.ellipse((left, 120, left + 24, 144), fill=(255, 240, 200))
    assert np.asarray(night.convert("L")).mean() < 60
    assert appraise(saved(night)).rejected is None


def test_a_street_in_the_fog_is_not_rejected(photos: dict[str, Image.Image]) -> None:
    fog = Image.blend(Image.new("RGB", photos["china"].size, (200, 205, 210)), photos["china"], 0.4)
    assert appraise(saved(fog)).rejected is None


def test_a_letterbox_is_a_border_and_a_white_sky_is_none(photos: dict[str, Image.Image]) -> None:
    photo = photos["coffee"]
    letterboxed = ImageOps.expand(photo, (0, 40), "black")
    sky = ImageOps.expand(photo, 0)
    sky.paste("white", (0, 0, photo.width, 120))
    assert look(letterboxed).margin == pytest.approx(40 / (photo.height + 80), abs=0.01)
    assert look(sky).margin == 0
    assert look(photo).margin == 0


@pytest.mark.parametrize("colour", ["white", "black"])
def test_a_line_of_letters_is_text(colour: str, photos: dict[str, Image.Image]) -> None:
    photo = photos["chelsea"].copy()
    font = ImageFont.load_default(24)
    ImageDraw.Draw(photo).text((20, 200), "CHERRY BLOSSOM FESTIVAL", fill=colour, font=font)
    assert look(photos["chelsea"]).text < 6
    assert look(photo).text > 11


def test_a_caption_over_a_busy_photo_is_flagged(photos: dict[str, Image.Image]) -> None:
    for photo in photos.values():
        caption = photo.copy()
        place, font = (photo.width / 2, photo.height * 0.88), ImageFont.load_default(photo.width * 0.07)
        ImageDraw.Draw(caption).text(
            place, "SPRING IS HERE", "white", font, anchor="mm", stroke_width=2, stroke_fill="black"
        )
        assert "text" not in reasons(photo)
        assert "text" in reasons(saved(caption))


def test_a_row_of_windows_is_no_text(photos: dict[str, Image.Image]) -> None:
    photo = photos["chelsea"].copy()
    for left in range(16, 416, 20):
        ImageDraw.Draw(photo).rectangle((left, 100, left + 10, 114), "white")
    assert look(photo).text < 6


def cut_out(photo: Image.Image) -> Image.Image:
    """The middle of a photo, cut out as an ellipse and laid on white."""
    mask = Image.new("L", photo.size)
    ImageDraw.Draw(mask).ellipse((60, 60, photo.width - 60, photo.height - 60), fill=255)
    return Image.composite(photo, Image.new("RGB", photo.size, "white"), mask)


def test_a_cut_out_on_white_is_caught_as_no_photo(photos: dict[str, Image.Image]) -> None:
    assert all("not_a_photo" in reasons(saved(cut_out(photo))) for photo in photos.values())


@settings(derandomize=True, deadline=None, max_examples=60)
@given(width=st.integers(1, 70), height=st.integers(1, 70), seed=st.integers(0, 9), even=st.booleans())
def test_every_picture_however_small_has_finite_looks(width: int, height: int, seed: int, even: bool) -> None:
    values = np.random.default_rng(seed).integers(0, 256, (1, 1, 3) if even else (height, width, 3), dtype=np.uint8)
    picture = Image.fromarray(np.ascontiguousarray(np.broadcast_to(values, (height, width, 3))))
    assert all(math.isfinite(value) for value in astuple(look(picture)))


def test_a_picture_of_one_colour_is_blank() -> None:
    rejected = appraise(Image.new("RGB", (640, 480), (120, 130, 140))).rejected
    assert rejected is not None
    assert rejected.reason == "blank"


def test_equal_pictures_have_equal_looks(photos: dict[str, Image.Image]) -> None:
    assert look(photos["coffee"]) == look(photos["coffee"].copy())


def labelled(crawl: Path) -> Iterator[tuple[str, Image.Image]]:
    with (crawl / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["label"], decode((crawl / row["file"]).read_bytes())


@pytest.mark.shared
@pytest.mark.slow
def test_a_real_crawl_loses_no_photo_and_most_of_its_drawings_are_caught(shared_data: Path) -> None:
    found = [(label, appraise(picture)) for label, picture in labelled(shared_data / "dirty_crawl")]
    photos = [appraisal for label, appraisal in found if label in ("photo", "offtopic")]
    graphics = [appraisal for label, appraisal in found if label == "graphic"]
    assert [one.rejected for one in photos if one.rejected] == []
    assert sum(bool(one.flags) for one in photos) <= 0.08 * len(photos)
    assert sum(bool(one.rejected or one.flags) for one in graphics) >= 13
