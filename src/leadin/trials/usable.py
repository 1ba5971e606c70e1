"""The part of a trial that analyses may use: without the rows that carry an error finding."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from leadin.trials.checks import check_trial
from leadin.trials.finding import Finding
from leadin.trials.schema import conform
from leadin.trials.trial import TABLES, Trial


@dataclass(frozen=True)
class LeftOut:
    """Rows of one table that analyses do not use: `rows` of `of` in all, `for_participant` of them only because their
    participant is left out.
    """

    table: str
    rows: int
    of: int
    for_participant: int


def usable_trial(trial: Trial) -> Trial:
    """`trial` without the rows that an error finding names, and without the rows of participants left out that way.

    The findings are those the trial brings and those of all checks. They stay in the trial given back, with their
    words but without row numbers, since rows have moved: giving it again changes nothing.
    """
    trial, keep, findings = _judged(trial)
    tables = {name: trial.table(name).filter(mask) for name, mask in keep.items()}
    said = tuple(replace(finding, rows=()) for finding in findings)
    return replace(trial.with_tables(tables), findings=said)


def left_out(trial: Trial) -> tuple[LeftOut, ...]:
    """How many rows of each table `usable_trial` leaves out, tables that keep every row not named."""
    trial, keep, findings = _judged(trial)
    counts = []
    for name, mask in keep.items():
        rows = int((~mask).sum())
        named = {
            row for finding in findings if finding.table == name and finding.severity == "error" for row in finding.rows
        }
        if rows:
            counts.append(LeftOut(name, rows, trial.table(name).height, rows - len(named)))
    return tuple(counts)


def all_findings(trial: Trial) -> tuple[Finding, ...]:
    """The findings that the trial brings and those of all checks, each once."""
    return tuple(dict.fromkeys((*trial.findings, *check_trial(trial))))


def _judged(trial: Trial) -> tuple[Trial, dict[str, pl.Series], tuple[Finding, ...]]:
    """The trial with conformed tables, a mask of the rows to keep per table, and the findings behind it."""
    trial = trial.with_tables({name: conform(name, trial.table(name)) for name in TABLES})
    findings = all_findings(trial)
    keep = {}
    for name in TABLES:
        bad = {
            row for finding in findings if finding.table == name and finding.severity == "error" for row in finding.rows
        }
        keep[name] = pl.Series("keep", [row not in bad for row in range(trial.table(name).height)], dtype=pl.Boolean)
    participants = trial.participants["participant_id"].filter(keep["participants"])
    for name in TABLES[1:]:
        owner = trial.table(name)["participant_id"]
        # Cells from stock belong to no participant; every other row needs its own.
        belongs = owner.is_in(participants.implode()).fill_null(name == "lots")
        keep[name] = keep[name] & belongs
    return trial, keep, findings
