"""The tables of a simulated trial: what goes in must come out, and add up."""

from __future__ import annotations

import polars as pl
import pytest

from leadin.protocols.load import load_protocol
from leadin.simulation.simulate import simulate_trial
from leadin.simulation.tables import participant_ids


@pytest.fixture(scope="module")
def trial():
    return simulate_trial(load_protocol("hanyang-phase2"), seed=11, n={"cells": 300, "control": 300})


@pytest.fixture(scope="module")
def single():
    return simulate_trial(load_protocol("hanyang-phase1"), seed=11, n={"cells": 300})


def who(trial, kind):
    return set(trial.events.filter(pl.col("kind") == kind)["participant_id"].to_list())


def in_arm(trial, arm=None):
    arms = trial.participants.filter(pl.col("arm").is_not_null() if arm is None else pl.col("arm") == arm)
    return set(arms["participant_id"].to_list())


def last_days(trial):
    ends = ["death", "withdrawal", "lost_to_follow_up", "end_of_follow_up", "screen_failure"]
    return trial.events.filter(pl.col("kind").is_in(ends)).select("participant_id", last="day")


def test_the_flow_adds_up(trial):
    everybody = set(trial.participants["participant_id"].to_list())
    assert who(trial, "screened") == everybody
    assert who(trial, "screen_failure") | who(trial, "enrolled") == everybody
    assert not who(trial, "screen_failure") & who(trial, "enrolled")
    assert who(trial, "randomised") == in_arm(trial)
    assert len(in_arm(trial, "cells")) == len(in_arm(trial, "control")) == 300
    left = who(trial, "enrolled") - who(trial, "randomised")
    assert left
    assert left <= who(trial, "death") | who(trial, "withdrawal") | who(trial, "lost_to_follow_up")
    ended = [who(trial, kind) for kind in ("death", "withdrawal", "lost_to_follow_up", "end_of_follow_up")]
    assert sum(map(len, ended)) == len(set.union(*ended)) == len(who(trial, "enrolled"))
    dosed = set(trial.administrations["participant_id"].to_list())
    assert dosed | who(trial, "not_dosed") == in_arm(trial, "cells")
    assert not dosed & who(trial, "not_dosed")


def test_single_arm_trials_keep_who_leaves_before_dosing(single):
    assert not who(single, "randomised")
    assert who(single, "enrolled") == in_arm(single, "cells")
    assert len(in_arm(single)) == 300
    not_dosed = single.events.filter(pl.col("kind") == "not_dosed")
    assert not_dosed.height > 5
    assert set(not_dosed["detail"]) == {"died before the first administration", "left before the first administration"}
    dead = who(single, "death")
    for row in not_dosed.iter_rows(named=True):
        assert row["detail"].startswith("died") == (row["participant_id"] in dead)
        assert row["day"] <= 0
    left_in_lead_in = last_days(single).filter(pl.col("last") < 0)["participant_id"]
    assert set(left_in_lead_in) - who(single, "screen_failure") <= set(not_dosed["participant_id"])


def test_failures_say_which_criterion(trial):
    failures = trial.events.filter(pl.col("kind") == "screen_failure")
    words = set(failures["detail"])
    assert "not met: age_years at screening from 25 to 75" in words
    assert all(word.startswith("not met: ") for word in words)
    days = failures.join(trial.events.filter(pl.col("kind") == "screened"), on="participant_id")
    assert (days["day"] == days["day_right"]).all()


def test_run_in_failures_are_seen_until_baseline():
    protocol = load_protocol("hanyang-phase2")
    rule = {"variable": "alsfrs_r_lost_in_lead_in", "at": "baseline", "minimum": 3}
    said = protocol.model_dump()
    said["eligibility"]["criteria"] = (*said["eligibility"]["criteria"], rule)
    trial = simulate_trial(type(protocol).model_validate(said), seed=3)
    failed = trial.events.filter(pl.col("detail") == "not met: alsfrs_r_lost_in_lead_in at baseline at least 3")
    assert failed.height > 30
    assert (failed["day"] == 0).all()
    assert failed["kind"].unique().to_list() == ["screen_failure"]
    seen = trial.assessments.join(failed, on="participant_id", how="semi").filter(pl.col("measure") == "alsfrs_r")
    assert seen["day"].max() == 0
    first, last = (
        seen.filter(pl.col("visit") == visit).sort("participant_id")["value"] for visit in ("screening", "baseline")
    )
    assert first.len() == last.len() == failed.height
    assert ((first - last) < 3).all()
    inside = trial.participants.filter(pl.col("arm").is_not_null()).select("participant_id")
    scores = trial.assessments.filter(pl.col("measure") == "alsfrs_r").join(inside, on="participant_id", how="semi")
    first, last = (
        scores.filter(pl.col("visit") == visit).select("participant_id", "value") for visit in ("screening", "baseline")
    )
    both = first.join(last, on="participant_id")  # who died after allocation was not there at baseline
    assert both.height > 50
    assert ((both["value"] - both["value_right"]) >= 3).all()


