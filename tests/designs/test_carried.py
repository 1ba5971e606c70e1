"""Which analyses a design counts, and what it says of the others before anything is simulated."""

from __future__ import annotations

import pytest

from leadin.designs.carried import chosen, refusal
from leadin.errors import UsageError
from leadin.protocols.load import load_protocol
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis

PLAIN = "Leave it out of the analysis, or count it slowly: engine='plain' of leadin.design."


def protocol(name="hanyang-phase2", **changed):
    return load_protocol(name).model_copy(update=changed)


def planned(method, **settings):
    return PlannedAnalysis.model_validate({"method": method, **settings})


def test_the_plan_by_default_and_what_of_it_is_left_is_told():
    found = chosen(protocol(), None, fast=True)
    assert [each.called for each in found.analyses] == [
        "change-4",
        "change-6",
        "broken_stick",
        "mmrm",
        "random_slope",
        "slope_change",
        "slope_change",
        "responders",
        "log_rank",
        "cox",
    ]
    counted = "random_slope, broken_stick, mmrm, ancova, slope_change, responders, log_rank, cox, joint_rank"
    assert found.told == tuple(
        f"{name}: expected one of {counted}; got {name}, which gives no comparison to count. Analyse single trials "
        "for it (leadin analyse)."
        for name in ("kaplan_meier", "safety")
    )


def test_names_of_the_plan_and_of_methods():
    names = ["change-6", "slope_change", "joint_rank"]
    found = chosen(protocol(), names, fast=True)
    assert [(each.called, each.measure, each.month) for each in found.analyses] == [
        ("change-6", "alsfrs_r", 6.0),
        ("slope_change", "alsfrs_r", None),
        ("slope_change", "fvc_percent", None),
        ("joint_rank", "alsfrs_r", None),
    ]
    assert found.told == ()
    assert [each.called for each in chosen(protocol(), ["ancova"], fast=True).analyses] == ["change-4", "change-6"]


def test_every_method_that_can_be_where_there_is_no_plan():
    found = chosen(protocol("hanyang-phase1", plan=None), None, fast=True)
    assert [each.method for each in found.analyses] == [
        "random_slope",
        "broken_stick",
        "mmrm",
        "ancova",
        "slope_change",
        "responders",
    ]
    assert len(found.told) == 3


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["brokenstick"], "got 'brokenstick'. Did you mean broken_stick?"),
        (["change-5"], "got 'change-5'. Did you mean change-6?"),
        (["mmrm", "mmrm"], "analysis: expected each name once; got 'mmrm' twice. Remove one."),
        ([], "analysis: expected at least one of random_slope, "),
        ("mmrm", "analysis: expected a list of names; got the text 'mmrm'. Write ['mmrm']."),
        (["safety"], "safety: expected one of random_slope, "),
    ],
)
def test_names_that_cannot_be(names, message):
    with pytest.raises(UsageError) as refused:
        chosen(protocol(), names, fast=True)
    assert message in str(refused.value)


def test_nothing_left_of_a_plan():
    alone = protocol(plan=Plan(analyses=(planned("safety"), planned("kaplan_meier"))))
    with pytest.raises(UsageError) as refused:
        chosen(alone, None, fast=True)
    said = str(refused.value)
    assert said.startswith(
        "analysis: expected at least one analysis of hanyang-phase2 that a design can count; got none. safety: "
    )
    assert "kaplan_meier: expected" in said


ADVICE = "Choose another analysis, or add visits to the protocol."


@pytest.mark.parametrize(
    ("name", "method", "settings", "message"),
    [
        (
            "hanyang-phase1",
            "cox",
            {},
            "cox: expected at least two arms to compare; got one (cells). Choose an analysis that compares "
            "participants "
            "with their own lead-in, such as slope_change.",
        ),
        (
            "hanyang-phase2",
            "mmrm",
            {"measure": "svc_percent"},
            "mmrm, measure: expected one that visits of hanyang-phase2 list (",
        ),
        (
            "weekly-nsc-series",
            "broken_stick",
            {},
            f"broken_stick: expected visits before time zero and after it with the ALSFRS-R total; weekly-nsc-series "
            f"has 0 and 6. {ADVICE}",
        ),
        (
            "nabavi-2018",
            "slope_change",
            {},
            "slope_change: expected 3 visits up to time zero and 3 after it with the ALSFRS-R total; "
            "nabavi-2018 has 2 "
            f"and 5. {ADVICE}",
        ),
        (
            "hanyang-phase2",
            "ancova",
            {"month": 5.5, "name": "late"},
            "late, month: expected the month of a visit with the ALSFRS-R total (",
        ),
    ],
)
def test_what_a_protocol_cannot_carry(name, method, settings, message):
    for fast in (True, False):
        said = refusal(load_protocol(name), planned(method, **settings), fast=fast)
        assert said is not None
        assert said.startswith(message)


