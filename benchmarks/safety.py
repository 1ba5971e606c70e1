"""The table of adverse events: 200 participants, 2,000 events of 60 terms, with exact intervals."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from benchmarks.side_by_side import Comparison, from_r, milliseconds
from leadin.analysis.adverse_event_table import safety_table
from leadin.trials.schema import conform
from leadin.trials.trial import Manifest, Trial, empty_trial

PARTICIPANTS, EVENTS, TERMS, DAYS = 200, 2000, 60, 365


def compared() -> tuple[Comparison, ...]:
    """Against loops over arms and terms in base R, with binom.test and poisson.test."""
    trial = made_up()
    ours = milliseconds([(trial,)] * 5, safety_table)
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"{name}.csv" for name in ("participants", "adverse_events")]
        for file in files:
            trial.table(file.stem).write_csv(file)
        peers = from_r("safety.R", ("base R, loops over arms and terms",), *files)
    title = f"Table of {EVENTS:,} adverse events in {PARTICIPANTS} participants, {TERMS} terms"
    return (Comparison(title, ("leadin", ours), peers),)


def made_up() -> Trial:
    """Everybody followed for a year, events at random."""
    draw = np.random.default_rng(1)
    people = [f"P{i:03d}" for i in range(PARTICIPANTS)]
    term = draw.integers(0, TERMS, EVENTS)
    events = pl.DataFrame(
        {
            "participant_id": draw.choice(people, EVENTS),
            "start_day": draw.integers(0, DAYS, EVENTS),
            "term": [f"Term {i:02d}" for i in term],
            "system_organ_class": [f"Class {i % 12:02d}" for i in term],
            "serious": draw.random(EVENTS) < 0.1,
            "relatedness": draw.choice(["related", "not related"], EVENTS),
            "ctcae_grade": draw.integers(1, 5, EVENTS),
        }
    )
    ends = {"participant_id": people, "day": [DAYS] * PARTICIPANTS, "kind": ["end_of_follow_up"] * PARTICIPANTS}
    arms = {"participant_id": people, "arm": ["cells", "sham"] * (PARTICIPANTS // 2)}
    filled = {"participants": pl.DataFrame(arms), "adverse_events": events, "events": pl.DataFrame(ends)}
    return empty_trial(Manifest("simulated")).with_tables({name: conform(name, filled[name]) for name in filled})
