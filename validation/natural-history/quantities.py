"""What the pooled cohorts published, in code: each quantity of a simulated cohort (`untreated.Cohort`) by its name.

The cohort has a visit each month; a quantity over some months is among those alive at the last of them. Slopes are
least squares over the visits of the months named, points per month. CASI slopes are on the 0-40 scale of the ALSFRS,
taken as 0.85 times those of the ALSFRS-R: ten items of twelve, and breathing, the two left out, is lost more slowly
than the rest.
"""

from __future__ import annotations

import numpy as np
from untreated import MONTHS, Cohort

ON_40_POINTS = 0.85


def quantities(cohort: Cohort, *, late_by_two_visits: bool = False) -> dict[str, float]:
    """Every quantity. late_by_two_visits: the later CASI slope from the visits of months 3 and 12 alone."""
    out = {"measurement.error_sd": float(np.hypot(cohort.measurement_sd, np.sqrt(1 / 12)))}  # rounding adds 1/12
    out |= _casi(cohort, late_by_two_visits) | _no_decline(cohort) | _slopes(cohort) | _survival(cohort)
    return {name: float(value) for name, value in out.items()}


def slope(months: range, scores: np.ndarray) -> np.ndarray:
    centred = np.asarray(months, dtype=float) - np.mean(months)
    return scores @ centred / (centred @ centred)


def _casi(cohort: Cohort, two_visits: bool) -> dict[str, float]:
    y = cohort.observed[cohort.alive[:, 12]]
    early = ON_40_POINTS * slope(range(4), y[:, :4])
    late = ON_40_POINTS * ((y[:, 12] - y[:, 3]) / 9 if two_visits else slope(range(3, 13), y[:, 3:13]))
    fast = early <= -1
    gain, lost = late[fast] - early[fast], -early[fast]
    out = {
        "casi.early_mean": early.mean(),
        "casi.early_sd": early.std(),
        "casi.late_mean": late.mean(),
        "casi.late_sd": late.std(),
        "casi.late_median": np.median(late),
        "casi.late_5_percent": np.quantile(late, 0.05),
        "casi.correlation": np.corrcoef(early, late)[0, 1],
        "casi.late_not_declining": 100 * np.mean(late >= 0),
        "casi.early_fast": 100 * fast.mean(),
    }
    out |= {f"casi.fast.slower_by_{by}": 100 * np.mean(gain >= by) for by in (1.25, 1.5)}
    out |= {f"casi.fast.slower_by_{q}_percent": 100 * np.mean(gain >= q / 100 * lost) for q in (25, 50, 75, 100)}
    return out


def _no_decline(cohort: Cohort) -> dict[str, float]:
    out = {}
    for month in (6, 12, 18):
        y = cohort.observed[cohort.alive[:, month]]
        out[f"bedlack.no_decline_{month}"] = 100 * np.mean(y[:, month] >= y[:, 0])
    return out


def _slopes(cohort: Cohort) -> dict[str, float]:
    """Slopes over 0 to 18 months of everybody with three visits or more; and of a linear mixed model of all visits."""
    y, seen, t = cohort.observed, cohort.alive, np.arange(MONTHS + 1.0)
    n = seen.sum(axis=1)
    centred = np.where(seen, t - ((seen * t).sum(axis=1) / n)[:, None], 0.0)
    own = np.divide((centred * y).sum(axis=1), (centred**2).sum(axis=1), out=np.full(n.size, np.nan), where=n > 1)
    enough = n >= 3
    bulbar = cohort.bulbar[enough]
    own = own[enough]
    return {
        "proact.own_slope_mean": own.mean(),
        "proact.own_slope_sd": own.std(),
        "proact.own_slope_median": np.median(own),
        "proact.bulbar_difference": own[bulbar].mean() - own[~bulbar].mean(),
        "proact.mixed_model_slope": mixed_model_slope(y, n, t),
    }


def mixed_model_slope(y: np.ndarray, n: np.ndarray, t: np.ndarray, rounds: int = 25) -> float:
    """Mean slope over months t of a linear mixed model (random intercept and slope, by EM) of the first n (k,) visits
    of each row of y (k, visits): what a likelihood makes of people who die."""
    groups = []
    for count in np.unique(n):
        x = np.stack([np.ones(count), t[:count]], axis=1)
        rows = y[n == count][:, :count]
        groups.append((count, x.T @ x, rows @ x, (rows**2).sum(axis=1)))
    spread, error, beta = np.diag([30.0, 0.5]), 4.0, np.zeros(2)
    for _ in range(rounds):
        inverse = np.linalg.inv(spread)
        left, right = np.zeros((2, 2)), np.zeros(2)
        for _count, xx, xy, _yy in groups:
            shrunk = np.linalg.inv(error * inverse + xx)
            left += len(xy) * (xx - xx @ shrunk @ xx) / error
            right += ((xy - xy @ shrunk @ xx) / error).sum(axis=0)
        beta = np.linalg.solve(left, right)
        second, squares, visits = np.zeros((2, 2)), 0.0, 0
        for count, xx, xy, yy in groups:
            shrunk = np.linalg.inv(error * inverse + xx)
            own = (xy - xx @ beta) @ shrunk
            second += own.T @ own + len(xy) * error * shrunk
            left_over = yy - 2 * xy @ beta + beta @ xx @ beta - 2 * ((xy - xx @ beta) * own).sum(axis=1)
            squares += left_over.sum() + np.einsum("ij,jk,ik->", own, xx, own) + len(xy) * error * np.sum(shrunk * xx)
            visits += count * len(xy)
        spread, error = second / len(n), squares / visits
    return float(beta[1])


def _survival(cohort: Cohort) -> dict[str, float]:
    out = {f"survival.alive_{month}": 100 * cohort.survival[month] for month in (6, 11, 12, 16, 18)}
    first, last = -np.log(cohort.survival[6]), -np.log(cohort.survival[18])
    out["survival.weibull_shape"] = np.log(last / first) / np.log(18 / 6)
    since = (48 - cohort.observed[:, 0]) / cohort.months_since_onset
    died = ~cohort.alive[:, -1]
    months = cohort.alive.sum(axis=1)  # the month in which he died, or one beyond the last
    ratios = np.exp(cox(np.stack([since, cohort.bulbar.astype(float)], axis=1), months, died))
    return out | {"elamin.delta_fs_hazard_ratio": ratios[0], "irish.delta_fs_mean": since.mean()}


def cox(covariates: np.ndarray, months: np.ndarray, died: np.ndarray, rounds: int = 8) -> np.ndarray:
    """Log hazard ratios (Breslow's ties)."""
    order = np.argsort(-months, kind="stable")
    x, died, when = (covariates - covariates.mean(axis=0))[order], died[order], months[order]
    last = np.searchsorted(-when, -np.unique(when)[::-1], side="right") - 1
    at = np.searchsorted(-np.unique(when)[::-1], -when)
    beta = np.zeros(x.shape[1])
    for _ in range(rounds):
        w = np.exp(x @ beta)
        s0 = np.cumsum(w)[last]
        s1 = np.cumsum(w[:, None] * x, axis=0)[last] / s0[:, None]
        s2 = np.cumsum(w[:, None, None] * x[:, :, None] * x[:, None, :], axis=0)[last] / s0[:, None, None]
        places = at[died]
        gradient = (x[died] - s1[places]).sum(axis=0)
        information = (s2 - s1[:, :, None] * s1[:, None, :])[places].sum(axis=0)
        beta = beta + np.linalg.solve(information, gradient)
    return beta
