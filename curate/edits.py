"""What becomes of a photo on its way through the web: edits, each drawn from a seed, that leave it a copy."""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

Group = Literal["pixels", "translucent", "opaque"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One way of changing a picture. `apply(picture, randomness)` gives the file of the changed one.

    `group` says what of the original is still there: all of it ("pixels"), all of it through something drawn over it
    ("translucent"), or all but what something drawn over it hides ("opaque").
    """

    name: str
    group: Group
    apply: Callable[[Image.Image, random.Random], bytes]


Change = Callable[[Image.Image, random.Random], Image.Image]


def _jpeg(picture: Image.Image, quality: int = 88, exif: Image.Exif | None = None) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, **({"exif": exif} if exif else {}))
    return buffer.getvalue()


def _saved(change: Change, quality: int = 88) -> Callable[[Image.Image, random.Random], bytes]:
    return lambda picture, randomness: _jpeg(change(picture, randomness), quality)


def _as_png(picture: Image.Image, _randomness: random.Random) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _as_webp(picture: Image.Image, _randomness: random.Random) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=70, method=0)
    return buffer.getvalue()


def _turned_by_exif(picture: Image.Image, _randomness: random.Random) -> bytes:
    """Stored lying on its side, with the tag (6) that tells viewers to turn it upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return _jpeg(picture.transpose(Image.Transpose.ROTATE_90), exif=exif)


def _scaled(factor: float) -> Change:
    def change(picture: Image.Image, _randomness: random.Random) -> Image.Image:
        size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
        return picture.resize(size, Image.Resampling.LANCZOS)

    return change


def _squeezed(picture: Image.Image, _randomness: random.Random) -> Image.Image:
    return picture.resize((round(picture.width * 0.9), picture.height), Image.Resampling.LANCZOS)


def _cropped(share: float) -> Change:
    """Cut to `1 - share` of the width and of the height, anywhere."""

    def change(picture: Image.Image, randomness: random.Random) -> Image.Image:
        width, height = round(picture.width * (1 - share)), round(picture.height * (1 - share))
        left, top = randomness.randint(0, picture.width - width), randomness.randint(0, picture.height - height)
        return picture.crop((left, top, left + width, top + height))

    return change


def _cropped_to_square(picture: Image.Image, _randomness: random.Random) -> Image.Image:
    """Squares of the middle, as profile pages show them, of photos in 4:3 or less; of wider ones a 5:4."""
    long, short = max(picture.size), min(picture.size)
    kept = max(short, round(long * 0.75))
    width, height = (kept, short) if picture.width >= picture.height else (short, kept)
    left, top = (picture.width - width) // 2, (picture.height - height) // 2
    return picture.crop((left, top, left + width, top + height))


def _bordered(picture: Image.Image, randomness: random.Random) -> Image.Image:
    colour = randomness.choice(("white", "black", "#3a4a6b"))
    return ImageOps.expand(picture, round(max(picture.size) * randomness.uniform(0.02, 0.1)), colour)


def _letterboxed(picture: Image.Image, randomness: random.Random) -> Image.Image:
    bar = round(max(picture.size) * randomness.uniform(0.08, 0.2))
    lying = randomness.random() < 0.5
    return ImageOps.expand(picture, (0, bar) if lying else (bar, 0), randomness.choice(("black", "white")))


def _transposed(method: Image.Transpose) -> Change:
    return lambda picture, _randomness: picture.transpose(method)


def _mirrored_and_cropped(picture: Image.Image, randomness: random.Random) -> Image.Image:
    return _cropped(randomness.uniform(0.05, 0.2))(ImageOps.mirror(picture), randomness)


def _straightened(picture: Image.Image, randomness: random.Random) -> Image.Image:
    """Turned by one or two degrees and cut so that no empty corner is left."""
    turned = picture.rotate(randomness.choice((-1, 1)) * randomness.uniform(1, 2.5), Image.Resampling.BICUBIC)
    margin_x, margin_y = round(picture.width * 0.05), round(picture.height * 0.05)
    return turned.crop((margin_x, margin_y, picture.width - margin_x, picture.height - margin_y))


def _grey(picture: Image.Image, _randomness: random.Random) -> Image.Image:
    return picture.convert("L").convert("RGB")


def _sepia(picture: Image.Image, _randomness: random.Random) -> Image.Image:
    return ImageOps.colorize(picture.convert("L"), "#20140a", "#fff2d8", mid="#a07850")


def _gamma(picture: Image.Image, randomness: random.Random) -> Image.Image:
    gamma = randomness.choice((randomness.uniform(0.55, 0.8), randomness.uniform(1.25, 1.8)))
    return picture.point([round(255 * (value / 255) ** gamma) for value in range(256)] * 3)


def _contrasted(picture: Image.Image, randomness: random.Random) -> Image.Image:
    return ImageEnhance.Contrast(picture).enhance(randomness.choice((0.65, 1.4)))


def _tinted(picture: Image.Image, randomness: random.Random) -> Image.Image:
    gains = [randomness.uniform(0.75, 1.25) for _band in range(3)]
    return picture.point([min(255, round(value * gain)) for gain in gains for value in range(256)])


def _saturated(picture: Image.Image, randomness: random.Random) -> Image.Image:
    return ImageEnhance.Color(picture).enhance(randomness.choice((0.4, 1.8)))


def _blurred(picture: Image.Image, _randomness: random.Random) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(max(picture.size) / 400))


