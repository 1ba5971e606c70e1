"""Release of a lot: the tests it may fail, in the order of the protocol format, and its viability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from leadin.disease.cell_rates import Cells, ReleaseFailures
from leadin.disease.truncated import truncated_normal
from leadin.protocols.product import ReleaseTest

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TESTS: tuple[str, ...] = get_args(ReleaseTest)
RELEASED, NO_SAMPLE, TOO_FEW = 0, 1, 2
FIRST_TEST = 3
FAILURES: tuple[str, ...] = (
    "released",
    "inadequate sample",
    "too few cells",
    *(f"failed {test.replace('_', ' ')}" for test in TESTS),
)
"""Why a culture ends, in words, by number: RELEASED, NO_SAMPLE, TOO_FEW, then one a release test."""
FULL_VIABILITY = 100.0
LOWEST_PART = 0.8
"""A lot that fails on viability has one between this part of the minimum and the minimum."""


def failed_tests(listed: Sequence[str], rates: ReleaseFailures, uniforms: Floats) -> Ints:
    """The first of the listed tests that each lot fails, as a position in FAILURES, else RELEASED; shape of
    `uniforms`, of which one decides all tests of a lot."""
    chances = [getattr(rates, test) if test in listed else 0.0 for test in TESTS]
    bounds = 1.0 - np.cumprod([1.0 - chance for chance in chances])
    first: Ints = np.searchsorted(bounds, uniforms, side="right") + FIRST_TEST
    first[first == len(FAILURES)] = RELEASED
    return first


def viability(cells: Cells, failure: Ints, uniforms: Floats) -> Floats:
    """Viability of each lot, %, to 0.1: below the minimum in those that failed on it, else held at or above it."""
    passed = truncated_normal(
        uniforms, cells.viability_mean, cells.viability_sd, cells.viability_minimum, FULL_VIABILITY
    )
    below = cells.viability_minimum * (LOWEST_PART + (1.0 - LOWEST_PART) * uniforms)
    failed = failure == FAILURES.index("failed viability")
    # Rounded down where it failed, so that it stays below the minimum.
    return np.where(failed, np.floor(10.0 * below) / 10.0, np.round(passed, 1))
