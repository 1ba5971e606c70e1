"""Items and prognosis in the tables of a simulated trial."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadin.als.encals import encals_linear_predictor
from leadin.als.prognostic_terms import prognostic_terms
from leadin.als.tricals import tricals_risk_profile
from leadin.disease.items import draw_item_places
from leadin.disease.load import load_population
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams
from leadin.protocols.load import load_protocol
from leadin.simulation import item_scores as module
from leadin.simulation.item_scores import item_scores
from leadin.simulation.simulate import simulate_trial
from leadin.trials.alsfrs_r_items import domain_scores, stages
from leadin.trials.checks import check_trial

MONTH = 30.4375


@pytest.fixture(scope="module")
def trial():
    return simulate_trial(load_protocol("hanyang-phase2"), seed=5, n={"cells": 150, "control": 150})


def test_every_total_has_its_twelve_items(trial):
    totals = trial.assessments.filter(pl.col("measure") == "alsfrs_r").sort("participant_id", "day")
    items = trial.assessments.filter(pl.col("measure").str.starts_with("alsfrs_r."))
    assert items.height == 12 * totals.height
    scores = domain_scores(trial)
    assert scores.select("participant_id", "day", "visit").equals(totals.select("participant_id", "day", "visit"))
    assert (scores["total"] == totals["value"]).all()
    assert (
        scores.select("bulbar", "fine_motor", "gross_motor", "respiratory").sum_horizontal() == scores["total"]
    ).all()
    assert items["value"].is_in([0.0, 1, 2, 3, 4]).all()


def test_nothing_is_found_wrong_with_them(trial):
    ids = {finding.id for finding in check_trial(trial)}
    assert not ids & {"total-differs-from-items", "score-out-of-range", "unknown-measure", "score-not-whole"}


def test_stages_rise_with_time_and_end_in_death(trial):
    told = stages(trial, tube_feeding=True)
    deaths = trial.events.filter(pl.col("kind") == "death")
    assert told.filter(pl.col("kings") == "5").height == deaths.height > 10
    assert {"1", "2", "3", "4A", "4B", "5"} <= set(told["kings"])
    ends = (
        told.filter(pl.col("kings") != "5")
        .group_by("participant_id", maintain_order=True)
        .agg(pl.all().sort_by("day").first(), last=pl.col("mitos_stage").sort_by("day").last(), n=pl.len())
        .filter(pl.col("n") >= 6)
    )
    assert ends["last"].mean() > ends["mitos_stage"].mean() + 0.3


def test_onset_decides_the_domain_that_is_lowest_at_entry(trial):
    first = domain_scores(trial).group_by("participant_id", maintain_order=True).first()
    people = first.join(trial.participants, on="participant_id")
    for site, domain in (("bulbar", "bulbar"), ("arm", "fine_motor"), ("leg", "gross_motor")):
        means = people.filter(pl.col("onset_site") == site).select(
            pl.col("bulbar", "fine_motor", "gross_motor", "respiratory").mean()
        )
        assert min(means.to_dicts()[0].items(), key=lambda pair: pair[1])[0] == domain
    regions = people.group_by("onset_site").agg(pl.col("onset_region").unique().sort())
    assert {row[0]: row[1] for row in regions.rows()} == {"bulbar": ["bulbar"], "arm": ["limb"], "leg": ["limb"]}


def test_totals_are_as_without_items(trial):
    """The items take random numbers of their own: no other table knows of them."""
    population = load_population("pro-act")
    other = population.model_copy(update={"items": population.items.model_copy(update={"region_sd": 3.0})})
    again = simulate_trial(load_protocol("hanyang-phase2"), seed=5, n={"cells": 150, "control": 150}, population=other)
    items = pl.col("measure").str.starts_with("alsfrs_r.")
    assert again.assessments.filter(~items).equals(trial.assessments.filter(~items))
    assert not again.assessments.filter(items).equals(trial.assessments.filter(items))
    for name in ("participants", "lots", "administrations", "events", "adverse_events"):
        assert again.table(name).equals(trial.table(name)), name


def test_blocks_of_participants_change_nothing(monkeypatch):
    population = load_population("pro-act")
    totals = np.random.default_rng(1).integers(0, 49, (25, 4)).astype(float)
    totals[2, 1] = np.nan
    order = draw_item_places(population.items, np.arange(25) < 5, Draws(Streams(1)))
    whole = item_scores(order, totals, population, Draws(Streams(1)))
    monkeypatch.setattr(module, "BLOCK", 4)
    assert np.array_equal(item_scores(order, totals, population, Draws(Streams(1))), whole)
    assert np.array_equal(whole.sum(axis=1), totals[np.isfinite(totals)])


@pytest.mark.parametrize("name", ["hanyang-phase2", "hanyang-phase1"])
def test_prognosis_follows_from_the_tables(name):
    """Whoever has the tables finds the same ENCALS predictor and TRICALS profile, with and without randomisation."""
    trial = simulate_trial(load_protocol(name), seed=5, n={"cells": 150})
    enrolled = trial.events.filter(pl.col("kind") == "screened").select("participant_id", enrolled="day")
    score = pl.col("measure") == "alsfrs_r"
    first = (
        trial.assessments.filter((score | (pl.col("measure") == "fvc_percent")) & (pl.col("day") <= 0))
        .sort("day")
        .group_by("participant_id", maintain_order=True)
        .agg(
            pl.col("day").filter(score).first(),
            score=pl.col("value").filter(score).first(),
            capacity=pl.col("value").filter(~score).first(),
        )
    )
    rows = trial.participants.join(first, on="participant_id").join(enrolled, on="participant_id")
    assert rows.height == trial.participants.height
    column = {name: rows[name].to_numpy() for name in rows.columns}
    months = column["months_since_onset"] + (column["day"] - column["enrolled"]) / MONTH
    terms = prognostic_terms(
        delta_fs=(48 - column["score"]) / months,
        diagnostic_delay_months=column["diagnostic_delay_months"],
        age_at_onset_years=column["age_years"] - column["months_since_onset"] / 12,
        vital_capacity_percent=column["capacity"],
        bulbar_onset=column["onset_region"] == "bulbar",
        definite_el_escorial=column["definite_el_escorial"],
        frontotemporal_dementia=column["frontotemporal_dementia"],
    )
    predictor = encals_linear_predictor(terms, column["c9orf72"])
    # Three decimals are written.
    assert np.abs(predictor - column["encals_linear_predictor"]).max() <= 0.00051
    assert np.abs(tricals_risk_profile(terms) - column["tricals_risk_profile"]).max() <= 0.00051
    assert -6 < column["tricals_risk_profile"].mean() < -2


def test_prognosis_goes_with_decline_where_duration_does():
    """With the time since onset tied to what was lost, the predictors foretell decline; Spearman, 4 errors above 0."""
    population = load_population("pro-act")
    who = population.demographics.model_copy(update={"onset_goes_with_loss": 0.8})
    population = population.model_copy(update={"demographics": who})
    trial = simulate_trial(
        load_protocol("hanyang-phase2"), seed=5, n={"cells": 700, "control": 700}, population=population
    )
    scores = trial.assessments.filter(pl.col("measure") == "alsfrs_r").sort("day")
    change = (
        scores.filter(pl.col("day") >= -1)
        .group_by("participant_id")
        .agg(lost=pl.col("value").first() - pl.col("value").last(), n=pl.len())
        .filter(pl.col("n") >= 5)
    )
    both = trial.participants.join(change, on="participant_id")
    for column in ("encals_linear_predictor", "tricals_risk_profile"):
        ranks = both.select(pl.corr(column, "lost", method="spearman")).item()
        assert ranks > 4 / both.height**0.5, column


def test_without_a_vital_capacity_there_is_no_predictor(build):
    people = simulate_trial(build(planned=20), seed=1).participants
    assert people["encals_linear_predictor"].null_count() == people.height
    assert people["tricals_risk_profile"].null_count() == people.height
    slow = simulate_trial(build(planned=20, measures=("alsfrs_r", "svc_percent")), seed=1).participants
    assert slow["encals_linear_predictor"].null_count() == 0
    assert people["definite_el_escorial"].equals(slow["definite_el_escorial"])
    protocol = build(planned=20)
    late = [{"measures": ("alsfrs_r", "svc_percent") if visit.day > 0 else visit.measures} for visit in protocol.visits]
    visits = tuple(visit.model_copy(update=change) for visit, change in zip(protocol.visits, late, strict=True))
    after = simulate_trial(protocol.model_copy(update={"visits": visits}), seed=1)
    assert after.assessments.filter(pl.col("measure") == "svc_percent").height > 100
    assert after.participants["encals_linear_predictor"].null_count() == after.participants.height
