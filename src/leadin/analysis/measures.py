"""What each measure is called in a sentence, and in what its slopes are counted."""

from __future__ import annotations

_NAMES = {
    "alsfrs_r": "ALSFRS-R total",
    "svc_percent": "slow vital capacity",
    "fvc_percent": "forced vital capacity",
    "weight_kg": "body weight",
    "strength.left": "strength of the left limb",
    "strength.right": "strength of the right limb",
}
_UNITS = {"svc_percent": "% of predicted", "fvc_percent": "% of predicted", "weight_kg": "kg"}


def measure_name(measure: str) -> str:
    """The measure as it stands in a sentence, e.g. `ALSFRS-R total`; one that is not known by its own name."""
    return _NAMES.get(measure, measure)


def measure_unit(measure: str) -> str:
    """What the measure is counted in: `points` (scores), `% of predicted`, `kg`, or `units` where it is not known."""
    scale = measure.split(".")[0]
    return "points" if scale == "alsfrs_r" else _UNITS.get(measure, "units")


def slope_unit(measure: str) -> str:
    """The unit of its slopes, e.g. `points per month`."""
    return f"{measure_unit(measure)} per month"
