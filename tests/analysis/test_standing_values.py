"""Which value stands at a visit for those who died, or to whom another event happened, before it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadin.analysis.intercurrent_events import handled
from leadin.analysis.methods import METHODS
from leadin.analysis.standing_values import died_before, standing_values, worst_value
from leadin.analysis.visit_grid import visit_grid
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.estimand import IntercurrentEvent
from leadin.protocols.planned_analysis import PlannedAnalysis

ARMS = {"a": "cells", "b": "cells", "c": "control", "d": "control", "e": "control", "f": "control"}
SCORES = {
    "a": {0: 40.0, 3: 38.0},  # dies at month 5
    "b": {0: 41.0, 3: 39.0, 6: 37.0},  # ventilated at month 4, seen after it
    "c": {0: 42.0, 3: 40.0, 6: 38.0},  # dies at month 7, after the visit
    "d": {0: 43.0},  # dies before the first visit
    "e": {0: 44.0, 3: 42.0},  # leaves
    "f": {},  # dies and was never seen
}
EVENTS = [
    ("a", 5.0, "death"),
    ("b", 4.0, "permanent_ventilation"),
    ("b", 3.5, "tracheostomy"),
    ("c", 7.0, "death"),
    ("d", 1.0, "death"),
    ("f", 1.0, "death"),
]


@pytest.fixture
def trial(build):
    return build(ARMS, SCORES, EVENTS)


def events(*pairs):
    return tuple(IntercurrentEvent(event=event, strategy=strategy) for event, strategy in pairs)


def standing(trial, *pairs, visit=1):
    found = standing_values(trial, visit_grid(trial, "alsfrs_r"), visit, events(*pairs))
    return [None if np.isnan(value) else float(value) for value in found.values], found.remarks


def test_who_died_before_the_visit_and_has_no_value_there(trial):
    grid = visit_grid(trial, "alsfrs_r")
    assert grid.months.tolist() == [3.0, 6.0]
    assert died_before(trial, grid, 1).tolist() == [True, False, False, True, False, True]
    assert died_before(trial, grid, 0).tolist() == [False, False, False, True, False, True]


def test_the_last_value_while_alive(trial):
    values, remarks = standing(trial, ("death", "while_alive"))
    assert values == [38.0, None, None, 43.0, None, None]
    assert remarks == (
        "2 participants with death by month 6 (1 of arm cells, 1 of arm control) count with their last value before it "
        "(while alive)",
    )


def test_the_worst_value(trial):
    values, remarks = standing(trial, ("death", "composite"))
    assert values == [0.0, None, None, 0.0, None, 0.0]
    assert remarks == (
        "3 participants with death by month 6 (1 of arm cells, 2 of arm control) count with the worst value, 0 "
        "(composite)",
    )


def test_a_value_taken_after_the_event_does_not_count(trial):
    values, remarks = standing(trial, ("ventilation", "while_alive"))
    assert values == [None, 39.0, None, None, None, None]
    assert remarks == (
        "1 participant with permanent ventilation by month 6 (1 of arm cells) counts with their last value before it "
        "(while free of permanent ventilation)",
    )
    # At month 3 the value was taken before the tracheostomy.
    assert standing(trial, ("ventilation", "while_alive"), visit=0) == ([None] * 6, ())


def test_the_earliest_event_decides(build):
    trial = build(ARMS, SCORES, [*EVENTS, ("a", 2.0, "other_therapy"), ("d", 1.0, "other_therapy")])
    first, _ = standing(trial, ("death", "composite"), ("other_therapy", "while_alive"))
    assert first[0] == 40.0
    # On equal days the event that is planned first.
    assert first[3] == 0.0
    turned, remarks = standing(trial, ("other_therapy", "while_alive"), ("death", "composite"))
    assert (turned[0], turned[3]) == (40.0, 43.0)
    assert [remark.partition(" with ")[0] for remark in remarks] == ["2 participants", "1 participant"]


def test_the_day_of_the_visit_itself_counts_as_before(build):
    on_the_day = build(ARMS, SCORES, [("e", 6.0, "death")])
    assert standing(on_the_day, ("death", "composite"))[0][4] == 0.0
    later = build(ARMS, SCORES, [("e", 6.0 + 1 / DAYS_PER_MONTH, "death")])
    assert standing(later, ("death", "composite"))[0][4] is None
    seen_on_it = build(ARMS, SCORES, [("b", 6.0, "death")])
    assert standing(seen_on_it, ("death", "composite"))[0][1] is None


def test_other_strategies_let_nothing_stand(trial):
    nothing = ([None] * 6, ())
    assert standing(trial) == nothing
    assert standing(trial, ("death", "hypothetical"), ("ventilation", "treatment_policy")) == nothing
    assert standing(trial, ("not_dosed", "composite")) == nothing


def test_body_weight_has_no_worst_value(build):
    assert worst_value("alsfrs_r") == worst_value("svc_percent") == worst_value("strength.left") == 0.0
    assert worst_value("weight_kg") is None
    trial = build(ARMS, SCORES, EVENTS, measure="weight_kg")
    found = standing_values(trial, visit_grid(trial, "weight_kg"), 1, events(("death", "composite")))
    assert np.isnan(found.values).all()
    assert found.remarks == ()


def after(trial, planned):
    found = handled(trial, planned, METHODS["ancova"].strategies)
    grid = visit_grid(found.trial, planned.measure)
    return found, [None if np.isnan(x) else float(x) for x in grid.values[:, grid.visit_at(planned.month)]]


def ancova(*pairs, **said):
    return PlannedAnalysis(method="ancova", intercurrent_events=events(*pairs), **said)


def test_ancova_is_given_a_trial_in_which_the_value_stands(trial):
    found, values = after(trial, ancova(("death", "while_alive"), ("ventilation", "while_alive")))
    assert values == [38.0, 39.0, 38.0, 43.0, None, None]
    assert found.sentences == (
        "As planned, of those with death before the visit their last value before it counts (while alive).",
        "As planned, of those with permanent ventilation before the visit their last value before it counts (while "
        "free of permanent ventilation).",
    )
    assert len(found.remarks) == 2
    assert found.warnings == ()
    added = found.trial.assessments.filter(pl.col("visit").is_not_null())
    assert added["day"].to_list() == pytest.approx([6 * DAYS_PER_MONTH] * 3)
    earlier, values = after(trial, ancova(("death", "composite"), month=3))
    assert values == [38.0, 39.0, 40.0, 0.0, 42.0, 0.0]
    assert earlier.sentences == (
        "As planned, of those with death before the visit the worst value counts (composite).",
    )


def test_ancova_s_own_way_lets_nothing_stand(trial):
    found, values = after(trial, ancova(("death", "hypothetical")))
    assert values == [None, 37.0, 38.0, None, None, None]
    assert (found.trial, found.sentences, found.remarks) == (trial, (), ())
    assert after(trial, ancova(("ventilation", "hypothetical")))[1] == [None, None, 38.0, None, None, None]


def test_imputation_lets_values_stand_by_itself(trial):
    found, values = after(trial, ancova(("death", "composite"), imputation={"seed": 3}))
    assert values == [None, 37.0, 38.0, None, None, None]
    assert found.remarks == ()


def test_a_measure_without_a_worst_value_is_not_composite(build):
    trial = build(ARMS, SCORES, EVENTS, measure="weight_kg")
    found, values = after(trial, ancova(("death", "composite"), measure="weight_kg"))
    assert values == [None, 37.0, 38.0, None, None, None]
    assert found.warnings == (
        "the plan asks 'composite' for death; ancova knows no worst value of the body weight and takes "
        "'hypothetical': see the estimand",
    )
    assert after(trial, ancova(("death", "while_alive"), measure="weight_kg"))[1][0] == 38.0


def test_without_visits_the_method_itself_says_why(build):
    trial = build(ARMS, {"a": {0: 40.0}}, EVENTS)
    found = handled(trial, ancova(("death", "while_alive")), METHODS["ancova"].strategies)
    assert found.remarks == ()
    missing_month = ancova(("death", "while_alive"), month=5)
    assert handled(build(ARMS, SCORES, EVENTS), missing_month, METHODS["ancova"].strategies).remarks == ()


def test_values_of_other_measures_do_not_stand(build):
    trial = build(ARMS, SCORES, EVENTS, more=[("a", 4.0, "svc_percent", 77.0), ("a", 4.5, "alsfrs_r", float("nan"))])
    assert standing(trial, ("death", "while_alive"))[0][0] == 38.0
