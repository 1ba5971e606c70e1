"""Each unit against itself, slope after time 0 minus slope before it: the mean of each group, and between groups."""

from __future__ import annotations

from leadin.engine.collapsed import Floats, Ints
from leadin.engine.fits import Codes
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.mean_tests import N, one_mean, summed, two_means
from leadin.engine.kernels.unit_slopes import unit_slopes

EQUAL_WITHIN = 1e-9
"""Changes closer than this are equal but for rounding, which must not pass for a standard error."""


@kernel
def fit_slope_change(
    sums: Floats,
    starts: Ints,
    reference: int,
    share: bool,
    within: Floats,
    within_codes: Codes,
    between: Floats,
    between_codes: Codes,
    counted: Ints,
    slopes: Floats,
    groups: Floats,
) -> None:
    """One trial. sums (16, n); starts (A + 1,). within (A, 5), within_codes (A,): mean change of each group.
    between (A - 1, 5), between_codes (A - 1,): each group but the reference minus it. counted (A,): units with a
    change. Scratch: slopes (2, n), groups (A, 4)."""
    before, change = slopes[0], slopes[1]
    unit_slopes(sums, share, before, change)
    for unit in range(change.size):
        change[unit] -= before[unit]
    for group in range(counted.size):
        summed(change[starts[group] : starts[group + 1]], EQUAL_WITHIN, groups[group])
        counted[group] = int(groups[group, N])
        within_codes[group] = one_mean(groups[group], within[group])
    contrast = 0
    for group in range(counted.size):
        if group != reference and counted.size > 1:
            between_codes[contrast] = two_means(groups[group], groups[reference], between[contrast])
            contrast += 1


@kernel
def slope_change_trials(
    first: int,
    last: int,
    sums: Floats,
    measure: int,
    starts: Ints,
    reference: int,
    share: bool,
    within: Floats,
    within_codes: Codes,
    between: Floats,
    between_codes: Codes,
    counted: Ints,
    slopes: Floats,
    groups: Floats,
) -> None:
    """Trials `first` to `last` - 1 of arrays as in `fit_slope_change` with the trial before them; sums (R, M, 16, n) of
    which `measure` is looked at; the scratch is one for all of them."""
    for trial in range(first, last):
        fit_slope_change(
            sums[trial, measure],
            starts,
            reference,
            share,
            within[trial],
            within_codes[trial],
            between[trial],
            between_codes[trial],
            counted[trial],
            slopes,
            groups,
        )
