"""Which way is better: the one place that knows it, by method, by unit of the estimate, by what was measured."""

from __future__ import annotations

from leadin.analysis.result import Result

FEWER_IS_BETTER = ("adverse_events",)
"""Endpoints that count harm."""
LOWER_UNITS = (
    "hazard ratio",
    "rate ratio",
    "risk ratio",
    "incidence rate ratio",
    "subdistribution hazard ratio",
    "months lost",
)
"""Units of estimates that are better when they are low, for fatal events and for harm alike."""
HIGHER_UNITS = ("win ratio", "win odds", "net benefit", "probability of the better outcome")
"""Units of estimates that are better when they are high, whatever was compared."""
HIGHER_METHODS = ("responders", "joint_rank", "win_ratio")
"""Methods that give the better outcome the higher value by construction."""
HIGHER_ENDPOINTS = (
    "survival",
    "alsfrs_r",
    "svc_percent",
    "fvc_percent",
    "weight_kg",
    "strength.left",
    "strength.right",
    "strength",
)
"""Endpoints of which more is better: life, points of the scale, breath, weight, strength."""

SLOPE_METHODS = ("slope_change", "broken_stick")
"""Methods that hold the rate of decline after time zero against that before it."""


def higher_is_better(row: Result, unit: str) -> bool | None:
    """Whether a higher estimate favours the arm it is of; None where nobody can say (an association, say).

    unit: as people read it (`hazard ratio`, not its logarithm).
    """
    lost = "months lost" in (row.rule or "")  # a ratio of months lost says so in its rule alone
    if row.endpoint in FEWER_IS_BETTER or row.method == "safety" or unit in LOWER_UNITS or lost:
        return False
    if unit in HIGHER_UNITS or row.method in HIGHER_METHODS:
        return True
    parts = [part for joined in row.endpoint.split(" or ") for part in joined.split(" and ")]
    return True if all(part in HIGHER_ENDPOINTS for part in parts) else None


def sides(row: Result, arm: str | None, reference: str | None) -> tuple[str, str]:
    """What the left and the right end of the axis favour, for a row that compares something.

    arm, reference: labels of the arms that are compared; None where a row compares participants with themselves.
    """
    if arm is not None and reference is not None:
        return f"favours {reference}", f"favours {arm}"
    if row.method == "paired_side":
        return "favours the other side", "favours the treated side"
    if row.method in SLOPE_METHODS:
        return "faster after time zero", "slower after time zero"
    return "worse afterwards", "better afterwards"
