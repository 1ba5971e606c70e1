"""What a plan must not say: names used twice, settings of another method."""

from __future__ import annotations

import pytest

from leadin.errors import ProtocolError
from leadin.protocols.load import load_plan, load_protocol
from leadin.protocols.plan_problems import plan_problems
from leadin.protocols.planned_analysis import PlannedAnalysis, methods_using


@pytest.fixture
def plan_file(tmp_path):
    def write(text):
        file = tmp_path / "plan.yaml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_settings_of_another_method_and_names_used_twice_are_told_at_once(plan_file):
    file = plan_file(
        "analyses:\n"
        "  - {name: first, method: cox, covariance: toeplitz}\n"
        "  - {name: first, method: mmrm, covariance: toeplitz, relative: [30]}\n"
    )
    with pytest.raises(ProtocolError) as caught:
        load_plan(file)
    assert str(caught.value).splitlines() == [
        "3 problems in plan.yaml:",
        "  analyses[0].covariance: expected only settings that cox uses (this one is for mmrm); got covariance: "
        "'toeplitz' (plan.yaml, line 2). Remove it, or change the method.",
        "  analyses[1].name: expected a name that no other analysis has; got 'first' again (plan.yaml, line 3). Rename "
        "one.",
        "  analyses[1].relative: expected only settings that mmrm uses (this one is for responders); got relative: a "
        "list (plan.yaml, line 3). Remove it, or change the method.",
    ]


def test_in_a_protocol_the_path_and_line_are_those_of_the_protocol(tmp_path):
    import leadin
    from leadin.protocols.load import protocol_yaml

    text = protocol_yaml("hanyang-phase2").replace("{method: cox, role", "{method: cox, month: 6, role")
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    line = next(i for i, told in enumerate(text.splitlines(), 1) if "month: 6, role" in told)
    with pytest.raises(ProtocolError) as caught:
        load_protocol(file)
    assert str(caught.value).startswith(
        "plan.analyses[7].month: expected only settings that cox uses (this one is for "
    )
    assert f"(mine.yaml, line {line})" in str(caught.value)
    assert leadin.protocol("hanyang-phase2").plan is not None


def test_defaults_said_aloud_are_no_problem():
    said = {"analyses": [{"method": "cox", "relative": [25.0, 50.0, 75.0, 100.0], "share_baseline": False}]}
    assert plan_problems(said) == ()


def test_what_has_the_wrong_type_is_skipped():
    for said in ({}, {"analyses": 3}, {"analyses": ["cox", {"method": 1, "name": 2}, {"method": "cox", "zzz": 1}]}):
        assert plan_problems(said) == ()


def test_every_field_knows_its_methods():
    assert methods_using("covariance") == ("mmrm",)
    assert "safety" in methods_using("alpha")
    for field in PlannedAnalysis.model_fields:
        assert methods_using(field)
