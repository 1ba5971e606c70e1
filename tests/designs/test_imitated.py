"""Which analyses chance imitates, by which settings, and why others are left out."""

from __future__ import annotations

from typing import get_args

import pytest

from leadin.designs.imitated import NOT_SIMULATED, imitated, settings, why_not
from leadin.protocols.load import load_protocol
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.visits import Measure

SLOPES = "needs 3 visits with the measure up to time zero and 3 after it in the protocol"
VISITS = "needs other visits with the measure in the protocol"


@pytest.fixture(scope="module")
def phase2():
    return load_protocol("hanyang-phase2")


@pytest.fixture(scope="module")
def phase1():
    return load_protocol("hanyang-phase1")


def planned(method, **said):
    return PlannedAnalysis.model_validate({"method": method, **said})


def planning(protocol, *analyses):
    return protocol.model_copy(update={"plan": Plan(analyses=analyses)})


def methods(found):
    return [each.method for each in found.analyses]


def test_settings_are_those_that_a_figure_depends_on():
    said = {"measure": "fvc_percent", "alpha": 0.1, "share_baseline": True}
    told = planned("slope_change", **said, name="main", role="primary", arm="cells", rerandomisations=999)
    assert settings(told, alone=False) == planned("slope_change", **said)
    model = planned("broken_stick", covariates=("site",), alpha=0.01)
    assert settings(model, alone=True) == planned("broken_stick", alpha=0.01)
    assert settings(model, alone=False) == model
    other = planned("random_slope", covariates=("site",))
    assert settings(other, alone=True) == other
    rules = {"relative": (30.0,), "absolute": (), "non_declining": "excluded", "missing": "not_responder"}
    judged = planned("responders", **rules, role="primary", estimand={"population": "all"})
    assert settings(judged, alone=True) == planned("responders", **rules)
    visits = planned("mmrm", month=4.0, covariance_fallbacks=())
    assert settings(visits, alone=False) == planned("mmrm", month=4.0)


def test_what_is_imitated_is_what_was_made(phase1, phase2):
    made = [planned(m, role="primary") for m in ("cox", "broken_stick", "slope_change", "slope_change", "safety")]
    one = imitated(phase1, made)
    assert methods(one) == ["broken_stick", "slope_change"]
    assert [(each.analysis.method, each.reason) for each in one.left_out] == [
        ("cox", "needs two arms"),
        ("safety", NOT_SIMULATED),
    ]
    assert methods(imitated(phase2, made)) == ["cox", "broken_stick", "slope_change"]
    assert imitated(phase2, []).analyses == ()
    assert imitated(phase2, []).endpoint == "alsfrs_r"
    assert imitated(phase2, [planned("random_slope", measure="fvc_percent")]).endpoint == "fvc_percent"


def test_of_a_plan_all_and_without_lead_in_the_defaults_too(phase1, phase2):
    bare = phase2.model_copy(update={"plan": None})
    assert methods(imitated(bare)) == ["slope_change", "responders"]
    alone = phase1.model_copy(update={"plan": None})
    assert methods(imitated(alone)) == ["slope_change", "responders", "broken_stick"]
    assert methods(imitated(planning(phase2, planned("broken_stick")))) == [
        "broken_stick",
        "slope_change",
        "responders",
    ]
    mine = planned("responders", relative=(30.0,))
    assert imitated(planning(phase2, planned("cox"), mine)).analyses == (planned("cox"), mine)
    assert imitated(planning(phase2, planned("cox"), mine)).sloped == mine
    assert imitated(planning(phase2, planned("cox"))).sloped == planned("slope_change")
    assert imitated(phase1, [planned("broken_stick")]).sloped is None


