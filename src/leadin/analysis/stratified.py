"""Strata of a plan in the words and the warnings of the methods that compare arms within them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from leadin.analysis.causes import Causes, kinds_words
from leadin.analysis.covariates import strata
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial


def in_strata(times: pl.DataFrame, trial: Trial, names: Sequence[str]) -> pl.DataFrame:
    """The table, with a column `stratum` after the columns `names` of the participants; DataError for one that the
    participants do not have."""
    of = trial.participants.select("participant_id").with_columns(strata(trial.participants, names))
    return times.join(of, on="participant_id", how="left", maintain_order="left")


def stratum_words(names: Sequence[str]) -> str:
    """`, compared within strata of site and onset_region`; nothing without strata."""
    return f", compared within strata of {joined(names)}" if names else ""


def joined(names: Sequence[str]) -> str:
    """Names in a sentence: `a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def strata_warnings(times: pl.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
    """What the strata of these participants hide: those of one arm alone, and values that are not known."""
    if not names:
        return ()
    arms = times.group_by("stratum").agg(n=pl.len(), arms=pl.col("arm").n_unique())
    alone = arms.filter(pl.col("arms") < 2)
    said = []
    if alone.height:
        said.append(
            f"strata with participants of one arm only: {alone.height} of {arms.height}, with {alone['n'].sum()} "
            "participants, who say nothing about the difference between arms"
        )
    unknown = times.filter(pl.col("stratum").str.split(" / ").list.contains("not known")).height
    if unknown:
        said.append(f"participants without a value of {joined(names)}: {unknown}; not known counts as a stratum")
    return tuple(said)


def survival_rule(causes: Causes, planned: PlannedAnalysis) -> str | None:
    """The settings that make an analysis of survival another one than usual, for its rows; None for none."""
    parts = [f"cause-specific: {kinds_words(causes.counted)}"] if causes.competing else []
    if planned.strata:
        parts.append(f"stratified by {joined(planned.strata)}")
    if planned.covariates:
        parts.append(f"adjusted for {joined(planned.covariates)}")
    return "; ".join(parts) or None
