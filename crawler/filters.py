"""The filter words of a search: the same for every engine, each of which maps them to its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

ANY = "any"
"""The word that filters nothing."""

LICENSES = (ANY, "cc", "commercial")
SIZES = (ANY, "large", "medium", "icon")
TYPES = (ANY, "photo", "clipart", "lineart", "animated", "face")
ASPECTS = (ANY, "tall", "square", "wide", "panoramic")
HUES = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "white", "black", "brown")
COLORS = (ANY, "color", "gray", "transparent", *HUES)
SINCES = (ANY, "day", "week", "month", "year")

FilterTable = Mapping[str, Mapping[str, str]]
"""What an engine can honour: filter -> word -> how its website writes it ("" where the website needs no word)."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the user wants of the images. Each word is one of the tuples above, in which "any" filters nothing."""

    license: str = ANY
    size: str = ANY
    type: str = ANY
    aspect: str = ANY
    color: str = ANY
    since: str = ANY

    def chosen(self) -> Iterator[tuple[str, str]]:
        """The filters that are set, as (filter, word), in the order of the fields."""
        words = ((field.name, str(getattr(self, field.name))) for field in fields(self))
        return ((name, word) for name, word in words if word != ANY)

    def refused_by(self, table: FilterTable) -> list[tuple[str, str]]:
        """The (filter, word) pairs that an engine with this table cannot honour."""
        return [(name, word) for name, word in self.chosen() if word not in table.get(name, {})]

    def mapped(self, table: FilterTable) -> Mapping[str, str]:
        """Each filter that is set, in the engine's words. Raises KeyError for one that `refused_by` would name."""
        return {name: table[name][word] for name, word in self.chosen()}

    def text(self) -> str:
        """`license=cc,size=large`; "" where nothing is filtered."""
        return ",".join(f"{name}={word}" for name, word in self.chosen())
