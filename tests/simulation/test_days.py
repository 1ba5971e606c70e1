"""Whole days, away from time zero."""

from __future__ import annotations

import numpy as np

from leadin.simulation.days import whole_days


def test_days_are_rounded_away_from_time_zero():
    days = np.array([-1.2, -0.1, 0.0, 0.1, 1.0, 1.2])
    assert whole_days(days).tolist() == [-2.0, -1.0, 0.0, 1.0, 1.0, 2.0]
    assert np.isnan(whole_days(np.array([np.nan]))).all()
