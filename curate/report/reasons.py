"""Every reason in the user's language: what it is called, what it means, and why one image was rejected for it."""

from collections.abc import Mapping

from curate.decisions import REVIEW
from curate.report.shown import Shown
from pipeline.decisions import REVIEWED
from pipeline.language import _
from pipeline.records import Domain, Verdict

DOUBTFUL = "doubtful"
"""The group of the images that are kept with a flag."""


def reasons() -> dict[str, tuple[str, str]]:
    """Each reason's name and what it means."""
    return {
        DOUBTFUL: (_("Kept, with a doubt"), _("Nothing certain is wrong with them. Look at these first.")),
        "duplicate": (_("Copies"), _("They were made from the same picture as an image that was kept.")),
        "domain_conflict": (_("In both domains"), _("The same picture was found for A and for B.")),
        "split_bridge": (
            _("Bridges"),
            _("They look like images that train and like images that test; keeping them would leak between both."),
        ),
        "too_small": (_("Too small"), _("Their shorter side has too few pixels.")),
        "extreme_aspect": (_("Slivers"), _("They are much longer than wide, as banners are.")),
        "no_source": (_("Without a source"), _("No query brought them; run the crawl again.")),
        "empty": (_("Empty"), _("The file has no bytes.")),
        "not_image": (_("No image"), _("The bytes are no image in a format that is read.")),
        "needs_heic": (_("HEIC"), _('HEIC needs the extra "heic": pip install "unpaired[heic]"')),
        "corrupt": (_("Damaged"), _("The image cannot be decoded to its end.")),
        "too_many_pixels": (_("Too many pixels"), _("Decoding it would take too much memory.")),
        "crashed": (_("Crashed"), _("The decoder crashed or did not end, twice.")),
        "missing": (_("Missing"), _("The file is no longer in raw/; crawl it again.")),
        "changed": (_("Changed"), _("The file's bytes are no longer those that were downloaded.")),
        REVIEW: (_("Rejected by you"), _("A person rejected them, or the picture that they are copies of.")),
        REVIEWED: (_("Kept by you"), _("A person decided something about them, and they are kept.")),
        **looks(),
    }


def looks() -> dict[str, tuple[str, str]]:
    """The reasons of `curate.thresholds` and of `curate.offtopic`."""
    return {
        "blank": (_("Blank"), _("There is next to nothing on them.")),
        "not_a_photo": (_("No photo"), _("A drawing, a logo, a text, a screenshot or a cut-out.")),
        "dark": (_("Dark"), _("Even their brightest spots are dark.")),
        "bright": (_("Bright"), _("Even their darkest spots are bright.")),
        "blown_out": (_("Blown out"), _("Much of them is plain white.")),
        "faded": (_("Faded"), _("Their brightness hardly varies.")),
        "blurred": (_("Blurred"), _("Not even their sharpest spot is sharp.")),
        "upscaled": (_("Enlarged"), _("They have no detail at the size that they have.")),
        "posterised": (_("Posterised"), _("They have only a few levels of brightness.")),
        "blocky": (_("Blocky"), _("The blocks of a heavy JPEG compression show.")),
        "noisy": (_("Noisy"), _("There is noise even where nothing is.")),
        "greyscale": (_("Grey"), _("They have no colour.")),
        "borders": (_("Borders"), _("There are even strips along their edges.")),
        "text": (_("Text"), _("Letters stand on them.")),
        "off_topic": (_("Off topic"), _("They show something else than the rest of their domain.")),
        "other_domain": (_("As in the other domain"), _("They are more like the images of the other domain.")),
    }


def why(verdict: Verdict, names: Mapping[Domain, str], images: Mapping[str, Shown]) -> str:
    """Why this image: score against threshold, or by which rule it is a copy; for a kept one, its doubts."""
    if verdict.kept:
        return ", ".join(looks().get(flag, (flag, ""))[0] for flag in doubts(verdict))
    if verdict.reason == "domain_conflict":
        return _("found for {a} and for {b}", a=names["A"], b=names["B"])
    if verdict.reason in ("duplicate", REVIEW):
        return _why_a_copy(verdict, images) if verdict.other else ""
    return _why_by_score(verdict)


def _why_a_copy(verdict: Verdict, images: Mapping[str, Shown]) -> str:
    score = f"{verdict.score:.3g}"
    if verdict.reason == REVIEW:
        return _("a copy of what you rejected (correlation {score})", score=score)
    rule = _rules().get(verdict.detail, verdict.detail)
    better = _advantage(images[verdict.other], images[verdict.sha256], verdict)
    return _("{rule} (correlation {score}); the other {advantage}", rule=rule, score=score, advantage=better)


def _why_by_score(verdict: Verdict) -> str:
    score, threshold = f"{verdict.score:.3g}", f"{verdict.threshold:.3g}"
    if verdict.reason == "too_small":
        return _("shorter side {score} px, at least {threshold}", score=score, threshold=threshold)
    if verdict.reason == "extreme_aspect":
        return _("{score} times as long as wide, at most {threshold}", score=score, threshold=threshold)
    return _("score {score}, limit {threshold}", score=score, threshold=threshold) if verdict.threshold else ""


def doubts(verdict: Verdict) -> list[str]:
    """The flags of a verdict that are doubts."""
    return [flag for flag in verdict.flags.split(",") if flag not in ("", REVIEWED)]


def _rules() -> dict[str, str]:
    """By what a copy was told (`curate.relation`), in the user's language."""
    return {
        "same content": _("the same content everywhere"),
        "under a veil": _("the same content behind a veil"),
        "under a faint veil": _("the same content behind a faint veil"),
        "under lettering": _("the same content behind letters"),
        "under a veil with lettering": _("the same content behind a veil with letters"),
        "under a badge": _("the same content behind a badge"),
        "under a bar": _("the same content behind a bar"),
    }


def _advantage(kept: Shown, copy: Shown, verdict: Verdict) -> str:
    """Why of two copies this one was kept, in the order of `curate.duplicates.by_quality`."""
    if kept.real_pixels > copy.real_pixels:
        return _("has more real detail")
    if kept.width * kept.height > copy.width * copy.height:
        return _("has more pixels")
    if kept.size_bytes > copy.size_bytes:
        return _("has more bytes")
    return _("comes first by its hash") if verdict.other < verdict.sha256 else _("was chosen by you")