def test_nothing_is_seen_after_the_last_day(trial):
    for table, day in (("assessments", "day"), ("administrations", "day"), ("adverse_events", "start_day")):
        late = trial.table(table).join(last_days(trial), on="participant_id").filter(pl.col(day) > pl.col("last"))
        assert late.is_empty(), table


def test_nothing_is_assessed_on_or_after_the_day_of_leaving(trial):
    left = trial.events.filter(pl.col("kind").is_in(["withdrawal", "lost_to_follow_up"]) & (pl.col("day") > 0))
    late = trial.assessments.join(left.select("participant_id", last="day"), on="participant_id")
    assert late.height > 50
    assert late.filter(pl.col("day") >= pl.col("last")).is_empty()


def test_scores_are_whole_and_visits_named(trial):
    scores = trial.assessments.filter(pl.col("measure") == "alsfrs_r")["value"]
    assert ((scores >= 0) & (scores <= 48) & (scores == scores.floor())).all()
    items = {f"alsfrs_r.{number:02d}" for number in range(1, 13)}  # every total comes with its items
    planned = {visit.name: set(visit.measures) | items for visit in trial.protocol.visits}
    found = trial.assessments.group_by("visit").agg(pl.col("measure").unique())
    assert {row["visit"]: set(row["measure"]) for row in found.iter_rows(named=True)} == planned


def test_lots_are_made_for_those_who_get_them(trial):
    given = trial.administrations.join(trial.lots, on="lot_id", suffix="_lot")
    assert given.height == trial.administrations.height
    assert (given["participant_id"] == given["participant_id_lot"]).all()
    assert (given["outcome"] == "released").all()
    assert (given["day"] == given["released_day"]).all()
    grown = given["released_day"] - given["isolated_day"]
    assert grown.min() == 28
    assert (grown == 28).mean() > 0.75
    weights = trial.participants.select("participant_id", "weight_kg")
    cells = given.join(weights, on="participant_id")
    planned = (cells["weight_kg"] * 1e6).round()
    assert (cells["cells"] <= planned).all()
    assert (cells["cells"] == planned).mean() > 0.95
    assert (cells["cells"] >= 0.8 * planned - 1).all()
    needed = cells["cells"] / (cells["viability_percent"] / 100)
    assert (cells["cells_lot"] - needed).is_between(-1e-6, 1_002).all()
    assert cells["viability_percent"].min() >= 70
    assert cells["viability_percent"].mean() == pytest.approx(92, abs=0.6)


def test_lots_of_those_who_left_are_rejected(single):
    released = single.lots.filter(pl.col("outcome") == "released")
    assert released.height == single.administrations.height
    rejected = single.lots.filter(pl.col("outcome").str.starts_with("rejected: participant"))
    assert set(rejected["outcome"]) == {
        "rejected: participant died before release",
        "rejected: participant left before release",
    }
    assert rejected["released_day"].null_count() == rejected["cells"].null_count() == rejected.height
    ends = rejected.join(last_days(single), on="participant_id")
    assert (ends["isolated_day"] <= ends["last"]).all()
    assert ends.filter(pl.col("harvested_day") > pl.col("last")).is_empty()
    died = ends["participant_id"].is_in(sorted(who(single, "death")))
    assert (ends["outcome"].str.contains("died") == died).all()


def test_cells_from_stock_have_a_lot_a_day_and_no_isolation():
    trial = simulate_trial(load_protocol("weekly-nsc-series"), seed=1)
    assert trial.lots["isolated_day"].null_count() == trial.lots.height == trial.administrations.height
    assert set(trial.administrations["cells"]) == {5e6}
    assert set(trial.administrations["site_of_injection"]) == {"lumbar puncture"}


