"""Change from baseline at one time, between groups: analysis of covariance on the baseline, one slope in all groups.

Reference: Fisher (1932), Statistical methods for research workers, 4th edition, Oliver and Boyd.
"""

from __future__ import annotations

import math

from leadin.engine.collapsed import BASE, EVENT, MONTHS, Floats, Ints
from leadin.engine.fits import NO_VARIATION, RANK_DEFICIENT, TOO_FEW, Codes
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mean_tests import MEAN, SQUARES, N, one_mean, summed, tested, two_means, unfitted

DECIMALS = 1e9
"""Changes are rounded to nine decimals: equal ones must not pass for different ones by their rounding."""
TO_WHOLE = 6755399441055744.0
"""1.5 * 2^52: what is left when it is added and taken away again is a whole number, the nearest, the even one of two;
and NaN stays NaN, which is more than a conversion to integers would leave of it."""
EQUAL_WITHIN = 5e-10
DEPENDENT_BELOW = 1e-14
"""A baseline of whose squares no larger share than this is left within the groups does not vary within them."""
EXACT_BELOW = 1e-24
"""Where no larger share of the squares than this is left, the fit is exact but for rounding."""
LEFT_OUT, WORST, LAST = range(3)
"""What stands for a unit that is not seen at the time, after its event: nothing, the worst value, its last one."""


@kernel
def changes(
    base: Floats,
    seen: Floats,
    survival: Floats,
    at: int,
    stands: int,
    worst: float,
    by: float,
    start: Floats,
    change: Floats,
) -> None:
    """Baseline `start` (n,) and `change` (n,) from it of those who have both; NaN in both for the others.

    base (n,); seen (k, n) of which `at` is the time; survival (2, n). stands: see LEFT_OUT; it stands for units with
    the event at or before `by` on the clock of survival.
    """
    for unit in range(base.size):
        value = seen[at, unit]
        if stands != LEFT_OUT and value != value and survival[EVENT, unit] == 1.0 and survival[MONTHS, unit] <= by:
            value = worst if stands == WORST else last_value(seen, at, unit, base[unit])
        change[unit] = (((value - base[unit]) * DECIMALS + TO_WHOLE) - TO_WHOLE) / DECIMALS
        start[unit] = base[unit] if change[unit] == change[unit] else math.nan


@kernel
def last_value(seen: Floats, at: int, unit: int, base: float) -> float:
    """The last value of a unit before the time `at`, its baseline where there is none."""
    value = base
    for place in range(at):
        value = seen[place, unit] if seen[place, unit] == seen[place, unit] else value
    return value


@kernel(sums=True)
def co_squares(x: Floats, mean_x: float, y: Floats, mean_y: float) -> float:
    """Sum of products about the means of x (n,) and y (n,), NaN left out."""
    found = 0.0
    for i in range(x.size):
        product = (x[i] - mean_x) * (y[i] - mean_y)
        found += product if product == product else 0.0
    return found


@kernel(sums=True)
def rest_squares(x: Floats, mean_x: float, y: Floats, mean_y: float, slope: float) -> float:
    """Squares of y (n,) about a line on x (n,) through the means, NaN left out."""
    found = 0.0
    for i in range(x.size):
        rest = (y[i] - mean_y) - slope * (x[i] - mean_x)
        found += rest * rest if rest == rest else 0.0
    return found


