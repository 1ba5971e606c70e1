"""A stopping rule says all settings of its kind and none of another's."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from leadin.errors import ProtocolError
from leadin.protocols.load import load_plan
from leadin.protocols.planned_analysis import PlannedAnalysis, methods_using
from leadin.protocols.stopping_rule import NEEDED, StoppingRule

USUAL = {"tolerated": 0.1, "participants": 30}
BAYESIAN = {**USUAL, "kind": "bayesian", "prior_mean": 0.1, "prior_weight": 2, "certainty": 0.9}
EXACT = {**USUAL, "kind": "exact", "alpha": 0.05}
RATIO = {**USUAL, "kind": "likelihood_ratio", "unacceptable": 0.3, "alpha": 0.05}


def told(**said):
    with pytest.raises(ValidationError) as caught:
        StoppingRule(**said)
    return [line for error in caught.value.errors() for line in error["msg"].splitlines()]


@pytest.mark.parametrize("said", [BAYESIAN, EXACT, RATIO])
def test_each_kind_needs_all_its_settings(said):
    rule = StoppingRule(**said)
    assert (rule.events, rule.first_look) == ("serious_related", 1)
    for field in NEEDED[rule.kind]:
        short = {key: value for key, value in said.items() if key != field}
        assert told(**short) == [
            f"{field}: expected a number, which the kind {rule.kind} needs; got nothing. Add '{field}:'."
        ]


def test_settings_of_another_kind_are_refused():
    assert told(**EXACT, certainty=0.9) == [
        "certainty: expected only settings of the kind exact (alpha); got certainty: 0.9. Remove it, or change the "
        "kind."
    ]
    assert told(**BAYESIAN, alpha=0.05) == [
        "alpha: expected only settings of the kind bayesian (prior_mean, prior_weight, certainty); got alpha: 0.05. "
        "Remove it, or change the kind."
    ]


def test_a_first_look_past_the_last_participant_is_refused():
    assert StoppingRule(**EXACT, first_look=30).first_look == 30
    assert told(**EXACT, first_look=31) == [
        "first_look: expected at most 30, the most that may be treated; got 31. Lower it."
    ]


@pytest.mark.parametrize("share", [0.1, 0.05])
def test_unacceptable_is_above_tolerated(share):
    assert told(**{**RATIO, "unacceptable": share}) == [
        f"unacceptable: expected a share above the one tolerated, 0.1; got {share}. Raise it."
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [("tolerated", 0), ("tolerated", 1), ("participants", 0), ("participants", 501), ("alpha", 0), ("alpha", 1),
     ("tolerated", float("nan")), ("kind", "gut feeling"), ("events", "deaths"), ("first_look", 0)],
)  # fmt: skip
def test_values_out_of_range_are_refused(field, value):
    with pytest.raises(ValidationError):
        StoppingRule(**{**EXACT, field: value})


def test_a_plan_file_is_told_line_and_field(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text(
        "analyses:\n"
        "  - method: safety\n"
        "    stopping:\n"
        "      - {kind: exact, tolerated: 0.1, participants: 30}\n"
        "  - {method: cox, stopping: [{kind: exact, tolerated: 0.1, participants: 30, alpha: 0.1}]}\n",
        encoding="utf-8",
    )
    with pytest.raises(ProtocolError) as caught:
        load_plan(file)
    assert str(caught.value).splitlines()[1:] == [
        "  analyses[0].stopping[0].alpha: expected a number, which the kind exact needs; got nothing (plan.yaml, line "
        "4). Add 'alpha:'.",
        "  analyses[1].stopping: expected only settings that cox uses (this one is for safety); got stopping: a list "
        "(plan.yaml, line 5). Remove it, or change the method.",
    ]


def test_a_plan_indented_as_in_a_protocol_is_told_what_to_leave_out(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text("plan:\n  analyses:\n    - {method: cox}\n", encoding="utf-8")
    with pytest.raises(ProtocolError) as caught:
        load_plan(file)
    assert str(caught.value).splitlines()[-1] == (
        "  plan: expected one of the fields reference_arm, analyses, multiplicity; got 'plan' (plan.yaml, line 1). "
        "Leave the line out, and begin with 'analyses:'."
    )


def test_settings_of_safety_are_its_own():
    assert methods_using("stopping") == methods_using("terms_compared_from") == ("safety",)
    planned = PlannedAnalysis(method="safety")
    assert (planned.stopping, planned.terms_compared_from) == ((), 2)
