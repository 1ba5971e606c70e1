"""Counts and moments of many trials, which add up: what is kept of them does not grow with their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadin.designs.figures import Figures
from leadin.designs.questions import Question
from leadin.engine.fits import REASONS, SINGULAR, Floats

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Moments:
    """count, mean and sum of squares about the mean of numbers, each (C,)."""

    count: Counts
    mean: Floats
    squares: Floats

    def sd(self) -> Floats:
        """Standard deviation (C,); NaN for fewer than two numbers."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.count > 1, np.sqrt(self.squares / (self.count - 1.0)), np.nan)


@dataclass(frozen=True)
class Tally:
    """One question over `trials` trials, C comparisons. codes (C, 9): trials by code. rejected, favouring (C,): two-
    sided p below alpha; and the estimate on the side of the arm. estimates, errors: of evaluable trials. intervals,
    covered (C,): evaluable trials with an interval, and those where it holds the value."""

    trials: int
    codes: Counts
    rejected: Counts
    favouring: Counts
    estimates: Moments
    errors: Moments
    intervals: Counts
    covered: Counts


def tally(question: Question, figures: Figures, value: Floats) -> Tally:
    """Counts the figures of one batch; value (C,): what the intervals should hold, NaN where that is not known."""
    usable = figures.codes <= SINGULAR
    rejected = usable & (figures.p < question.planned.alpha)
    favouring = rejected & (question.better * figures.estimate > 0.0)
    interval = usable & np.isfinite(figures.low) & np.isfinite(figures.high) & np.isfinite(value)
    covered = interval & (figures.low <= value) & (value <= figures.high)
    return Tally(
        trials=figures.codes.shape[0],
        codes=np.stack([np.sum(figures.codes == code, axis=0) for code in REASONS], axis=1).astype(np.int64),
        rejected=rejected.sum(axis=0),
        favouring=favouring.sum(axis=0),
        estimates=_moments(np.where(usable, figures.estimate, np.nan)),
        errors=_moments(np.where(usable, figures.standard_error, np.nan)),
        intervals=interval.sum(axis=0),
        covered=covered.sum(axis=0),
    )


def added(tallies: Sequence[Tally]) -> Tally:
    """Tallies of several batches as one. Batches are always cut alike and added in their order, so that the last digit
    depends neither on threads nor on what finished first."""
    total = tallies[0]
    for more in tallies[1:]:
        total = Tally(
            total.trials + more.trials,
            total.codes + more.codes,
            total.rejected + more.rejected,
            total.favouring + more.favouring,
            _together(total.estimates, more.estimates),
            _together(total.errors, more.errors),
            total.intervals + more.intervals,
            total.covered + more.covered,
        )
    return total


def _moments(values: Floats) -> Moments:
    """Of the finite numbers in each column of (R, C)."""
    here = np.isfinite(values)
    count = here.sum(axis=0)
    mean = np.where(here, values, 0.0).sum(axis=0) / np.maximum(count, 1)
    return Moments(count, mean, np.where(here, (values - mean) ** 2, 0.0).sum(axis=0))


def _together(one: Moments, other: Moments) -> Moments:
    """Of both sets of numbers; Chan, Golub & LeVeque 1979, updating formulae for sample variances, Stanford
    STAN-CS-79-773."""
    count = one.count + other.count
    apart, share = other.mean - one.mean, other.count / np.maximum(count, 1)
    return Moments(
        count,
        one.mean + apart * share,
        one.squares + other.squares + apart**2 * one.count * share,
    )
