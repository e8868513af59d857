"""pipeline.toml: one file says what a project is. It becomes click's `default_map`; else the built-in recipe serves.

dataset = "street2blossom"

[domain.A]
name = "거리"
queries = ["거리 이미지", "street"]

[domain.B]
name = "벚꽃"
queries = ["벚꽃 이미지", "cherry blossom"]

[crawl]            # and [curate], [train], [test], ...: the options of that command, by their long names
limit = 300
"""

import dataclasses
import tomllib
import types
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.language import _
from pipeline.records import DOMAINS, Domain, Query

RECIPE_FILE = Path("pipeline.toml")


@dataclass(frozen=True, slots=True)
class DomainRecipe:
    """One side of the translation: a name to show, and the queries that bring its images."""

    name: str
    queries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a project is. `options` holds the options of each command that differ from their defaults."""

    dataset: str
    domain_a: DomainRecipe
    domain_b: DomainRecipe
    options: Mapping[str, Mapping[str, object]] = dataclasses.field(default_factory=dict)

    def domain(self, domain: Domain) -> DomainRecipe:
        return self.domain_a if domain == "A" else self.domain_b

    def queries(self) -> list[Query]:
        """Every query of the recipe, A before B, in the written order."""
        return [Query(domain, text) for domain in DOMAINS for text in self.domain(domain).queries]

    def names(self) -> dict[Domain, str]:
        return {domain: self.domain(domain).name for domain in DOMAINS}

    def domain_of(self, text: str) -> Domain | None:
        """The domain whose queries contain this text, or None where the recipe does not know it."""
        return next((query.domain for query in self.queries() if query.text == normalise(text)), None)


STREET_TO_BLOSSOM = Recipe(
    dataset="street2blossom",
    domain_a=DomainRecipe("거리", ("거리 이미지", "가로수길 이미지", "street with trees photo")),
    domain_b=DomainRecipe("벚꽃", ("벚꽃 이미지", "벚꽃길 이미지", "cherry blossom street photo")),
)
"""The built-in recipe: make the trees of a street bloom."""


def normalise(text: str) -> str:
    """A query as it is stored and compared: NFC, one space between words (Hangul typed on a Mac arrives as NFD)."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def load_recipe(path: Path, commands: Mapping[str, type]) -> Recipe:
    """Read and check a recipe. `commands` maps each command's name to its options dataclass.

    Raises UsageError that names the file, the key and what is allowed.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(_("{file}: not valid TOML: {error}", file=path, error=error)) from error
    except OSError as error:
        raise UsageError(_("{file}: cannot be read: {error}", file=path, error=error.strerror)) from error
    _refuse_unknown(path, "", content, ("dataset", "domain", *commands))
    domains = _table(path, "domain", content.get("domain", {}))
    _refuse_unknown(path, "domain.", domains, DOMAINS)
    return Recipe(
        dataset=_text(path, "dataset", content.get("dataset", STREET_TO_BLOSSOM.dataset)),
        domain_a=_domain(path, "A", domains),
        domain_b=_domain(path, "B", domains),
        options={name: _options(path, name, content[name], commands[name]) for name in commands if name in content},
    )


def find_recipe(commands: Mapping[str, type], path: Path = RECIPE_FILE) -> Recipe:
    """The project's recipe: pipeline.toml in this folder, else the built-in one."""
    return load_recipe(path, commands) if path.exists() else STREET_TO_BLOSSOM


def _domain(path: Path, domain: Domain, domains: Mapping[str, object]) -> DomainRecipe:
    if domain not in domains:
        return STREET_TO_BLOSSOM.domain(domain)
    key = f"domain.{domain}"
    table = _table(path, key, domains[domain])
    _refuse_unknown(path, f"{key}.", table, ("name", "queries"))
    queries = table.get("queries", [])
    if (
        not isinstance(queries, list)
        or not queries
        or not all(isinstance(text, str) and text.strip() for text in queries)
    ):
        raise _refusal(path, f"{key}.queries", queries, _("a list of at least one search query"))
    return DomainRecipe(
        _text(path, f"{key}.name", table.get("name", domain)), tuple(dict.fromkeys(map(normalise, queries)))
    )


def _options(path: Path, command: str, value: object, options: type) -> dict[str, object]:
    table = _table(path, command, value)
    kinds = {field.name: field.type for field in dataclasses.fields(options)}
    choices = {field.name: field.metadata.get("choices", ()) for field in dataclasses.fields(options)}
    _refuse_unknown(path, f"{command}.", table, kinds)
    for name, given in table.items():
        if not _fits(given, kinds[name]):
            raise _refusal(path, f"{command}.{name}", given, _kind_name(kinds[name]))
        if choices[name] and given not in choices[name]:
            raise _refusal(path, f"{command}.{name}", given, _("one of {names}", names=", ".join(choices[name])))
    return dict(table)


def _fits(value: object, kind: object) -> bool:
    if isinstance(kind, types.GenericAlias):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is kind


def _kind_name(kind: object) -> str:
    names = {bool: _("true or false"), int: _("a whole number"), float: _("a number"), str: _("a text in quotes")}
    return names[kind] if isinstance(kind, type) and kind in names else _("a list of texts")


def _text(path: Path, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _refusal(path, key, value, _("a text in quotes"))
    return unicodedata.normalize("NFC", value)


def _table(path: Path, key: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _refusal(path, key, value, _("a table, written [{key}]", key=key))
    return value


def _refuse_unknown(path: Path, prefix: str, table: Iterable[str], known: Iterable[str]) -> None:
    allowed = list(known)
    for key in table:
        if key not in allowed:
            names = ", ".join(allowed)
            raise UsageError(_("{file}: unknown key {key}. Known: {known}.", file=path, key=prefix + key, known=names))


def _refusal(path: Path, key: str, value: object, allowed: str) -> UsageError:
    return UsageError(
        _("{file}: {key} = {value}: must be {allowed}.", file=path, key=key, value=repr(value), allowed=allowed)
    )
