"""What a real crawl brings home beside good pictures, planted among the demo's scenes; and photos as they are.

Everything is made from the pictures given and a seed: the same seed plants the same bytes in the same places.
"""

import io
import itertools
import mimetypes
import random
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from html import escape
from pathlib import Path

from PIL import Image, ImageOps

from pipeline.demo.offers import Offer
from pipeline.image import ImageError, inspect

ABSURD_SIDE = 30_000
"""Pixels of the absurd picture's sides, or a few fewer: 900 million in all, which a file of 130 kB claims and holds."""

_SITES = ("blog", "gallery", "cafe/spring", "news/2024", "post")
_HTML = (
    '<!doctype html><html lang="ko"><meta charset="utf-8"><title>{title}</title><p>이미지를 보려면 로그인하세요.</p>'
)


@dataclass(frozen=True, slots=True)
class Planted:
    """How much of each kind is planted; what a crawl must find, and a curation reject, can be compared with it.

    `unavailable_once` counts good pictures whose first download is answered with 503: they must be had all the same.
    Every other field counts offers in addition to the good pictures.
    """

    identical: int
    re_encoded: int
    thumbnails: int
    mirrored: int
    cropped: int
    corrupt: int
    html: int
    logos: int
    cards: int
    absurd: int
    slivers: int
    dead: int
    unavailable_once: int

    @property
    def offers(self) -> int:
        """The offers in addition to the good pictures."""
        parts = (self.identical, self.re_encoded, self.thumbnails, self.mirrored, self.cropped, self.corrupt, self.html)
        return sum(parts) + self.logos + self.cards + self.absurd + self.slivers + self.dead


def planted(pictures: int) -> Planted:
    """What `plant` adds to so many pictures: in proportion, at least one of each kind, nothing to none."""

    def share(per_120: int) -> int:
        return max(1, round(per_120 * pictures / 120)) if pictures else 0

    return Planted(
        identical=share(4),
        re_encoded=share(4),
        thumbnails=share(3),
        mirrored=share(2),
        cropped=share(2),
        corrupt=share(3),
        html=share(2),
        logos=share(4),
        cards=share(2),
        absurd=share(1),
        slivers=share(1),
        dead=share(3),
        unavailable_once=share(1),
    )


def plant(pictures: Sequence[bytes], domain_words: str, seed: int) -> list[Offer]:
    """`pictures` (JPEG bytes) as offers in their order, with dirt among them as `planted` counts it.

    `domain_words` goes into names and titles; it keeps the addresses of two domains apart.
    """
    randomness = random.Random(f"{domain_words}/{seed}")
    amounts = planted(len(pictures))
    offers = _good(pictures, domain_words, amounts.unavailable_once, randomness)
    for offer in _dirt(pictures, domain_words, amounts, randomness):
        offers.insert(randomness.randint(0, len(offers)), offer)
    return offers


def from_folder(folder: Path, seed: int) -> list[Offer]:
    """The photos of `folder` and its subfolders, in order of their names, their bytes untouched.

    Taken is what has the extension of an image or none, whatever it holds; hidden files and links are not. `seed`
    decides on which pages the photos are said to stand. Raises NotADirectoryError, and OSError for an unreadable file.
    """
    randomness = random.Random(f"{folder.name}/{seed}")
    # Two folders of one name, such as x/photos and y/photos, must not share addresses.
    place = f"{folder.resolve().name}-{sha256(bytes(folder.resolve())).hexdigest()[:6]}"
    return [_photo(path, f"{place}/{path.relative_to(folder).as_posix()}", randomness) for path in _photos(folder)]


def _photos(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder}: no such folder of photos")  # rglob would find nothing and say nothing
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path for path in files if not path.name.startswith(".") and _may_be_image(path))


def _may_be_image(path: Path) -> bool:
    return not path.suffix or _type_by_name(path).startswith("image/")


def _type_by_name(path: Path) -> str:
    return mimetypes.guess_type(path.name)[0] or ""


def _photo(path: Path, name: str, randomness: random.Random) -> Offer:
    data = path.read_bytes()
    title = unicodedata.normalize("NFC", path.stem).encode("utf-8", "replace").decode()
    page = f"{randomness.choice(_SITES)}/{randomness.getrandbits(32):08x}"
    return Offer(name, data, _content_type(path, data), title, page)


def _content_type(path: Path, data: bytes) -> str:
    try:
        kind = inspect(data).format
    except ImageError:
        return _type_by_name(path) or "application/octet-stream"
    return "image/jpeg" if kind == "MPO" else f"image/{kind.lower()}"


def _good(pictures: Sequence[bytes], words: str, unavailable_once: int, randomness: random.Random) -> list[Offer]:
    flaky = set(randomness.sample(range(len(pictures)), unavailable_once))
    return [
        Offer(
            f"{randomness.choice(_SITES)}/{words} 사진 {number:03d}.jpg",
            data,
            title=f"{words} 사진 {number}",
            fail_first=int(number - 1 in flaky),
        )
        for number, data in enumerate(pictures, 1)
    ]


