"""The dataset card: a README.md that tells people, and Hugging Face, what a dataset is and where it came from.

Everything that strangers wrote, such as queries, licences and hosts, is put in as text that can do nothing: every
character but letters, digits and a few harmless signs is a reference, which Markdown and HTML both show and never obey.
The card is in English whatever the locale, so that equal datasets give equal bytes.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from pipeline.decisions import REVIEWED
from pipeline.finished import Curation, FinishedPicture
from pipeline.records import DOMAINS, SPLITS, Split

MARK = "<!-- made by unpaired; written anew by the next curation or export -->"
"""A README.md without this line is the user's own, and is neither overwritten nor deleted."""
FOLDERS: Mapping[Split, str] = {"train": "train/**", "test": "test/**"}
"""Where Hugging Face finds the splits of a dataset folder, with their metadata.jsonl."""
_LONGEST_TEXT = 120
MOST_ROWS = 30
_SAMPLES_IN_A_ROW = 4
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
NOT_KNOWN = "not known"


def is_card(path: Path) -> bool:
    """Whether a file is a card of ours, so that it may be written anew. Raises OSError."""
    return path.is_file() and not path.is_symlink() and MARK.encode() in path.read_bytes()


def may_write_card(path: Path) -> bool:
    """Whether a card may be put here: nothing lies here, or a card of ours. Raises OSError."""
    return is_card(path) or not (path.exists() or path.is_symlink())


def title_of(curation: Curation) -> str:
    """What a dataset is called, by its two sides."""
    return f"{plain(curation.names['A'])} ↔ {plain(curation.names['B'])}"


def card(
    pictures: Sequence[FinishedPicture],
    curation: Curation,
    data_files: Mapping[Split, str],
    *,
    samples: bool = False,
    packed: bool = False,
) -> bytes:
    """The card in Markdown, with the YAML head that `datasets.load_dataset(folder)` reads.

    `data_files` are the patterns of the splits' files; a split that has no picture is left out, since no loader reads
    an empty one. With `samples` it shows the first train images of each side by relative links, and so holds no pixel.
    `packed` says that the columns lie in one, `json`, as WebDataset has it.
    """
    sections = [
        _head(pictures, curation, data_files),
        MARK,
        f"# {safe(title_of(curation))}",
        _introduction(curation, packed=packed),
        _counts(pictures, curation),
        _samples(pictures, curation) if samples else "",
        origins(pictures, curation),
        _rejected(curation),
        _flagged(pictures),
        making(curation),
        _columns(packed=packed),
        _RIGHTS,
    ]
    return ("\n\n".join(section for section in sections if section) + "\n").encode("utf-8")


def host_of(url: str) -> str:
    """The host of a web address, "" for anything else."""
    try:
        parts = urlsplit(url)
        return (parts.hostname or "") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def plain(text: str) -> str:
    """A text on one line, without what is not to be seen: controls, marks of direction, halves of characters."""
    seen = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text)
    return " ".join(seen.split())


def safe(text: str) -> str:
    """A text as Markdown and HTML show it, whatever is in it."""
    short = plain(text)
    if len(short) > _LONGEST_TEXT:
        short = short[: _LONGEST_TEXT - 1] + "…"
    escaped = "".join(one if one.isalnum() or one in " .,-" or ord(one) > 127 else f"&#{ord(one)};" for one in short)
    return re.sub(r"(?i)(www)\.", r"\1&#46;", escaped)  # GitHub makes a link of every www. that it meets


