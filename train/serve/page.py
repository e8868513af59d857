"""The page: one HTML file whose script sends a photo and shows it before and after."""

from collections.abc import Mapping

from pipeline.document import document, policy_of
from pipeline.language import _
from train.serve.studio import MOST_BYTES

PACKAGE = "train.serve"
_PICTURES = "'self' blob: data:"


def served_page(name: str, ways: Mapping[str, str], photos: Mapping[str, int]) -> bytes:
    """The page of a run or file of weights: its ways with what they are called, and how many photos each has to try."""
    data = {
        "name": name,
        "ways": [{"way": way, "label": label, "photos": photos.get(way, 0)} for way, label in ways.items()],
        "mostBytes": MOST_BYTES,
        "texts": _texts(),
    }
    return document(PACKAGE, name, data, pictures=_PICTURES, requests="'self'")


def served_policy() -> str:
    """What the page may do, for the server to send as well."""
    return policy_of(PACKAGE, _PICTURES, "'self'")


def _texts() -> dict[str, str]:
    return {
        "direction": _("Direction"),
        "drop": _("Drop a photo here, or choose one"),
        "choose": _("Take or choose a photo"),
        "limits": _(
            "Up to {count} MB. Nothing is stored: photo and result are in the memory only.", count=MOST_BYTES // 2**20
        ),
        "try": _("Or try one of these, which the model never saw:"),
        "photo": _("Photo"),
        "working": _("Translating ..."),
        "done": _("Done."),
        "slider": _("Before and after"),
        "before": _("before"),
        "after": _("after"),
        "help": _("Drag over the picture, or use the arrow keys."),
        "touch": _("Drag over the picture."),
        "download": _("Download"),
        "scaled": _("scaled down from"),
        "seconds": _("seconds"),
        "tooLarge": _("The file is too large. At most {count} MB are taken.", count=MOST_BYTES // 2**20),
        "gone": _("pipeline serve does not answer. Start it again."),
    }
