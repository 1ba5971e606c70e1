"""Which side of the body was treated, where it was one alone: read from the place of each administration."""

from __future__ import annotations

import polars as pl

from leadin.trials.trial import Trial

SIDES = ("left", "right")


def treated_sides(trial: Trial) -> dict[str, str]:
    """`left` or `right` of each participant whose administrations all name that side, and it alone, in
    `site_of_injection` (as a word, whatever its case). Who was never dosed, dosed on both sides, or dosed at a place
    without a side is left out."""
    table = trial.administrations.drop_nulls("participant_id").with_columns(
        pl.col("site_of_injection").fill_null("").str.to_lowercase().alias("site")
    )
    named = table.with_columns(*(pl.col("site").str.contains(rf"\b{side}\b").alias(side) for side in SIDES))
    per_person = named.group_by("participant_id", maintain_order=True).agg(
        pl.col("left").all().alias("all_left"),
        pl.col("left").any().alias("any_left"),
        pl.col("right").all().alias("all_right"),
        pl.col("right").any().alias("any_right"),
    )
    sides: dict[str, str] = {}
    for name, all_left, any_left, all_right, any_right in per_person.iter_rows():
        if all_left and not any_right:
            sides[name] = "left"
        elif all_right and not any_left:
            sides[name] = "right"
    return sides
