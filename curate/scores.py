"""What is measured of how a picture looks: a room that imports little, since the judges need the numbers alone."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Looks:
    """What the pixels of one picture say; grey values are 0 to 255, shares 0 to 1, all measured at the working size.

    `sharpness`: variance of the Laplacian in 16 x 16 blocks, its 95th percentile, as it were at a contrast of 200: the
    sharpest spot counts, so that a blossom before a blurred background is sharp, and so is a tree in the fog.
    `bandwidth`: power near the finest detail over the power at a third of it, in octaves; an enlarged thumbnail has
    none there (-7), a photo has (-3).
    `highlights`, `shadows`: the grey values that 2 % of the pixels exceed and that 5 % stay below.
    `whiteness`: share of pixels of whose three values two are burnt out (250 and more).
    `contrast`: from the 2nd to the 98th percentile of grey.
    `colourfulness`: the 99th percentile of the largest less the least of a pixel's three values.
    `steps`: how far the histogram of grey in even places is from smooth, 0 to 1: few values are left where a
    picture was posterised or saved as JPEG of the lowest quality.
    `graphic`: log-odds of a flat drawing, text, logo, screenshot or cut-out against a photo (`_GRAPHIC_WEIGHTS`).
    `noise`: mean answer of a noise filter in the quietest tenth of the blocks.
    `blockiness`: steps at the edges of JPEG's 8 x 8 blocks over those inside them; 1 is none.
    `margin`: the narrower of two even strips at opposite edges, as a share of the side that they shorten.
    `text`: how many letters the longest line of writing has (`curate.letters`).
    `resolution`: the fraction of the sides to which the picture could be shrunk without a loss (`curate.resolution`).
    """

    sharpness: float
    bandwidth: float
    highlights: float
    shadows: float
    whiteness: float
    contrast: float
    colourfulness: float
    steps: float
    graphic: float
    noise: float
    blockiness: float
    margin: float
    text: float
    resolution: float
