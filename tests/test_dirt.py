"""What is planted among the demo's scenes, and photos served as they are."""

import io
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageOps, ImageStat

from pipeline.demo.dirt import absurd_png, from_folder, plant, planted
from pipeline.demo.offers import Offer
from pipeline.image import ImageError, decode, inspect

PICTURES = 12
SAME_LOOK = 10
"""Mean difference, 0 to 255: a copy measures at most 6.2 to its original, 14.7 and more to any other scene."""
FOLDERS = {
    "mirror": "identical",
    "resaved": "re_encoded",
    "thumbs": "thumbnails",
    "flipped": "mirrored",
    "cropped": "cropped",
    "broken": "corrupt",
    "login": "html",
    "brand": "logos",
    "card": "cards",
    "poster": "absurd",
    "line": "slivers",
    "gone": "dead",
}


def scene(number: int) -> bytes:
    """A picture of its own: no two share their composition."""
    image = Image.radial_gradient("L").resize((160, 120)).convert("RGB")
    pen = ImageDraw.Draw(image)
    for stroke in range(12):
        left, top = (stroke * 53 + number * 31) % 160, (stroke * 29 + number * 47) % 120
        pen.ellipse((left, top, left + 30, top + 24), ((number * 67) % 256, (stroke * 20) % 256, 120))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=92)
    return stream.getvalue()


@pytest.fixture(scope="module")
def scenes() -> list[bytes]:
    return [scene(number) for number in range(PICTURES)]


@pytest.fixture(scope="module")
def gallery(scenes: list[bytes]) -> list[Offer]:
    return plant(scenes, "벚꽃", 7)


def kind(offer: Offer) -> str:
    return FOLDERS.get(offer.name.partition("/")[0], "good")


def of_kind(gallery: list[Offer], wanted: str) -> list[Offer]:
    return [offer for offer in gallery if kind(offer) == wanted]


def difference(first: Image.Image, second: Image.Image) -> float:
    """The mean absolute difference of two pictures at the size of the second, 0 to 255."""
    resized = first.resize(second.size, Image.Resampling.LANCZOS)
    return sum(ImageStat.Stat(ImageChops.difference(resized, second)).mean) / 3


def nearest(picture: Image.Image, scenes: list[bytes]) -> float:
    return min(difference(decode(data), picture) for data in scenes)


def test_for_120_pictures_the_amounts_are_those_of_the_design() -> None:
    assert list(asdict(planted(120)).values()) == [4, 4, 3, 2, 2, 3, 2, 4, 2, 1, 1, 3, 1]
    assert planted(120).offers == 31


@settings(derandomize=True, deadline=None)
@given(st.integers(1, 2000))
def test_every_kind_is_planted_and_never_less_of_it_among_more_pictures(pictures: int) -> None:
    fewer, more = asdict(planted(pictures)), asdict(planted(pictures + 1))
    assert all(1 <= fewer[name] <= more[name] for name in fewer)


def test_nothing_is_planted_among_no_pictures() -> None:
    assert plant([], "벚꽃", 0) == []


def test_the_good_pictures_stay_untouched_and_in_order(gallery: list[Offer], scenes: list[bytes]) -> None:
    good = of_kind(gallery, "good")
    assert [offer.data for offer in good] == scenes
    assert good != gallery[:PICTURES]  # the dirt lies among them, not behind them


def test_as_much_is_planted_as_is_said(gallery: list[Offer]) -> None:
    said = asdict(planted(PICTURES))
    assert sum(offer.fail_first for offer in of_kind(gallery, "good")) == said.pop("unavailable_once")
    assert Counter(map(kind, gallery)) == {"good": PICTURES, **said}


def test_every_offer_has_an_address_of_its_own(gallery: list[Offer]) -> None:
    assert len({offer.name for offer in gallery}) == len(gallery)


def test_a_copy_has_the_bytes_of_a_good_picture(gallery: list[Offer], scenes: list[bytes]) -> None:
    assert all(offer.data in scenes for offer in of_kind(gallery, "identical"))


def test_a_re_encoding_has_other_bytes_and_the_same_look(gallery: list[Offer], scenes: list[bytes]) -> None:
    for offer in of_kind(gallery, "re_encoded"):
        assert offer.data not in scenes
        assert decode(offer.data).size == (160, 120)
        assert nearest(decode(offer.data), scenes) < SAME_LOOK


def test_a_thumbnail_is_two_fifths_of_a_good_picture(gallery: list[Offer], scenes: list[bytes]) -> None:
    for offer in of_kind(gallery, "thumbnails"):
        assert decode(offer.data).size == (64, 48)
        assert nearest(decode(offer.data), scenes) < SAME_LOOK


def test_a_mirrored_copy_is_a_good_picture_only_when_mirrored_again(gallery: list[Offer], scenes: list[bytes]) -> None:
    for offer in of_kind(gallery, "mirrored"):
        assert nearest(decode(offer.data), scenes) > SAME_LOOK
        assert nearest(ImageOps.mirror(decode(offer.data)), scenes) < SAME_LOOK


