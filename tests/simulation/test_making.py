"""Making cells within a trial: who gets them, when, who never does, and that every participant stays in his arm."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from leadin.disease.lot_release import RELEASED
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams
from leadin.protocols.load import load_protocol
from leadin.simulation.doses import planned_doses
from leadin.simulation.making import Laboratory
from leadin.simulation.participants import simulate_arrays
from leadin.simulation.simulate import simulate_trial
from leadin.simulation.timetable import timetable
from leadin.trials.checks import check_trial
from leadin.trials.trial import TABLES


def made_with(protocol, **changes):
    """The protocol with its first product made in another way."""
    said = protocol.model_dump()
    said["products"][0]["manufacturing"] |= changes
    return type(protocol).model_validate(said)


def with_cells(population, **changes):
    return population.model_copy(update={"cells": population.cells.model_copy(update=changes)})


def flawless(population):
    """Nothing fails and nothing is late."""
    none = population.cells.release_failures.model_copy(
        update=dict.fromkeys(type(population.cells.release_failures).model_fields, 0.0)
    )
    return with_cells(population, release_failures=none, inadequate_share=0.0, reserve=1000.0)


def laboratory(protocol, population, n=400, seed=3):
    times = timetable(protocol)
    arm = np.arange(n) % len(protocol.arms)
    return Laboratory(
        arm,
        np.full(n, -200.0),
        np.full(n, 70.0),
        population,
        times,
        Draws(Streams(seed)),
        randomised=protocol.randomised,
    )


def serious(trial):
    return [finding for finding in check_trial(trial) if finding.severity != "note"]


@pytest.fixture(scope="module")
def phase2():
    return load_protocol("hanyang-phase2")


@pytest.fixture(scope="module")
def large(phase2):
    return simulate_trial(phase2, seed=4, n={"cells": 600, "control": 600})


def test_a_flawless_laboratory_does_what_is_planned(phase2, pro_act):
    nature = flawless(pro_act)
    n, times = 50, timetable(phase2)
    made = laboratory(phase2, nature, n).make(np.full(n, np.inf)).doses
    weight = np.full(n, 70.0)
    plain = planned_doses(
        np.arange(n) % 2, times, nature.attendance.administration_jitter_days, Draws(Streams(3)), weight
    )
    first = made.days[:, 0] == plain.days[:, 0]
    assert first[np.arange(n) % 2 == 0].all()
    soonest = plain.days[:, 0] + 23  # a second dose is never earlier than its interval, less its window
    assert np.array_equal(made.days[:, 1], np.maximum(plain.days[:, 1], soonest), equal_nan=True)
    assert np.array_equal(made.cells, np.where(np.isnan(made.days), np.nan, plain.cells), equal_nan=True)
    assert (made.potency == 1).all()
    assert not made.wait.any()


def test_asking_twice_gives_the_same_twice(phase2, pro_act):
    room = laboratory(phase2, pro_act)
    once, twice = (room.make(np.full(400, np.inf)) for _ in range(2))
    assert np.array_equal(once.doses.days, twice.doses.days, equal_nan=True)
    assert np.array_equal(once.lot, twice.lot)


def test_first_cultures_fail_as_often_as_the_population_says(large, pro_act):
    first = large.lots.filter(~pl.col("lot_id").str.contains(r"-L\d+-\d+$"))
    judged = first.filter(~pl.col("outcome").str.contains("participant|trial"))
    rates = pro_act.cells.release_failures
    passes = np.prod(
        [1 - rates.cell_count, 1 - rates.viability, 1 - rates.sterility, 1 - rates.endotoxin, 1 - rates.mycoplasma]
    ) * (1 - rates.identity)
    expected = 1 - (1 - pro_act.cells.inadequate_share) * passes
    share = (judged["outcome"] != "released").mean()
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / judged.height) + 0.005  # too few cells


def test_a_failed_culture_is_begun_again_once_and_from_a_new_sample(large):
    again = large.lots.filter(pl.col("lot_id").str.ends_with("-2"))
    assert again.height > 30
    assert large.lots.filter(pl.col("lot_id").str.ends_with("-3")).is_empty()
    before = again.with_columns(first=pl.col("lot_id").str.strip_suffix("-2")).join(
        large.lots, left_on="first", right_on="lot_id", suffix="_first"
    )
    assert before.height == again.height
    assert before["outcome_first"].str.starts_with("rejected: ").all()
    assert not before["outcome_first"].str.contains("participant").any()
    ended = pl.max_horizontal(pl.col("harvested_day_first"), pl.col("isolated_day_first") + 7)
    assert before.filter(pl.col("isolated_day") < ended + 7).is_empty()


def test_repeats_of_the_protocol_come_before_those_of_the_population(phase2):
    none = simulate_trial(made_with(phase2, repeats=0), seed=4, n={"cells": 200})
    assert not none.lots["lot_id"].str.contains(r"-L\d+-").any()
    three = simulate_trial(made_with(phase2, repeats=3), seed=4, n={"cells": 600})
    assert three.lots["lot_id"].str.ends_with("-3").any()


def test_who_never_has_cells_stays_in_his_arm_and_is_followed(phase2, pro_act):
    nature = with_cells(pro_act, inadequate_share=0.7)
    trial = simulate_trial(phase2, seed=2, population=nature)
    assert serious(trial) == []
    assert trial.participants["arm"].drop_nulls().value_counts().sort("arm").rows() == [("cells", 33), ("control", 31)]
    never = trial.events.filter(pl.col("kind") == "not_dosed")
    failed = never.filter(pl.col("detail") == "no lot was released: inadequate sample")
    assert failed.height > 5
    assert not set(never["participant_id"]) & set(trial.administrations["participant_id"])
    seen = trial.assessments.join(failed, on="participant_id", how="semi")
    assert (seen["day"].max() or 0) > 150
    assert set(failed["participant_id"]) <= set(seen["participant_id"])
    ends = ["death", "withdrawal", "lost_to_follow_up", "end_of_follow_up"]
    ended = trial.events.filter(pl.col("kind").is_in(ends)).select("participant_id", end="day")
    assert failed.join(ended, on="participant_id").filter(pl.col("day") > pl.col("end")).is_empty()


def test_when_nothing_can_be_made_nobody_is_dosed_and_nothing_else_changes(phase2, pro_act):
    nature = with_cells(pro_act, inadequate_share=1.0)
    arrays = simulate_arrays(phase2, nature, slowing=0.9, streams=Streams(2))
    without = simulate_arrays(phase2, nature, streams=Streams(2))
    assert not arrays.given.any()
    assert np.isnan(arrays.dose_days).all()
    assert np.array_equal(arrays.true_score, without.true_score, equal_nan=True)
    assert np.array_equal(arrays.last_day, without.last_day)


def test_nothing_is_given_that_a_lot_does_not_hold_or_before_its_release_or_after_its_life(large):
    given = large.administrations.join(large.lots, on="lot_id", suffix="_lot")
    assert given.height == large.administrations.height > 900
    assert (given["participant_id"] == given["participant_id_lot"]).all()
    assert (given["cells"] <= given["cells_lot"] * given["viability_percent"] / 100 + 1e-6).all()
    assert (given["day"] >= given["released_day"]).all()
    assert ((given["day"] - given["released_day"]) * 24 <= 24).all()
    assert (given["released_day"] >= given["harvested_day"]).all()
    assert (given["harvested_day"] >= given["isolated_day"] + 28).all()


def test_the_second_dose_keeps_its_distance_from_the_first(large):
    days = large.administrations.sort("day").group_by("participant_id", maintain_order=True).agg("day")
    both = [row for row in days["day"].to_list() if len(row) == 2]
    assert len(both) > 400
    assert min(second - first for first, second in both) >= 23


def test_a_late_dose_moves_nothing_else_in_a_randomised_trial(phase2, pro_act):
    late = simulate_arrays(phase2, pro_act, streams=Streams(9), planned=(300, 300))
    prompt = simulate_arrays(phase2, flawless(pro_act), streams=Streams(9), planned=(300, 300))
    assert (np.nanmax(late.dose_days[:, 0]), np.nanmax(prompt.dose_days[:, 0])) > (20, 7)
    assert np.array_equal(late.arm, prompt.arm)
    assert np.array_equal(late.visit_days, prompt.visit_days, equal_nan=True)
    assert not late.time_zero.any()
    assert np.array_equal(late.last_day, prompt.last_day)  # without effect cells change nothing


def test_in_a_single_arm_trial_the_first_dose_is_time_zero(pro_act):
    trial = simulate_trial(load_protocol("hanyang-phase1"), seed=6, n={"cells": 300})
    assert serious(trial) == []
    first = trial.administrations.group_by("participant_id").agg(pl.col("day").min())
    assert (first["day"] == 0).all()
    enrolled = trial.events.filter(pl.col("kind") == "enrolled").join(first, on="participant_id", how="semi")["day"]
    assert enrolled.min() < -105
    assert enrolled.median() > -98
    baseline = trial.assessments.filter((pl.col("visit") == "baseline") & (pl.col("measure") == "alsfrs_r"))
    dosed = baseline.join(first, on="participant_id", how="semi")
    assert (dosed["day"] == 0).all()
    died = trial.events.filter(pl.col("detail") == "died before the first administration")
    assert died.height > 3


def test_who_waits_for_his_first_dose_declines_meanwhile(pro_act):
    """Score at baseline, by how long it was waited for: a month more costs about a month of decline."""
    protocol = load_protocol("hanyang-phase1")
    nature = with_cells(pro_act, inadequate_share=0.5, repeats=2, first_look_days=20)
    arrays = simulate_arrays(protocol, nature, streams=Streams(3), planned=(3_000,))
    waited = arrays.time_zero[arrays.rows]
    dosed = arrays.dosed[arrays.rows]
    baseline = arrays.times.baseline_visit
    lost = arrays.true_score[arrays.rows, 0] - arrays.true_score[arrays.rows, baseline]
    months = (arrays.visit_days[arrays.rows, baseline] - arrays.visit_days[arrays.rows, 0]) / 30.4375
    late, prompt = dosed & (waited > 20), dosed & (waited == 0)
    assert late.sum() > 300
    assert months[late].mean() > months[prompt].mean() + 0.6
    more = lost[late].mean() - lost[prompt].mean()
    error = np.sqrt(lost[late].var() / late.sum() + lost[prompt].var() / prompt.sum())
    assert abs(more - (months[late].mean() - months[prompt].mean()) * nature.decline.rate_mean) < 4 * error + 0.3


def test_isolations_wait_for_allocation(phase2):
    said = phase2.model_dump()
    said["randomisation"]["day"] = -14
    late = type(phase2).model_validate(said)
    trial = simulate_trial(late, seed=1, n={"cells": 100})
    assert serious(trial) == []
    assert trial.lots["isolated_day"].min() == -14
    assert trial.administrations["day"].min() >= 14
    randomised = trial.events.filter(pl.col("kind") == "randomised")
    assert (randomised["day"] == -14).all()


def test_allocation_on_its_day_keeps_who_dies_or_leaves_after_it(phase2):
    trial = simulate_trial(phase2, seed=5, n={"cells": 400, "control": 400})
    assert serious(trial) == []
    randomised = trial.events.filter(pl.col("kind") == "randomised").select("participant_id", allocated="day")
    assert (randomised["allocated"] == -30).all()
    ends = trial.events.filter(pl.col("kind").is_in(["death", "withdrawal", "lost_to_follow_up"]))
    inside = trial.participants.filter(pl.col("arm").is_not_null()).select("participant_id")
    assert inside.height == randomised.height == 800
    gone = ends.join(inside, on="participant_id", how="semi")
    assert gone["day"].min() > -30
    assert gone.filter(pl.col("day") < 0).height > 3
    outside = ends.join(inside, on="participant_id", how="anti")
    assert outside.height > 10
    assert outside["day"].max() <= -30


def test_criteria_at_allocation_are_judged_at_the_last_visit_before_it(phase2):
    said = phase2.model_dump()
    rule = {"variable": "alsfrs_r_lost_in_lead_in", "at": "allocation", "minimum": 2}
    said["eligibility"]["criteria"] = (*said["eligibility"]["criteria"], rule)
    trial = simulate_trial(type(phase2).model_validate(said), seed=3)
    assert serious(trial) == []
    failed = trial.events.filter(pl.col("detail") == "not met: alsfrs_r_lost_in_lead_in at allocation at least 2")
    assert failed.height > 10
    scores = trial.assessments.filter(pl.col("measure") == "alsfrs_r").pivot(
        "visit", index="participant_id", values="value"
    )
    lost = scores.with_columns(lost=pl.col("screening") - pl.col("lead-in 2"))
    assert (lost.join(failed, on="participant_id")["lost"] < 2).all()
    inside = trial.participants.filter(pl.col("arm").is_not_null())
    assert (lost.join(inside, on="participant_id")["lost"] >= 2).all()
    last = trial.assessments.join(failed.select("participant_id", last="day"), on="participant_id")
    assert (last["day"] <= last["last"]).all()
    assert (failed["day"] <= -30).all()


def test_a_slot_for_everybody_is_no_limit(phase2):
    ample = simulate_trial(made_with(phase2, clean_room_slots=500), seed=8)
    free = simulate_trial(phase2, seed=8)
    for table in TABLES:
        assert ample.table(table).equals(free.table(table)), table


@pytest.fixture(scope="module")
def queued(phase2):
    return simulate_trial(made_with(phase2, clean_room_slots=2), seed=8)


def test_few_slots_make_doses_late_and_leave_some_without(phase2, queued):
    free = simulate_trial(phase2, seed=8)
    assert serious(queued) == []
    first = [
        trial.administrations.group_by("participant_id").agg(pl.col("day").min())["day"] for trial in (free, queued)
    ]
    assert first[1].median() > first[0].median() + 30
    assert queued.lots.height < free.lots.height
    assert dict(queued.manifest.simulation)["cultures_at_once.lenzumestrocel"] == "2"
    assert int(dict(free.manifest.simulation)["cultures_at_once.lenzumestrocel"]) > 2
    assert queued.administrations["day"].max() <= 26 + 180
    reasons = set(queued.events.filter(pl.col("kind") == "not_dosed")["detail"])
    assert "cells were not ready in time" in reasons


def test_a_queue_is_the_same_every_time(phase2, queued):
    again = simulate_trial(made_with(phase2, clean_room_slots=2), seed=8)
    assert all(queued.table(table).equals(again.table(table)) for table in TABLES)


def test_one_slot_and_an_interval_shorter_than_the_expansion_ends_in_late_doses(build, pro_act):
    protocol = build(1, 6, planned=5, doses=(0, 7, 14))
    one = made_with(protocol, clean_room_slots=1)
    arrays = simulate_arrays(one, pro_act, streams=Streams(1))
    days = arrays.dose_days[arrays.rows]
    assert np.nanmax(days) > 60
    assert (np.nanmax(days - np.array([0, 7, 14]), initial=0) <= 180).all()
    assert arrays.dosed.any()


def test_effect_and_queue_settle_together(phase2, pro_act):
    """Under a strong effect people live longer and hold their slots longer; what is given stays possible."""
    few = made_with(phase2, clean_room_slots=3)
    arrays = simulate_arrays(few, pro_act, slowing=0.9, streams=Streams(5), planned=(60, 60))
    given = arrays.given
    assert (arrays.dose_days[given] <= np.broadcast_to(arrays.last_day[:, None], given.shape)[given]).all()
    died = np.isfinite(arrays.death_day)
    assert (arrays.dose_days[died][given[died]] < np.repeat(arrays.death_day[died], given[died].sum(axis=1))).all()
    batch = arrays.making.batches[0]
    lots = arrays.making.lot[batch.rows, :, 0]
    for place in range(lots.shape[1]):
        got = given[arrays.rows[batch.rows], place]
        assert (batch.cultures.failure[got, lots[got, place]] == RELEASED).all()


def test_the_first_lot_released_serves_the_first_dose(phase2, pro_act):
    """Where the first lot fails, the second, made for the second dose, is given first."""
    trial = simulate_trial(phase2, seed=4, n={"cells": 600})
    first = trial.administrations.sort("day").group_by("participant_id", maintain_order=True).first()
    swapped = first.filter(pl.col("lot_id").str.ends_with("-L2"))
    assert swapped.height > 10
    lots = trial.lots.join(swapped, on="participant_id", how="semi").filter(pl.col("lot_id").str.ends_with("-L1"))
    assert lots["outcome"].str.starts_with("rejected").mean() > 0.5


def test_two_products_and_stock_in_one_arm(build, pro_act):
    said = build(2, 3, planned=40, doses=(0, 30)).model_dump()
    said["products"] = (
        *said["products"],
        {"name": "stock", "label": "S", "cell_type": "NSC", "origin": "allogeneic"},
    )
    extra = {"day": 0, "product": "stock", "route": "intravenous", "cells": {"amount": 5e6}}
    said["arms"][0]["administrations"] = (extra, *said["arms"][0]["administrations"])
    protocol = type(build()).model_validate(said)
    trial = simulate_trial(protocol, seed=1)
    assert serious(trial) == []
    from_stock = trial.administrations.filter(pl.col("route") == "intravenous")
    assert from_stock.height > 30
    lots = trial.lots.join(from_stock, on="lot_id", how="semi")
    assert lots["isolated_day"].null_count() == lots.height == from_stock.height
    arrays = simulate_arrays(protocol, pro_act, streams=Streams(1))
    both = np.isfinite(arrays.making.doses.cells[:, 0]) & (arrays.making.part[:, 0] == 1).all(axis=1)
    assert (arrays.making.doses.cells[both, 0] == 6e6).all()


def test_differentiated_cells_carry_their_potency_to_the_dose(pro_act):
    protocol = load_protocol("nurown-us-phase3")
    arrays = simulate_arrays(protocol, pro_act, streams=Streams(1), planned=(200, 200))
    doses = arrays.making.doses
    given = np.isfinite(doses.days)
    assert doses.potency[given].mean() == pytest.approx(1.0, abs=0.1)
    assert doses.potency[given].std() == pytest.approx(0.4, abs=0.1)
    trial = simulate_trial(protocol, seed=1)
    released = trial.lots.filter(pl.col("outcome") == "released")
    assert released["secretion_after"].null_count() == 0
    assert (released["secretion_after"] / released["secretion_before"]).mean() > 3


def test_a_lot_short_of_cells_is_given_as_it_is(phase2, pro_act):
    nature = with_cells(pro_act, doubling_person_cv=0.4, reserve=1.0, longest_extension_days=5)
    trial = simulate_trial(phase2, seed=1, n={"cells": 400}, population=nature)
    assert serious(trial) == []
    weights = trial.participants.select("participant_id", "weight_kg")
    part = (trial.administrations.join(weights, on="participant_id")).select(
        part=pl.col("cells") / (pl.col("weight_kg") * 1e6).round()
    )["part"]
    assert 0.79 < part.min() < 0.95
    assert part.max() <= 1.0
    assert "rejected: too few cells" in set(trial.lots["outcome"])


def test_frozen_cells_serve_all_doses_until_they_expire(phase2):
    frozen = made_with(phase2, isolations=1, cryopreserved=True, shelf_life_hours=24.0 * 400)
    trial = simulate_trial(frozen, seed=1)
    assert serious(trial) == []
    assert trial.administrations.group_by("lot_id").len()["len"].max() == 2
    short = made_with(phase2, isolations=1, cryopreserved=True, shelf_life_hours=24.0 * 10)
    trial = simulate_trial(short, seed=1)
    assert serious(trial) == []
    assert trial.administrations.group_by("lot_id").len()["len"].max() == 1


def test_longer_release_tests_isolate_earlier(phase2, pro_act):
    tested = made_with(phase2, release_days=14)
    room = laboratory(tested, flawless(pro_act))
    making = room.make(np.full(400, np.inf))
    batch = making.batches[0]
    first = making.doses.days[batch.rows, 0]
    assert np.array_equal(first - batch.isolated[:, 0, 0], np.full(first.size, 42.0))


def test_batches_of_candidates_never_change_what_is_made(phase2, pro_act):
    whole = simulate_arrays(phase2, pro_act, streams=Streams(4))
    pieces = simulate_arrays(phase2, pro_act, streams=Streams(4), batch=7)
    for name in ("days", "cells", "potency", "wait"):
        one, other = (getattr(arrays.making.doses, name) for arrays in (whole, pieces))
        assert np.array_equal(one, other, equal_nan=True), name
    assert dataclasses.is_dataclass(whole.making)


def test_who_waits_in_vain_for_a_slot_is_told_so_when_the_queue_lets_him_go(phase2):
    """Not at the end of his follow-up, and not by the death that comes later."""
    hanyang = made_with(phase2, clean_room_slots=1)
    trial = simulate_trial(hanyang.model_copy(update={"accrual_per_month": 30.0}), seed=6, n={"cells": 120})
    never = trial.events.filter(pl.col("kind") == "not_dosed")
    waited = never.join(trial.lots, on="participant_id", how="anti")
    late = waited.filter(pl.col("detail") == "cells were not ready in time")
    assert late.height > 60
    # The second lot is wanted at day 26 less 28 and a week's jitter at most, and its sample comes in time for half a
    # year from then, or until cells could still be ready on the last day of follow-up.
    assert late["day"].max() <= 190 - 28
    ends = trial.events.filter(pl.col("kind").is_in(["death", "withdrawal", "lost_to_follow_up"]))
    gone = waited.filter(pl.col("detail") != "cells were not ready in time").join(
        ends, on="participant_id", suffix="_end"
    )
    assert gone.height > 3
    assert gone["day_end"].max() < 190 - 28
    assert late.join(ends, on="participant_id").height > 0
