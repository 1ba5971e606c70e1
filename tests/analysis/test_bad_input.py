"""Every method meets every odd trial: a DataError in a sentence, or rows that say why they hold no estimate."""

from __future__ import annotations

import math
from dataclasses import astuple, replace
from functools import cache

import polars as pl
import pytest

from leadin.analysis.analyse import analyse_trial, run_analysis
from leadin.analysis.arms import allocated, reference_arm
from leadin.analysis.methods import METHODS
from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.load import load_protocol
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.schema import SCHEMAS
from leadin.trials.usable import usable_trial

from .conftest import build_trial

pytestmark = [
    pytest.mark.evidence("slope_change", "bad_input"),
    pytest.mark.evidence("responders", "bad_input"),
    pytest.mark.evidence("random_slope", "bad_input"),
    pytest.mark.evidence("broken_stick", "bad_input"),
    pytest.mark.evidence("mmrm", "bad_input"),
    pytest.mark.evidence("ancova", "bad_input"),
    pytest.mark.evidence("joint_rank", "bad_input"),
    pytest.mark.evidence("win_ratio", "bad_input"),
    pytest.mark.evidence("kaplan_meier", "bad_input"),
    pytest.mark.evidence("log_rank", "bad_input"),
    pytest.mark.evidence("cox", "bad_input"),
    pytest.mark.evidence("restricted_mean", "bad_input"),
    pytest.mark.evidence("paired_side", "bad_input"),
    pytest.mark.evidence("potency", "bad_input"),
    pytest.mark.evidence("safety", "bad_input"),
]
MONTHS = (-3, -2, -1, 0, 1, 2, 3, 4, 5, 6)
MEASURES = ("svc_percent", "strength.left", "strength.right")
PEOPLE = [f"p{i:02d}" for i in range(16)]


def score(i, month):
    """Falling scores with a little of everything: levels, rates and noise that differ between participants."""
    return float(round(38 + i % 5 - (0.7 + 0.1 * (i % 7)) * month + ((7 * i + 3 * (month + 3)) % 5 - 2) / 2))


def whole(arms=None, people=PEOPLE, scores=None, events=None):
    """A trial that every method can carry: two arms, lead-in and follow-up, deaths, cells with secretion, harm."""
    arms = arms or {who: ("control", "cells")[i % 2] for i, who in enumerate(people)}
    scores = scores or {who: {m: score(i, m) for m in MONTHS} for i, who in enumerate(people)}
    more = [
        (who, m, name, score(i + k, m) + 30)
        for i, who in enumerate(people)
        for m in MONTHS
        for k, name in enumerate(MEASURES)
    ]
    events = events or [
        *((who, 4.5 + i / 7, "death") for i, who in enumerate(people) if i % 4 in (0, 3)),
        *((who, 6.0, "end_of_follow_up") for i, who in enumerate(people) if i % 4 in (1, 2)),
    ]
    last = {who: month for who, month, _ in events}
    scores = {who: {m: v for m, v in visits.items() if m <= last.get(who, 99)} for who, visits in scores.items()}
    more = [row for row in more if row[1] <= last.get(row[0], 99)]
    given = [who for who in people if arms[who] == "cells"]
    harm = [
        {
            "participant_id": who,
            "start_month": 0.5,
            "term": "headache",
            "system_organ_class": "Nervous system disorders",
            "ctcae_grade": 1 + i % 3,
            "serious": i % 3 == 0,
            "relatedness": "related",
        }
        for i, who in enumerate(given)
    ]
    trial = build_trial(arms, scores, events, more=more, doses=[(who, 0.0) for who in given], adverse_events=harm)
    lots = [
        {
            **dict.fromkeys(SCHEMAS["lots"]),
            "lot_id": f"L{who}",
            "participant_id": who,
            "isolated_day": -40.0,
            "released_day": -1.0,
            "secretion_before": 100.0 + i,
            "secretion_after": 150.0 + 13.0 * i,
            "outcome": "released",
        }
        for i, who in enumerate(given)
    ]
    sides = trial.administrations.with_columns(
        lot_id="L" + pl.col("participant_id"), site_of_injection=pl.lit("lumbar, left"), route=pl.lit("intraspinal")
    )
    return trial.with_tables({"lots": pl.DataFrame(lots, schema=SCHEMAS["lots"]), "administrations": sides})


def one_arm_unseen():
    trial = whole()
    cells = trial.participants.filter(pl.col("arm") == "cells")["participant_id"].implode()
    seen = {
        name: trial.table(name).filter(~pl.col("participant_id").is_in(cells))
        for name in ("assessments", "events", "lots", "administrations", "adverse_events")
    }
    return trial.with_tables(seen)


def one_arm_in_the_protocol_only():
    trial = whole(dict.fromkeys(PEOPLE, "control"))
    return replace(trial, protocol=load_protocol("hanyang-phase2"))


def dead_before_the_first_visit():
    return whole(events=[(who, 0.1 + i / 100, "death") for i, who in enumerate(PEOPLE)])


def dead_on_day_zero():
    return whole(events=[(who, 0.0, "death") for who in PEOPLE])


