"""What follows from the twelve items of a trial: domain scores, King's and MiToS stages of every assessment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from leadin.als.alsfrs_r import DOMAINS, ITEMS, item_measure
from leadin.als.items import domain_scores as scores_of_domains
from leadin.als.items import total_score
from leadin.als.kings import DEATH, kings_stages
from leadin.als.mitos import mitos_stages
from leadin.trials.fatal_events import first_events
from leadin.trials.schema import conform
from leadin.trials.trial import Trial

Floats = NDArray[np.float64]

ITEM_MEASURES = tuple(item_measure(item) for item in range(1, ITEMS + 1))
VENTILATION = ("non_invasive_ventilation", "permanent_ventilation", "tracheostomy")
TUBE_FEEDING = (3, 1)
"""Item 3 (swallowing) at 1 or below: needs supplemental tube feeding."""


@dataclass(frozen=True)
class ItemAssessments:
    """Every assessment of which at least one item was recorded, by participant and day.

    when: participant_id, day, visit, m rows. items (m, 12): NaN where an item was not recorded.
    """

    when: pl.DataFrame
    items: Floats


def item_assessments(trial: Trial) -> ItemAssessments:
    """The items of a trial, whether simulated, captured or imported; give it one that `usable_trial` has been through.

    Where one item stands twice on a day, the first row with a value is taken.
    """
    rows = conform("assessments", trial.assessments).filter(
        pl.col("measure").is_in(list(ITEM_MEASURES)) & pl.col("value").is_finite() & pl.col("day").is_finite()
    )
    wide = (
        rows.group_by("participant_id", "day", maintain_order=True)
        .agg(
            pl.col("visit").drop_nulls().first(),
            *(pl.col("value").filter(pl.col("measure") == name).first().alias(name) for name in ITEM_MEASURES),
        )
        .sort("participant_id", "day", maintain_order=True)
    )
    items = wide.select(ITEM_MEASURES).fill_null(float("nan")).to_numpy().reshape(-1, ITEMS)
    return ItemAssessments(wide.select("participant_id", "day", "visit"), items.astype(np.float64))


def domain_scores(trial: Trial) -> pl.DataFrame:
    """Domain scores of every assessment of which items were recorded.

    Columns: participant_id, day, visit; bulbar, fine_motor, gross_motor, respiratory (0 to 12 each); total (0 to 48).
    Null where an item of the domain, or any, was not recorded. Sorted by participant and day. DataError for impossible
    items, which `usable_trial` leaves out.
    """
    seen = item_assessments(trial)
    scores = scores_of_domains(seen.items)
    columns = {name: _whole(scores[:, position]) for position, name in enumerate(DOMAINS)}
    return seen.when.with_columns(**columns, total=_whole(total_score(seen.items)))


def stages(trial: Trial, *, tube_feeding: bool = False) -> pl.DataFrame:
    """King's and MiToS stages of every assessment of which items were recorded, and of every death.

    Columns: participant_id, day, visit; kings (`0` to `3`, `4A`, `4B`, `5`), kings_stage (0 to 5), mitos_stage (0 to
    5); null where an item that the rule reads was not recorded. A death is a row of its own, stage 5, without a visit.
    Sorted by participant and day, an assessment on the day of death before it.

    An event of gastrostomy, or of ventilation or tracheostomy, on the day or before it counts as 4A or 4B, since the
    items do not tell a gastrostomy. tube_feeding: swallowing (item 3) at 1 or below, which the scale words as needing
    tube feeding, counts as 4A too; this is not in the published rule, and is meant for trials that record no
    gastrostomies, such as simulated ones. DataError for impossible items.
    """
    seen = item_assessments(trial)
    fed = _since(trial, seen.when, ("gastrostomy",))
    if tube_feeding:
        item, highest = TUBE_FEEDING
        fed = fed | (seen.items[:, item - 1] <= highest)
    kings = kings_stages(seen.items, gastrostomy=fed, ventilation=_since(trial, seen.when, VENTILATION))
    labels = pl.Series(kings.labels().astype(str).tolist(), dtype=pl.String)
    living = seen.when.with_columns(
        kings=labels.replace("", None),
        kings_stage=_whole(kings.stage),
        mitos_stage=_whole(mitos_stages(seen.items)),
    )
    dead = first_events(conform("events", trial.events), ("death",)).select(
        "participant_id",
        "day",
        visit=pl.lit(None, dtype=pl.String),
        kings=pl.lit(str(DEATH)),
        kings_stage=pl.lit(DEATH, dtype=pl.Int64),
        mitos_stage=pl.lit(DEATH, dtype=pl.Int64),
    )
    return pl.concat([living, dead]).sort("participant_id", "day", maintain_order=True)


def _whole(values: Floats) -> pl.Series:
    """Whole numbers, null where NaN."""
    return pl.Series(values, dtype=pl.Float64).fill_nan(None).cast(pl.Int64)


def _since(trial: Trial, when: pl.DataFrame, kinds: tuple[str, ...]) -> NDArray[np.bool_]:
    """Whether the participant of each row had had an event of these kinds by that day."""
    first = first_events(conform("events", trial.events), kinds).select("participant_id", since="day")
    joined = when.join(first, on="participant_id", how="left", maintain_order="left")
    return joined.select((pl.col("since") <= pl.col("day")).fill_null(False)).to_series().to_numpy()
