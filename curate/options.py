"""The curation's options."""

from dataclasses import dataclass
from functools import cached_property

from curate.thresholds import REASONS, Thresholds, thresholds_from
from pipeline.errors import OptionError
from pipeline.language import _
from pipeline.options import option

FORMATS = ("jpeg", "png")
KEEPABLE = ("duplicate", "too_small", "extreme_aspect", *REASONS)
"""The reasons that `--keep` may name; what has no picture, no source or two domains cannot be kept."""
LAYOUTS = ("plain", "cyclegan")


@dataclass(frozen=True)
class CurateOptions:
    """What the user may say about a curation. Raises OptionError for a value that cannot be meant."""

    split: float = option(0.9, "Share of the images that train; the rest tests.", metavar="SHARE")
    size: int = option(286, "Shorter side of the finished images in pixels; smaller ones are not enlarged.")
    review: str = option("", "Take over the decisions that a person saved from the report's page.", metavar="FILE")
    resplit: bool = option(False, "Deal the images anew to train and test, as a changed --split needs.")
    min_size: int = option(
        0,
        "Reject images whose shorter side has fewer pixels; 0 means half of --size.",
        group="Checks",
        metavar="PIXELS",
    )
    keep: tuple[str, ...] = option(
        (),
        "Keep images that are rejected for this reason; may be given several times.",
        group="Checks",
        metavar="REASON",
    )
    threshold: tuple[str, ...] = option(
        (), "Another limit of a check; may be given several times.", group="Checks", metavar="NAME=VALUE"
    )
    embedding: str = option(
        "",
        "Flag images that are off their domain's topic, by a local image model: an ONNX file that takes one picture"
        " (normalised as for ImageNet) and gives one row of numbers, such as the image half of a CLIP.",
        group="Checks",
        metavar="FILE",
    )
    format: str = option("jpeg", "How the finished images are written.", group="Output", choices=FORMATS)
    upscale: bool = option(False, "Enlarge smaller images too, for trainers that want one size of all.", group="Output")
    layout: str = option(
        "plain",
        "With cyclegan, trainA, trainB, testA and testB beside train and test, as links to the same images.",
        group="Output",
        choices=LAYOUTS,
    )
    workers: int = option(0, "Processes that decode; 0 takes one for each core.", group="Checks", metavar="N")

    def __post_init__(self) -> None:
        if not 0 < self.split < 1:
            raise OptionError("split", self.split, _("above 0 and below 1, such as 0.9"))
        if not 16 <= self.size <= 8192:
            raise OptionError("size", self.size, _("from 16 to 8192 pixels"))
        if self.min_size < 0:
            raise OptionError("min_size", self.min_size, _("0 or more"))
        for reason in self.keep:
            if reason not in KEEPABLE:
                raise OptionError("keep", reason, _("one of {names}", names=", ".join(KEEPABLE)))
        thresholds_from(self.threshold)
        if self.workers < 0:
            raise OptionError("workers", self.workers, _("0 or more"))
        if self.format not in FORMATS:
            raise OptionError("format", self.format, _("one of {names}", names=", ".join(FORMATS)))
        if self.layout not in LAYOUTS:
            raise OptionError("layout", self.layout, _("one of {names}", names=", ".join(LAYOUTS)))

    @property
    def least_side(self) -> int:
        """The fewest pixels that the shorter side of a kept image has."""
        return self.min_size or self.size // 2

    @cached_property
    def thresholds(self) -> Thresholds:
        """The limits of the checks of looks."""
        return thresholds_from(self.threshold)
