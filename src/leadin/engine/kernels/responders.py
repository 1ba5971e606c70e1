"""How many units of each group fell less steeply after time 0 than before it, by thresholds on their slopes."""

from __future__ import annotations

from leadin.engine.collapsed import EVENT, Floats, Ints
from leadin.engine.kernels.compiled import kernel
from leadin.engine.kernels.unit_slopes import unit_slopes

EQUAL_WITHIN = 1e-9
"""Slopes closer than this are equal, so that a unit exactly on a threshold has reached it whatever the rounding."""
FACTOR, STEP, EITHER = range(3)
"""Of a threshold: reached where slope after >= FACTOR * slope before + STEP; EITHER 1: in any measure, 0: the first."""
RISING, EVENTFUL, UNSEEN = range(3)
"""Of `kept`: whether units count that did not fall before time 0; without slopes and with the event; without slopes
otherwise."""
REACHED, COUNTED = range(2)
"""Of `counts`."""


@kernel
def count_responders(
    sums: Floats,
    event: Floats,
    measures: Ints,
    starts: Ints,
    thresholds: Floats,
    kept: Floats,
    share: bool,
    counts: Ints,
    slopes: Floats,
    flags: Floats,
) -> None:
    """One trial. sums (M, 16, n); event (n,): 1 or 0; measures (m,): those of M that are judged; thresholds (K, 3);
    kept (3,): 1 or 0; counts (A, K, 2). Scratch: slopes (m, 2, n), flags (2, n).

    Where no unit has slopes in any of the measures, nobody was judged, and those without slopes do not count.
    """
    anybody = False
    for place in range(measures.size):
        unit_slopes(sums[measures[place]], share, slopes[place, 0], slopes[place, 1])
        anybody = anybody or any_known(slopes[place, 0])
    eventful, unseen = (kept[EVENTFUL], kept[UNSEEN]) if anybody else (0.0, 0.0)
    for rule in range(thresholds.shape[0]):
        for unit in range(event.size):
            flags[REACHED, unit] = 0.0
            flags[COUNTED, unit] = 0.0
        judged = measures.size if thresholds[rule, EITHER] == 1.0 else 1
        for place in range(judged):
            judge(slopes[place, 0], slopes[place, 1], event, thresholds[rule], kept[RISING], eventful, unseen, flags)
        for group in range(starts.size - 1):
            low, high = starts[group], starts[group + 1]
            counts[group, rule, REACHED] = total(flags[REACHED, low:high], flags[COUNTED, low:high])
            counts[group, rule, COUNTED] = total(flags[COUNTED, low:high], flags[COUNTED, low:high])


@kernel
def judge(
    before: Floats,
    after: Floats,
    event: Floats,
    threshold: Floats,
    rising: float,
    eventful: float,
    unseen: float,
    flags: Floats,
) -> None:
    """One measure and threshold: sets flags (2, n) to 1 for units that reached it, and for those that count."""
    factor, step = threshold[FACTOR], threshold[STEP]
    for unit in range(before.size):
        slope = before[unit]
        falling = slope < -EQUAL_WITHIN
        # Comparisons with NaN are false: a slope that is not known reaches nothing.
        reached = falling and after[unit] >= slope * factor + step - EQUAL_WITHIN
        alone = eventful if event[unit] == 1.0 else unseen
        judged = 1.0 if falling else rising
        counts = judged if slope == slope else alone
        flags[REACHED, unit] = max(flags[REACHED, unit], 1.0 if reached else 0.0)
        flags[COUNTED, unit] = max(flags[COUNTED, unit], counts)


@kernel
def any_known(values: Floats) -> bool:
    """Whether any of values (n,) is not NaN."""
    found = False
    for i in range(values.size):
        found = found or values[i] == values[i]
    return found


@kernel(sums=True)
def total(flags: Floats, counted: Floats) -> int:
    """How many of flags (n,) are 1 among those who count."""
    found = 0.0
    for i in range(flags.size):
        found += flags[i] * counted[i]
    return int(found)


@kernel
def responder_trials(
    first: int,
    last: int,
    sums: Floats,
    survival: Floats,
    measures: Ints,
    starts: Ints,
    thresholds: Floats,
    kept: Floats,
    share: bool,
    counts: Ints,
    slopes: Floats,
    flags: Floats,
) -> None:
    """Trials `first` to `last` - 1 of sums (R, M, 16, n), survival (R, 2, n), counts (R, A, K, 2); the scratch is one
    for all of them."""
    for trial in range(first, last):
        count_responders(
            sums[trial],
            survival[trial, EVENT],
            measures,
            starts,
            thresholds,
            kept,
            share,
            counts[trial],
            slopes,
            flags,
        )