@pytest.mark.parametrize(
    ("method", "said", "reason"),
    [
        ("kaplan_meier", {}, NOT_SIMULATED),
        ("win_ratio", {}, NOT_SIMULATED),
        ("slope_change", {"measure": "weight_kg"}, SLOPES),
        ("responders", {"measure": "svc_percent"}, SLOPES),
        ("mmrm", {"measure": "svc_percent"}, VISITS),
        ("mmrm", {"month": 5.5}, VISITS),
        ("random_slope", {"covariates": ("site", "sex")}, "adjusted for site, sex"),
        ("log_rank", {"strata": ("site",)}, "stratified by site"),
        ("mmrm", {"covariance": "compound_symmetry"}, "compound symmetry covariance"),
        ("mmrm", {"degrees_of_freedom": "kenward_roger"}, "degrees of freedom by Kenward and Roger"),
        ("cox", {"fatal_events": ("tracheostomy",)}, "of fatal events only deaths are simulated"),
        (
            "ancova",
            {"intercurrent_events": ({"event": "death", "strategy": "composite"},)},
            "death by composite",
        ),
        (
            "slope_change",
            {
                "intercurrent_events": (
                    {"event": "death", "strategy": "while_alive"},
                    {"event": "not_dosed", "strategy": "principal_stratum"},
                )
            },
            "not dosed by principal stratum",
        ),
        ("joint_rank", {"month": 4.0}, None),
        ("mmrm", {"degrees_of_freedom": "kenward_roger_linear"}, None),
        ("responders", {"intercurrent_events": ({"event": "death", "strategy": "while_alive"},)}, None),
    ],
)
def test_why_an_analysis_is_left_out(phase2, method, said, reason):
    assert why_not(phase2, planned(method, **said)) == reason


def test_imputed_values_and_clocks_that_differ_are_left_out(phase2):
    imputation = {"assumption": "missing_at_random"}
    assert why_not(phase2, planned("ancova", imputation=imputation)) == "values are imputed"
    free = load_protocol("nurown-phase2a")
    clock = "the clock of survival starts on another day for each participant"
    assert why_not(free, planned("joint_rank", month=4.0)) in (clock, VISITS)


def test_every_measure_is_simulated_fast():
    from leadin.designs.fast_plan import KINDS

    assert set(get_args(Measure)) == set(KINDS)


def test_more_visits_than_the_model_takes(phase2):
    later = tuple(phase2.visits[-1].model_copy(update={"name": f"v{n}", "day": 10 * n}) for n in range(1, 14))
    many = phase2.model_copy(update={"visits": (*(v for v in phase2.visits if v.day <= 0), *later)})
    assert why_not(many, planned("mmrm")) == "more than 12 visits after time zero"
    few = many.model_copy(update={"visits": many.visits[:-1]})
    assert why_not(few, planned("mmrm")) is None


@pytest.mark.parametrize(
    ("method", "days", "enough"),
    [
        ("broken_stick", (-1, 1), True),
        ("broken_stick", (0, 1), False),
        ("broken_stick", (-1, 0), False),
        ("slope_change", (-2, -1, 0, 1, 2, 3), True),
        ("slope_change", (-2, -1, 1, 2, 3, 4), False),
        ("slope_change", (-3, -2, -1, 0, 1, 2), False),
    ],
)
def test_day_0_is_before(phase2, method, days, enough):
    visits = tuple(phase2.visits[0].model_copy(update={"name": f"d{day}", "day": day}) for day in days)
    protocol = phase2.model_copy(update={"visits": visits})
    assert (why_not(protocol, planned(method)) is None) is enough


@pytest.mark.parametrize(
    ("before", "after", "shared", "enough"),
    [(3, 3, False, True), (2, 3, False, False), (3, 2, False, False), (3, 2, True, True), (3, 1, True, False)],
)
def test_three_visits_on_either_side_are_enough(phase2, before, after, shared, enough):
    visits = [visit for visit in phase2.visits if visit.day <= 0][-before:]
    visits += [visit for visit in phase2.visits if visit.day > 0][:after]
    protocol = phase2.model_copy(update={"visits": tuple(visits)})
    assert (why_not(protocol, planned("slope_change", share_baseline=shared)) is None) is enough
