"""Trials under a therapy: decline slows after doses and in those on whom it acts, one side alone where it is given."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.disease.effect import ConstantSlowing
from leadin.disease.exposure import half_effect_doses, mean_effect
from leadin.disease.load_therapy import load_therapy
from leadin.disease.therapy import therapy_sha256
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams
from leadin.errors import UsageError
from leadin.protocols.protocol import Protocol
from leadin.simulation.candidates import draw_candidates
from leadin.simulation.courses import JUST_AFTER, Courses
from leadin.simulation.doses import Doses
from leadin.simulation.follow_up import follow_up
from leadin.simulation.participants import simulate_arrays
from leadin.simulation.rows import take
from leadin.simulation.sides import side_shares
from leadin.simulation.simulate import simulate_trial
from leadin.simulation.timetable import timetable

MEASURES = ("alsfrs_r", "strength.left", "strength.right", "svc_percent")


@pytest.fixture(scope="module")
def waning():
    """One dose of the tests' protocols (1e6 cells) does half of what the therapy can."""
    return load_therapy("hypothetical-waning").model_copy(update={"half_effect_cells": 1e6})


@pytest.fixture(scope="module")
def undying(steady):
    """A population where nobody leaves, and next to nobody dies within a trial."""
    return steady.model_copy(update={"survival": steady.survival.model_copy(update={"scale_months": 10_000.0})})


def on_side(protocol: Protocol, side: str) -> Protocol:
    """The same protocol, its doses given to one side."""
    said = protocol.model_dump()
    for arm in said["arms"]:
        arm["administrations"] = [dose | {"side": side} for dose in arm["administrations"]]
    return Protocol.model_validate(said)


def some_strength(arrays, side: str, visit: int):
    """Whose strength of that side is neither truly 0 nor recorded as 0 at a visit (n,)."""
    start = {"strength.left": arrays.people.strength_left, "strength.right": arrays.people.strength_right}[side]
    true = start - 1.8 * (arrays.people.score - arrays.true_score[:, visit])
    return (true > 0) & (arrays.observed[side][:, visit] > 0)


# Trials


@pytest.fixture(scope="module")
def two_doses(build, undying, waning):
    """A dose at time zero and another six months later, without and with a therapy that is at work at once."""
    protocol = build(3, 12, planned=600, doses=(0, 183), controlled=True, measures=MEASURES, window=0)
    at_once = waning.model_copy(update={"onset_days": 0.0})
    return [simulate_arrays(protocol, undying, therapy=cells, streams=Streams(3)) for cells in (None, at_once)]


def test_decline_slows_after_doses_and_comes_back_as_they_wane(two_doses):
    without, under = two_doses
    assert np.array_equal(without.dosed, under.dosed)
    assert np.array_equal(without.true_score[:, :4], under.true_score[:, :4])
    lost = [-np.diff(arrays.true_score[under.dosed], axis=1)[:, 3:].mean(axis=0) for arrays in two_doses]
    slowing = 1.0 - lost[1] / lost[0]  # of each month
    assert (np.diff(slowing[:6]) < 0).all()
    assert slowing[5] < 0.1 < slowing[6]
    assert (np.diff(slowing[6:]) < 0).all()
    assert slowing[6] > slowing[0]  # what is left of the first dose adds


def test_who_is_given_no_cells_is_untouched(two_doses):
    without, under = two_doses
    control = without.arm == 1
    assert np.array_equal(without.true_score[control], under.true_score[control])
    for measure in MEASURES:
        assert np.array_equal(without.observed[measure][control], under.observed[measure][control], equal_nan=True)


def test_strength_goes_with_function_and_breathing_is_not_touched(two_doses):
    without, under = two_doses
    month_6 = 9
    assert np.array_equal(without.observed["svc_percent"], under.observed["svc_percent"], equal_nan=True)
    spared = 1.8 * (under.true_score - without.true_score)[:, month_6]
    for side in ("strength.left", "strength.right"):
        gain = (under.observed[side] - without.observed[side])[:, month_6]
        seen = under.dosed & some_strength(without, side, month_6)
        assert seen.sum() > 300
        assert np.abs(gain - spared)[seen].max() < 0.11  # one decimal each


