"""Strategies for intercurrent events: what is done to the data, what is said, what is not carried out."""

from __future__ import annotations

import pytest

from leadin.analysis.intercurrent_events import handled
from leadin.analysis.methods import METHODS
from leadin.protocols.estimand import IntercurrentEvent
from leadin.protocols.planned_analysis import PlannedAnalysis

SLOPES = METHODS["slope_change"].strategies


def planned(*pairs, method="slope_change"):
    events = tuple(IntercurrentEvent(event=event, strategy=strategy) for event, strategy in pairs)
    return PlannedAnalysis(method=method, intercurrent_events=events)


@pytest.fixture
def trial(build):
    scores = {who: {0: 40, 2: 38, 4: 36} for who in "abc"}
    events = [
        ("a", 2.0, "other_therapy"),
        ("b", 1.0, "tracheostomy"),
        ("b", 3.0, "permanent_ventilation"),
        ("c", 5.0, "death"),
    ]
    return build({"a": "cells", "b": "cells", "c": "control"}, scores, events, doses=[("a", 0.0)])


def visits(found):
    return {who: found.trial.assessments.filter(participant_id=who).height for who in "abc"}


def test_a_plan_that_says_nothing_changes_nothing(trial):
    found = handled(trial, planned(), SLOPES)
    assert (found.trial, found.sentences, found.warnings) == (trial, (), ())


def test_a_method_s_own_way_changes_and_says_nothing(trial):
    own = planned(("death", "while_alive"), ("other_therapy", "treatment_policy"), ("not_dosed", "treatment_policy"))
    found = handled(trial, own, SLOPES)
    assert (found.trial, found.sentences, found.warnings) == (trial, (), ())


def test_a_hypothetical_strategy_leaves_out_visits_after_the_event(trial):
    found = handled(trial, planned(("other_therapy", "hypothetical")), SLOPES)
    # The visit on the day of the event stays.
    assert visits(found) == {"a": 2, "b": 3, "c": 3}
    assert found.sentences == ("As planned, visits after other therapy are left out (hypothetical).",)
    assert found.trial.assessments.columns == trial.assessments.columns


def test_ventilation_counts_from_the_first_such_event(trial):
    found = handled(trial, planned(("ventilation", "while_alive")), SLOPES)
    assert visits(found) == {"a": 3, "b": 1, "c": 3}
    assert found.sentences == (
        "As planned, visits after permanent ventilation are left out (while free of permanent ventilation).",
    )


def test_a_principal_stratum_leaves_out_those_of_an_arm_with_cells_who_were_given_none(trial):
    found = handled(trial, planned(("not_dosed", "principal_stratum")), SLOPES)
    assert found.trial.participants["participant_id"].to_list() == ["a", "c"]
    assert found.sentences == ("As planned, participants who were not dosed are left out (principal stratum).",)


def test_an_event_not_dosed_counts_in_any_arm(build):
    trial = build({"a": "x", "b": "x"}, events=[("b", 0.0, "not_dosed")])
    found = handled(trial, planned(("not_dosed", "principal_stratum")), SLOPES)
    assert found.trial.participants["participant_id"].to_list() == ["a"]


def test_several_strategies_are_carried_out_together(trial):
    found = handled(trial, planned(("other_therapy", "hypothetical"), ("ventilation", "hypothetical")), SLOPES)
    assert visits(found) == {"a": 2, "b": 1, "c": 3}
    assert len(found.sentences) == 2


def test_what_a_method_cannot_do_is_said_and_not_done(trial):
    found = handled(trial, planned(("death", "while_alive"), method="broken_stick"), METHODS["broken_stick"].strategies)
    assert found.trial is trial
    assert found.sentences == ()
    assert found.warnings == (
        "the plan asks 'while alive' for death; broken_stick cannot do that (slope_change and ancova can) and takes "
        "'hypothetical': see the estimand",
    )
    breath = handled(trial, planned(("ventilation", "composite")), SLOPES)
    assert breath.warnings == (
        "the plan asks 'composite' for permanent ventilation; slope_change cannot do that and takes 'treatment "
        "policy': see the estimand",
    )
    safety = handled(trial, planned(("other_therapy", "hypothetical"), method="safety"), METHODS["safety"].strategies)
    assert safety.warnings == (
        "the plan asks 'hypothetical' for other therapy; safety cannot do that and takes 'treatment policy': see the "
        "estimand",
    )
