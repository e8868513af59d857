"""The demo's options."""

from dataclasses import dataclass

from pipeline.errors import OptionError
from pipeline.language import _
from pipeline.options import option


@dataclass(frozen=True)
class DemoOptions:
    """What the user may say about the demo. Raises OptionError for a value that cannot be meant."""

    seed: int = option(0, "Which streets are drawn, and how the training begins.", metavar="N")
    photos_a: str = option("", "Serve the photos of this folder for A, in place of drawn streets.", metavar="DIR")
    photos_b: str = option("", "Serve the photos of this folder for B, in place of drawn streets.", metavar="DIR")

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 400:
            raise OptionError("seed", self.seed, _("from 0 to 399"))
        if bool(self.photos_a) != bool(self.photos_b):
            raise OptionError("photos_a", self.photos_a, _("given together with --photos-b"))