def test_breathing_gets_its_share(build, undying, waning):
    protocol = build(0, 6, planned=400, doses=(0,), measures=MEASURES, window=0)
    lasting = waning.model_copy(update={"breathing_share": 0.5, "lifetime_days": 36_525.0, "onset_days": 0.0})
    without, under = (
        simulate_arrays(protocol, undying, therapy=cells, streams=Streams(3)) for cells in (None, lasting)
    )
    lost = without.people.capacity_loss * 183 / 30.4375
    gain = (under.observed["svc_percent"] - without.observed["svc_percent"])[:, 6]
    seen = under.dosed & (without.observed["svc_percent"][:, 6] > 0)
    # Half of the cells' effect of 0.3, which stays: the dose is given on day 0.
    assert np.abs(gain - 0.15 * lost)[seen].max() < 0.12


def test_some_respond_and_the_others_decline_as_untreated(build, undying, waning):
    protocol = build(3, 6, planned=2_000, doses=(0,), window=0)
    some = waning.model_copy(update={"responder_share": 0.3})
    without, under = (simulate_arrays(protocol, undying, therapy=cells, streams=Streams(3)) for cells in (None, some))
    unmoved = (without.true_score == under.true_score).all(axis=1)[under.in_arm]
    assert abs(unmoved.mean() - 0.7) < 4 * np.sqrt(0.21 / 2_000)
    all_respond = simulate_arrays(protocol, undying, therapy=waning, streams=Streams(3))
    responders = np.flatnonzero(under.in_arm)[~unmoved]
    assert np.array_equal(all_respond.true_score[responders], under.true_score[responders])


@pytest.mark.parametrize(("side", "other"), [("left", "right"), ("right", "left")])
def test_a_therapy_for_one_side_separates_the_sides(build, undying, waning, side, other):
    protocol = on_side(build(3, 12, planned=400, doses=(0,), controlled=True, measures=MEASURES, window=0), side)
    lasting = waning.model_copy(update={"lifetime_days": 36_525.0})
    without, under = (
        simulate_arrays(protocol, undying, therapy=cells, streams=Streams(3)) for cells in (None, lasting)
    )
    assert np.array_equal(without.true_score, under.true_score, equal_nan=True)
    assert np.array_equal(without.observed[f"strength.{other}"], under.observed[f"strength.{other}"], equal_nan=True)
    month_12 = (under.observed[f"strength.{side}"] - without.observed[f"strength.{side}"])[:, 15]
    assert np.nanmean(month_12[under.dosed]) > 3
    assert np.nanmax(np.abs(month_12[under.arm == 1])) == 0


def test_either_side_is_drawn_for_each(build, undying, waning):
    protocol = on_side(build(0, 12, planned=800, doses=(0, 28), measures=MEASURES, window=0), "either")
    lasting = waning.model_copy(update={"lifetime_days": 36_525.0})
    without, under = (
        simulate_arrays(protocol, undying, therapy=cells, streams=Streams(3)) for cells in (None, lasting)
    )
    left = under.treated_side == "left"
    assert set(under.treated_side[under.in_arm]) == {"left", "right"}
    assert abs(left[under.in_arm].mean() - 0.5) < 4 * 0.5 / np.sqrt(800)
    for side, here in (("left", left), ("right", under.treated_side == "right")):
        gain = (under.observed[f"strength.{side}"] - without.observed[f"strength.{side}"])[:, 12]
        assert np.nanmean(gain[here & under.dosed]) > 3
        assert np.nanmax(np.abs(gain[~here & under.in_arm])) == 0


def test_a_constant_slowing_acts_on_function_and_on_the_treated_side(build, undying):
    protocol = on_side(build(3, 12, planned=400, doses=(0,), measures=MEASURES, window=0), "left")
    without, slowed = (simulate_arrays(protocol, undying, slowing=share, streams=Streams(3)) for share in (0.0, 0.5))
    dosed = slowed.dosed
    lost = (without.true_score[:, 3] - without.true_score[:, 15])[dosed]
    assert (slowed.true_score[:, 3] - slowed.true_score[:, 15])[dosed] == pytest.approx(lost / 2, abs=1e-10)
    assert np.array_equal(without.observed["strength.right"], slowed.observed["strength.right"], equal_nan=True)
    gain = (slowed.observed["strength.left"] - without.observed["strength.left"])[dosed, 15]
    seen = some_strength(without, "strength.left", 15)[dosed]
    assert seen.sum() > 200
    assert np.abs(gain - 1.8 * lost / 2)[seen].max() < 0.11  # one decimal each


