"""The split: exact at first, stable ever after, and nothing that is linked lies on both sides."""

import itertools
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from curate.split import deal, group, train_target
from pipeline.records import Domain, Split

Graph = dict[str, dict[str, int]]
reproducibly = settings(derandomize=True, deadline=None)


def names(count: int) -> list[str]:
    return [f"{number * 7919 % 100_003:064x}" for number in range(count)]


def graph(nodes: list[str], edges: list[tuple[int, int]]) -> Graph:
    table: Graph = {name: {} for name in nodes}
    for first, second in edges:
        if first != second and first < len(nodes) and second < len(nodes):
            table[nodes[first]][nodes[second]] = table[nodes[second]][nodes[first]] = 3
    return table


def domains(nodes: list[str], letters: list[Domain]) -> dict[str, Domain]:
    return dict(zip(nodes, letters, strict=False))


def dealt(table: Graph, kept: dict[str, Domain], share: float, sides: dict[str, Split]) -> dict[str, Split]:
    groups = group(table, sides)
    return deal(groups, {name: domain for name, domain in kept.items() if name not in groups.bridges}, share)


shares = st.floats(0.05, 0.95)
letters = st.lists(st.sampled_from(["A", "B"]), min_size=1, max_size=40)
edges = st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=30)


def straddling(table: Graph, sides: dict[str, Split]) -> list[tuple[str, str]]:
    linked = ((first, second) for first in table for second in table[first])
    return [pair for pair in linked if all(name in sides for name in pair) and sides[pair[0]] != sides[pair[1]]]


@reproducibly
@given(letters, shares)
def test_unlinked_images_are_cut_exactly_in_each_domain(kinds: list[Domain], share: float) -> None:
    kept = domains(names(len(kinds)), kinds)
    sides = dealt(graph(list(kept), []), kept, share, {})
    for domain in set(kinds):
        trained = sum(sides[name] == "train" for name in kept if kept[name] == domain)
        assert trained == train_target(kinds.count(domain), share)


@reproducibly
@given(letters, shares, edges)
def test_linked_images_never_straddle(kinds: list[Domain], share: float, links: list[tuple[int, int]]) -> None:
    kept = domains(names(len(kinds)), kinds)
    table = graph(list(kept), links)
    sides = dealt(table, kept, share, {})
    assert not straddling(table, sides)
    assert set(sides) == set(kept)


@reproducibly
@given(letters, shares, edges, st.integers(1, 39))
def test_old_images_keep_their_side_whatever_comes_later(
    kinds: list[Domain], share: float, links: list[tuple[int, int]], count: int
) -> None:
    kept = domains(names(len(kinds)), kinds)
    early = {name: kept[name] for name in list(kept)[:count]}
    before = dealt(graph(list(early), links), early, share, {})
    table = graph(list(kept), links)
    after = dealt(table, kept, share, before)
    assert all(after[name] == side for name, side in before.items())
    assert not straddling(table, after)


@reproducibly
@given(letters, shares, edges, st.integers(1, 39))
def test_dealing_again_with_the_stored_sides_changes_nothing(
    kinds: list[Domain], share: float, links: list[tuple[int, int]], count: int
) -> None:
    kept = domains(names(len(kinds)), kinds)
    early = {name: kept[name] for name in list(kept)[:count]}
    before = dealt(graph(list(early), links), early, share, {})
    table = graph(list(kept), links)
    once = dealt(table, kept, share, before)
    assert dealt(table, kept, share, once) == once


@reproducibly
@given(letters, shares, st.integers(1, 39))
def test_new_single_images_fill_the_side_that_is_short(kinds: list[Domain], share: float, count: int) -> None:
    kept = domains(names(len(kinds)), kinds)
    early = {name: kept[name] for name in list(kept)[:count]}
    before = dealt(graph(list(early), []), early, share, {})
    after = dealt(graph(list(kept), []), kept, share, before)
    for domain in set(kinds):
        mine = [name for name in kept if kept[name] == domain]
        old = sum(before.get(name) == "train" for name in mine)
        new = sum(name not in before for name in mine)
        target = train_target(len(mine), share)
        assert sum(after[name] == "train" for name in mine) == min(max(target, old), old + new)


def test_the_first_groups_by_hash_train() -> None:
    kept = dict.fromkeys(names(10), "A")
    sides = dealt(graph(list(kept), []), kept, 0.7, {})
    assert [sides[name] for name in sorted(kept)] == ["train"] * 7 + ["test"] * 3


def test_sides_do_not_depend_on_the_order_in_which_images_are_given() -> None:
    kept = dict.fromkeys(names(5), "A")
    table = graph(list(kept), [(0, 3)])
    results = [dealt({name: table[name] for name in order}, kept, 0.6, {}) for order in itertools.permutations(table)]
    assert all(result == results[0] for result in results)


