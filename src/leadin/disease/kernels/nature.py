"""A population and an effect as records of numbers, in the form that kernels take.

A kernel gets one pointer for a whole record: dozens of arguments passed from function to function would cost more time
than the work itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leadin.engine.kernels.quantile_table import COEFFICIENTS

Record = Any
"""One element of an array of a record type; numpy has no better name for what its fields are."""

STEPS = 512
"""Steps of each table: with so many its error is below 1e-9 in every population of the library."""

NATURE = np.dtype(
    [
        *(
            (name, np.float64)
            for name in (
                "rate_bulbar",
                "rate_other",
                "rate_mean",
                "rate_sd",
                "drift_sd",
                "drift_months",
                "steady_at_enrolment",
                "capacity_mean",
                "capacity_sd",
                "capacity_loss_mean",
                "capacity_loss_sd",
                "capacity_loss_correlation",
                "weibull_shape",
                "scale_months",
                "hazard_per_point",
                "hazard_per_rate",
                "reference_score",
                "bulbar_share",
                "male_share",
                "riluzole_share",
                "onset_link",
                "height_men",
                "height_women",
                "height_sd",
                "weight_loss_mean",
                "weight_loss_sd",
                "weight_loss_correlation",
                "strength_mean",
                "strength_sd",
                "strength_side_sd",
                "strength_per_point",
                "drop_out_per_month",
                "leaves_at_all",
                "missed_visit_share",
                "visit_jitter_days",
            )
        ),
        *(
            (name, np.float64, (STEPS, COEFFICIENTS))
            for name in ("rate_table", "score_table", "onset_table", "age_table", "mass_table")
        ),
    ],
    align=True,
)
"""What a population says; see `leadin.disease.population` for words and units.

Tables (see `leadin.engine.kernels.quantile_table`) give a value for a standard normal score: rate, of mean 1; score;
onset, months since; age, years; mass_index, kg/m2.
"""

CURE = np.dtype(
    [
        ("slowing", np.float64),
        ("by_doses", np.int64),
        ("maximum_effect", np.float64),
        ("onset_days", np.float64),
        ("lifetime_days", np.float64),
        ("responder_share", np.float64),
        ("breathing_share", np.float64),
    ],
    align=True,
)
"""An effect: a constant slowing of all who are dosed (a share, 0 for none), or, where by_doses is 1, a therapy that
acts by the doses given; see `leadin.disease.therapy`."""
