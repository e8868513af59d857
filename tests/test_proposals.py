"""Which pairs of pictures are worth comparing."""

import random

import numpy as np
import pytest
from PIL import Image, ImageOps

from curate import proposals
from curate.edits import EDITS
from curate.proposals import propose
from curate.signature import SIDE, Signature, signature_of
from pipeline.demo.scenes import compose, render_leaf
from pipeline.image import decode

SCENES = 6
COPIES = ("half size", "crop 10 %", "mirror", "rot90", "letterbox", "greyscale", "mirror and crop")


@pytest.fixture(scope="module")
def signatures() -> dict[str, Signature]:
    """Scenes named "a0" to "a5", and copies of them named like "b0 crop 10 %"."""
    found = {}
    for number in range(SCENES):
        scene = render_leaf(compose(900_100 + number)).convert("RGB")
        found[f"a{number}"] = signature_of(scene)
        for edit in EDITS:
            if edit.name in COPIES:
                changed = decode(edit.apply(scene, random.Random(number)))
                found[f"b{number} {edit.name}"] = signature_of(changed)
    return found


def noise(seed: int) -> Signature:
    pixels = np.random.default_rng(seed).integers(0, 256, SIDE * SIDE, dtype=np.uint8)
    return Signature(pixels.tobytes(), 100, 80, flat=False)


def test_each_copy_is_proposed_beside_its_scene(signatures: dict[str, Signature]) -> None:
    pairs = {(proposal.first, proposal.second) for proposal in propose(signatures, signatures)}
    missing = [name for name in signatures if name[0] == "b" and (f"a{name[1]}", name) not in pairs]
    assert len(missing) <= 1, missing


def test_scenes_are_not_proposed_beside_other_scenes(signatures: dict[str, Signature]) -> None:
    strangers = [
        (proposal.first, proposal.second)
        for proposal in propose(signatures, signatures)
        if proposal.first[1] != proposal.second[1]
    ]
    assert strangers == []


def test_the_order_of_the_pictures_does_not_matter(signatures: dict[str, Signature]) -> None:
    names = list(signatures)
    random.Random(3).shuffle(names)
    shuffled = {name: signatures[name] for name in names}
    assert propose(shuffled, names) == propose(signatures, signatures)


def test_pairs_of_known_pictures_are_not_proposed_again(signatures: dict[str, Signature]) -> None:
    new = {name for name in signatures if name[1] == "2"}
    everything = propose(signatures, signatures)
    assert propose(signatures, new) == [
        proposal for proposal in everything if proposal.first in new or proposal.second in new
    ]


def test_old_and_new_together_give_what_all_at_once_gives(signatures: dict[str, Signature]) -> None:
    old = {name: signature for name, signature in signatures.items() if int(name[1]) % 2 and "rot" not in name}
    stepwise = {*propose(old, old), *propose(signatures, set(signatures) - set(old))}
    assert stepwise == set(propose(signatures, signatures))


def test_a_proposal_says_which_part_it_is_of_which_picture() -> None:
    scene = render_leaf(compose(900_110)).convert("RGB")
    width, height = scene.size
    part = ImageOps.mirror(scene.crop((0, 0, round(width * 0.84), height)))
    (proposal,) = propose({"a": signature_of(scene), "b": signature_of(part)}, {"a"})
    assert (proposal.part_of_first, proposal.orientation) == (True, 1)
    assert proposal.part.columns == pytest.approx((0, 0.84))
    assert proposal.similarity >= 0.95


def test_flat_pictures_are_in_no_pair() -> None:
    flat = signature_of(Image.new("RGB", (50, 50), "white"))
    assert propose({"a": flat, "b": flat}, {"a", "b"}) == []


def test_no_pictures_and_one_picture_give_no_pair() -> None:
    assert propose({}, set()) == []
    assert propose({"a": noise(1)}, {"a"}) == []


def test_nothing_new_gives_no_pair() -> None:
    assert propose({"a": noise(1), "b": noise(1)}, set()) == []


def test_of_endless_look_alikes_each_makes_only_so_many_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposals, "_MOST", 3)
    same = {f"{number:02}": noise(7) for number in range(20)}
    assert len(propose(same, same)) <= 20 * 3
    assert {name for found in propose(same, same) for name in (found.first, found.second)} == set(same)
