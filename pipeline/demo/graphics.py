"""Drawn graphics that are no photographs: logos and sale cards, planted as dirt in the demo's crawl."""

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Paint = tuple[int, int, int]

_LOGO_SIDE = 320
_CARD_SIZE = (480, 320)
_PALETTES: tuple[tuple[Paint, Paint, Paint], ...] = (
    ((250, 248, 244), (214, 62, 88), (36, 44, 66)),
    ((22, 34, 58), (245, 186, 66), (240, 240, 236)),
    ((238, 246, 240), (32, 128, 96), (240, 132, 76)),
    ((255, 255, 255), (60, 84, 200), (232, 76, 100)),
    ((252, 238, 226), (116, 66, 140), (238, 152, 60)),
    ((30, 30, 34), (236, 84, 64), (90, 196, 190)),
)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A drawing at four times its size, so that round edges come out smooth."""

    image: Image.Image
    draw: ImageDraw.ImageDraw
    ground: Paint
    first: Paint
    second: Paint

    def disc(self, x: float, y: float, radius: float, colour: Paint) -> None:
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def small(self) -> Image.Image:
        return self.image.resize((self.image.width // 4, self.image.height // 4), Image.Resampling.BOX)


def logo(seed: int) -> Image.Image:
    """A flat logo, 320 x 320 RGB in three or four colours; equal seeds give equal pixels."""
    rng = np.random.default_rng([seed, 1])
    sheet = _open_sheet((_LOGO_SIDE, _LOGO_SIDE), rng)
    mark = (_petals, _rings, _squares, _letter_bars)[int(rng.integers(4))]
    mark(sheet, rng)
    return sheet.small()


def text_card(seed: int, lines: list[str]) -> Image.Image:
    """A sale card with those lines in Latin letters, 480 x 320 RGB; equal arguments give equal pixels.

    Letters come from the font inside Pillow, so no font file of the system is needed.
    """
    rng = np.random.default_rng([seed, 2])
    sheet = _open_sheet(_CARD_SIZE, rng)
    _decorate(sheet, rng)
    card = sheet.small()
    draw = ImageDraw.Draw(card)
    top = 62.0
    for index, line in enumerate(lines):
        size = _fitting(line, 58 if index == 0 else 30)
        font = ImageFont.load_default(size)
        ink = sheet.first if index == 0 else sheet.second
        draw.text((_CARD_SIZE[0] / 2, top), line, font=font, fill=ink, anchor="mt")
        top += size * 1.45
    return card


def _open_sheet(size: tuple[int, int], rng: np.random.Generator) -> _Sheet:
    ground, first, second = _PALETTES[int(rng.integers(len(_PALETTES)))]
    image = Image.new("RGB", (size[0] * 4, size[1] * 4), ground)
    return _Sheet(image, ImageDraw.Draw(image), ground, first, second)


def _fitting(line: str, largest: int) -> int:
    """The font size at which the line fits the card."""
    width = ImageFont.load_default(largest).getlength(line)
    room = _CARD_SIZE[0] - 70
    return largest if width <= room else max(9, int(largest * room / width))


def _petals(sheet: _Sheet, rng: np.random.Generator) -> None:
    middle, count = sheet.image.width / 2, int(rng.integers(5, 9))
    reach, radius = middle * 0.46, middle * float(rng.uniform(0.20, 0.34))
    start = float(rng.uniform(0, math.pi))
    for index in range(count):
        angle = start + index * 2 * math.pi / count
        sheet.disc(middle + reach * math.cos(angle), middle + reach * math.sin(angle), radius, sheet.first)
    sheet.disc(middle, middle, middle * 0.24, sheet.second)


def _rings(sheet: _Sheet, rng: np.random.Generator) -> None:
    middle = sheet.image.width / 2
    for share, colour in ((0.78, sheet.first), (0.60, sheet.ground), (0.46, sheet.second)):
        sheet.disc(middle, middle, middle * share, colour)
    cut = float(rng.uniform(0, 300))
    box = (middle * 0.15, middle * 0.15, middle * 1.85, middle * 1.85)
    sheet.draw.pieslice(box, cut, cut + float(rng.uniform(40, 80)), fill=sheet.ground)


def _squares(sheet: _Sheet, rng: np.random.Generator) -> None:
    side, count = sheet.image.width, int(rng.integers(2, 4))
    cell = side * 0.66 / count
    for row in range(count):
        for column in range(count):
            x, y = side * 0.17 + column * cell, side * 0.17 + row * cell
            colour = sheet.first if rng.uniform() < 0.6 else sheet.second
            if rng.uniform() < 0.35:
                sheet.disc(x + cell * 0.46, y + cell * 0.46, cell * 0.45, colour)
            else:
                box = (x, y, x + cell * 0.92, y + cell * 0.92)
                sheet.draw.rounded_rectangle(box, radius=cell * 0.2, fill=colour)


def _letter_bars(sheet: _Sheet, rng: np.random.Generator) -> None:
    side, bars = sheet.image.width, int(rng.integers(3, 6))
    box = (side * 0.12, side * 0.12, side * 0.88, side * 0.88)
    sheet.draw.rounded_rectangle(box, radius=side * 0.16, fill=sheet.first)
    pitch = side * 0.52 / bars
    for index in range(bars):
        x, tall = side * 0.25 + index * pitch, side * float(rng.uniform(0.15, 0.45))
        bar = (x, side * 0.74 - tall, x + pitch * 0.62, side * 0.74)
        sheet.draw.rounded_rectangle(bar, radius=pitch * 0.25, fill=sheet.second)


def _decorate(sheet: _Sheet, rng: np.random.Generator) -> None:
    width, height = sheet.image.size
    band = height * float(rng.uniform(0.07, 0.12))
    sheet.draw.rectangle((0, 0, width, band), fill=sheet.first)
    sheet.draw.rectangle((0, height - band, width, height), fill=sheet.second)
    for _ in range(int(rng.integers(3, 7))):
        x = width * float(rng.choice([rng.uniform(0.0, 0.12), rng.uniform(0.88, 1.0)]))
        colour = sheet.first if rng.uniform() < 0.5 else sheet.second
        sheet.disc(x, height * float(rng.uniform(0.2, 0.8)), height * float(rng.uniform(0.03, 0.09)), colour)
