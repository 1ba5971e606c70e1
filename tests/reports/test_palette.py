"""Colours hold on white paper, in grey and for eyes that tell fewer colours apart."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from leadin.reports.palette import FAINT, INK, LOOKS, PAPER, QUIET, look, tint

# Machado, Oliveira & Fernandes (2009), doi:10.1109/TVCG.2009.113: linear RGB as seen without red, green, blue cones.
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(np.dot([0.2126, 0.7152, 0.0722], linear(colour)))


def lightness(colour: str) -> float:
    return 116 * luminance(colour) ** (1 / 3) - 16


def contrast_on_white(colour: str) -> float:
    return 1.05 / (luminance(colour) + 0.05)


@pytest.mark.parametrize("colour", [*(each.colour for each in LOOKS), INK, QUIET])
def test_every_colour_that_words_are_set_in_is_readable_on_white(colour):
    assert contrast_on_white(colour) >= 4.5


def test_the_first_two_differ_on_a_grey_copy():
    assert abs(lightness(LOOKS[0].colour) - lightness(LOOKS[1].colour)) >= 20


@pytest.mark.parametrize("matrix", BLINDNESS.values(), ids=BLINDNESS)
def test_the_first_two_differ_for_the_colour_blind(matrix):
    seen = [np.clip(np.array(matrix) @ linear(each.colour), 0, 1) for each in LOOKS[:2]]
    assert np.abs(np.sqrt(seen[0]) - np.sqrt(seen[1])).max() > 0.25


def test_no_two_arms_share_a_line_style_or_a_marker():
    for one, other in itertools.combinations(LOOKS, 2):
        assert one.dash != other.dash
        assert one.marker != other.marker
        assert one.colour != other.colour


def test_a_sixth_arm_starts_again():
    assert look(5) == look(0)
    assert look(6) == look(1)


def test_tints_run_from_white_to_the_colour():
    assert tint("#0b3c6f", 0.0) == PAPER
    assert tint("#0b3c6f", 1.0) == "#0b3c6f"
    assert tint("#000000", 0.5) == "#808080"
    assert lightness(FAINT) > lightness(QUIET)
