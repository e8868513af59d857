"""The buffer of earlier translations."""

import torch
from torch import Tensor

from train.replay import Replay


def image(value: float) -> Tensor:
    return torch.full((1, 3, 2, 2), value)


def test_a_buffer_that_is_not_full_gives_back_what_it_gets() -> None:
    replay = Replay(5, 0, 4)

    assert [replay.swap(image(step), step)[0, 0, 0, 0].item() for step in range(5)] == [0, 1, 2, 3, 4]


def test_a_full_buffer_answers_about_half_with_an_older_image_and_keeps_the_new_one() -> None:
    replay = Replay(10, 0, 4)
    answers = [replay.swap(image(step), step)[0, 0, 0, 0].item() for step in range(1010)]

    older = sum(answer != step for step, answer in enumerate(answers) if step >= 10)
    assert 440 < older < 560
    assert len(replay.state()) == 10


def test_no_image_is_ever_shown_out_of_the_buffer_twice() -> None:
    replay = Replay(3, 0, 4)
    answers = [replay.swap(image(step), step)[0, 0, 0, 0].item() for step in range(200)]

    old = [answer for step, answer in enumerate(answers) if answer != step]
    assert len(old) == len(set(old))


def test_a_restored_buffer_goes_on_exactly() -> None:
    whole, half = Replay(3, 7, 4), Replay(3, 7, 4)
    for step in range(10):
        whole.swap(image(step), step)
        half.swap(image(step), step)
    resumed = Replay(3, 7, 4)
    resumed.restore(half.state())

    for step in range(10, 40):
        assert torch.equal(whole.swap(image(step), step), resumed.swap(image(step), step))


def test_a_buffer_of_size_zero_passes_everything_through_without_its_gradient() -> None:
    images = image(1.0).requires_grad_()

    passed = Replay(0, 0, 4).swap(images, 0)

    assert torch.equal(passed, images)
    assert not passed.requires_grad


def test_an_empty_buffer_can_be_stored_and_restored() -> None:
    replay = Replay(3, 0, 4)
    replay.restore(replay.state())

    assert replay.state().numel() == 0