@pytest.mark.parametrize(
    ("method", "settings", "message"),
    [
        (
            "ancova",
            {"covariates": ["age_years"]},
            f"covariates: expected none in the analyses of a design; got age_years. {PLAIN}",
        ),
        (
            "cox",
            {"strata": ["site", "sex"]},
            f"strata: expected none in the analyses of a design; got site, sex. {PLAIN}",
        ),
        (
            "ancova",
            {"imputation": {"assumption": "copy_reference"}},
            f"imputation: expected none in the analyses of a design; got copy_reference. {PLAIN}",
        ),
        ("mmrm", {"covariance": "toeplitz"}, f"covariance: expected unstructured in a design; got toeplitz. {PLAIN}"),
        (
            "mmrm",
            {"degrees_of_freedom": "kenward_roger"},
            f"degrees_of_freedom: expected satterthwaite or kenward_roger_linear in a design; got "
            f"kenward_roger. {PLAIN}",
        ),
        (
            "log_rank",
            {"fatal_events": ["tracheostomy"]},
            "fatal_events: expected death, the only one that is simulated; got tracheostomy. Add death.",
        ),
        (
            "ancova",
            {"intercurrent_events": [{"event": "death", "strategy": "composite"}]},
            f"intercurrent_events: expected hypothetical for death in a design; got composite. {PLAIN}",
        ),
        (
            "mmrm",
            {"intercurrent_events": [{"event": "not_dosed", "strategy": "principal_stratum"}]},
            f"intercurrent_events: expected treatment_policy for not_dosed in a design; got principal_stratum. {PLAIN}",
        ),
    ],
)
def test_what_the_fast_fits_do_not_carry(method, settings, message):
    analysis = planned(method, **settings)
    assert refusal(load_protocol("hanyang-phase2"), analysis, fast=True) == f"{method}, {message}"
    assert refusal(load_protocol("hanyang-phase2"), analysis, fast=False) is None


def test_a_month_of_the_joint_rank_needs_one_clock():
    analysis = planned("joint_rank", month=6.0)
    assert refusal(load_protocol("alsummit-phase3"), analysis, fast=True) is None
    assert refusal(load_protocol("barczewska-2020"), analysis, fast=True) == (
        "joint_rank, month: expected a survival clock that starts on one day for all; got month 6 and a clock "
        "that starts "
        f"when each is enrolled. {PLAIN}"
    )


@pytest.mark.parametrize(
    ("method", "event", "strategy"),
    [
        ("responders", "death", "while_alive"),
        ("log_rank", "death", "treatment_policy"),
        ("mmrm", "death", "composite"),  # unknown to the method: no analysis carries it out
        ("mmrm", "ventilation", "hypothetical"),  # never simulated
        ("mmrm", "death", "hypothetical"),
    ],
)
def test_strategies_that_change_nothing_are_carried(method, event, strategy):
    analysis = planned(method, intercurrent_events=[{"event": event, "strategy": strategy}])
    assert refusal(load_protocol("hanyang-phase2"), analysis, fast=True) is None


def test_many_visits_are_too_many_for_the_fast_mmrm():
    given = load_protocol("hanyang-phase2")
    last = given.visits[-1]
    more = tuple(last.model_copy(update={"day": last.day + 30 * i, "name": f"more {i}"}) for i in range(1, 14))
    longer = given.model_copy(update={"visits": (*given.visits, *more)})
    after = sum(visit.day > 0 and "alsfrs_r" in visit.measures for visit in longer.visits)
    assert refusal(longer, planned("mmrm"), fast=True) == (
        f"mmrm: expected at most 12 visits after time zero; hanyang-phase2 has {after}. {PLAIN}"
    )
    assert refusal(longer, planned("mmrm"), fast=False) is None
