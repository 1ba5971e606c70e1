"""The pair of each participant's own slopes, before and after time zero, on plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.als.slope import aligned_visits, ols_slopes

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

FEWEST_VISITS = 3
"""A slope counts as evaluable from this many visits on: two visits always fit a line exactly and say nothing of
error."""


@dataclass(frozen=True)
class PairedSlopes:
    """Slopes of n participants before and after time zero, per month; NaN where fewer than two distinct months were
    seen.

    lead_in, follow_up (n,): slopes. n_lead_in, n_follow_up (n,): visits each was fitted to. evaluable (n,): both have
    enough visits.
    """

    lead_in: Floats
    follow_up: Floats
    n_lead_in: Counts
    n_follow_up: Counts
    evaluable: Flags


def paired_slopes(
    months: ArrayLike, values: ArrayLike, *, share_baseline: bool = False, fewest_visits: int = FEWEST_VISITS
) -> PairedSlopes:
    """Slopes over the visits at or before time zero (lead-in) and after it (follow-up).

    months (n, k) or (k,), from time zero; values (n, k); NaN is missing. share_baseline: the last visit seen at or
    before time zero counts in both slopes, as some protocols did; its measurement error then fakes a change.
    fewest_visits: evaluable needs as many in the lead-in and in the follow-up, on at least two distinct months each.
    """
    y, t = aligned_visits(months, values)
    seen = np.isfinite(y) & np.isfinite(t)
    before, after = seen & (t <= 0.0), seen & (t > 0.0)
    if share_baseline:
        latest = np.max(np.where(before, t, -np.inf), axis=1, initial=-np.inf)
        after = after | (before & (t == latest[:, None]))
    lead_in, n_lead_in = ols_slopes(t, np.where(before, y, np.nan))
    follow_up, n_follow_up = ols_slopes(t, np.where(after, y, np.nan))
    enough = (n_lead_in >= fewest_visits) & (n_follow_up >= fewest_visits)
    evaluable = enough & np.isfinite(lead_in) & np.isfinite(follow_up)
    return PairedSlopes(lead_in, follow_up, n_lead_in, n_follow_up, evaluable)
