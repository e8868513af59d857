"""The report of what was rejected: one HTML file that opens from disk, with its pictures inside and no network."""

import base64
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlsplit

from pipeline.document import document
from pipeline.language import _
from pipeline.records import DOMAINS, SPLITS, Candidate, Domain, Split, Verdict

DOUBTFUL = "doubtful"
"""The group of the images that are kept with a flag."""
MOST_PER_REASON = 500
"""Pictures that the report shows for one reason; more are only counted, so that the file still opens."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An image as the report shows it: its size in pixels (0 where it has none), a JPEG (or no bytes), its source.

    `real_pixels`: how many pixels its detail fills (`curate.duplicates.real_pixels`).
    """

    width: int
    height: int
    real_pixels: int
    size_bytes: int
    thumbnail: bytes
    candidate: Candidate | None


def report_page(
    dataset: str,
    names: Mapping[Domain, str],
    counts: Mapping[Split, Mapping[Domain, int]],
    verdicts: Iterable[Verdict],
    images: Mapping[str, Shown],
) -> bytes:
    """The whole page as UTF-8. `images` has what is shown, by sha256: rejected and doubtful images, and what was kept.

    Titles, queries and addresses are strangers' text: they lie in a JSON block in which no tag can begin, the script
    puts them in as text only, links are http or https, and the page's policy forbids every script but this one.
    `images` must hold every image of `shown_verdicts` and the images that these name as others.
    """
    heading = _("{dataset}: what was rejected", dataset=dataset)
    data = {
        "heading": heading,
        "texts": _texts(),
        "table": _table(names, counts),
        "groups": _groups(list(verdicts), names, images),
        "images": {sha256: _image(image) for sha256, image in sorted(images.items())},
    }
    return document("curate.report", heading, data)


def shown_verdicts(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """What the page shows: the MOST_PER_REASON least certain of each reason, and of the kept images with a doubt."""
    seen: Counter[str] = Counter()
    shown = []
    for verdict in sorted(filter(_group_of, verdicts), key=_certainty):
        seen[_group_of(verdict)] += 1
        if seen[_group_of(verdict)] <= MOST_PER_REASON:
            shown.append(verdict)
    return shown


def _group_of(verdict: Verdict) -> str:
    """Under which heading an image stands, "" for one that is kept without a doubt."""
    return verdict.reason or (DOUBTFUL if verdict.flags else "")


def _certainty(verdict: Verdict) -> tuple[float, str]:
    """How far an image lies beyond the limit, for copies how much they correlate; the least certain comes first."""
    far = abs(verdict.score - verdict.threshold) / (abs(verdict.threshold) or 1)
    return far, verdict.other or verdict.sha256


def _texts() -> dict[str, str]:
    return {
        "kept": _("kept"),
        "rejected": _("rejected"),
        "instead": _("kept instead"),
        "twin": _("its like in the other domain"),
        "page": _("page"),
        "none": _("Nothing was rejected."),
        "nothing": _("no picture"),
    }


def _table(names: Mapping[Domain, str], counts: Mapping[Split, Mapping[Domain, int]]) -> list[list[str]]:
    """The kept images by domain and split, the first row and column being headings."""
    rows = [[f"{names[domain]} ({domain})", *(str(counts[split][domain]) for split in SPLITS)] for domain in DOMAINS]
    return [[_("kept"), *SPLITS], *rows]


def _groups(
    verdicts: list[Verdict], names: Mapping[Domain, str], images: Mapping[str, Shown]
) -> list[dict[str, object]]:
    rejected = sorted(filter(_group_of, verdicts), key=_group_of)
    groups = [(reason, list(members)) for reason, members in groupby(rejected, key=_group_of)]
    groups.sort(key=lambda group: (group[0] != DOUBTFUL, -len(group[1]), group[0]))
    return [_group(reason, members, names, images) for reason, members in groups]


def _group(
    reason: str, members: Sequence[Verdict], names: Mapping[Domain, str], images: Mapping[str, Shown]
) -> dict[str, object]:
    name, meaning = _reasons().get(reason, (reason, ""))
    shown = shown_verdicts(members)
    more = len(members) - len(shown)
    return {
        "reason": reason,
        "name": name,
        "meaning": meaning,
        "total": len(members),
        "more": _("and {count} more that are not shown", count=more) if more else "",
        "images": [
            {"sha256": verdict.sha256, "other": verdict.other, "why": _why(verdict, names, images)} for verdict in shown
        ],
    }


def _reasons() -> dict[str, tuple[str, str]]:
    """Each reason's name and what it means, in the user's language."""
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
        **_looks(),
    }


def _looks() -> dict[str, tuple[str, str]]:
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


def _why(verdict: Verdict, names: Mapping[Domain, str], images: Mapping[str, Shown]) -> str:
    score, threshold = f"{verdict.score:.3g}", f"{verdict.threshold:.3g}"
    if verdict.reason == "duplicate":
        rule = _rules().get(verdict.detail, verdict.detail)
        better = _advantage(images[verdict.other], images[verdict.sha256])
        return _("{rule} (correlation {score}); the other {advantage}", rule=rule, score=score, advantage=better)
    if verdict.reason == "too_small":
        return _("shorter side {score} px, at least {threshold}", score=score, threshold=threshold)
    if verdict.reason == "extreme_aspect":
        return _("{score} times as long as wide, at most {threshold}", score=score, threshold=threshold)
    if verdict.reason == "domain_conflict":
        return _("found for {a} and for {b}", a=names["A"], b=names["B"])
    if verdict.kept:
        return ", ".join(_looks().get(flag, (flag, ""))[0] for flag in verdict.flags.split(","))
    return _("score {score}, limit {threshold}", score=score, threshold=threshold) if verdict.threshold else ""


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


def _advantage(kept: Shown, copy: Shown) -> str:
    """Why of two copies this one was kept, in the order of `curate.duplicates.by_quality`."""
    if kept.real_pixels > copy.real_pixels:
        return _("has more real detail")
    if kept.width * kept.height > copy.width * copy.height:
        return _("has more pixels")
    if kept.size_bytes > copy.size_bytes:
        return _("has more bytes")
    return _("comes first by its hash")


def _image(image: Shown) -> dict[str, str]:
    candidate = image.candidate
    size = f"{image.width} × {image.height}" if image.width else f"{image.size_bytes:,} bytes"
    return {
        "size": size,
        "picture": _data_uri(image.thumbnail) if image.thumbnail else "",
        "title": candidate.title if candidate else "",
        "query": candidate.query if candidate else "",
        "link": _link(candidate) if candidate else "",
    }


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def _link(candidate: Candidate) -> str:
    """The page on which the image was found, else the image, where that is an address of the web; else ""."""
    return next((url for url in (candidate.page_url, candidate.image_url) if _is_web(url)), "")


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
