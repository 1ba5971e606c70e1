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
        "plan.analyses[10].month: expected only settings that cox uses (this one is for "
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


def told(*analyses):
    return [problem.told() for problem in plan_problems({"analyses": list(analyses)})]


def test_an_event_said_twice_is_told():
    events = [
        {"event": "death", "strategy": "while_alive"},
        {"event": "ventilation", "strategy": "while_alive"},
        {"event": "death", "strategy": "composite"},
    ]
    assert told({"method": "responders", "intercurrent_events": events}) == [
        "analyses[0].intercurrent_events[2].event: expected each event once; got 'death' again. Keep one strategy for "
        "it."
    ]


def test_an_assumption_belongs_to_a_hypothetical_strategy():
    def event(strategy):
        return {"event": "death", "strategy": strategy, "assumption": "as if alive"}

    assert told({"method": "ancova", "intercurrent_events": [event("hypothetical")]}) == []
    assert told({"method": "ancova", "intercurrent_events": [event("composite")]}) == [
        "analyses[0].intercurrent_events[0].assumption: expected an assumption with a hypothetical strategy only; got "
        "one with 'composite'. Remove it, or change the strategy."
    ]


def test_death_as_composite_leaves_nobody_out():
    composite = [{"event": "death", "strategy": "composite"}]
    alive = [{"event": "death", "strategy": "while_alive"}]
    assert told({"method": "responders", "died": "excluded", "intercurrent_events": alive}) == []
    assert told({"method": "responders", "died": "not_responder", "intercurrent_events": composite}) == []
    assert told({"method": "responders", "died": "excluded", "intercurrent_events": composite}) == [
        "analyses[0].died: expected 'not_responder', since the strategy for death is composite; got 'excluded'. Remove "
        "it, or plan death as while_alive."
    ]


def test_imputation_is_a_setting_of_ancova():
    (problem,) = told({"method": "mmrm", "imputation": {"seed": 1}})
    assert problem.startswith("analyses[0].imputation: expected only settings that mmrm uses (this one is for ancova)")
    assert told({"method": "ancova", "imputation": {"seed": 1}}) == []
    assert told({"method": "mmrm", "imputation": None}) == []


def test_an_imputed_analysis_is_not_re_randomised():
    assert told({"method": "ancova", "imputation": {}, "rerandomisations": 999}) == [
        "analyses[0].rerandomisations: expected no re-randomisation test of an analysis with imputation; got both, "
        "with rerandomisations: 999. Remove one of the two, or plan two analyses."
    ]
    assert told({"method": "ancova", "imputation": None, "rerandomisations": 999}) == []
    assert told({"method": "ancova", "imputation": {}, "rerandomisations": None}) == []
    apart = [{"method": "ancova", "imputation": {}}, {"method": "ancova", "rerandomisations": 999}]
    assert told(*apart) == []


def test_events_of_the_wrong_type_are_skipped():
    assert told({"method": "ancova", "intercurrent_events": [3, {"event": 1}, {"event": 1}]}) == []
    assert told({"method": "ancova", "intercurrent_events": "death"}) == []
