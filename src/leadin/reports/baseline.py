"""Baseline table: who the participants were, by arm, before anything was given. No p values: allocation was not a
hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import eq
from typing import TypeVar

import polars as pl

from leadin.reports.arms import ReportArm
from leadin.reports.numbers import ABSENT, cell_count, mean_sd
from leadin.reports.tables import Column, Rows, Table
from leadin.trials.trial import Trial

NUMBERS: tuple[tuple[str, str], ...] = (
    ("age_years", "Age (years)"),
    ("weight_kg", "Weight (kg)"),
    ("months_since_onset", "Since onset (months)"),
    ("diagnostic_delay_months", "Onset to diagnosis (months)"),
)
MEASURES: tuple[tuple[str, str], ...] = (
    ("alsfrs_r", "ALSFRS-R (points)"),
    ("svc_percent", "SVC (% predicted)"),
    ("fvc_percent", "FVC (% predicted)"),
)
V = TypeVar("V")
FEMALE = ("f", "female", "w", "woman")


def baseline_table(trial: Trial, arms: tuple[ReportArm, ...], name: str = "baseline") -> Table | None:
    """The table of everybody in an arm; None when the trial records no baseline value at all.

    Numbers as mean (SD), kinds as n (%) of those recorded. Baseline of a measure: the last assessment at or before time
    zero. The last column counts participants without the value.
    """
    ids = [list(arm.participants) for arm in arms]
    if len(arms) > 1:
        ids.append([participant for arm in arms for participant in arm.participants])
    people = trial.participants
    rows: list[tuple[str, ...]] = []
    for column, title in NUMBERS:
        rows += _number_row(title, _values(people, column), ids)
    rows += _sex_row(people, ids)
    rows += _onset_rows(people, ids)
    rows += _riluzole_row(people, ids)
    for measure, title in MEASURES:
        rows += _number_row(title, baseline_values(trial, measure), ids)
    if not rows:
        return None
    heads = [Column(f"{arm.label}, n\u00a0=\u00a0{arm.n}", numeric=True) for arm in arms]
    if len(arms) > 1:
        heads.append(Column(f"All, n\u00a0=\u00a0{len(ids[-1])}", numeric=True))
    return Table(
        name,
        "Participants at baseline. Mean (standard deviation), or number (share of those recorded).",
        (Column("Characteristic"), *heads, Column("Not recorded (participants)", numeric=True)),
        (Rows(tuple(rows)),),
    )


def baseline_values(trial: Trial, measure: str) -> dict[str, float]:
    """The last value at or before time zero, by participant."""
    rows = (
        trial.assessments.filter((pl.col("measure") == measure) & (pl.col("day") <= 0))
        .drop_nulls(["participant_id", "value"])
        .sort("day")
        .group_by("participant_id", maintain_order=True)
        .agg(pl.col("value").last())
    )
    return dict(rows.iter_rows())


def _values(people: pl.DataFrame, column: str) -> dict[str, float]:
    known = people.drop_nulls(["participant_id", column])
    return dict(known.select("participant_id", column).iter_rows())


def _number_row(title: str, values: dict[str, float], ids: list[list[str]]) -> list[tuple[str, ...]]:
    return _row(title, values, ids, mean_sd)


def _row(
    title: str, values: dict[str, V], ids: list[list[str]], told: Callable[[Sequence[V]], str]
) -> list[tuple[str, ...]]:
    """One row, or none when no participant has a value."""
    everybody = {participant for group in ids for participant in group}
    if everybody.isdisjoint(values):
        return []
    groups = [told([values[participant] for participant in group if participant in values]) for group in ids]
    return [(title, *groups, str(len(everybody - set(values))))]


def _share(matches: Callable[[V], bool]) -> Callable[[Sequence[V]], str]:
    def told(values: Sequence[V]) -> str:
        return cell_count(sum(matches(value) for value in values), len(values)) if values else ABSENT

    return told


def _sex_row(people: pl.DataFrame, ids: list[list[str]]) -> list[tuple[str, ...]]:
    known = people.drop_nulls(["participant_id", "sex"]).select("participant_id", "sex").iter_rows()
    return _row("Women", dict(known), ids, _share(lambda sex: str(sex).lower() in FEMALE))


def _onset_rows(people: pl.DataFrame, ids: list[list[str]]) -> list[tuple[str, ...]]:
    regions = dict(
        people.drop_nulls(["participant_id", "onset_region"]).select("participant_id", "onset_region").iter_rows()
    )
    rows: list[tuple[str, ...]] = []
    for region in sorted(set(regions.values())):
        rows += _row(f"Onset: {region}", regions, ids, _share(partial(eq, region)))
    return rows


def _riluzole_row(people: pl.DataFrame, ids: list[list[str]]) -> list[tuple[str, ...]]:
    known = people.drop_nulls(["participant_id", "riluzole"]).select("participant_id", "riluzole").iter_rows()
    return _row("On riluzole", dict(known), ids, _share(bool))
