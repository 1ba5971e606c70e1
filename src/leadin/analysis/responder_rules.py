"""The rules by which a participant is called a responder, as frozen values, and the decision itself on plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.errors import DataError

Floats = NDArray[np.float64]

EQUAL_WITHIN = 1e-9
"""Slopes (per month) closer than this are equal, so that a participant exactly on a threshold is a responder whatever
the rounding of the arithmetic. It is thousands of times the rounding error of a slope and far below any step between
two observable slopes."""


@dataclass(frozen=True)
class RelativeRule:
    """Decline at least `percent` per cent slower in the follow-up than in the lead-in (100: no decline at all)."""

    percent: float

    @property
    def name(self) -> str:
        """As people write it: `>= 50 % slower`."""
        return f">= {self.percent:g} % slower"

    def least_follow_up(self, lead_in: Floats) -> Floats:
        """The lowest follow-up slope that satisfies the rule after that lead-in slope."""
        return lead_in * (1.0 - self.percent / 100.0)


@dataclass(frozen=True)
class AbsoluteRule:
    """Follow-up slope at least `per_month` above the lead-in slope, in `unit` per month."""

    per_month: float
    unit: str = "points"

    @property
    def name(self) -> str:
        """As people write it: `>= 1.25 points/month slower`."""
        return f">= {self.per_month:g} {self.unit}/month slower"

    def least_follow_up(self, lead_in: Floats) -> Floats:
        """The lowest follow-up slope that satisfies the rule after that lead-in slope."""
        return lead_in + self.per_month


Rule = RelativeRule | AbsoluteRule


def responder_flags(lead_in: ArrayLike, follow_up: ArrayLike, rule: Rule) -> NDArray[np.bool_]:
    """Who is a responder by the rule, given slopes per month before and after time zero (higher values are better).

    lead_in, follow_up: slopes of one shape; flags of the same shape. A participant who did not decline in the lead-in
    (slope >= 0) cannot decline slower and is never flagged; nor is one whose slope is missing (NaN). Callers who
    exclude such participants, instead of counting them as not responding, do so on their own.
    """
    before = np.asarray(lead_in, dtype=np.float64)
    after = np.asarray(follow_up, dtype=np.float64)
    if before.shape != after.shape:
        raise DataError(f"follow_up: expected slopes of the shape of lead_in, {before.shape}; got {after.shape}.")
    # Comparisons with NaN are False: a missing slope never makes a responder.
    flags: NDArray[np.bool_] = declining(before) & (after >= rule.least_follow_up(before) - EQUAL_WITHIN)
    return flags


def declining(lead_in: ArrayLike) -> NDArray[np.bool_]:
    """Who declined in the lead-in: a slope below zero by more than rounding; False where it is missing (NaN)."""
    flags: NDArray[np.bool_] = np.asarray(lead_in, dtype=np.float64) < -EQUAL_WITHIN
    return flags


def rules_of(relative: Sequence[float], absolute: Sequence[float], unit: str = "points") -> tuple[Rule, ...]:
    """The rules of a plan in its order, relative ones first. unit: of the measure the absolute ones speak of."""
    return (*(RelativeRule(float(x)) for x in relative), *(AbsoluteRule(float(x), unit) for x in absolute))


Handling = Literal["not_responder", "excluded"]


@dataclass(frozen=True)
class SpecialCases:
    """How participants count whom the rule alone cannot judge: as not responding, or not at all.

    non_declining: evaluable, but without decline in the lead-in. died: no evaluable pair of slopes, and a fatal event.
    missing: no evaluable pair of slopes for any other reason.
    """

    non_declining: Handling = "not_responder"
    died: Handling = "not_responder"
    missing: Handling = "excluded"


@dataclass(frozen=True)
class Judgement:
    """Flags of one shape. responder: is one. counted: stands in the denominator. The other three: why the rule alone
    could not judge."""

    responder: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    non_declining: NDArray[np.bool_]
    died: NDArray[np.bool_]
    missing: NDArray[np.bool_]


def judge(
    lead_in: ArrayLike, follow_up: ArrayLike, evaluable: ArrayLike, died: ArrayLike, rule: Rule, cases: SpecialCases
) -> Judgement:
    """Who responded and who counts, by the rule and by how the special cases are handled; arrays of one shape.

    lead_in, follow_up: slopes per month, used only where `evaluable`; died: has a fatal event.
    """
    able = np.asarray(evaluable, dtype=np.bool_)
    dead = ~able & np.asarray(died, dtype=np.bool_)
    missing = ~able & ~dead
    flat = able & ~declining(lead_in)
    counted = np.ones(able.shape, dtype=np.bool_)
    for who, handling in ((flat, cases.non_declining), (dead, cases.died), (missing, cases.missing)):
        if handling == "excluded":
            counted &= ~who
    return Judgement(able & responder_flags(lead_in, follow_up, rule), counted, flat, dead, missing)


def either(first: Judgement, second: Judgement) -> Judgement:
    """One judgement from two measures: a responder on either is one, and who counts on either counts.

    A special case is one only where it holds on both measures, a death where it holds on either and no slope could be
    judged on the other.
    """
    unjudged = (first.died | first.missing) & (second.died | second.missing)
    died = unjudged & (first.died | second.died)
    return Judgement(
        responder=first.responder | second.responder,
        counted=first.counted | second.counted,
        non_declining=first.non_declining & second.non_declining,
        died=died,
        missing=unjudged & ~died,
    )
