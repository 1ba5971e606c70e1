"""The events table: screened, failed, enrolled, randomised, not dosed, died, left, followed to the end."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.protocols.protocol import Protocol
from leadin.simulation.days import whole_days
from leadin.simulation.entry import NO_CRITERION, allocation_days, told
from leadin.simulation.not_dosed import not_dosed
from leadin.simulation.participants import SimulatedArrays
from leadin.trials.schema import SCHEMAS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def events(protocol: Protocol, arrays: SimulatedArrays, ids: pl.Series) -> pl.DataFrame:
    """Everything that happened to everybody screened.

    The lead-in is part of screening for those who fail a criterion at its end: they are screened and fail, and were
    never enrolled.
    """
    failed = arrays.failed_criterion != NO_CRITERION
    enrolled = ~failed
    died, left = np.isfinite(arrays.death_day), np.isfinite(arrays.drop_out_day)
    meant = np.array([bool(arm.administrations) for arm in protocol.arms] + [False])[arrays.arm]
    finished = arrays.in_arm & ~died & ~left
    last = whole_days(arrays.last_day)
    kinds: list[tuple[str, Flags, Floats, NDArray[np.str_] | None]] = [
        ("screened", np.ones_like(failed), arrays.enrolment_day, None),
        ("screen_failure", failed, arrays.last_day, _failures(protocol, arrays)),
        ("enrolled", enrolled, arrays.enrolment_day, None),
        ("not_dosed", meant & ~arrays.dosed, *not_dosed(arrays)),
        ("death", died, last, None),
        ("withdrawal", left & ~arrays.lost, last, None),
        ("lost_to_follow_up", left & arrays.lost, last, None),
        ("end_of_follow_up", finished, last, None),
    ]
    if protocol.randomised:
        day = allocation_days(protocol, arrays.times, arrays.enrolment_day)
        kinds.append(("randomised", arrays.in_arm, day, None))
    return pl.concat([_rows(kind, who, day, detail, ids) for kind, who, day, detail in kinds])


def _rows(kind: str, who: Flags, day: Floats, detail: NDArray[np.str_] | None, ids: pl.Series) -> pl.DataFrame:
    rows = np.flatnonzero(who)
    return pl.DataFrame(
        {
            "participant_id": ids.gather(rows),
            "day": day[rows],
            "kind": [kind] * rows.size,
            "detail": [None] * rows.size if detail is None else detail[rows].tolist(),
        },
        schema=SCHEMAS["events"],
    )


def _failures(protocol: Protocol, arrays: SimulatedArrays) -> NDArray[np.str_]:
    """Which criterion each failed; said so that equal reasons can be counted."""
    words = [f"not met: {told(criterion)}" for criterion in protocol.eligibility.criteria]
    return np.array([*words, ""])[arrays.failed_criterion]
