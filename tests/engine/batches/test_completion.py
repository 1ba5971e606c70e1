"""p, interval and coverage of a batch of fits: Student's t, the normal distribution, and what is not evaluable."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.engine.batches.completion import completed, only_filled, p_values
from leadin.engine.fits import CONVERGED, NOT_FILLED, SINGULAR, TOO_FEW, Fits
from leadin.engine.t_tests import one_sample_t


def fits(*rows, codes=None):
    figures = np.array(rows, dtype=np.float64)[None]
    return Fits(figures, np.array([codes or [CONVERGED] * len(rows)], dtype=np.int8))


def test_as_students_t_does():
    values = [1.0, 2.0, 4.0, 3.5]
    for alpha in (0.05, 0.2):
        told = one_sample_t(values, 1.0 - alpha)
        made = completed(fits([told.estimate, told.standard_error, told.df, told.statistic, np.nan]), alpha)
        assert made.p[0, 0] == pytest.approx(told.p, rel=1e-12)
        assert [made.low[0, 0], made.high[0, 0]] == pytest.approx([told.ci_low, told.ci_high], rel=1e-12)
        assert made.alpha == alpha


def test_infinite_degrees_of_freedom_are_normal_and_a_p_that_is_there_stays():
    inf, nan = np.inf, np.nan
    made = completed(fits([1.0, 0.5, inf, 2.0, nan], [1.0, 0.5, inf, -2.0, 0.25], [1.0, 0.5, 1.0, 1.0, nan]))
    assert made.p[0] == pytest.approx([0.04550026389635842, 0.25, 0.5], rel=1e-12)
    assert made.low[0, :2] == pytest.approx(1.0 - 0.5 * 1.959963984540054, rel=1e-12)
    assert made.high[0, 2] == pytest.approx(1.0 + 0.5 * np.tan(np.pi * 0.475), rel=1e-12)
    assert made.estimate[0].tolist() == [1.0, 1.0, 1.0]
    assert made.standard_error[0].tolist() == [0.5, 0.5, 0.5]


def test_what_is_not_evaluable_is_not_rejected_and_holds_nothing():
    nan = np.nan
    made = completed(
        fits([3.0, 1.0, 50.0, 3.0, nan], [nan] * 5, [0.1, 1.0, 50.0, 0.1, nan], codes=[SINGULAR, TOO_FEW, 0])
    )
    assert made.evaluable.tolist() == [[True, False, True]]
    assert made.rejected.tolist() == [[True, False, False]]
    assert made.covers(0.0).tolist() == [[False, False, True]]
    assert made.covers([3.0, 0.0, -5.0]).tolist() == [[True, False, False]]
    assert made.covers(made.low).tolist() == made.covers(made.high).tolist() == [[True, False, True]]
    assert made.covers(np.nextafter(made.low, -9.0)).tolist() == [[False, False, False]]
    assert made.covers(np.nextafter(made.high, 9.0)).tolist() == [[False, False, False]]
    assert np.isnan(made.p[0, 1])
    assert np.isnan(made.low[0, 1])


def test_p_equal_to_alpha_is_not_below_it():
    made = completed(fits([1.0, 0.5, np.inf, 2.0, 0.05]))
    assert not made.rejected.any()
    assert completed(fits([1.0, 0.5, np.inf, 2.0, 0.0499999])).rejected.all()


def test_a_test_without_an_estimate_keeps_its_p():
    assert p_values(fits([np.nan, np.nan, np.nan, np.nan, 0.3])).tolist() == [[0.3]]
    assert p_values(fits([np.nan, np.nan, np.inf, -1.959963984540054, np.nan])) == pytest.approx(0.05, rel=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, np.nan])
def test_alpha_is_between_0_and_1(alpha):
    with pytest.raises(ValueError) as error:
        completed(fits([1.0, 0.5, 3.0, 2.0, np.nan]), alpha)
    assert str(error.value) == f"alpha: expected a number between 0 and 1; got {alpha!r}"


def test_trials_that_were_not_filled():
    two = Fits(np.ones((2, 3, 5)), np.ones((2, 3), dtype=np.int8))
    told = only_filled(two, np.array([True, False]))
    assert told.codes.tolist() == [[SINGULAR] * 3, [NOT_FILLED] * 3]
    assert told.codes.dtype == np.int8
    assert (told.figures[0] == 1.0).all()
    assert np.isnan(told.figures[1]).all()
    assert two.codes.tolist() == [[SINGULAR] * 3] * 2
