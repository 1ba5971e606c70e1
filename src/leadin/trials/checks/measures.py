"""Checks on assessments: measures that exist, scores that can be."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from leadin.als.alsfrs_r import ITEM_MAXIMUM, ITEMS, TOTAL_MAXIMUM, item_measure
from leadin.protocols.nearest import nearest
from leadin.trials.checks.places import did_you_mean, find_rows, say
from leadin.trials.finding import Finding
from leadin.trials.trial import Trial

ITEM_MEASURES = tuple(item_measure(item) for item in range(1, ITEMS + 1))

SCALES: dict[str, tuple[float, float | None, bool]] = {
    "alsfrs_r": (0.0, float(TOTAL_MAXIMUM), True),
    **{item: (0.0, float(ITEM_MAXIMUM), True) for item in ITEM_MEASURES},
    "svc_percent": (0.0, 200.0, False),
    "fvc_percent": (0.0, 200.0, False),
    "weight_kg": (1.0, 700.0, False),
    "strength.left": (0.0, None, False),
    "strength.right": (0.0, None, False),
}
"""Per known measure: lowest value, highest value or None, and whether only whole numbers can be."""


def check_measures(trial: Trial) -> Iterator[Finding]:
    """Measures that leadin does not know: a warning where the name looks like a slip, else a note."""
    hits = trial.assessments.with_row_index("row").filter(
        pl.col("measure").is_not_null() & ~pl.col("measure").is_in(list(SCALES))
    )
    for (measure,), group in hits.group_by(["measure"], maintain_order=True):
        name = str(measure)
        near = nearest(name, SCALES)
        yield Finding(
            "unknown-measure",
            "note" if near is None else "warning",
            "assessments",
            tuple(group["row"].to_list()),
            f"Measure {name!r}, {group.height} of {trial.assessments.height} assessments, is none that leadin knows"
            f"{did_you_mean(name, SCALES) or '.'} Kept, but its values are not checked.",
        )


def check_scores(trial: Trial) -> Iterator[Finding]:
    """Values outside the scale of their measure, or with a fraction where only whole numbers can be."""
    measure = pl.col("measure")
    scaled = (
        trial.assessments.with_row_index("row")
        .filter(measure.is_in(list(SCALES)) & pl.col("value").is_finite())
        .with_columns(
            low=measure.replace_strict({name: low for name, (low, _, _) in SCALES.items()}, return_dtype=pl.Float64),
            high=measure.replace_strict({name: high for name, (_, high, _) in SCALES.items()}, return_dtype=pl.Float64),
            whole=measure.replace_strict(
                {name: whole for name, (_, _, whole) in SCALES.items()}, return_dtype=pl.Boolean
            ),
        )
    )
    value = pl.col("value")
    outside = scaled.filter((value < pl.col("low")) | (value > pl.col("high")).fill_null(False))
    for (name, low, high), group in outside.group_by(["measure", "low", "high"], maintain_order=True):
        bounds = f"below {say(low)}" if high is None else f"outside {say(low)} to {say(high)}"
        yield find_rows(
            "score-out-of-range",
            "error",
            "assessments",
            group,
            (f"value of {name} {bounds}", f"values of {name} {bounds}"),
            "{participant_id} day {day}: {value}",
            "Left out; correct the value or leave it empty.",
        )
    broken = scaled.filter(pl.col("whole") & (value != value.floor()) & value.is_between(pl.col("low"), pl.col("high")))
    for (name,), group in broken.group_by(["measure"], maintain_order=True):
        yield find_rows(
            "score-not-whole",
            "error",
            "assessments",
            group,
            (f"value of {name} that is not whole", f"values of {name} that are not whole"),
            "{participant_id} day {day}: {value}",
            "Left out; a sum of items scored 0 to 4 is whole.",
        )


def check_totals(trial: Trial) -> Iterator[Finding]:
    """Totals that differ from the sum of the twelve items of the same participant and day, where all are there."""
    scores = trial.assessments.with_row_index("row").filter(pl.col("value").is_finite())
    items = (
        scores.filter(pl.col("measure").is_in(list(ITEM_MEASURES)))
        .group_by("participant_id", "day")
        .agg(total=pl.col("value").sum(), different=pl.col("measure").n_unique(), rows=pl.len())
        .filter((pl.col("different") == ITEMS) & (pl.col("rows") == ITEMS))
    )
    hits = (
        scores.filter(pl.col("measure") == "alsfrs_r")
        .join(items, on=["participant_id", "day"], how="inner", maintain_order="left")
        .filter(pl.col("value") != pl.col("total"))
    )
    if not hits.is_empty():
        yield find_rows(
            "total-differs-from-items",
            "warning",
            "assessments",
            hits,
            ("ALSFRS-R total that is not the sum of its items", "ALSFRS-R totals that are not the sum of their items"),
            "{participant_id} day {day}: {value}, items add up to {total}",
            "The total is used; correct whichever is wrong.",
        )
