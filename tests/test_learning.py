"""A minute's training on drawn scenes learns what was asked: foliage turns into blossom, the street stays."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.demo.drawing import paint_blossom, paint_leaf, paint_twin
from pipeline.demo.measures import Measures, measure
from pipeline.demo.setting import DEMO_TRAINING
from pipeline.image import decode
from pipeline.progress import Silent
from train.loop import train
from train.translator import load_generator, translate_image

SCENES = 24
TRUTHS = 8
MINUTE = dataclasses.replace(DEMO_TRAINING, steps=500, time_budget="", threads=1, seed=5)
"""One thread, since two that wait for each other take several times as long where other tests run beside them."""


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Measures:
    """Trained on scenes of seeds from 910000, measured on others, whose blossom twin is known."""
    root = tmp_path_factory.mktemp("learning")
    for domain, paint, first in (("A", paint_leaf, 910_000), ("B", paint_blossom, 910_200)):
        folder = root / "train" / domain
        folder.mkdir(parents=True)
        for number in range(first, first + SCENES):
            (folder / f"{number}.jpg").write_bytes(paint(number))
    run = Path(train(MINUTE, root, root / "runs", resume=None, progress=Silent()).run)
    generator = load_generator(run, "a2b", torch.device("cpu"))
    twins = [paint_twin(number) for number in range(910_500, 910_500 + TRUTHS)]
    return measure(
        inputs=[np.asarray(twin.leaf) for twin in twins],
        results=[np.asarray(translate_image(generator, twin.leaf, torch.device("cpu"))) for twin in twins],
        truths=[np.asarray(twin.blossom) for twin in twins],
        masks=[twin.foliage for twin in twins],
        set_b=[np.asarray(decode(path.read_bytes())) for path in sorted((root / "train" / "B").iterdir())],
    )


@pytest.mark.slow
def test_foliage_comes_clearly_closer_to_blossom_than_by_doing_nothing(learned: Measures) -> None:
    assert learned.foliage_error.result < 0.8 * learned.foliage_error.nothing
    assert learned.foliage_mean_error.result < 0.85 * learned.foliage_mean_error.nothing


@pytest.mark.slow
def test_what_is_no_foliage_stays_as_it_is(learned: Measures) -> None:
    assert learned.outside_psnr_mean.result > 23
    assert learned.spill.result < 0.1