def test_halving_the_step_moves_no_figure_under_a_therapy_by_more_than_its_monte_carlo_error(build, steady, waning):
    """Two independent sets of paths, of steps of at most 14 and 7 days; doses fall anywhere within them."""
    protocol = build(3, 9, planned=8_000, doses=(0, 26, 100), controlled=False, window=0, measures=MEASURES)
    times = timetable(protocol)
    figures = []
    for grid in (times, dataclasses.replace(times, longest_step=7.0)):
        arrays = simulate_arrays(protocol, steady, therapy=waning, streams=Streams(8), times=grid)
        strength = arrays.observed["strength.left"]
        change = arrays.observed["alsfrs_r"][:, 12] - arrays.observed["alsfrs_r"][:, 3]
        change = change[np.isfinite(change)]
        alive = ~np.isfinite(arrays.death_day[arrays.in_arm])
        weaker = strength[:, 12] - strength[:, 3]
        figures.append((change.mean(), change.std(), alive.mean(), np.nanmean(weaker)))
    errors = np.sqrt(2) * np.array([6.0, 6.0, 0.35, 14.0]) / np.sqrt(8_000)
    assert (np.abs(np.subtract(*figures)) < 3 * errors).all()


# Courses


N = 300


@pytest.fixture(scope="module")
def drawn(build, pro_act):
    """Candidates of a single-arm protocol, and what follow-up needs of them."""
    protocol = build(3, 9, planned=N, doses=(0, 26, 90), measures=MEASURES)
    times = timetable(protocol)
    candidates = draw_candidates(protocol, pro_act, times, 3, Draws(Streams(11)), N)
    return times, candidates


def courses(drawn, population, effect, rows=slice(None), seed=12):
    times, candidates = drawn
    some = take(candidates, rows)
    return Courses(some, np.zeros(some.lost.size, dtype=np.int64), effect, population, times, Draws(Streams(seed)))


def doses_on(n, *days, wait=0.0):
    given = np.tile(np.array(days, dtype=np.float64), (n, 1))
    waits = np.broadcast_to(np.asarray(wait, dtype=np.float64), (n,)).copy()
    return Doses(days=given + waits[:, None], cells=np.full(given.shape, 1e6), potency=np.ones(given.shape), wait=waits)


def test_the_loss_of_a_step_is_scaled_by_the_mean_effect_in_it(drawn, pro_act, waning):
    doses = doses_on(N, 0, 26, 90)
    lived = courses(drawn, pro_act, waning).lived(doses)
    weights = half_effect_doses(doses.cells, doses.potency, waning)
    effect = mean_effect(lived.days, np.where(lived.given, doses.days, np.nan), weights, waning)
    lost = np.cumsum(np.diff(lived.lost, axis=1) * (1 - effect), axis=1)
    assert lived.true_score[:, 1:] == pytest.approx(drawn[1].people.score[:, None] - lost, abs=1e-10)


def test_asked_again_the_courses_are_the_same(drawn, pro_act, waning):
    asked = courses(drawn, pro_act, waning)
    wait = np.where(np.arange(N) % 3 == 0, 200.0, 0.0)
    first = asked.lived(doses_on(N, 0, 26, 90))
    other = asked.lived(doses_on(N, 0, 26, 90, wait=wait))
    again = asked.lived(doses_on(N, 0, 26, 90))
    assert np.array_equal(first.true_score, again.true_score)
    assert np.array_equal(first.death_day, again.death_day)
    # Who did not wait is the same beside those who did.
    same = wait == 0.0
    assert np.array_equal(first.death_day[same], other.death_day[same])
    assert np.array_equal(first.true_score[same], other.true_score[same, other.waiting :])
    assert np.isfinite(first.death_day).sum() > 20


def test_a_course_does_not_depend_on_who_else_is_there(drawn, pro_act, waning):
    wait = np.where(np.arange(N) % 3 == 0, 60.0, 0.0)
    wait[250] = 400.0
    everybody = courses(drawn, pro_act, waning).lived(doses_on(N, 0, 26, 90, wait=wait))
    fewer = courses(drawn, pro_act, waning, rows=slice(100)).lived(doses_on(100, 0, 26, 90, wait=wait[:100]))
    assert everybody.waiting > fewer.waiting
    assert np.array_equal(everybody.death_day[:100], fewer.death_day)
    assert np.array_equal(everybody.given[:100], fewer.given)
    assert np.array_equal(everybody.true_score[:100, everybody.visits], fewer.true_score[:, fewer.visits])


