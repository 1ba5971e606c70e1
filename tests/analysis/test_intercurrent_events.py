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


def test_the_first_strategy_of_a_method_is_told_with_its_assumption(trial):
    found = handled(trial, planned(method="random_slope"), METHODS["random_slope"].strategies)
    told = {item.event: (item.strategy, item.assumption) for item in found.events}
    assert told == {
        "death": (
            "hypothetical",
            "values after it go on as those of participants of the same arm with the same values so far: missing at "
            "random",
        ),
        **dict.fromkeys(
            ("ventilation", "non_invasive_ventilation", "other_therapy", "not_dosed"), ("treatment_policy", None)
        ),
    }


@pytest.mark.parametrize(
    ("method", "assumption"),
    [
        ("broken_stick", "the same values so far: missing at random"),
        ("ancova", "would have changed as those of the same arm with the same baseline"),
        ("slope_change", "values before it tell what would have followed without it"),
    ],
)
def test_a_hypothetical_strategy_assumes_what_the_method_does(trial, method, assumption):
    found = handled(trial, planned(("ventilation", "hypothetical"), method=method), METHODS[method].strategies)
    (item,) = (item for item in found.events if item.event == "ventilation")
    assert item.strategy == "hypothetical"
    assert item.assumption.endswith(assumption)


@pytest.mark.parametrize(
    ("assumption", "words"),
    [
        ("missing_at_random", "the same values so far: missing at random"),
        ("jump_to_reference", "values after it jump to the mean of the reference arm"),
        ("copy_increments", "values after it follow the mean changes of the reference arm"),
        ("copy_reference", "values after it are those of a participant of the reference arm"),
    ],
)
def test_imputed_values_assume_what_the_plan_says_of_them(trial, assumption, words):
    plan = PlannedAnalysis(method="ancova", imputation={"assumption": assumption})
    found = handled(trial, plan, METHODS["ancova"].strategies)
    assert found.events[0].event == "death"
    assert found.events[0].assumption.endswith(words)


def test_the_plan_s_own_assumption_is_kept(trial):
    event = IntercurrentEvent(event="death", strategy="hypothetical", assumption="as if alive")
    plan = PlannedAnalysis(method="random_slope", intercurrent_events=(event,))
    assert handled(trial, plan, METHODS["random_slope"].strategies).events[0] == event


def test_responders_who_died_are_left_out_where_the_plan_says_while_alive(trial):
    known = METHODS["responders"].strategies
    found = handled(trial, planned(("death", "while_alive"), method="responders"), known)
    assert found.planned.died == "excluded"
    assert found.trial is trial
    assert found.sentences == ("As planned, those who died without both slopes are left out (while alive).",)
    kept = handled(trial, planned(("death", "composite"), method="responders"), known)
    assert (kept.planned.died, kept.sentences) == ("not_responder", ())
    assert kept.events[0].strategy == "composite"
    said = PlannedAnalysis(method="responders", died="excluded")
    assert handled(trial, said, known).events[0].strategy == "while_alive"
    assert handled(trial, planned(method="responders"), known).events[0].strategy == "composite"


def test_survival_takes_death_as_the_outcome_either_way(trial):
    found = handled(trial, planned(("death", "treatment_policy"), method="cox"), METHODS["cox"].strategies)
    assert (found.trial, found.sentences, found.warnings) == (trial, (), ())
    assert found.events[0].strategy == "treatment_policy"


def test_non_invasive_ventilation_is_an_event_of_its_own(build):
    trial = build({"a": "x", "b": "y"}, {"a": {0: 40, 2: 38, 4: 36}}, [("a", 3.0, "non_invasive_ventilation")])
    found = handled(trial, planned(("non_invasive_ventilation", "hypothetical")), SLOPES)
    assert found.trial.assessments.height == 2
    assert found.sentences == ("As planned, visits after non-invasive ventilation are left out (hypothetical).",)
    assert handled(trial, planned(("ventilation", "hypothetical")), SLOPES).trial.assessments.height == 3


@pytest.mark.parametrize(
    ("method", "strategy", "words"),
    [
        ("mmrm", "composite", "cannot do that (joint_rank, win_ratio and ancova can) and takes 'hypothetical'"),
        ("slope_change", "hypothetical", "cannot do that (random_slope, broken_stick, mmrm and ancova can) and takes"),
        (
            "slope_change",
            "treatment_policy",
            "cannot do that (nothing is measured after death) and takes 'while alive'",
        ),
        ("ancova", "principal_stratum", "(who would live under either treatment is not known of anybody) and takes"),
    ],
)
def test_a_refusal_says_which_method_can(trial, method, strategy, words):
    known = METHODS.get(method, METHODS["random_slope"]).strategies
    (warning,) = handled(trial, planned(("death", strategy), method=method), known).warnings
    assert warning.startswith(f"the plan asks '{strategy.replace('_', ' ')}' for death; {method} ")
    assert words in warning


def test_a_method_need_not_know_any_event(trial):
    found = handled(trial, planned(method="potency"), {})
    assert (found.trial, found.events, found.warnings) == (trial, (), ())
    asked = handled(trial, planned(("other_therapy", "treatment_policy"), method="potency"), {})
    assert (asked.events[0].strategy, asked.warnings) == ("treatment_policy", ())
