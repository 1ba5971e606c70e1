"""Times: windows that keep their order, steps of at most 14 days, grids through every node."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadin.protocols.library import library_names
from leadin.protocols.load import load_protocol
from leadin.simulation.timetable import Window, grid, jittered, timetable


def test_the_times_of_a_protocol(build):
    times = timetable(build(3, 6, doses=(0, 26)))
    assert times.enrolment == -91
    assert times.end == 183
    assert (times.lead_in_visits, times.screening_visit, times.baseline_visit) == (4, 0, 3)
    assert times.visits.days.tolist() == [-91, -61, -30, 0, 30, 61, 91, 122, 152, 183]
    assert times.doses[0].days.tolist() == [0, 26]
    assert times.most_doses == 2


def test_the_planned_end_is_the_latest_of_follow_up_visits_and_doses(build):
    assert timetable(build(0, 6, follow_up_months=12)).end == 12 * 30.4375
    assert timetable(build(0, 6, follow_up_months=1)).end == 183
    assert timetable(build(0, 1, doses=(0, 90))).end == 90


def test_without_visits_before_time_zero_enrolment_is_the_start_of_the_lead_in(build):
    visits = [{"name": "later", "day": 30, "measures": ["alsfrs_r"]}]
    times = timetable(build(3, 6, visits=visits))
    assert times.enrolment == -3 * 30.4375
    assert (times.screening_visit, times.baseline_visit, times.lead_in_visits) == (None, None, 0)


def test_tissue_is_taken_after_enrolment(build):
    times = timetable(build(0, 6, doses=(0, 26)))
    assert times.enrolment == -28
    assert times.screening_visit is None
    assert times.baseline_visit == 0
    first_visit_late = [
        {"name": "screening", "day": -30, "days_late": 7, "measures": ["alsfrs_r"]},
        {"name": "baseline", "day": 0, "measures": ["alsfrs_r"]},
    ]
    assert timetable(build(1, 6, doses=(0,), visits=first_visit_late)).visits.late.tolist() == [2, 0]


def test_windows_keep_visits_in_order_and_on_their_side_of_time_zero(build):
    days = (-9, -4, 0, 3, 10, 11, 40)
    visits = [
        {"name": f"v{day}", "day": day, "days_early": 7, "days_late": 7, "measures": ["alsfrs_r"]} for day in days
    ]
    window = timetable(build(1, 2, visits=visits)).visits
    assert window.early.tolist() == [7, 2, 0, 1, 3, 0, 7]
    assert window.late.tolist() == [2, 1, 0, 3, 0, 7, 7]


def test_a_first_visit_after_time_zero_is_after_it(build):
    visits = [{"name": "v", "day": 5, "days_early": 9, "measures": ["alsfrs_r"]}]
    assert timetable(build(0, 2, visits=visits)).visits.early.tolist() == [4]


def test_a_last_lead_in_visit_may_slip_to_time_zero_but_not_beyond(build):
    visits = [{"name": f"v{day}", "day": day, "days_late": 7, "measures": ["alsfrs_r"]} for day in (-60, -3, 30)]
    assert timetable(build(2, 2, visits=visits)).visits.late.tolist() == [7, 3, 7]


def test_the_first_dose_of_a_trial_without_randomisation_is_time_zero(build):
    assert timetable(build(1, 2, doses=(0, 26))).doses[0].late.tolist() == [0, 5]
    assert timetable(build(1, 2, doses=(0, 26), controlled=True)).doses[0].late.tolist() == [5, 5]
    assert timetable(build(1, 2, doses=(0, 26))).doses[0].early.tolist() == [0, 3]


def test_two_administrations_on_a_day_share_it():
    times = timetable(load_protocol("nurown-phase2a"))
    assert [window.days.tolist() for window in times.doses] == [[0], [0], [0]]


def test_jitter_is_in_whole_days_within_the_window():
    window = Window(np.array([0.0, 30.0]), np.array([0.0, 2.0]), np.array([1.0, 3.0]))
    normals = np.array([[0.2, -0.2], [9.0, 9.0], [-9.0, -9.0], [0.21, 0.61]])
    assert jittered(window, 2.5, normals).tolist() == [[0, 30], [1, 33], [0, 28], [1, 32]]
    assert jittered(window, 0.0, normals).tolist() == [[0, 30]] * 4


def test_a_grid_goes_through_every_node():
    nodes = np.array([[-3.0, 0.0, 0.0, 6.0], [-2.0, 0.0, 0.0, 9.0]])
    days, columns = grid(nodes, np.array([2, 0, 3]))
    assert days.tolist() == [[-3.0, -1.5, 0.0, 2.0, 4.0, 6.0], [-2.0, -1.0, 0.0, 3.0, 6.0, 9.0]]
    assert columns.tolist() == [0, 2, 2, 5]


def test_a_grid_of_one_node():
    days, columns = grid(np.array([[0.0, 0.0]]), np.array([0]))
    assert days.tolist() == [[0.0]]
    assert columns.tolist() == [0, 0]


TIMES = {name: timetable(load_protocol(name)) for name in library_names()}


@given(name=st.sampled_from(sorted(TIMES)), seed=st.integers(0, 10_000))
def test_no_step_is_longer_than_14_days(name, seed):
    times = TIMES[name]
    generator = np.random.default_rng(seed)
    lead_in = jittered(times.lead_in_window, 9.0, generator.standard_normal((5, times.lead_in_visits)))
    nodes = np.concatenate((lead_in[:, :1], lead_in, np.zeros((5, 1))), axis=1)
    days, columns = grid(nodes, times.lead_in_parts)
    assert np.diff(days).max(initial=0.0) <= 14
    assert np.array_equal(days[:, columns], nodes)
    later = times.follow_up_window
    visits = jittered(later, 9.0, generator.standard_normal((5, later.days.size)))
    nodes = np.concatenate((np.zeros((5, 1)), visits, np.full((5, 1), times.latest)), axis=1)
    days, columns = grid(nodes, times.follow_up_parts)
    assert np.diff(days).max() <= 14
    assert np.diff(days).min() >= 0
    assert np.array_equal(days[:, columns], nodes)


@given(name=st.sampled_from(sorted(TIMES)), seed=st.integers(0, 10_000))
def test_every_planned_dose_can_be_given_before_the_latest_day(name, seed):
    times = TIMES[name]
    generator = np.random.default_rng(seed)
    for doses in times.doses:
        days = jittered(doses, 9.0, generator.standard_normal((5, doses.days.size)))
        assert days.max(initial=0.0) <= times.latest


def test_halving_the_longest_step_doubles_the_grid(build):
    times = timetable(build(3, 9, window=0))
    half = dataclasses.replace(times, longest_step=7.0)
    assert times.lead_in_parts.tolist() == [0, 3, 3, 3, 0]
    assert half.lead_in_parts.tolist() == [0, 5, 5, 5, 0]
    assert times.follow_up_parts.max() == 3
    assert half.follow_up_parts.max() == 5


def test_who_is_enrolled_to_give_tissue_is_not_seen_before(build):
    """Isolation on day -28, the first visit planned two days later with a window of a week."""
    said = build(1, 3, doses=(0,), window=7).model_dump()
    said["visits"] = [said["visits"][0] | {"day": -26}, *said["visits"][1:]]
    times = timetable(type(build()).model_validate(said))
    assert (times.enrolment, times.screening_visit) == (-28.0, None)
    assert times.lead_in_window.days[0] - times.lead_in_window.early[0] == -28