def test_while_he_waits_nobody_is_slowed_and_no_step_is_longer_than_14_days(drawn, pro_act):
    doses = doses_on(N, 0, 26, 90, wait=100.0)
    without, slowed = (courses(drawn, pro_act, ConstantSlowing(share)).lived(doses) for share in (0.0, 0.5))
    start = slowed.waiting
    assert slowed.days[:, start].tolist() == [100.0] * N
    assert np.diff(slowed.days, axis=1).max() <= 14
    assert np.diff(slowed.days, axis=1).min() >= 0
    assert np.array_equal(without.true_score[:, : start + 1], slowed.true_score[:, : start + 1])
    dosed = slowed.dosed
    assert 0.8 < dosed.mean() < 1
    assert (slowed.time_zero[dosed] == 100).all()
    assert (slowed.time_zero[~dosed] == 0).all()
    lost = [lived.true_score[dosed, start] - lived.true_score[dosed, -1] for lived in (without, slowed)]
    assert lost[1] == pytest.approx(lost[0] / 2, abs=1e-9)


def test_the_visit_of_time_zero_is_made_on_the_day_of_the_first_dose(drawn, pro_act, waning):
    times, candidates = drawn
    arm, wait = np.zeros(N, dtype=np.int64), np.where(np.arange(N) % 2 == 0, 45.0, 0.0)
    after = follow_up(candidates, arm, doses_on(N, 0, 26, 90, wait=wait), waning, pro_act, times, Draws(Streams(12)))
    waited = after.time_zero > 0
    assert 100 < waited.sum() < 150
    assert (after.lead_in.visit_days[waited, 3] == 45).all()
    assert np.array_equal(after.lead_in.visit_days[~waited], candidates.visit_days[~waited])
    assert np.array_equal(after.lead_in.visit_days[:, :3], candidates.visit_days[:, :3])
    assert (candidates.true_score[waited, 3] - after.lead_in.true_score[waited, 3]).mean() > 1  # 45 days of decline
    for measure in MEASURES:
        moved = after.lead_in.observed[measure] != candidates.observed[measure]
        assert not moved[:, :3].any()
        assert not moved[~waited].any()
        assert moved[waited, 3].mean() > 0.5
    assert (after.visit_days[:, 0] - after.time_zero)[waited].min() > 0


def leaping(pro_act):
    """Rates that leap and a hazard that leaps with them: within one step a dose can move a death to its other side."""
    return pro_act.model_copy(
        update={
            "survival": pro_act.survival.model_copy(update={"scale_months": 8.0, "hazard_per_point": 0.8}),
            "decline": pro_act.decline.model_copy(update={"drift_sd": 6.0}),
        }
    )


def orderly(lived, doses, drop_out_day):
    """Doses are given to who lives to them, and to nobody else."""
    assert np.array_equal(lived.given[:, 0], lived.dosed)
    assert (lived.given[:, 1:] <= lived.given[:, :-1]).all()
    ends = np.minimum(lived.death_day, drop_out_day)[:, None]
    assert (doses.days < ends)[lived.given].all()
    assert (doses.days >= ends)[~lived.given].all()


@given(seed=st.integers(0, 10_000), late=st.floats(0, 120), cells=st.floats(1e5, 1e8), maximum=st.floats(0, 1))
def test_no_dose_after_death_and_the_dosed_are_those_without_effect(drawn, pro_act, waning, seed, late, cells, maximum):
    strong = waning.model_copy(update={"half_effect_cells": cells, "maximum_effect": maximum, "onset_days": 0.0})
    doses = doses_on(N, 0 + late / 4, 26 + late, 60 + late, 90 + late)
    none, slowed, under = (
        courses(drawn, leaping(pro_act), effect, seed=seed).lived(doses)
        for effect in (ConstantSlowing(0.0), ConstantSlowing(maximum * 0.99), strong)
    )
    for lived in (none, slowed, under):
        assert np.array_equal(lived.dosed, none.dosed)
        orderly(lived, doses, drawn[1].drop_out_day)
    assert (~under.given).any()


def test_a_dose_within_the_step_of_a_death_leaves_it_on_its_side(build, pro_act, waning):
    """The mean effect in the step of a dose reaches a little before it, and with it the hazard: rarely does that move a
    death across the dose, and then the death is kept."""
    n = 40_000
    protocol = build(3, 9, planned=n, doses=(0, 26, 90))
    times = timetable(protocol)
    candidates = draw_candidates(protocol, pro_act, times, 3, Draws(Streams(11)), n)
    brief = {"half_effect_cells": 1e5, "maximum_effect": 1.0, "onset_days": 0.0, "lifetime_days": 3.0}
    therapies = waning.model_copy(update=brief)
    doses = doses_on(n, 8, 38, 70, 100)
    asked = Courses(
        candidates, np.zeros(n, dtype=np.int64), therapies, leaping(pro_act), times, Draws(Streams(12))
    ).lived(doses)
    orderly(asked, doses, candidates.drop_out_day)
    last = np.max(doses.days, axis=1, initial=-np.inf, where=asked.given)
    missed = np.min(doses.days, axis=1, initial=np.inf, where=~asked.given)
    just_after, at_once = asked.death_day == last + JUST_AFTER, asked.death_day == missed
    assert 5 < just_after.sum() < 0.01 * n
    assert 5 < (at_once & np.isfinite(missed)).sum() < 0.01 * n


