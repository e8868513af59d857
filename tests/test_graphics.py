"""The drawn graphics of the demo's dirt: flat, sized, repeatable."""

import numpy as np

from pipeline.demo.graphics import logo, text_card


def test_equal_seeds_give_equal_logos_and_other_seeds_others():
    assert logo(3).tobytes() == logo(3).tobytes()
    assert len({logo(seed).tobytes() for seed in range(8)}) > 6


def test_a_logo_has_few_colours_as_a_vector_drawing_has():
    for seed in range(8):
        pixels = np.asarray(logo(seed)).reshape(-1, 3)
        _, counts = np.unique(pixels, axis=0, return_counts=True)
        assert np.sort(counts)[::-1][:4].sum() > 0.93 * len(pixels)


def test_logos_and_cards_are_rgb_and_large_enough_to_pass_a_size_check():
    for picture in (logo(1), text_card(1, ["SALE", "up to 50 %"])):
        assert picture.mode == "RGB"
        assert min(picture.size) >= 256


def test_a_text_card_shows_its_lines():
    assert text_card(5, ["SALE"]).tobytes() == text_card(5, ["SALE"]).tobytes()
    assert text_card(5, ["SALE"]).tobytes() != text_card(5, ["NEW"]).tobytes()
    assert text_card(5, ["SALE"]).tobytes() != text_card(5, []).tobytes()


def test_a_long_line_stays_on_the_card():
    card = np.asarray(text_card(2, ["a line that is far too long for a card of this width, and goes on"]))
    empty = np.asarray(text_card(2, []))
    changed = (card != empty).any(axis=(0, 2))
    assert changed.any()
    assert not changed[:20].any()
    assert not changed[-20:].any()