def test_two_routes_on_a_day_share_a_lot():
    trial = simulate_trial(load_protocol("nurown-phase2a"), seed=1)
    doses = trial.administrations.group_by("participant_id", "day", "lot_id").agg(pl.col("route").sort())
    assert {tuple(routes) for routes in doses["route"]} == {("intramuscular", "intrathecal")}
    totals = trial.administrations.group_by("lot_id").agg(pl.col("cells").sum()).join(trial.lots, on="lot_id")
    needed = totals["cells"] / (totals["viability_percent"] / 100)
    assert (totals["cells_right"] - needed).is_between(-1e-6, 1_002).all()


def test_adverse_events_follow_injections_and_come_with_the_disease(trial):
    events = trial.adverse_events
    related = events.filter(pl.col("relatedness") == "related")
    background = events.filter(pl.col("relatedness") == "not related")
    assert set(related["participant_id"]) <= in_arm(trial, "cells")
    assert set(background["participant_id"]) & in_arm(trial, "control")
    injections = trial.administrations.height
    headaches = related.filter(pl.col("term") == "Headache").height
    assert abs(headaches - 0.0647 * injections) < 4 * (0.0647 * injections) ** 0.5
    assert (events["end_day"] >= events["start_day"]).all()
    assert events["ctcae_grade"].is_between(1, 4).all()
    assert {"Pyrexia", "Puncture site pain", "Procedural pain"} <= set(related["term"])
    assert {"Fall", "Muscular weakness", "Constipation"} <= set(background["term"])
    enrolled = background.join(trial.events.filter(pl.col("kind") == "enrolled"), on="participant_id", how="left")
    assert (enrolled["start_day"] >= enrolled["day"]).all()
    assert enrolled["start_day"].min() < 0


def test_riluzole_by_protocol_and_by_habit(trial, single):
    inside = pl.col("arm").is_not_null()
    assert trial.participants.filter(inside)["riluzole"].all()
    assert not trial.participants.filter(~inside)["riluzole"].all()
    weekly = simulate_trial(load_protocol("weekly-nsc-series"), seed=1, n={"cells": 400})
    assert weekly.participants["riluzole"].mean() == pytest.approx(0.748, abs=0.09)


def test_strata_and_sites_in_words():
    protocol = load_protocol("hanyang-phase2")
    how = protocol.randomisation.model_copy(
        update={"strata": ("onset_region", "site", "sex", "riluzole"), "block_size": 4}
    )
    protocol = protocol.model_copy(update={"randomisation": how, "sites": 3})
    people = simulate_trial(protocol, seed=1).participants
    assert set(people["site"]) == {"01", "02", "03"}
    outside = people.filter(pl.col("arm").is_null())
    assert outside["stratum"].null_count() == outside.height
    for row in people.filter(pl.col("arm").is_not_null()).iter_rows(named=True):
        riluzole = row["stratum"].rpartition("riluzole: ")[2]
        assert riluzole in ("yes", "no")
        words = f"onset_region: {row['onset_region']}; site: {row['site']}; sex: {row['sex']}; riluzole: {riluzole}"
        assert row["stratum"] == words
    balance = (
        people.group_by("stratum", "arm").len().drop_nulls().pivot("arm", index="stratum", values="len").fill_null(0)
    )
    difference = balance["cells"].cast(pl.Int64) - balance["control"].cast(pl.Int64)
    assert difference.abs().max() <= 4


def test_without_a_number_of_sites_there_is_one_for_25_participants():
    protocol = load_protocol("hanyang-phase2").model_copy(update={"sites": None})
    people = simulate_trial(protocol, seed=1, n={"cells": 40, "control": 40}).participants
    assert set(people["site"]) == {"01", "02", "03", "04"}


def test_randomised_groups_are_alike(trial):
    inside = trial.participants.filter(pl.col("arm").is_not_null())
    for column, sd in (("age_years", 10.0), ("weight_kg", 15.0), ("months_since_onset", 8.0)):
        means = inside.group_by("arm").agg(pl.col(column).mean()).sort("arm")[column]
        assert abs(means[0] - means[1]) < 4 * sd * (2 / 300) ** 0.5, column


def test_ids_are_of_one_width():
    assert participant_ids(3).to_list() == ["P0001", "P0002", "P0003"]
    assert participant_ids(12_345)[0] == "P00001"