def _sharpened(picture: Image.Image, _randomness: random.Random) -> Image.Image:
    return picture.filter(ImageFilter.UnsharpMask(max(picture.size) / 400, 120, 2))


def _noisy(picture: Image.Image, randomness: random.Random) -> Image.Image:
    noise = np.random.default_rng(randomness.getrandbits(32)).normal(0, 10, (picture.height, picture.width, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))


def _vignetted(picture: Image.Image, _randomness: random.Random) -> Image.Image:
    y, x = np.mgrid[-1 : 1 : picture.height * 1j, -1 : 1 : picture.width * 1j]
    light = 1 - 0.3 * np.minimum(1, (x**2 + y**2) / 2)
    return Image.fromarray((np.asarray(picture) * light[..., None]).astype(np.uint8))


def _font(height: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(8, height))


def _overlaid(picture: Image.Image, layer: Image.Image) -> Image.Image:
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _watermarked(picture: Image.Image, randomness: random.Random) -> Image.Image:
    """A see-through name across the middle."""
    layer = Image.new("RGBA", picture.size)
    place = (picture.width * randomness.uniform(0.3, 0.7), picture.height * randomness.uniform(0.35, 0.65))
    alpha = round(255 * randomness.uniform(0.25, 0.5))
    font = _font(picture.width * randomness.uniform(0.06, 0.1))
    ImageDraw.Draw(layer).text(place, "stockphoto", (255, 255, 255, alpha), font, anchor="mm")
    return _overlaid(picture, layer)