def constant_outcome():
    trial = whole()
    return trial.with_tables({"assessments": trial.assessments.with_columns(value=pl.lit(40.0))})


def one_participant():
    return whole({"p00": "cells"}, ["p00"])


def one_participant_an_arm():
    return whole({"p00": "cells", "p01": "control"}, ["p00", "p01"])


def nobody():
    trial = whole()
    return trial.with_tables({name: trial.table(name).clear() for name in SCHEMAS})


def no_rows_but_people():
    trial = whole()
    return trial.with_tables({name: trial.table(name).clear() for name in SCHEMAS if name != "participants"})


def duplicated_rows():
    trial = whole()
    return trial.with_tables({name: pl.concat([trial.table(name)] * 2) for name in SCHEMAS})


def conflicting_rows():
    """The same participant, day and measure twice, with another value."""
    trial = whole()
    other = trial.assessments.with_columns(value=pl.col("value") - 3)
    return trial.with_tables({"assessments": pl.concat([trial.assessments, other])})


def nan_and_infinity():
    trial = whole()
    odd = (
        pl.when(pl.int_range(pl.len()) % 7 == 0)
        .then(float("nan"))
        .when(pl.int_range(pl.len()) % 7 == 3)
        .then(float("inf"))
    )
    seen = trial.assessments.with_columns(value=odd.otherwise(pl.col("value")))
    events = trial.events.with_columns(day=odd.otherwise(pl.col("day")))
    lots = trial.lots.with_columns(secretion_after=odd.otherwise(pl.col("secretion_after")))
    harm = trial.adverse_events.with_columns(start_day=odd.otherwise(pl.col("start_day")))
    return trial.with_tables({"assessments": seen, "events": events, "lots": lots, "adverse_events": harm})


def nothing_but_nan():
    trial = whole()
    return trial.with_tables({"assessments": trial.assessments.with_columns(value=pl.lit(float("nan")))})


def endless_days():
    trial = whole()
    return trial.with_tables({"assessments": trial.assessments.with_columns(day=pl.lit(float("inf")))})


def all_on_one_day():
    trial = whole()
    return trial.with_tables({"assessments": trial.assessments.with_columns(day=pl.lit(30 * DAYS_PER_MONTH / 30))})


def nobody_in_an_arm():
    return whole(dict.fromkeys(PEOPLE))


ODD = {
    make.__name__: make
    for make in (
        one_arm_unseen,
        one_arm_in_the_protocol_only,
        dead_before_the_first_visit,
        dead_on_day_zero,
        constant_outcome,
        one_participant,
        one_participant_an_arm,
        nobody,
        no_rows_but_people,
        duplicated_rows,
        conflicting_rows,
        nan_and_infinity,
        nothing_but_nan,
        endless_days,
        all_on_one_day,
        nobody_in_an_arm,
    )
}


@cache
def usable(odd):
    """As `analyse_trial` hands it to a method; cached, since the checks take longer than most methods."""
    trial = allocated(usable_trial(ODD[odd]() if odd in ODD else whole()))
    return trial, reference_arm(trial)


def sound(row):
    """No number that is none; an estimate or a statistic, or the reason in a sentence."""
    for value in astuple(row):
        assert not isinstance(value, float) or math.isfinite(value), row
    if row.converged:
        assert row.estimate is not None or row.statistic is not None or row.p is not None, row
    else:
        assert row.p is None, row
        # A median that was not reached is known to lie beyond a bound.
        assert row.ci_low is None or row.ci_high is None, row
        assert row.warnings, row
        assert len(row.warnings[0]) > 20, row
        assert "Traceback" not in row.warnings[0], row
    if row.ci_low is not None and row.ci_high is not None and row.estimate is not None:
        assert row.ci_low <= row.estimate + 1e-9, row
        assert row.estimate <= row.ci_high + 1e-9, row
    if row.p is not None:
        assert 0.0 <= row.p <= 1.0, row


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("odd", [name for name in ODD if name != "nobody"])
def test_an_odd_trial_is_told_of_and_never_a_traceback(name, odd):
    trial, reference = usable(odd)
    rows = run_analysis(trial, PlannedAnalysis(method=name), reference)
    assert rows
    for row in rows:
        sound(row)


@pytest.mark.parametrize("name", METHODS)
def test_the_same_trial_without_its_oddity_is_estimated(name):
    """So that the refusals above are for the oddity, not for the trial."""
    trial, reference = usable("whole")
    rows = run_analysis(trial, PlannedAnalysis(method=name), reference)
    assert any(row.converged and row.estimate is not None for row in rows) or name == "log_rank"
    for row in rows:
        sound(row)


@pytest.mark.parametrize("odd", ["duplicated_rows", "nan_and_infinity", "nobody_in_an_arm"])
def test_all_methods_at_once_meet_an_odd_trial(odd):
    results = analyse_trial(ODD[odd]())
    assert set(results.methods) == set(METHODS)
    for row in results:
        sound(row)


def test_nobody_at_all_is_refused():
    with pytest.raises(DataError, match="participants: expected at least one usable participant; got none"):
        analyse_trial(nobody())
