"""Checks on who is meant: participants that exist, arms that exist, participants that were seen."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from leadin.trials.checks.places import SHOWN, counted, did_you_mean, find_rows, listed
from leadin.trials.finding import Finding
from leadin.trials.trial import TABLES, Trial


def check_participants_known(trial: Trial) -> Iterator[Finding]:
    """Rows of any table whose participant is not in the participants table. Lots without a participant are stock."""
    known = trial.participants["participant_id"]
    names = known.drop_nulls().to_list()
    for name in TABLES[1:]:
        table = trial.table(name).with_row_index("row")
        hits = table.filter(pl.col("participant_id").is_not_null() & ~pl.col("participant_id").is_in(known.implode()))
        if hits.is_empty():
            continue
        unknown = hits["participant_id"].unique(maintain_order=True).to_list()
        shown = [f"{who!r}{did_you_mean(who, names)}" for who in unknown[:SHOWN]]
        yield Finding(
            "unknown-participant",
            "error",
            name,
            tuple(hits["row"].to_list()),
            f"{counted(hits.height, 'row', 'rows')} of {name} belong to no participant of this trial "
            f"({listed(shown, len(unknown))}). Left out; add the participant or correct the id.",
        )


def check_arms(trial: Trial) -> Iterator[Finding]:
    """Participants of an arm that the protocol lacks, and participants without an arm where others have one.

    Screen failures have none; nor has, where others were randomised, whoever died or left before that.
    """
    table = trial.participants.with_row_index("row")
    if table["arm"].null_count() < table.height:
        excused = _never_allocated(trial)
        hits = table.filter(pl.col("arm").is_null() & ~pl.col("participant_id").is_in(excused.implode()))
        if not hits.is_empty():
            yield find_rows(
                "missing-arm",
                "warning",
                "participants",
                hits,
                ("participant without an arm", "participants without an arm"),
                "{participant_id}",
                "Used only where arms are not compared; fill in arm.",
            )
    if trial.protocol is None:
        return
    arms = [arm.name for arm in trial.protocol.arms]
    hits = table.filter(pl.col("arm").is_not_null() & ~pl.col("arm").is_in(arms))
    for (arm,), group in hits.group_by(["arm"], maintain_order=True):
        yield find_rows(
            "unknown-arm",
            "error",
            "participants",
            group,
            (f"participant of arm {arm!r}", f"participants of arm {arm!r}"),
            "{participant_id}",
            f"Protocol {trial.protocol.name} has {', '.join(arms)}{did_you_mean(str(arm), arms) or '.'} "
            "Left out; correct the arm or give the protocol of this trial.",
        )


def _never_allocated(trial: Trial) -> pl.Series:
    """Participants who never came so far as to have an arm."""
    kind, who = pl.col("kind"), pl.col("participant_id")
    randomised = trial.events.filter(kind == "randomised")["participant_id"]
    left = kind.is_in(["death", "withdrawal", "lost_to_follow_up"]) & ~who.is_in(randomised.implode())
    never = (kind == "screen_failure") | (left & pl.lit(not randomised.is_empty()))
    return trial.events.filter(never)["participant_id"]


def check_participants_seen(trial: Trial) -> Iterator[Finding]:
    """Participants of whom no assessment was ever recorded, screen failures apart."""
    seen = trial.assessments.filter(pl.col("value").is_not_null())["participant_id"]
    failed = trial.events.filter(pl.col("kind") == "screen_failure")["participant_id"]
    here = pl.col("participant_id")
    hits = trial.participants.with_row_index("row").filter(
        here.is_not_null() & ~here.is_in(seen.implode()) & ~here.is_in(failed.implode())
    )
    if not hits.is_empty():
        yield find_rows(
            "no-assessment",
            "note",
            "participants",
            hits,
            ("participant without any assessment", "participants without any assessment"),
            "{participant_id}",
            "Counted, but in no analysis of function.",
        )
