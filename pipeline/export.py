"""Writes a dataset as a recipe: where its images were found, their hashes and what was decided, and reads it again."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pipeline.catalog import Catalog, open_catalog
from pipeline.dataset import DatasetDir
from pipeline.errors import UsageError
from pipeline.files import disk_errors, lock, write_atomically
from pipeline.language import _
from pipeline.records import DOMAINS, SPLITS, Candidate, Decision, Domain, Source, Split, Verdict

FORMAT = 1
"""The number of the recipe's format, in its first line."""
NOT_CURATED = "not_curated"
"""The reason of an image upon which no curation has judged yet."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_BREAKS = ("\x85", "\u2028", "\u2029")
"""Legal in JSON, but str.splitlines would break the line there."""


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What an export holds: images and their addresses. `local` images have no address on the web."""

    file: str
    images: int
    addresses: int
    local: int
    size_bytes: int

    def text(self) -> str:
        """The closing lines of the command."""
        lines = [
            _(
                "{file}: {addresses} addresses of {images} images, {size_bytes} bytes.",
                file=self.file,
                addresses=self.addresses,
                images=self.images,
                size_bytes=self.size_bytes,
            )
        ]
        if self.local:
            lines.append(_("{count} images have no address on the web; a recipe cannot bring them.", count=self.local))
        lines.append(_("Made into images again by: pipeline crawl --urls {file}", file=self.file))
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One address of a recipe: the candidate it was, the image that it gave, and the verdict upon that.

    `size_bytes` of the raw file; `side` the split that the image's group was given, "" where none was.
    """

    candidate: Candidate
    sha256: str
    size_bytes: int
    verdict: Verdict
    side: Split | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A dataset without its bytes. `settings` and `options` are those of its last curation."""

    ingredients: tuple[Ingredient, ...]
    decisions: tuple[Decision, ...]
    settings: Mapping[str, str]
    options: Mapping[str, object]

    def of(self, domain: Domain) -> "Recipe":
        """The recipe of one side."""
        return replace(self, ingredients=tuple(one for one in self.ingredients if one.candidate.domain == domain))


@dataclass(frozen=True, slots=True)
class Vanished:
    """An image of a recipe that is not to be had any more: its address, and why not."""

    sha256: str
    url: str
    reason: str


def export_recipe(dataset: DatasetDir, output: Path) -> ExportSummary:
    """Write the recipe of a dataset to `output`, whole or not at all; no byte of an image is in it.

    The first line says what it is, each further one holds an address with its image's sha256 and verdict, then each
    decision of a person one. The same dataset gives the same bytes. Raises UsageError where there is nothing to
    export; DatasetLockedError, UnusableError, DiskError.
    """
    if not dataset.catalog.is_file():
        raise _nothing(dataset)
    if output.is_dir():
        raise UsageError(_("--output {path}: a folder. Name the file to write.", path=output))
    with lock(dataset.lock), open_catalog(dataset.catalog) as catalog:
        recipe = recipe_of(catalog, _curation(dataset))
        if not recipe.ingredients:
            raise _nothing(dataset)
        data = recipe_bytes(recipe)
        write_atomically(output, data)
        catalog.exported(output.name, {one.sha256 for one in recipe.ingredients})
        everything = {image.sha256 for image in catalog.images()}
    on_the_web = {one.sha256 for one in recipe.ingredients if _is_on_the_web(one)}
    return ExportSummary(
        file=str(output),
        images=len(everything),
        addresses=len(recipe.ingredients),
        local=len(everything - on_the_web),
        size_bytes=len(data),
    )


def recipe_of(catalog: Catalog, options: Mapping[str, object]) -> Recipe:
    """What the catalogue knows of every image that has an address."""
    verdicts = {verdict.sha256: verdict for verdict in catalog.verdicts()}
    sizes = {image.sha256: image.size_bytes for image in catalog.images()}
    sides = catalog.sides()
    ingredients = tuple(
        Ingredient(
            source.candidate,
            source.sha256,
            sizes.get(source.sha256, 0),
            verdicts.get(source.sha256, Verdict(source.sha256, NOT_CURATED)),
            sides.get(source.sha256, ""),
        )
        for source in catalog.sources()
        if source.state == "fetched"
    )
    settings = {"split": catalog.setting("split")} if catalog.setting("split") else {}
    return Recipe(ingredients, tuple(catalog.decisions()), settings, options)


def recipe_bytes(recipe: Recipe) -> bytes:
    """The recipe as JSON lines in UTF-8, with fixed keys."""
    head = {"recipe": FORMAT, "unpaired": version("unpaired"), "settings": recipe.settings, "options": recipe.options}
    rows: list[Mapping[str, object]] = [head]
    rows += [_row(one) for one in recipe.ingredients]
    rows += [{"decision": asdict(decision)} for decision in recipe.decisions]
    return "".join(map(_line, rows)).encode("utf-8", errors="replace")


def read_recipe(path: Path) -> Recipe:
    """Read what `export_recipe` wrote. Raises UsageError for another file, and for one of a newer version."""
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        head, rest = rows[0], rows[1:]
        if head["recipe"] > FORMAT:
            raise UsageError(_("{file}: made by a newer version of unpaired. Upgrade unpaired.", file=path))
        return Recipe(
            ingredients=tuple(_ingredient(row) for row in rest if "url" in row),
            decisions=tuple(Decision(**row["decision"]) for row in rest if "decision" in row),
            settings={str(name): str(value) for name, value in head["settings"].items()},
            options=dict(head["options"]),
        )
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(
            _("{file}: not a recipe ({error}). Write one with: pipeline export --format recipe", file=path, error=error)
        ) from error


