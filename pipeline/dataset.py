"""DatasetDir: every path of datasets/<name>, spelled once."""

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.language import _
from pipeline.records import DOMAINS, SPLITS, Domain, Split

DATASETS = Path("datasets")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class DatasetDir:
    """The folder of one dataset. Copy it, delete it, mail it: nothing outside refers to it."""

    root: Path

    @classmethod
    def named(cls, name: str) -> "DatasetDir":
        """The dataset that the user means: a bare name is a folder under datasets/, with a separator it is a path.

        Raises UsageError for a name that is empty, "." or "..", or has a NUL byte.
        """
        if name in ("", ".", "..") or "\0" in name:
            raise UsageError(_("--dataset {name}: give a name or a path, such as street2blossom.", name=repr(name)))
        is_path = "/" in name or "\\" in name
        return cls(Path(name) if is_path else DATASETS / name)

    @property
    def name(self) -> str:
        return self.root.resolve().name

    @property
    def catalog(self) -> Path:
        return self.root / "catalog.sqlite"

    @property
    def lock(self) -> Path:
        return self.root / ".lock"

    @property
    def raw(self) -> Path:
        return self.root / "raw"

    @property
    def rejected(self) -> Path:
        return self.root / "rejected"

    @property
    def report(self) -> Path:
        return self.rejected / "index.html"

    @property
    def summary(self) -> Path:
        """dataset.json: written last by the curation; its presence means that train/ and test/ are complete."""
        return self.root / "dataset.json"

    @property
    def layouts(self) -> Path:
        """Where the crawler keeps the HTML of a search page that it could not read."""
        return self.root / "layouts"

    @property
    def card(self) -> Path:
        """The dataset card that the curation writes, unless a README.md of the user's own lies there."""
        return self.root / "README.md"

    @property
    def croissant(self) -> Path:
        """croissant.json: the dataset described for machines (MLCommons Croissant 1.0)."""
        return self.root / "croissant.json"

    def raw_file(self, sha256: str, extension: str) -> Path:
        """The bytes as downloaded: raw/<aa>/<sha256>.<extension>. Raises ValueError for what is no sha256."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a sha256: {sha256!r}")
        return self.raw / sha256[:2] / f"{sha256}.{extension}"

    def split_dir(self, split: Split) -> Path:
        return self.root / split

    def images(self, split: Split, domain: Domain) -> Path:
        """The folder of finished images: train/A, train/B, test/A or test/B."""
        return self.root / split / domain

    def view(self, split: Split, domain: Domain) -> Path:
        """Another name of a folder of finished images, where the curation was asked for it: trainA for train/A."""
        return self.root / f"{split}{domain}"

    def metadata(self, split: Split) -> Path:
        return self.root / split / "metadata.jsonl"

    def counts(self) -> dict[Split, dict[Domain, int]]:
        """How many finished images each folder holds now."""
        return {split: {domain: _count(self.images(split, domain)) for domain in DOMAINS} for split in SPLITS}


def _count(folder: Path) -> int:
    return sum(1 for path in folder.iterdir() if path.is_file()) if folder.is_dir() else 0