@kernel
def fit_ancova(
    start: Floats,
    change: Floats,
    starts: Ints,
    reference: int,
    figures: Floats,
    codes: Codes,
    counted: Ints,
    groups: Floats,
) -> None:
    """One trial of A > 1 groups. start, change (n,), NaN where not known; figures (A - 1, 5), codes (A - 1,). counted
    (A,): units with a change. Scratch: groups (2, A, 4)."""
    x, y = groups[0], groups[1]
    n, columns, sxx, sxy, xx, yy = 0.0, 1.0, 0.0, 0.0, 0.0, 0.0
    for group in range(counted.size):
        low, high = starts[group], starts[group + 1]
        summed(start[low:high], 0.0, x[group])
        summed(change[low:high], EQUAL_WITHIN, y[group])
        counted[group] = int(y[group, N])
        n += y[group, N]
        columns += 1.0 if y[group, N] > 0.0 else 0.0
        sxx += x[group, SQUARES]
        sxy += co_squares(start[low:high], x[group, MEAN], change[low:high], y[group, MEAN])
        xx += x[group, SQUARES] + x[group, N] * x[group, MEAN] * x[group, MEAN]
        yy += y[group, SQUARES] + y[group, N] * y[group, MEAN] * y[group, MEAN]
    code, variance, slope = 0, 0.0, 0.0
    if n <= columns:
        code = TOO_FEW
    elif sxx <= DEPENDENT_BELOW * xx:
        code = RANK_DEFICIENT
    else:
        slope = sxy / sxx
        left = 0.0
        for group in range(counted.size):
            low, high = starts[group], starts[group + 1]
            left += rest_squares(start[low:high], x[group, MEAN], change[low:high], y[group, MEAN], slope)
        variance = left / (n - columns)
        code = NO_VARIATION if left <= EXACT_BELOW * yy else 0
    contrasts(x, y, reference, slope, variance, sxx, n - columns, code, figures, codes)


@kernel
def contrasts(
    x: Floats,
    y: Floats,
    reference: int,
    slope: float,
    variance: float,
    sxx: float,
    df: float,
    code: int,
    figures: Floats,
    codes: Codes,
) -> None:
    """Each group but the reference minus it, at one baseline; `code` where nothing could be fitted."""
    contrast = 0
    for group in range(x.shape[0]):
        if group == reference:
            continue
        apart = x[group, MEAN] - x[reference, MEAN]
        if code != 0:
            codes[contrast] = unfitted(figures[contrast], code)
        elif y[group, N] == 0.0 or y[reference, N] == 0.0:
            codes[contrast] = unfitted(figures[contrast], TOO_FEW)
        else:
            estimate = y[group, MEAN] - y[reference, MEAN] - slope * apart
            share = 1.0 / y[group, N] + 1.0 / y[reference, N] + apart * apart / sxx
            codes[contrast] = tested(estimate, variance * share, df, figures[contrast])
        contrast += 1


@kernel
def fit_change(
    change: Floats, starts: Ints, reference: int, figures: Floats, codes: Codes, counted: Ints, groups: Floats
) -> None:
    """One trial without adjustment: of one group the mean change (1, 5), by Student's t; of more, each but the
    reference minus it, by Welch's t. Else as `fit_ancova`."""
    for group in range(counted.size):
        summed(change[starts[group] : starts[group + 1]], EQUAL_WITHIN, groups[1, group])
        counted[group] = int(groups[1, group, N])
    if counted.size == 1:
        codes[0] = one_mean(groups[1, 0], figures[0])
        return
    contrast = 0
    for group in range(counted.size):
        if group != reference:
            codes[contrast] = two_means(groups[1, group], groups[1, reference], figures[contrast])
            contrast += 1


@kernel
def ancova_trials(
    first: int,
    last: int,
    sums: Floats,
    seen: Floats,
    survival: Floats,
    measure: int,
    at: int,
    stands: int,
    worst: float,
    by: float,
    adjusted: bool,
    starts: Ints,
    reference: int,
    figures: Floats,
    codes: Codes,
    counted: Ints,
    values: Floats,
    groups: Floats,
) -> None:
    """Trials `first` to `last` - 1 of arrays of `Collapsed`. figures (R, C, 5), codes (R, C), counted (R, A). Scratch,
    one for all of them: values (2, n), groups (2, A, 4)."""
    start, change = values[0], values[1]
    for trial in range(first, last):
        base = sums[trial, measure, BASE + 1]
        changes(base, seen[trial, measure], survival[trial], at, stands, worst, by, start, change)
        if adjusted and counted.shape[1] > 1:
            fit_ancova(start, change, starts, reference, figures[trial], codes[trial], counted[trial], groups)
        else:
            fit_change(change, starts, reference, figures[trial], codes[trial], counted[trial], groups)
