"""A sham puncture does harm as a real one does, in its own arm, on its own days, and to nobody else."""

from __future__ import annotations

import polars as pl
import pytest

import leadin
from leadin.trials.trial import Trial

SEED = 11
TERMS = ("Headache", "Pyrexia", "Puncture site pain")


def related(trial: Trial, arm: str) -> pl.DataFrame:
    people = trial.participants.filter(pl.col("arm") == arm).select("participant_id")
    return trial.adverse_events.join(people, on="participant_id", how="semi").filter(pl.col("relatedness") == "related")


@pytest.fixture(scope="module")
def trial() -> Trial:
    return leadin.simulate("nurown-us-phase3", seed=SEED, n={"cells": 400, "placebo": 400})


def test_as_many_related_events_after_placebo_as_after_cells(trial: Trial) -> None:
    # Three punctures each: 0.0647 + 0.0732 + 0.0690 events of these terms a puncture, Poisson bounds of 4 SD.
    counts = {}
    for arm in ("cells", "placebo"):
        rows = related(trial, arm).filter(pl.col("term").is_in(TERMS) & (pl.col("start_day") >= 0))
        counts[arm] = rows.height
    expected = 400 * 3 * 0.2069
    for arm, count in counts.items():
        # Who died or left before a puncture had none: up to a tenth fewer.
        assert 0.85 * expected - 4 * expected**0.5 < count < expected + 4 * expected**0.5, arm


def test_placebo_marrow_hurts_too_and_only_on_its_days(trial: Trial) -> None:
    pain = related(trial, "placebo").filter(pl.col("term") == "Procedural pain")
    assert not pain.is_empty()
    assert pain["start_day"].is_between(-35, -34).all()
    headaches = related(trial, "placebo").filter(pl.col("term") == "Headache")["start_day"]
    assert headaches.map_elements(lambda day: any(0 <= day - dose <= 2 for dose in (0, 56, 112)), pl.Boolean).all()


def test_an_untreated_control_has_no_related_event() -> None:
    open_label = leadin.simulate("hanyang-phase2", seed=SEED)
    assert related(open_label, "control").is_empty()


def test_nobody_is_punctured_after_the_last_day(trial: Trial) -> None:
    last = trial.events.filter(pl.col("kind").is_in(["death", "withdrawal", "lost_to_follow_up", "end_of_follow_up"]))
    rows = related(trial, "placebo").join(last.group_by("participant_id").agg(pl.col("day").min()), on="participant_id")
    assert rows.height
    assert (rows["start_day"] <= rows["day"]).all()
