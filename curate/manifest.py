"""What a curated tree says of itself: dataset.json and the lines of metadata.jsonl."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple
from importlib.metadata import version

from curate.checks import Evidence, Judgement
from curate.options import CurateOptions
from pipeline.files import sha256_of
from pipeline.records import DOMAINS, SPLITS, Candidate, Domain, Source, Split, Verdict

FORMAT = 1
"""The number of the dataset's format and of the way in which its pictures are made; another number makes all anew."""


def summary_of(options: CurateOptions, names: Mapping[Domain, str], judgement: Judgement, fingerprint: str) -> bytes:
    """dataset.json: no times and nothing of the machine, so that equal inputs give equal bytes."""
    chosen = {name: value for name, value in asdict(options).items() if name not in ("workers", "resplit")}
    content = {
        "format": FORMAT,
        "names": dict(names),
        "options": chosen,
        "counts": counts_of(judgement),
        "rejected": rejected_of(judgement),
        "versions": {package: version(package) for package in ("unpaired", "pillow", "ImageHash")},
        "inputs": fingerprint,
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def way_of(summary: bytes) -> tuple[object, ...]:
    """How a tree's pictures were made, by its dataset.json: equal ways give equal pictures.

    Raises ValueError, KeyError or TypeError for what is no dataset.json.
    """
    content = json.loads(summary)
    return content["format"], content["options"]["size"], content["versions"]["pillow"]


def fingerprint_of(evidence: Mapping[str, Evidence], sources: Iterable[Source]) -> str:
    """What went into a curation beside its options, as a hash: another one means that there is something to do."""
    images = [(astuple(one.image), astuple(one.measurement)) for one in evidence.values()]
    links = [(source.sha256, astuple(source.candidate)) for source in sources]
    return sha256_of(json.dumps([images, links]).encode())


def counts_of(judgement: Judgement) -> dict[Split, dict[Domain, int]]:
    """How many images are kept, by split and domain."""
    counted = Counter((verdict.split, verdict.domain) for verdict in judgement.kept)
    return {split: {domain: counted[split, domain] for domain in DOMAINS} for split in SPLITS}


def rejected_of(judgement: Judgement) -> dict[str, int]:
    """How many images are rejected, by reason."""
    return dict(sorted(Counter(verdict.reason for verdict in judgement.verdicts if not verdict.kept).items()))


def file_name_of(verdict: Verdict) -> str:
    """Where a kept image's picture lies, from the dataset's root: made from its sha256 alone."""
    return f"{verdict.split}/{verdict.domain}/{verdict.sha256}.jpg"


def metadata_line(verdict: Verdict, candidate: Candidate, size: tuple[int, int]) -> str:
    """The line of a kept image in its split's metadata.jsonl; `size` is its finished picture's, width and height."""
    row = {
        "file_name": f"{verdict.domain}/{verdict.sha256}.jpg",
        "domain": verdict.domain,
        "split": verdict.split,
        "sha256": verdict.sha256,
        "flags": "",
        "query": candidate.query,
        "engine": candidate.engine,
        "image_url": candidate.image_url,
        "page_url": candidate.page_url,
        "title": candidate.title,
        "licence": candidate.licence,
        "attribution": candidate.attribution,
        "width": size[0],
        "height": size[1],
    }
    text = json.dumps(row, ensure_ascii=False)
    for separator in ("\x85", "\u2028", "\u2029"):  # legal in JSON, but str.splitlines would break the line there
        text = text.replace(separator, f"\\u{ord(separator):04x}")
    return text + "\n"