def test_a_late_last_dose_draws_out_the_follow_up(build, steady, waning):
    protocol = build(0, 6, planned=40, doses=(0, 183))
    times, zero = timetable(protocol), np.zeros(40, dtype=np.int64)
    candidates = draw_candidates(protocol, steady, times, 1, Draws(Streams(11)), 40)
    after = follow_up(candidates, zero, doses_on(40, 0, 187), waning, steady, times, Draws(Streams(12)))
    given = after.given[:, 1]
    assert given.sum() > 30
    assert (after.end_day[given] == 187).all()
    assert (after.end_day[~given] == np.maximum(183, after.visit_days.max(axis=1))[~given]).all()


def test_the_cells_of_a_day_are_shared_by_side(build):
    said = build(planned=1, doses=(0, 26, 90, 120)).model_dump()
    first = said["arms"][0]["administrations"][0]

    def dose(day, route, amount, side, per="administration"):
        counted = None if amount is None else {"amount": amount, "per": per}
        return first | {"day": day, "route": route, "cells": counted, "side": side, "days_early": 0}

    said["arms"][0]["administrations"] = [
        dose(0, "intrathecal", 3e6, None),
        dose(0, "intramuscular", 1e6, "left"),
        dose(26, "intrathecal", 3e6, None, "kg"),
        dose(26, "intramuscular", 1e6, "right"),
        dose(90, "intrathecal", None, "either"),
        dose(90, "intramuscular", 1e6, None),
        dose(120, "intrathecal", 5e6, "either"),
    ]
    assert side_shares(Protocol.model_validate(said).arms[0]).tolist() == [
        [0.75, 0.25, 0, 0],
        [0.5, 0, 0.5, 0],
        [0.5, 0, 0, 0.5],
        [0, 0, 0, 1],
    ]


def test_a_dose_after_the_latest_day_comes_too_late(drawn, pro_act):
    times, _ = drawn
    lived = courses(drawn, pro_act, ConstantSlowing(0.0)).lived(doses_on(N, 0, 26, times.latest + 1))
    assert lived.given[:, 1].any()
    assert not lived.given[:, 2].any()
    never = courses(drawn, pro_act, ConstantSlowing(0.5)).lived(doses_on(N, np.nan, np.nan, np.nan))
    assert not never.dosed.any()


# Arguments and manifest


def test_a_slowing_and_a_therapy_at_once_are_refused(build):
    with pytest.raises(UsageError) as caught:
        simulate_trial(build(planned=2, doses=(0,)), slowing=0.3, therapy="hypothetical-waning")
    assert str(caught.value) == (
        "slowing, therapy: expected one of the two, a constant slowing or a therapy; got both (slowing 0.3). "
        "Leave one out."
    )


def test_the_manifest_says_which_therapy(build):
    protocol = build(planned=4, doses=(0,))
    made = dict(simulate_trial(protocol, therapy="hypothetical-waning").manifest.simulation)
    assert made["therapy"] == "hypothetical-waning"
    assert made["therapy_sha256"] == therapy_sha256(load_therapy("hypothetical-waning"))
    assert "slowing" not in made
    assert "therapy_cells_not_said" not in made
    assert "therapy" not in dict(simulate_trial(protocol).manifest.simulation)


def test_the_manifest_names_arms_whose_cells_nobody_counted(build):
    said = build(planned=4, doses=(0,), controlled=True).model_dump()
    said["arms"][0]["administrations"][0]["cells"] = None
    protocol = Protocol.model_validate(said)
    trial = simulate_trial(protocol, therapy="hypothetical-waning")
    assert dict(trial.manifest.simulation)["therapy_cells_not_said"] == "cells"


def test_cells_nobody_counted_are_one_dose_of_half_effect(build, undying, waning):
    said = build(0, 6, planned=50, doses=(0,), window=0).model_dump()
    counted = simulate_arrays(Protocol.model_validate(said), undying, therapy=waning, streams=Streams(3))
    said["arms"][0]["administrations"][0]["cells"] = None
    unsaid = simulate_arrays(Protocol.model_validate(said), undying, therapy=waning, streams=Streams(3))
    assert np.array_equal(counted.true_score, unsaid.true_score)
