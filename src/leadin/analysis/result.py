"""One result type for every method: a frozen row that says what was estimated, how surely, and on what grounds."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One estimate. Absent is None, never NaN.

    method, endpoint: names of the documentation (`broken_stick`, `alsfrs_r`, `survival`). arm: the arm it speaks of;
    contrast: in words, e.g. `cells - control`, `follow-up - lead-in`. time_months: the time it belongs to. unit: of
    the estimate, e.g. `points per month`. rule: the rule a responder or missing value was judged by. n: participants
    used; not_evaluable: participants left out. planned: it stands in the analysis plan. estimand: one sentence.
    converged False: the reason is the first warning.
    """

    method: str
    endpoint: str
    arm: str | None = None
    contrast: str | None = None
    time_months: float | None = None
    estimate: float | None = None
    standard_error: float | None = None
    statistic: float | None = None
    df: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p: float | None = None
    n: int | None = None
    not_evaluable: int | None = None
    unit: str | None = None
    rule: str | None = None
    planned: bool = False
    estimand: str | None = None
    converged: bool = True
    warnings: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


def present(number: float) -> float | None:
    """The number, or None where it is none: a result holds no NaN and no infinity."""
    return float(number) if math.isfinite(number) else None


def not_evaluable(method: str, endpoint: str, reason: str, **known: object) -> Result:
    """A result that says why nothing could be estimated: no estimate, `converged` False, the reason as its first
    warning.
    """
    # The type checker cannot see that `known` holds fields of Result by name; a wrong name raises TypeError.
    return Result(method=method, endpoint=endpoint, converged=False, warnings=(reason,), **known)  # type: ignore[arg-type]
