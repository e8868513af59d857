"""The curation's options."""

from dataclasses import dataclass

from pipeline.errors import OptionError
from pipeline.language import _
from pipeline.options import option


@dataclass(frozen=True)
class CurateOptions:
    """What the user may say about a curation. Raises OptionError for a value that cannot be meant."""

    split: float = option(0.9, "Share of the images that train; the rest tests.", metavar="SHARE")
    size: int = option(286, "Shorter side of the finished images in pixels; smaller ones are not enlarged.")
    resplit: bool = option(False, "Deal the images anew to train and test, as a changed --split needs.")
    min_size: int = option(128, "Reject images whose shorter side has fewer pixels.", group="Checks", metavar="PIXELS")
    duplicate_distance: int = option(
        6, "Most bits in which the perceptual hashes of two copies differ, of 64.", group="Checks", metavar="BITS"
    )
    workers: int = option(0, "Processes that decode; 0 takes one for each core.", group="Checks", metavar="N")

    def __post_init__(self) -> None:
        if not 0 < self.split < 1:
            raise OptionError("split", self.split, _("above 0 and below 1, such as 0.9"))
        if not 16 <= self.size <= 8192:
            raise OptionError("size", self.size, _("from 16 to 8192 pixels"))
        if self.min_size < 1:
            raise OptionError("min_size", self.min_size, _("1 or more"))
        if not 0 <= self.duplicate_distance <= 16:
            raise OptionError("duplicate_distance", self.duplicate_distance, _("from 0 to 16 bits"))
        if self.workers < 0:
            raise OptionError("workers", self.workers, _("0 or more"))