def _dirt(pictures: Sequence[bytes], words: str, amounts: Planted, randomness: random.Random) -> Iterator[Offer]:
    originals = _shuffled_for_ever(pictures, randomness)

    def copies(count: int, place: str, title: str, make: Callable[[bytes], bytes] = bytes) -> Iterator[Offer]:
        for number in range(1, count + 1):
            yield Offer(f"{place}/{words} {number}.jpg", make(next(originals)), title=f"{words} {title} {number}")

    yield from copies(amounts.identical, "mirror/원본", "퍼온 사진")
    yield from copies(amounts.re_encoded, "resaved", "다시 저장한 사진", lambda data: _re_encoded(data, randomness))
    yield from copies(amounts.thumbnails, "thumbs", "작은 사진", _thumbnail)
    yield from copies(amounts.mirrored, "flipped", "뒤집은 사진", _mirrored)
    yield from copies(amounts.cropped, "cropped", "자른 사진", lambda data: _cropped(data, randomness))
    yield from _broken(amounts, words, originals)
    yield from _graphics(amounts, words, randomness)
    yield from _impossible(amounts, words, randomness)


def _broken(amounts: Planted, words: str, originals: Iterator[bytes]) -> Iterator[Offer]:
    """Addresses behind which no picture is: engines show a thumbnail of what once was there."""
    ways = itertools.cycle((_truncated, _without_header, _png_with_broken_data))
    for number, way in zip(range(1, amounts.corrupt + 1), ways, strict=False):
        original = next(originals)
        name = f"broken/{words} {number}.{'png' if way is _png_with_broken_data else 'jpg'}"
        yield _shown_as(original, Offer(name, way(original), title=f"{words} 깨진 파일 {number}"))
    for number in range(1, amounts.html + 1):
        kind = "text/html" if number % 2 else "image/jpeg"  # every second one lies
        title = f"{words} 로그인 {number}"
        offer = Offer(f"login/{words} {number}.jpg", _HTML.format(title=escape(title)).encode(), kind, title)
        yield _shown_as(next(originals), offer)
    for number in range(1, amounts.dead + 1):
        offer = Offer(f"gone/{words} {number}.jpg", b"404\n", "text/plain", f"{words} 사라진 사진 {number}", status=404)
        yield _shown_as(next(originals), offer)


def _graphics(amounts: Planted, words: str, randomness: random.Random) -> Iterator[Offer]:
    from pipeline.demo.graphics import logo, text_card

    for number in range(1, amounts.logos + 1):
        data = _png(logo(randomness.getrandbits(16)))
        yield Offer(f"brand/{words} 로고 {number}.png", data, "image/png", f"{words} 로고 {number}")
    for number in range(1, amounts.cards + 1):
        seed = randomness.getrandbits(16)
        data = _png(text_card(seed, ["SPRING SALE", f"up to {randomness.randrange(20, 80)} % off", "this week only"]))
        yield Offer(f"card/{words} 카드 {number}.png", data, "image/png", f"{words} 추천 {number}")


def _impossible(amounts: Planted, words: str, randomness: random.Random) -> Iterator[Offer]:
    for number in range(1, amounts.absurd + 1):
        data = absurd_png(ABSURD_SIDE, ABSURD_SIDE - randomness.randrange(1000))  # no two domains share their bytes
        yield Offer(f"poster/{words} 초고해상도 {number}.png", data, "image/png", f"{words} 초고해상도 {number}")
    for number in range(1, amounts.slivers + 1):
        data = _png(Image.new("RGB", (1, 5000), (randomness.randrange(256), randomness.randrange(256), number % 256)))
        yield Offer(f"line/{words} 선 {number}.png", data, "image/png", f"{words} 선 {number}")


def absurd_png(width: int, height: int) -> bytes:
    """A valid white PNG of 1 bit a pixel, sides in pixels: a small file for any size (PNG specification, 5 and 11)."""
    row = b"\x00" + b"\xff" * -(-width // 8)  # filter type 0, then the pixels
    deflate = zlib.compressobj(9)
    pixels = b"".join([*(deflate.compress(row) for _line in range(height)), deflate.flush()])
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _shuffled_for_ever(pictures: Sequence[bytes], randomness: random.Random) -> Iterator[bytes]:
    """Each picture once before any comes twice, so that the groups of copies stay small where there is room."""
    return itertools.cycle(randomness.sample(list(pictures), len(pictures)))


def _shown_as(original: bytes, offer: Offer) -> Offer:
    with Image.open(io.BytesIO(original)) as picture:
        return replace(offer, width=picture.width, height=picture.height, preview=_thumbnail(original))


def _re_encoded(data: bytes, randomness: random.Random) -> bytes:
    return _jpeg(_picture(data), quality=randomness.randint(55, 75))


def _thumbnail(data: bytes) -> bytes:
    return _jpeg(ImageOps.scale(_picture(data), 0.4, Image.Resampling.LANCZOS))


def _mirrored(data: bytes) -> bytes:
    return _jpeg(ImageOps.mirror(_picture(data)))


def _cropped(data: bytes, randomness: random.Random) -> bytes:
    """Four fifths of each side, from anywhere."""
    picture = _picture(data)
    width, height = picture.width * 4 // 5, picture.height * 4 // 5
    left, top = randomness.randint(0, picture.width - width), randomness.randint(0, picture.height - height)
    return _jpeg(picture.crop((left, top, left + width, top + height)))


def _truncated(data: bytes) -> bytes:
    return data[: len(data) * 2 // 5]


def _without_header(data: bytes) -> bytes:
    return bytes(64) + data[64:]


def _png_with_broken_data(data: bytes) -> bytes:
    whole = _png(_picture(data))
    middle = len(whole) // 2
    return whole[:middle] + bytes(256) + whole[middle + 256 :]


def _picture(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as picture:
        return picture.convert("RGB")


def _jpeg(picture: Image.Image, quality: int = 88) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def _png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
