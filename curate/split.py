"""Who trains and who tests: groups of linked images, dealt exactly at first and stable ever after."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from curate.duplicates import Neighbours
from pipeline.records import DOMAINS, SPLITS, Domain, Split


@dataclass(frozen=True, slots=True)
class Groups:
    """Images that hang together by links, directly or from one to the next, and those that must be left out.

    `members` are sorted groups in the order of their first hash, `sides` the side that a group has from earlier
    curations, by its first hash, and `bridges` the images that would join groups of both sides.
    """

    members: tuple[tuple[str, ...], ...]
    sides: Mapping[str, Split]
    bridges: frozenset[str]


class _Forest:
    """Union-find whose trees know the side that one of their images was given."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}
        self.sides: dict[str, Split] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._parents

    def find(self, name: str) -> str:
        while self._parents[name] != name:
            self._parents[name] = self._parents[self._parents[name]]
            name = self._parents[name]
        return name

    def add(self, name: str, side: Split | None, linked: Iterable[str]) -> bool:
        """Add an image and join it with the trees that it is linked to; False, and nothing done, if it is a bridge."""
        roots = {self.find(other) for other in linked if other in self}
        sides = {self.sides[root] for root in roots if root in self.sides} | ({side} if side else set())
        if len(sides) > 1:
            return False
        self._parents[name] = name
        first = min(roots | {name})
        for root in roots | {name}:
            self._parents[root] = first
            self.sides.pop(root, None)
        if sides:
            self.sides[first] = sides.pop()
        return True

    def members(self) -> list[tuple[str, ...]]:
        trees: dict[str, list[str]] = {}
        for name in sorted(self._parents):
            trees.setdefault(self.find(name), []).append(name)
        return [tuple(trees[root]) for root in sorted(trees)]


def group(neighbours: Neighbours, sides: Mapping[str, Split]) -> Groups:
    """The connected groups of a graph of links, without the bridges between sides.

    `sides` holds what earlier curations dealt, by sha256. Images with a side come first, then new ones, both in the
    order of their hashes; one that would join groups of both sides is a bridge, and is left out of the graph. So an
    image that was dealt once never moves, whatever comes later.
    """
    forest = _Forest()
    order = sorted(neighbours, key=lambda name: (name not in sides, name))
    bridges = frozenset(name for name in order if not forest.add(name, sides.get(name), neighbours[name]))
    return Groups(tuple(forest.members()), dict(forest.sides), bridges)


def train_target(count: int, share: float) -> int:
    """How many of `count` images train: the rounded share, but at least one each trains and tests where that can be."""
    return count if count < 2 else min(max(round(share * count), 1), count - 1)


def deal(groups: Groups, kept: Mapping[str, Domain], share: float) -> dict[str, Split]:
    """The side of each image of each group that has a kept image or had a side before.

    `kept` names the domain of every kept image, which are the ones that count. Groups with a side keep it. New groups
    fill the side that is short: larger ones first, since only single images can fill a side exactly, and groups of
    equal size in the order of their hashes. Where all groups are single images the first cut is exact in each domain;
    a group is never torn, so that otherwise the cut is as near as the groups allow.
    """
    table = _Table(kept, share)
    new = []
    for members in groups.members:
        side = groups.sides.get(members[0])
        if side:
            table.put(members, side)
        elif any(name in kept for name in members):
            new.append(members)
    new.sort(key=lambda members: (-sum(name in kept for name in members), members[0]))
    for members in new:
        table.put(members, table.short_side(members))
    table.fill_empty_sides(new)
    return table.sides


class _Table:
    """The deal under way: the side of each image, and how many of each domain a side holds and should hold."""

    def __init__(self, kept: Mapping[str, Domain], share: float) -> None:
        self.sides: dict[str, Split] = {}
        self._kept = kept
        self._held: Counter[tuple[Split, Domain]] = Counter()
        self._wanted: Counter[tuple[Split, Domain]] = Counter()
        for domain, count in Counter(kept.values()).items():
            self._wanted["train", domain] = train_target(count, share)
            self._wanted["test", domain] = count - train_target(count, share)

    def put(self, members: Collection[str], side: Split) -> None:
        for domain, count in self._count(members).items():
            self._held[side, domain] += count
            for old in {self.sides[name] for name in members if name in self.sides}:
                self._held[old, domain] -= count
        self.sides.update(dict.fromkeys(members, side))

    def short_side(self, members: Collection[str]) -> Split:
        """The first side that has room for the whole group, else the one that lacks more."""
        counts = self._count(members)
        for side in SPLITS:
            if all(count <= self._lack(side, domain) for domain, count in counts.items()):
                return side
        return max(SPLITS, key=lambda side: sum(self._lack(side, domain) for domain in counts))

    def fill_empty_sides(self, new: list[tuple[str, ...]]) -> None:
        """Move the smallest new group to a side that got none, where the other side keeps some of that domain."""
        for side in SPLITS:
            other: Split = "train" if side == "test" else "test"
            for domain in DOMAINS:
                if self._wanted[side, domain] and not self._held[side, domain]:
                    self._move_smallest(new, domain, other, side)

    def _move_smallest(self, new: list[tuple[str, ...]], domain: Domain, source: Split, target: Split) -> None:
        for members in reversed(new):
            counts = self._count(members)
            if self.sides[members[0]] != source or not counts[domain]:
                continue
            if all(count < self._held[source, name] for name, count in counts.items()):
                self.put(members, target)
                return

    def _count(self, members: Collection[str]) -> Counter[Domain]:
        return Counter(self._kept[name] for name in members if name in self._kept)

    def _lack(self, side: Split, domain: Domain) -> int:
        return self._wanted[side, domain] - self._held[side, domain]