def test_a_cropped_copy_is_four_fifths_wide_and_high(gallery: list[Offer]) -> None:
    assert {decode(offer.data).size for offer in of_kind(gallery, "cropped")} == {(128, 96)}


def test_every_broken_file_is_refused_by_the_decoder(scenes: list[bytes]) -> None:
    broken = of_kind(plant(scenes * 10, "벚꽃", 3), "corrupt")
    assert len(broken) == 3
    for offer in broken:
        with pytest.raises(ImageError):
            decode(offer.data)


def test_a_page_named_jpg_is_no_image_whatever_its_type_says(scenes: list[bytes]) -> None:
    pages = of_kind(plant(scenes * 10, "벚꽃", 3), "html")
    assert {offer.content_type for offer in pages} == {"image/jpeg", "text/html"}
    for offer in pages:
        with pytest.raises(ImageError, match="not_image"):
            inspect(offer.data)


def test_a_dead_link_still_shows_the_thumbnail_of_a_picture(gallery: list[Offer]) -> None:
    for offer in of_kind(gallery, "dead"):
        assert offer.status == 404
        assert decode(offer.preview).size == (64, 48)


def test_the_absurd_picture_is_small_on_disk_and_refused_for_its_pixels(gallery: list[Offer]) -> None:
    for offer in of_kind(gallery, "absurd"):
        assert len(offer.data) < 1_000_000
        with pytest.raises(ImageError, match="too_many_pixels"):
            inspect(offer.data)


def test_the_sliver_is_one_pixel_wide(gallery: list[Offer]) -> None:
    assert {decode(offer.data).size for offer in of_kind(gallery, "slivers")} == {(1, 5000)}


@pytest.mark.parametrize("size", [(1, 1), (9, 5), (640, 3)])
def test_the_hand_made_png_is_valid_at_any_size(size: tuple[int, int]) -> None:
    picture = decode(absurd_png(*size))
    assert picture.size == size
    assert picture.getextrema() == ((255, 255),) * 3


def test_logos_and_cards_are_pictures(gallery: list[Offer]) -> None:
    for offer in (*of_kind(gallery, "logos"), *of_kind(gallery, "cards")):
        assert inspect(offer.data).format == "PNG"
        assert "벚꽃" in offer.title


def test_a_seed_decides_everything(gallery: list[Offer], scenes: list[bytes]) -> None:
    assert plant(scenes, "벚꽃", 7) == gallery
    assert plant(scenes, "벚꽃", 8) != gallery


def test_two_domains_share_neither_addresses_nor_planted_files(gallery: list[Offer]) -> None:
    other = plant([scene(number) for number in range(100, 104)], "거리", 7)
    assert not {offer.name for offer in gallery} & {offer.name for offer in other}
    alive = [{offer.data for offer in offers if offer.status == 200} for offers in (gallery, other)]
    assert not alive[0] & alive[1]


@pytest.fixture
def folder(tmp_path: Path, scenes: list[bytes]) -> Path:
    photos = tmp_path / "사진"
    (photos / "봄").mkdir(parents=True)
    (photos / "b.jpg").write_bytes(scenes[0])
    (photos / "a.JPG").write_bytes(b"<html>")
    (photos / "봄" / "벚꽃 1.png").write_bytes(scenes[1])
    (photos / "no extension").write_bytes(scenes[2])
    (photos / "labels.csv").write_text("file,label\n", encoding="utf-8")
    (photos / ".hidden.jpg").write_bytes(scenes[3])
    (photos / "link.jpg").symlink_to("/etc/hostname")
    return photos


def test_a_folder_is_served_in_order_and_untouched(folder: Path, scenes: list[bytes]) -> None:
    offers = from_folder(folder, 0)
    assert [offer.title for offer in offers] == ["a", "b", "no extension", "벚꽃 1"]
    assert [offer.data for offer in offers] == [b"<html>", scenes[0], scenes[2], scenes[1]]


def test_the_content_type_is_that_of_the_bytes_and_of_the_name_only_where_they_say_nothing(folder: Path) -> None:
    assert {offer.content_type for offer in from_folder(folder, 0)} == {"image/jpeg"}
    (folder / "broken.png").write_bytes(b"nothing")
    (folder / "broken").write_bytes(b"nothing")
    types = [offer.content_type for offer in from_folder(folder, 0) if offer.data == b"nothing"]
    assert types == ["application/octet-stream", "image/png"]


def test_two_folders_of_one_name_share_no_address(folder: Path, tmp_path: Path) -> None:
    twin = tmp_path / "other" / folder.name
    twin.mkdir(parents=True)
    (twin / "b.jpg").write_bytes((folder / "b.jpg").read_bytes())
    assert not {offer.name for offer in from_folder(folder, 0)} & {offer.name for offer in from_folder(twin, 0)}


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="absent"):
        from_folder(tmp_path / "absent", 0)


@pytest.mark.shared
def test_every_file_of_a_real_crawl_is_served(shared_data: Path) -> None:
    offers = [from_folder(shared_data / "dirty_crawl" / name, 0) for name in ("street", "blossom")]
    assert sum(map(len, offers)) == 97
