"""Checks on cells: whose lot was given, whether it was released, in time, to someone meant to have cells."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from leadin.protocols.protocol import Protocol
from leadin.trials.checks.places import find_rows
from leadin.trials.finding import Finding
from leadin.trials.trial import Trial

PLACE = "{participant_id} day {day} lot {lot_id}"
HOURS_PER_DAY = 24.0


def check_lots_known(trial: Trial) -> Iterator[Finding]:
    """Administrations without a lot, or of a lot that is not in the table, in a trial that carries lots."""
    if trial.lots.is_empty():
        return
    table = trial.administrations.with_row_index("row")
    nameless = table.filter(pl.col("lot_id").is_null())
    if not nameless.is_empty():
        yield find_rows(
            "administration-without-lot",
            "warning",
            "administrations",
            nameless,
            ("administration without a lot", "administrations without a lot"),
            "{participant_id} day {day}",
            "Used, but whose cells they were is not known; fill in lot_id.",
        )
    unknown = table.filter(pl.col("lot_id").is_not_null() & ~pl.col("lot_id").is_in(trial.lots["lot_id"].implode()))
    if not unknown.is_empty():
        yield find_rows(
            "unknown-lot",
            "warning",
            "administrations",
            unknown,
            ("administration of a lot that is not recorded", "administrations of a lot that is not recorded"),
            PLACE,
            "Used, but whose cells they were is not known; add the lot or correct lot_id.",
        )


def check_lot_owners(trial: Trial) -> Iterator[Finding]:
    """Administrations of a lot that was made for another participant."""
    hits = _given(trial).filter(pl.col("owner").is_not_null() & (pl.col("owner") != pl.col("participant_id")))
    if not hits.is_empty():
        yield find_rows(
            "lot-of-another-participant",
            "error",
            "administrations",
            hits,
            (
                "administration of a lot made for another participant",
                "administrations of a lot made for another participant",
            ),
            PLACE + " of {owner}",
            "Left out; find out whose cells were given, and correct lot_id or the lot's participant.",
        )


def check_lot_days(trial: Trial) -> Iterator[Finding]:
    """Lots harvested before they were isolated, or released before they were harvested."""
    order = (("isolated_day", "harvested_day"), ("harvested_day", "released_day"), ("isolated_day", "released_day"))
    wrong = pl.any_horizontal(*(pl.col(later) < pl.col(earlier) for earlier, later in order))
    hits = trial.lots.with_row_index("row").filter(wrong)
    if not hits.is_empty():
        yield find_rows(
            "lot-days-out-of-order",
            "error",
            "lots",
            hits,
            ("lot whose days are out of order", "lots whose days are out of order"),
            "{lot_id}: isolated {isolated_day}, harvested {harvested_day}, released {released_day}",
            "Left out; isolation comes before harvest, harvest before release: correct the days.",
        )


def check_lot_release(trial: Trial) -> Iterator[Finding]:
    """Outcomes that are neither released nor rejected, and lots given without or before release. The cells were
    given, so these are warnings.
    """
    outcome = pl.col("outcome")
    rejected = outcome.str.starts_with("rejected")
    unknown = trial.lots.with_row_index("row").filter(outcome.is_not_null() & (outcome != "released") & ~rejected)
    if not unknown.is_empty():
        yield find_rows(
            "unknown-outcome",
            "warning",
            "lots",
            unknown,
            ("lot with an outcome nobody defined", "lots with an outcome nobody defined"),
            "{lot_id}: {outcome!r}",
            "Kept; write 'released' or 'rejected: reason'.",
        )
    given = _given(trial)
    for id, what, hits, detail in (
        ("lot-rejected", "a rejected lot", given.filter(rejected), "outcome {outcome}"),
        (
            "lot-before-release",
            "a lot before its release",
            given.filter(pl.col("day") < pl.col("released_day")),
            "released day {released_day}",
        ),
        (
            "lot-not-released",
            "a lot that was never released",
            given.filter(
                pl.col("released_day").is_null() & (outcome != "released").fill_null(True) & ~rejected.fill_null(False)
            ),
            "outcome {outcome}",
        ),
    ):
        if not hits.is_empty():
            yield find_rows(
                id,
                "warning",
                "administrations",
                hits,
                (f"administration of {what}", f"administrations of {what}"),
                f"{PLACE}, {detail}",
                "Used, since the cells were given; correct the lot or report the deviation.",
            )


def check_shelf_life(trial: Trial) -> Iterator[Finding]:
    """Lots given later after release than their product keeps, where the protocol says how long.

    Whole days leave a day open on either side, so a day is granted where both days are whole.
    """
    if trial.protocol is None:
        return
    shelf_life = _shelf_life_by_arm(trial.protocol)
    arms = trial.participants.select("participant_id", "arm").unique(subset="participant_id", keep="first")
    whole = (pl.col("day") == pl.col("day").floor()) & (pl.col("released_day") == pl.col("released_day").floor())
    hits = (
        _given(trial)
        .join(arms, on="participant_id", how="left", maintain_order="left")
        .with_columns(
            shelf=pl.col("arm").replace_strict(shelf_life, default=None, return_dtype=pl.Float64),
            hours=(pl.col("day") - pl.col("released_day")) * HOURS_PER_DAY,
        )
        .filter(pl.col("hours") - pl.when(whole).then(HOURS_PER_DAY).otherwise(0.0) > pl.col("shelf"))
    )
    if not hits.is_empty():
        yield find_rows(
            "past-shelf-life",
            "warning",
            "administrations",
            hits,
            ("administration past the shelf life of its cells", "administrations past the shelf life of their cells"),
            PLACE + ", {hours} hours after release, keeps {shelf}",
            "Used, since the cells were given; correct the days or report the deviation.",
        )


def check_unplanned_administrations(trial: Trial) -> Iterator[Finding]:
    """Cells given to participants of an arm whose protocol plans none."""
    if trial.protocol is None:
        return
    without = [arm.name for arm in trial.protocol.arms if not arm.administrations]
    people = trial.participants.filter(pl.col("arm").is_in(without)).select("participant_id", "arm")
    hits = trial.administrations.with_row_index("row").join(
        people.unique(subset="participant_id", keep="first"), on="participant_id", how="inner", maintain_order="left"
    )
    if not hits.is_empty():
        yield find_rows(
            "unplanned-administration",
            "warning",
            "administrations",
            hits,
            (
                "administration to a participant of an arm that is given no cells",
                "administrations to participants of an arm that is given no cells",
            ),
            "{participant_id} day {day}, arm {arm}",
            "Used as given, arms as allocated; correct the arm or report the deviation.",
        )


def _given(trial: Trial) -> pl.DataFrame:
    """Each administration with what its lot says: owner, released_day, outcome."""
    lots = trial.lots.select("lot_id", "released_day", "outcome", owner="participant_id")
    return trial.administrations.with_row_index("row").join(
        lots.unique(subset="lot_id", keep="first", maintain_order=True),
        on="lot_id",
        how="inner",
        maintain_order="left",
    )


def _shelf_life_by_arm(protocol: Protocol) -> dict[str, float]:
    """Hours that the longest-keeping product of each arm keeps; arms with a product of unknown shelf life left out."""
    keeps = {
        product.name: None if product.manufacturing is None else product.manufacturing.shelf_life_hours
        for product in protocol.products
    }
    hours: dict[str, float] = {}
    for arm in protocol.arms:
        lives = [keeps[name] for name in {dose.product for dose in arm.administrations}]
        known = [life for life in lives if life is not None]
        if lives and len(known) == len(lives):
            hours[arm.name] = max(known)
    return hours
