"""What the page shows of an image: its size, its picture, and where it came from."""

import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.records import Candidate


@dataclass(frozen=True, slots=True)
class Shown:
    """An image as the page shows it: its size in pixels (0 where it has none), a picture (or no bytes), its source.

    `real_pixels`: how many pixels its detail fills (`curate.duplicates.real_pixels`). `thumbnail` is a WebP for a page
    that holds its pictures, no bytes for one that a server shows.
    """

    width: int
    height: int
    real_pixels: int
    size_bytes: int
    thumbnail: bytes
    candidate: Candidate | None


def image_row(image: Shown, address: str = "") -> dict[str, str | float]:
    """An image as the script reads it; `address` is where its picture is, "" for one that lies in the page."""
    candidate = image.candidate
    picture = address if image.width else ""
    return {
        "size": f"{image.width} × {image.height}" if image.width else f"{image.size_bytes:,} bytes",
        "ratio": round(image.width / image.height, 5) if image.height else 0,
        "picture": picture or (_data_uri(image.thumbnail) if image.thumbnail else ""),
        "title": candidate.title if candidate else "",
        "query": candidate.query if candidate else "",
        "engine": candidate.engine if candidate else "",
        "licence": candidate.licence if candidate else "",
        "attribution": candidate.attribution if candidate else "",
        "link": _first_of_web(candidate.page_url, candidate.image_url) if candidate else "",
        "file": _first_of_web(candidate.image_url) if candidate else "",
    }


_WEBP = "data:image/webp;base64,"
_DATA = re.compile(rb'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def shown_before(report: Path) -> dict[str, bytes]:
    """The pictures that a report holds, by sha256; none where there is no report, or one that is not ours.

    (They took as long to make as an image takes to be measured.)
    """
    try:
        found = _DATA.search(report.read_bytes())
        images = json.loads(found[1])["images"] if found else {}
        pictures = {sha256: image["picture"] for sha256, image in images.items() if image["picture"].startswith(_WEBP)}
        return {sha256: base64.b64decode(picture.removeprefix(_WEBP)) for sha256, picture in pictures.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _data_uri(webp: bytes) -> str:
    return _WEBP + base64.b64encode(webp).decode()


def _first_of_web(*urls: str) -> str:
    """The first address of the web, which alone becomes a link; else ""."""
    return next((url for url in urls if _is_web(url)), "")


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
