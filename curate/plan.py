"""What is to be built: everything that is known of each image, the judgement upon it, and what follows from both."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from curate.checks import Evidence, Judgement
from curate.manifest import counts_of, finished_picture
from curate.options import CurateOptions
from curate.resize import finished_size
from curate.separation import Separation, separation
from pipeline.finished import FinishedPicture
from pipeline.records import Domain, ImageRecord, Measurement, Source, Split
from pipeline.rows import domains_of


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be built: everything known of each image, by sha256, and the judgement upon it."""

    evidence: Mapping[str, Evidence]
    sources: Mapping[str, Source]
    judgement: Judgement
    separation: Separation
    pictures: Sequence[FinishedPicture]
    summary: bytes

    def counts(self) -> dict[Split, dict[Domain, int]]:
        return counts_of(self.judgement)


def evidence_of(
    images: Iterable[ImageRecord], measurements: Mapping[str, Measurement], sources: Iterable[Source]
) -> dict[str, Evidence]:
    """All that a curation knows of each image, by sha256."""
    domains = domains_of(sources)
    return {
        image.sha256: Evidence(image, measurements[image.sha256], frozenset(domains.get(image.sha256, ())))
        for image in images
    }


def size_of(evidence: Evidence, options: CurateOptions) -> tuple[int, int]:
    """Width and height in pixels of an image's finished picture."""
    measurement = evidence.measurement
    return finished_size(measurement.width, measurement.height, options.size, upscale=options.upscale)


def pictures_of(
    evidence: Mapping[str, Evidence], sources: Mapping[str, Source], judgement: Judgement, options: CurateOptions
) -> list[FinishedPicture]:
    """What is known of each finished picture, in the order of their places."""
    pictures = [
        finished_picture(one, sources[one.sha256].candidate, size_of(evidence[one.sha256], options), options)
        for one in judgement.kept
    ]
    return sorted(pictures, key=lambda picture: picture.place)


def separation_of(evidence: Mapping[str, Evidence], judgement: Judgement) -> Separation:
    """How far the kept images of train and test are apart."""
    phashes = {verdict.sha256: evidence[verdict.sha256].measurement.phash for verdict in judgement.kept}
    sides = {verdict.sha256: verdict.split for verdict in judgement.kept if verdict.split}
    return separation(phashes, sides, judgement.links)