def _quoted(text: str) -> str:
    """A text as a double-quoted scalar of YAML 1.2 (7.3.1); `plain` has taken the characters that it must not hold."""
    return '"' + plain(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _head(pictures: Sequence[FinishedPicture], curation: Curation, data_files: Mapping[Split, str]) -> str:
    size = next((name for limit, name in _SIZES if len(pictures) < limit), "n>1M")
    lines = [
        "---",
        f"pretty_name: {_quoted(title_of(curation))}",
        "license: other",
        'license_name: "per-image"',
        "task_categories:",
        "- image-to-image",
        "tags:",
        "- unpaired",
        "- cyclegan",
        "size_categories:",
        f'- "{size}"',
        "configs:",
        "- config_name: default",
        "  data_files:",
    ]
    for split in SPLITS:
        if any(picture.split == split for picture in pictures):
            lines += [f"  - split: {split}", f'    path: "{data_files[split]}"']
    return "\n".join([*lines, "---"])


def _introduction(curation: Curation, *, packed: bool) -> str:
    a, b = (safe(curation.names[domain]) for domain in DOMAINS)
    side = (
        'json: json["domain"] == "A", input_columns="json"'
        if packed
        else 'domain: domain == "A", input_columns="domain"'
    )
    return (
        f"Two sets of images that belong to no pairs: A, {a}, and B, {b}. They are made for unpaired image-to-image\n"
        "translation: a network learns to turn one kind into the other. Collected and curated with unpaired.\n\n"
        "```python\nfrom datasets import load_dataset\n\n"
        'images = load_dataset("path/to/this/folder")\n'
        f'a = images["train"].filter(lambda {side})\n```'
    )


def _counts(pictures: Sequence[FinishedPicture], curation: Curation) -> str:
    held = Counter((picture.domain, picture.split) for picture in pictures)
    rows = [
        (f"{domain}: {safe(curation.names[domain])}", *(str(held[domain, split]) for split in SPLITS))
        for domain in DOMAINS
    ]
    return "## Images\n" + table(("", *SPLITS), rows)


def _samples(pictures: Sequence[FinishedPicture], curation: Curation) -> str:
    rows = []
    for domain in DOMAINS:
        shown = sorted(one.place for one in pictures if (one.split, one.domain) == ("train", domain))
        images = [f'<img src="{place}" height="120" alt="">' for place in shown[:_SAMPLES_IN_A_ROW]]
        rows.append((safe(curation.names[domain]), *images, *[""] * (_SAMPLES_IN_A_ROW - len(images))))
    return "## Samples\n" + table(("", *[""] * _SAMPLES_IN_A_ROW), rows)


def origins(pictures: Sequence[FinishedPicture], curation: Curation) -> str:
    searches = Counter((one.domain, one.engine, one.query) for one in pictures)
    rows: list[tuple[str, ...]] = [
        (safe(curation.names[domain]), safe(engine), safe(query) or "-", str(count))
        for (domain, engine, query), count in sorted(searches.items())
    ]
    parts = ["## Sources", table(("side", "by", "query", "images"), _shortened(rows, "more searches"))]
    for heading, texts in (
        ("host", [host_of(one.image_url) or "no address on the web" for one in pictures]),
        ("licence, as the search engine told it", [plain(one.licence) or NOT_KNOWN for one in pictures]),
    ):
        parts.append(table((heading, "images"), _shortened(_ranked(texts), "more")))
    return "\n\n".join(parts)


def _ranked(texts: Iterable[str]) -> list[tuple[str, ...]]:
    counted = sorted(Counter(texts).items(), key=lambda one: (-one[1], one[0]))
    return [(safe(text), str(count)) for text, count in counted]


def _shortened(rows: list[tuple[str, ...]], others: str) -> list[tuple[str, ...]]:
    """The first rows, and one that sums up the rest; the last cell of each is a count."""
    shown, rest = rows[:MOST_ROWS], rows[MOST_ROWS:]
    if not rest:
        return shown
    blanks = [""] * (len(rest[0]) - 2)
    return [*shown, (f"{len(rest)} {others}", *blanks, str(sum(int(row[-1]) for row in rest)))]


def _rejected(curation: Curation) -> str:
    if not curation.rejected:
        return "## Rejected\nNothing."
    rows = [(safe(reason), str(count)) for reason, count in sorted(curation.rejected.items())]
    return "## Rejected\n" + table(("reason", "images"), rows)


def _flagged(pictures: Sequence[FinishedPicture]) -> str:
    flags = [flag for picture in pictures for flag in picture.flags.split(",") if flag not in ("", REVIEWED)]
    return "## Kept with a doubt\n" + table(("flag", "images"), _ranked(flags)) if flags else ""


def making(curation: Curation) -> str:
    options = [(f"`{name}`", safe(_written(value))) for name, value in sorted(curation.options.items())]
    versions = ", ".join(f"{safe(name)} {safe(number)}" for name, number in sorted(curation.versions.items()))
    return (
        "## How it was made\n"
        "Images were downloaded and decoded whole; what is broken or unfit was rejected, of copies the best was kept,\n"
        "and linked images never lie on both sides of the split. The pictures are upright sRGB without EXIF: they\n"
        f"tell no place and no camera. Made with {versions}.\n\n"
        + table(("option of `pipeline curate`", "value"), options)
    )


def _written(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    return str(value) or "-"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _cell in head), *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _columns(*, packed: bool) -> str:
    first = "The image, and in `json`: `file_name`," if packed else "`image`;"
    return (
        f"## Columns\n{first} `domain` (A or B), `split`, `sha256` (of the downloaded file), `flags` (doubts of the\n"
        "curation), `query`, `engine`, `image_url`, `page_url`, `title`, `licence`, `attribution`, `width`, `height`.\n"
        "Texts are empty where nothing is known."
    )


_RIGHTS = """## Rights
The images belong to those who made them. `licence` says what a search engine told and may be wrong; where it is empty,
nothing is known, and the image may not be free to share. To have one removed: `pipeline forget URL`, then curate."""