def _tiled_watermark(picture: Image.Image, randomness: random.Random) -> Image.Image:
    """A see-through name all over the picture, aslant."""
    side = round(1.5 * max(picture.size))
    layer = Image.new("RGBA", (side, side))
    draw, step = ImageDraw.Draw(layer), max(40, max(picture.size) // 4)
    for y in range(0, side, step):
        for x in range(0, side, step):
            draw.text((x, y), "PREVIEW", (255, 255, 255, 75), _font(step / 6))
    layer = layer.rotate(randomness.uniform(20, 40), Image.Resampling.BILINEAR)
    left, top = (side - picture.width) // 2, (side - picture.height) // 2
    return _overlaid(picture, layer.crop((left, top, left + picture.width, top + picture.height)))


def _banded(picture: Image.Image, randomness: random.Random) -> Image.Image:
    """A half-transparent bar along the lower edge with a line of text."""
    layer = Image.new("RGBA", picture.size)
    height = round(picture.height * randomness.uniform(0.08, 0.16))
    draw = ImageDraw.Draw(layer)
    draw.rectangle((0, picture.height - height, picture.width, picture.height), (0, 0, 0, 110))
    middle = (picture.width / 2, picture.height - height / 2)
    draw.text(middle, "photo blog 2024", (255, 255, 255, 140), _font(height / 2), anchor="mm")
    return _overlaid(picture, layer)


def _with_logo(picture: Image.Image, randomness: random.Random) -> Image.Image:
    """An opaque badge in a corner."""
    side = round(min(picture.size) * randomness.uniform(0.12, 0.2))
    margin = side // 5
    left = randomness.choice((margin, picture.width - side - margin))
    top = randomness.choice((margin, picture.height - side - margin))
    changed = picture.copy()
    draw = ImageDraw.Draw(changed)
    box = (left, top, left + side, top + side)
    colour = ImageColor.getrgb(f"hsl({randomness.randrange(360)}, 80%, 45%)")
    draw.rounded_rectangle(box, side // 5, colour, "white", max(1, side // 20))
    draw.text((left + side / 2, top + side / 2), "P", "white", _font(side * 0.7), anchor="mm")
    return changed


def _captioned(picture: Image.Image, randomness: random.Random) -> Image.Image:
    """Opaque outlined letters across the picture, as on memes."""
    changed = picture.copy()
    size = picture.width * randomness.uniform(0.05, 0.09)
    place = (picture.width / 2, picture.height * randomness.choice((0.1, 0.88)))
    outline = max(1, round(size / 12))
    ImageDraw.Draw(changed).text(
        place, "SPRING IS HERE", "white", _font(size), anchor="mm", stroke_width=outline, stroke_fill="black"
    )
    return changed


def _dated(picture: Image.Image, _randomness: random.Random) -> Image.Image:
    """The date that cameras burn into a corner."""
    changed = picture.copy()
    place = (picture.width * 0.96, picture.height * 0.95)
    ImageDraw.Draw(changed).text(place, "2024 04 05", "#ff9020", _font(max(11, picture.width * 0.035)), anchor="rs")
    return changed


def _reposted(picture: Image.Image, randomness: random.Random) -> Image.Image:
    half = _scaled(0.5)(picture, randomness)
    return _watermarked(_cropped(randomness.uniform(0.04, 0.1))(half, randomness), randomness)


def _unchanged(picture: Image.Image, _randomness: random.Random) -> Image.Image:
    return picture


EDITS: tuple[Edit, ...] = (
    Edit("jpeg q90", "pixels", _saved(_unchanged, 90)),
    Edit("jpeg q50", "pixels", _saved(_unchanged, 50)),
    Edit("jpeg q20", "pixels", _saved(_unchanged, 20)),
    Edit("png", "pixels", _as_png),
    Edit("webp", "pixels", _as_webp),
    Edit("half size", "pixels", _saved(_scaled(0.5))),
    Edit("thumbnail", "pixels", _saved(_scaled(0.3))),
    Edit("upscaled", "pixels", _saved(_scaled(1.5))),
    Edit("squeezed", "pixels", _saved(_squeezed)),
    Edit("crop 5 %", "pixels", _saved(_cropped(0.05))),
    Edit("crop 10 %", "pixels", _saved(_cropped(0.1))),
    Edit("crop 20 %", "pixels", _saved(_cropped(0.2))),
    Edit("crop square", "pixels", _saved(_cropped_to_square)),
    Edit("straightened", "pixels", _saved(_straightened)),
    Edit("border", "pixels", _saved(_bordered)),
    Edit("letterbox", "pixels", _saved(_letterboxed)),
    Edit("mirror", "pixels", _saved(_transposed(Image.Transpose.FLIP_LEFT_RIGHT))),
    Edit("mirror and crop", "pixels", _saved(_mirrored_and_cropped)),
    Edit("rot90", "pixels", _saved(_transposed(Image.Transpose.ROTATE_90))),
    Edit("rot180", "pixels", _saved(_transposed(Image.Transpose.ROTATE_180))),
    Edit("exif rotated", "pixels", _turned_by_exif),
    Edit("greyscale", "pixels", _saved(_grey)),
    Edit("sepia", "pixels", _saved(_sepia)),
    Edit("gamma", "pixels", _saved(_gamma)),
    Edit("contrast", "pixels", _saved(_contrasted)),
    Edit("tint", "pixels", _saved(_tinted)),
    Edit("saturation", "pixels", _saved(_saturated)),
    Edit("blur", "pixels", _saved(_blurred)),
    Edit("sharpen", "pixels", _saved(_sharpened)),
    Edit("noise", "pixels", _saved(_noisy)),
    Edit("vignette", "pixels", _saved(_vignetted)),
    Edit("watermark", "translucent", _saved(_watermarked)),
    Edit("tiled watermark", "translucent", _saved(_tiled_watermark)),
    Edit("band", "translucent", _saved(_banded)),
    Edit("repost", "translucent", _saved(_reposted, 50)),
    Edit("logo", "opaque", _saved(_with_logo)),
    Edit("caption", "opaque", _saved(_captioned)),
    Edit("date", "opaque", _saved(_dated)),
)
