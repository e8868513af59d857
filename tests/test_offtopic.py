"""Pictures that do not belong to their domain, found with a histogram of colours in a model's place."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from curate.offtopic import FEWEST, OffTopicLimits, embed_all, off_topic
from pipeline.demo.graphics import logo
from pipeline.demo.scenes import compose, render_leaf
from pipeline.records import Domain


def colours(pictures: Sequence[Image.Image]) -> NDArray[np.float32]:
    """How often each of 64 colours occurs: enough to tell green streets from pink ones and both from logos."""
    return np.stack([_histogram(picture) for picture in pictures])


def _histogram(picture: Image.Image) -> NDArray[np.float32]:
    values = np.asarray(picture.convert("RGB").resize((48, 32)), np.int64) >> 6
    codes = values[..., 0] * 16 + values[..., 1] * 4 + values[..., 2]
    return np.sqrt(np.bincount(codes.reshape(-1), minlength=64)).astype(np.float32)


@pytest.fixture(scope="module")
def scenes() -> list[Image.Image]:
    return [render_leaf(compose(seed)).resize((96, 64)) for seed in range(FEWEST)]


def cloud(direction: int, count: int, seed: int) -> NDArray[np.float32]:
    """Unit vectors about one axis of eight."""
    vectors = np.random.default_rng(seed).normal(0, 0.08, (count, 8))
    vectors[:, direction] += 1
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def names_of(count: int) -> list[str]:
    return [f"{number:064x}" for number in range(count)]


A_AND_B: list[Domain] = ["A" if number < 20 else "B" for number in range(40)]


def test_a_stranger_among_like_pictures_is_flagged_with_its_score() -> None:
    vectors = np.concatenate([cloud(0, 20, 1), cloud(1, 20, 2)])
    vectors[7] = cloud(5, 1, 3)[0]
    found = off_topic(names_of(40), vectors, A_AND_B)
    assert list(found) == [names_of(40)[7]]
    finding = found[names_of(40)[7]]
    assert finding.reason == "off_topic"
    assert finding.score > finding.threshold == OffTopicLimits().spread


def test_a_picture_in_the_wrong_domain_is_flagged_as_such() -> None:
    vectors = np.concatenate([cloud(0, 20, 1), cloud(1, 20, 2)])
    vectors[30] = cloud(0, 1, 3)[0]
    found = off_topic(names_of(40), vectors, A_AND_B)
    assert {name: one.reason for name, one in found.items()} == {names_of(40)[30]: "other_domain"}


def test_a_third_of_strangers_does_not_hide_them() -> None:
    vectors = np.concatenate([cloud(0, 14, 1), cloud(4, 2, 3), cloud(5, 2, 4), cloud(6, 2, 5), cloud(1, 20, 2)])
    found = off_topic(names_of(40), vectors, A_AND_B)
    assert set(found) == set(names_of(40)[14:20])


def test_the_order_of_the_pictures_does_not_matter() -> None:
    vectors = np.concatenate([cloud(0, 20, 1), cloud(1, 20, 2)])
    vectors[3] = cloud(6, 1, 3)[0]
    turned = off_topic(names_of(40)[::-1], vectors[::-1], A_AND_B[::-1])
    assert turned == off_topic(names_of(40), vectors, A_AND_B)


def test_a_domain_of_few_pictures_flags_none() -> None:
    few = FEWEST - 1
    vectors = cloud(0, few, 1)
    vectors[0] = cloud(5, 1, 2)[0]
    assert off_topic(names_of(few), vectors, ["A"] * few) == {}
    assert off_topic([], np.empty((0, 8), np.float32), []) == {}


def test_equal_pictures_are_not_off_topic() -> None:
    vectors = np.repeat(cloud(0, 1, 1), 20, axis=0)
    assert off_topic(names_of(20), vectors, ["A"] * 20) == {}


@pytest.mark.parametrize("seed", range(3))
def test_a_plain_histogram_of_colours_finds_a_logo_among_streets(seed: int, scenes: list[Image.Image]) -> None:
    pictures = [*scenes[:-1], logo(seed)]
    found = off_topic(names_of(FEWEST), embed_all(colours, pictures), A_AND_B[:FEWEST], OffTopicLimits(spread=2))
    assert list(found) == names_of(FEWEST)[-1:]


def test_vectors_come_out_with_length_one(scenes: list[Image.Image]) -> None:
    vectors = embed_all(colours, scenes)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(FEWEST), abs=1e-5)


def test_a_model_that_loses_a_picture_is_refused() -> None:
    with pytest.raises(ValueError, match=r"gave \(1, 64\) for 2 pictures"):
        embed_all(lambda pictures: colours(pictures[:1]), [logo(1), logo(2)])
