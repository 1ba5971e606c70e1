"""What tells the analyses of one plan apart: a name, else the settings that differ."""

from __future__ import annotations

from leadin.analysis.told_apart import labels
from leadin.protocols.planned_analysis import PlannedAnalysis


def told(*analyses):
    made = [PlannedAnalysis.model_validate(each) for each in analyses]
    return [labels(made)[each] for each in made]


def test_a_name_is_the_label_and_one_of_its_kind_needs_none():
    assert told({"method": "cox", "name": "survival"}, {"method": "mmrm"}) == ["survival", None]


def test_settings_that_differ_tell_two_apart_whatever_stands_at_its_default():
    assert told({"method": "mmrm"}, {"method": "mmrm", "month": 6}) == ["month not said", "month 6"]
    assert told(
        {"method": "mmrm", "month": 6},
        {"method": "mmrm", "month": 6, "covariates": ["sex", "site"]},
        {"method": "mmrm", "month": 12},
    ) == ["month 6, covariates none", "month 6, covariates sex and site", "month 12"]


def test_the_only_one_without_a_name_needs_no_label():
    assert told({"method": "mmrm", "name": "first", "month": 6}, {"method": "mmrm"}) == ["first", None]


def test_another_measure_is_told_apart_by_itself():
    assert told({"method": "mmrm"}, {"method": "mmrm", "measure": "svc_percent"}) == [None, None]


def test_levels_and_roles_are_said_where_nothing_else_differs():
    assert told({"method": "cox"}, {"method": "cox", "alpha": 0.1}) == ["alpha 0.05", "alpha 0.1"]
    assert told({"method": "cox", "role": "primary"}, {"method": "cox"}) == ["role primary", "role secondary"]


def test_words_of_lists_and_of_yes_and_no():
    events = [{"event": "not_dosed", "strategy": "principal_stratum"}]
    assert told(
        {"method": "slope_change", "share_baseline": True}, {"method": "slope_change", "intercurrent_events": events}
    ) == ["share baseline yes", "share baseline no"]
    assert told({"method": "slope_change", "intercurrent_events": events}, {"method": "slope_change"}) == [
        "intercurrent events not dosed by principal stratum",
        "intercurrent events none",
    ]


def test_the_same_analysis_twice_is_one():
    assert told({"method": "cox"}, {"method": "cox"}) == [None, None]