def test_a_new_image_that_links_both_sides_is_a_bridge() -> None:
    old, other, new = names(3)
    table = graph([old, other, new], [(0, 2), (1, 2)])
    groups = group(table, {old: "train", other: "test"})
    assert groups.bridges == {new}


def test_a_chain_of_new_images_between_both_sides_loses_one_link_only() -> None:
    nodes = names(5)
    table = graph(nodes, [(0, 2), (2, 3), (3, 4), (4, 1)])
    sides: dict[str, Split] = {nodes[0]: "train", nodes[1]: "test"}
    assert len(group(table, sides).bridges) == 1


def test_a_group_with_no_kept_image_gets_no_side() -> None:
    lost, kept = names(2)
    assert dealt(graph([lost, kept], []), {kept: "A"}, 0.9, {}) == {kept: "train"}


def test_two_large_groups_are_put_on_both_sides_and_not_all_in_train() -> None:
    kept = dict.fromkeys(names(10), "A")
    table = graph(list(kept), [(number, number + 1) for number in range(9) if number != 4])
    assert set(dealt(table, kept, 0.9, {}).values()) == {"train", "test"}


def test_a_single_image_trains() -> None:
    assert train_target(1, 0.1) == 1


def test_two_images_are_one_for_each_side() -> None:
    assert [train_target(2, share) for share in (0.01, 0.5, 0.99)] == [1, 1, 1]


batches = st.lists(st.sets(st.integers(0, 39), min_size=1), min_size=1, max_size=5)


@reproducibly
@given(letters, shares, edges, batches)
def test_whatever_comes_in_whatever_batches_no_side_changes_and_nothing_straddles(
    kinds: list[Domain], share: float, links: list[tuple[int, int]], drawn: list[set[int]]
) -> None:
    everything = domains(names(len(kinds)), kinds)
    here: set[str] = set()
    sides: dict[str, Split] = {}
    for batch in drawn:
        here |= {name for number, name in enumerate(everything) if number in batch}
        kept = {name: everything[name] for name in everything if name in here}
        whole = graph(list(everything), links)
        table = {name: {other: 3 for other in whole[name] if other in here} for name in kept}
        before, sides = sides, dealt(table, kept, share, sides)
        assert before.items() <= sides.items()
        assert not straddling(table, sides)
        assert set(kept) - set(sides) == group(table, before).bridges


@reproducibly
@given(letters, shares, edges, st.randoms(use_true_random=False))
def test_the_order_in_which_images_and_links_come_does_not_matter(
    kinds: list[Domain], share: float, links: list[tuple[int, int]], random: Random
) -> None:
    kept = domains(names(len(kinds)), kinds)
    table = graph(list(kept), links)
    mixed = {name: dict(random.sample(sorted(table[name].items()), len(table[name]))) for name in kept}
    order = random.sample(sorted(kept), len(kept))
    shuffled = {name: mixed[name] for name in order}
    assert dealt(shuffled, {name: kept[name] for name in order}, share, {}) == dealt(table, kept, share, {})


@reproducibly
@given(letters, shares, edges)
def test_linked_images_of_both_domains_are_on_one_side(
    kinds: list[Domain], share: float, links: list[tuple[int, int]]
) -> None:
    kept = domains(names(len(kinds)), kinds)
    sides = dealt(graph(list(kept), links), kept, share, {})
    across = [
        (one, other) for one, linked in graph(list(kept), links).items() for other in linked if kept[one] != kept[other]
    ]
    assert all(sides[one] == sides[other] for one, other in across)


@reproducibly
@given(letters, shares, edges, st.integers(1, 39))
def test_a_heir_gets_the_side_of_the_rejected_image_that_it_is_linked_to(
    kinds: list[Domain], share: float, links: list[tuple[int, int]], count: int
) -> None:
    """A better copy comes later: its predecessor is kept no more, but stays in the graph with its side."""
    everything = domains(names(len(kinds)), kinds)
    old = list(everything)[:count]
    before = dealt(graph(old, links), {name: everything[name] for name in old}, share, {})
    heirs = {name: f"{int(name, 16) + 1_000_000:064x}" for name in before}
    table = graph(list(everything), links)
    for name, heir in heirs.items():
        table[heir] = {name: 0}
        table[name][heir] = 0
    after = dealt(table, {heir: everything[name] for name, heir in heirs.items()}, share, before)
    assert all(after[heir] == before[name] for name, heir in heirs.items())


def test_old_images_that_are_linked_only_now_do_not_straddle_either() -> None:
    """A looser threshold, or a better comparison, finds links between images that were dealt long ago."""
    old, other, third = names(3)
    table = graph([old, other, third], [(0, 1)])
    before: dict[str, Split] = {old: "train", other: "test", third: "test"}
    after = dealt(table, dict.fromkeys(table, "A"), 0.5, before)
    assert len(group(table, before).bridges) == 1
    assert not straddling(table, after)
    assert all(before[name] == side for name, side in after.items())