def plant(recipe: Recipe, catalog: Catalog) -> int:
    """Let every address of a recipe wait for its download, as if its engine had just offered it; how many are new."""
    wanted = [one.candidate for one in recipe.ingredients if _is_on_the_web(one)]
    return catalog.see(one for one in wanted if not catalog.is_forgotten(one.image_url, one.page_url))


def restore(recipe: Recipe, catalog: Catalog) -> list[Vanished]:
    """After the downloads: give images their sides and decisions again, and name those that did not come.

    An address that gave another image than the recipe's fails as `changed`, so that the other one has no source.
    """
    sources = {_key(source.candidate): source for source in catalog.sources()}
    wanted = {_key(one.candidate): one.sha256 for one in recipe.ingredients}
    changed = [
        Source(source.candidate, "failed", "changed")
        for key, source in sources.items()
        if key in wanted and source.sha256 not in ("", wanted[key])
    ]
    catalog.settle(changed)
    here = {source.sha256 for source in catalog.sources() if source.sha256}
    sides = {one.sha256: side for one in recipe.ingredients for side in SPLITS if side == one.side}
    catalog.restore({name: side for name, side in sides.items() if name in here}, recipe.decisions, recipe.settings)
    reasons = {_key(source.candidate): source.reason or source.state for source in catalog.sources()}
    return _vanished(recipe, here, reasons)


def _vanished(recipe: Recipe, here: set[str], reasons: Mapping[tuple[str, ...], str]) -> list[Vanished]:
    missing: dict[str, Vanished] = {}
    for one in recipe.ingredients:
        if one.sha256 not in here:
            reason = reasons.get(_key(one.candidate), "forgotten" if _is_on_the_web(one) else "local")
            missing.setdefault(one.sha256, Vanished(one.sha256, one.candidate.image_url, reason))
    return list(missing.values())


def _key(candidate: Candidate) -> tuple[str, ...]:
    return candidate.domain, candidate.engine, candidate.query, candidate.image_url


def _nothing(dataset: DatasetDir) -> UsageError:
    return UsageError(_("{dataset}: no image to export. Collect some with `pipeline crawl`.", dataset=dataset.root))


def _curation(dataset: DatasetDir) -> Mapping[str, object]:
    """The options of the last curation, nothing where there was none."""
    with disk_errors(dataset.summary):
        try:
            content = json.loads(dataset.summary.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
    options = content.get("options") if isinstance(content, dict) else None
    return options if isinstance(options, dict) else {}


def _is_on_the_web(one: Ingredient) -> bool:
    return one.candidate.image_url.lower().startswith(("http://", "https://"))


def _row(one: Ingredient) -> dict[str, object]:
    candidate, verdict = one.candidate, one.verdict
    return {
        "url": candidate.image_url,
        "domain": candidate.domain,
        "engine": candidate.engine,
        "query": candidate.query,
        "rank": candidate.rank,
        "title": candidate.title,
        "page_url": candidate.page_url,
        "licence": candidate.licence,
        "attribution": candidate.attribution,
        "claimed_width": candidate.claimed_width,
        "claimed_height": candidate.claimed_height,
        "sha256": one.sha256,
        "size_bytes": one.size_bytes,
        "reason": verdict.reason,
        "split": verdict.split,
        "side": one.side,
        "score": verdict.score,
        "other": verdict.other,
    }


def _line(row: Mapping[str, object]) -> str:
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    for separator in _BREAKS:
        text = text.replace(separator, f"\\u{ord(separator):04x}")
    return text + "\n"


def _ingredient(row: Mapping[str, Any]) -> Ingredient:
    """Raises KeyError, TypeError or ValueError for a line that `_row` did not write."""
    domain: Domain = DOMAINS[DOMAINS.index(row["domain"])]
    texts = {name: str(row[name]) for name in ("engine", "query", "page_url", "title", "licence", "attribution")}
    numbers = {name: int(row[name]) for name in ("rank", "claimed_width", "claimed_height")}
    candidate = Candidate(domain=domain, image_url=str(row["url"]), **texts, **numbers)  # type: ignore[arg-type]
    sha256 = str(row["sha256"])
    if not _SHA256.fullmatch(sha256) or row["side"] not in ("", *SPLITS) or row["split"] not in ("", *SPLITS):
        raise ValueError(f"{row['sha256']!r}, {row['side']!r}, {row['split']!r}")
    verdict = Verdict(
        sha256,
        str(row["reason"]),
        domain="" if row["reason"] else domain,
        split=row["split"],
        score=float(row["score"]),
        other=str(row["other"]),
    )
    return Ingredient(candidate, sha256, int(row["size_bytes"]), verdict, row["side"])


def missing_text(vanished: Iterable[Vanished]) -> Iterator[str]:
    """A line for each image that a recipe names and that is not to be had any more."""
    for one in vanished:
        yield f"{one.reason}  {one.sha256[:12]}  {one.url}"
