"""What a curated tree says of itself: dataset.json, and what metadata.jsonl tells of each picture."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple
from importlib.metadata import version

from curate.checks import Evidence, Judgement
from curate.options import CurateOptions
from curate.separation import Separation
from pipeline.decisions import REVIEWED
from pipeline.files import sha256_of
from pipeline.finished import SUFFIXES, FinishedPicture
from pipeline.records import DOMAINS, SPLITS, Candidate, Domain, Source, Split, Verdict

_VERSIONS = ("unpaired", "pillow", "ImageHash", "opencv-python-headless")
FORMAT = 1
"""The number of the dataset's format and of the way in which its pictures are made; another number makes all anew."""


def summary_of(
    options: CurateOptions,
    names: Mapping[Domain, str],
    judgement: Judgement,
    apart: Separation,
    fingerprint: str,
) -> bytes:
    """dataset.json: no times and nothing of the machine, so that equal inputs give equal bytes."""
    chosen = {name: value for name, value in asdict(options).items() if name not in ("workers", "resplit", "review")}
    content = {
        "format": FORMAT,
        "names": dict(names),
        "options": chosen,
        "counts": counts_of(judgement),
        "rejected": rejected_of(judgement),
        "reviewed": reviewed_of(judgement),
        "separation": {"bits": apart.bits, "linked": apart.linked},
        "versions": {package: version(package) for package in _VERSIONS},
        "inputs": fingerprint,
    }
    return (json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode()


def way_of(summary: bytes) -> tuple[object, ...]:
    """How a tree's pictures were made, by its dataset.json: equal ways give equal pictures.

    Raises ValueError, KeyError or TypeError for what is no dataset.json.
    """
    content = json.loads(summary)
    options = content["options"]
    return content["format"], options["size"], options["format"], options["upscale"], content["versions"]["pillow"]


def fingerprint_of(evidence: Mapping[str, Evidence], sources: Iterable[Source]) -> str:
    """What went into a curation beside its options, as a hash: another one means that there is something to do."""
    images = [(astuple(one.image), one.measurement.reason) for one in evidence.values()]
    links = [(source.sha256, astuple(source.candidate)) for source in sources]
    return sha256_of(json.dumps([images, links]).encode())


def counts_of(judgement: Judgement) -> dict[Split, dict[Domain, int]]:
    """How many images are kept, by split and domain."""
    counted = Counter((verdict.split, verdict.domain) for verdict in judgement.kept)
    return {split: {domain: counted[split, domain] for domain in DOMAINS} for split in SPLITS}


def rejected_of(judgement: Judgement) -> dict[str, int]:
    """How many images are rejected, by reason."""
    return dict(sorted(Counter(verdict.reason for verdict in judgement.verdicts if not verdict.kept).items()))


def reviewed_of(judgement: Judgement) -> int:
    """Of how many images a person decided something."""
    return sum(REVIEWED in verdict.flags.split(",") for verdict in judgement.verdicts)


def file_name_of(verdict: Verdict, options: CurateOptions) -> str:
    """Where a kept image's picture lies, from the dataset's root: made from its sha256 alone."""
    return f"{verdict.split}/{verdict.domain}/{verdict.sha256}.{SUFFIXES[options.format]}"


def finished_picture(
    verdict: Verdict, candidate: Candidate, size: tuple[int, int], options: CurateOptions
) -> FinishedPicture:
    """What metadata.jsonl tells of a kept image; `size` is its finished picture's, width and height in pixels."""
    assert verdict.domain and verdict.split
    return FinishedPicture(
        file_name=f"{verdict.domain}/{verdict.sha256}.{SUFFIXES[options.format]}",
        domain=verdict.domain,
        split=verdict.split,
        sha256=verdict.sha256,
        flags=verdict.flags,
        query=candidate.query,
        engine=candidate.engine,
        image_url=candidate.image_url,
        page_url=candidate.page_url,
        title=candidate.title,
        licence=candidate.licence,
        attribution=candidate.attribution,
        width=size[0],
        height=size[1],
    )
