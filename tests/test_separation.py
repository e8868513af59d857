"""The proof that train and test are apart: right against a plain count of all pairs, and told in a line."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from curate.separation import Separation, separation
from pipeline.records import Split

reproducibly = settings(derandomize=True, deadline=None)
images = st.lists(
    st.tuples(st.integers(0, 2**64 - 1), st.sampled_from(["train", "test"])), max_size=30, unique_by=lambda one: one[0]
)


@reproducibly
@given(images)
def test_the_nearest_pair_is_that_of_a_plain_count_of_all_pairs(drawn: list[tuple[int, Split]]) -> None:
    codes = {f"{number:064x}": code for number, (code, _side) in enumerate(drawn)}
    sides: dict[str, Split] = {f"{number:064x}": side for number, (_code, side) in enumerate(drawn)}
    phashes = {name: f"{code:016x}" for name, code in codes.items()}
    train, test = ([name for name in codes if sides[name] == side] for side in ("train", "test"))
    pairs = [((codes[one] ^ codes[other]).bit_count(), one, other) for one, other in product(train, test)]
    found = separation(phashes, sides, {})
    assert (found.bits, found.linked) == (min(pairs)[0] if pairs else None, 0)
    if pairs:
        assert (found.bits, found.train, found.test) in pairs


def test_it_does_not_depend_on_the_order_in_which_images_are_given() -> None:
    phashes = {f"{number:064x}": f"{number % 7:016x}" for number in range(20)}
    sides: dict[str, Split] = {name: "test" if int(name, 16) % 3 else "train" for name in phashes}
    backwards = dict(reversed(sides.items()))
    assert separation(phashes, sides, {}) == separation(phashes, backwards, {})


def test_linked_pairs_on_both_sides_are_counted_once_and_pairs_on_one_side_not() -> None:
    names = [f"{number:064x}" for number in range(4)]
    phashes = dict.fromkeys(names, "0" * 16)
    sides: dict[str, Split] = dict(zip(names, ("train", "train", "test", "test"), strict=True))
    links = {names[0]: {names[1]: 0, names[2]: 0}, names[1]: {names[0]: 0}, names[2]: {names[0]: 0, names[3]: 0}}
    assert separation(phashes, sides, links).linked == 1


def test_images_that_were_rejected_count_for_nothing() -> None:
    names = [f"{number:064x}" for number in range(3)]
    phashes = {names[0]: "0" * 16, names[1]: "f" * 16, names[2]: "0" * 15 + "1"}
    found = separation(phashes, {names[0]: "train", names[1]: "test"}, {names[0]: {names[2]: 1}})
    assert found == Separation(64, names[0], names[1], 0)


def test_the_line_of_proof_names_the_distance_and_the_pair() -> None:
    text = Separation(14, "a" * 64, "b" * 64, 0).text()
    assert "14 of 64 bits" in text
    assert "a" * 12 in text
    assert "b" * 12 in text
    assert "empty" in Separation(None, "", "", 0).text()
