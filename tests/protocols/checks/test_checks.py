"""Findings on protocols that can be read: each rule on both sides of its bound."""

from __future__ import annotations

import copy

import pytest

from leadin.protocols.check import check_protocol
from leadin.protocols.finding import ProtocolFinding
from leadin.protocols.protocol import Protocol

NO_SOURCES = ProtocolFinding("no-sources", "note", "sources", "It names no sources, as a protocol of a new trial may.")


def findings(said):
    return [finding for finding in check_protocol(Protocol.model_validate(said)) if finding != NO_SOURCES]


def test_a_protocol_that_fits_together(small):
    assert check_protocol(Protocol.model_validate(small)) == (NO_SOURCES,)


def test_warnings_come_first(small):
    small["plan"] = None
    small["visits"].append({"name": "late", "day": 150, "measures": ["alsfrs_r"]})
    assert [finding.severity for finding in findings(small)] == ["warning", "note"]


# --- visits


@pytest.mark.parametrize(("day", "found"), [(92, False), (93, True)])
def test_a_visit_beyond_follow_up(small, day, found):
    small["visits"][5]["day"] = day  # 3 months are 91.3 days, so day 92 is the last
    assert findings(small) == (
        [
            ProtocolFinding(
                "visit-beyond-follow-up",
                "warning",
                "visits.month 3.day",
                "month 3 on day 93 lies beyond the follow-up of 3 months, which ends on day 92. Move it, or write a "
                "longer follow_up_months.",
            )
        ]
        if found
        else []
    )


@pytest.mark.parametrize(("day", "found"), [(-92, False), (-93, True)])
def test_a_visit_before_the_lead_in(small, day, found):
    small["visits"][0]["day"] = day
    assert findings(small) == (
        [
            ProtocolFinding(
                "visit-before-lead-in",
                "warning",
                "visits.screening.day",
                "screening on day -93 lies before the lead-in of 3 months, which begins on day -92. Move it, or write "
                "a longer lead_in_months.",
            )
        ]
        if found
        else []
    )


def test_no_baseline_visit(small):
    del small["visits"][:3]
    small["plan"] = {"analyses": [{"method": "cox", "role": "primary"}]}
    small["products"][0]["manufacturing"] = None
    small["products"][0]["origin"] = "allogeneic"
    assert findings(small) == [
        ProtocolFinding(
            "no-baseline-visit",
            "warning",
            "visits",
            "The first visit is on day 30, so nothing is measured before the first injection. Add a visit on day 0 or "
            "before.",
        )
    ]


@pytest.mark.parametrize(("day", "found"), [(-61, False), (-60, True)])
def test_a_lead_in_that_starts_without_a_visit(small, day, found):
    small["visits"][0]["day"] = day
    assert findings(small) == (
        [
            ProtocolFinding(
                "lead-in-without-visit",
                "warning",
                "lead_in_months",
                "The lead-in begins on day -92, but the first visit is on day -60. Add a visit, or write a shorter "
                "lead_in_months.",
            )
        ]
        if found
        else []
    )


@pytest.mark.parametrize(("months", "found"), [(4, False), (4.01, True)])
def test_a_follow_up_that_ends_without_a_visit(small, months, found):
    small["follow_up_months"] = months  # 4 months end on day 122, 31 days after the last visit
    assert findings(small) == (
        [
            ProtocolFinding(
                "follow-up-without-visit",
                "note",
                "follow_up_months",
                "The follow-up ends on day 123, but the last visit is on day 91.",
            )
        ]
        if found
        else []
    )


@pytest.mark.parametrize(("late", "found"), [(22, False), (23, True)])
def test_windows_that_overlap(small, late, found):
    small["visits"][2]["days_late"] = late  # month 1 opens on day 23
    assert findings(small) == (
        [
            ProtocolFinding(
                "windows-overlap",
                "warning",
                "visits.month 1",
                "The window of baseline closes on day 23, that of month 1 opens on day 23: an assessment in between "
                "could be either. Narrow the windows.",
            )
        ]
        if found
        else []
    )


# --- cells


@pytest.mark.parametrize(("days", "found"), [(91, False), (92, True)])
def test_an_isolation_before_the_first_visit(small, days, found):
    small["products"][0]["manufacturing"]["expansion_days"] = days
    assert findings(small) == (
        [
            ProtocolFinding(
                "isolation-before-first-visit",
                "warning",
                "products.msc.manufacturing",
                "Arm cells: the isolation for lot 1 would be on day -92, 1 day before the first visit (screening, day "
                "-91). Shorten the culture or lengthen the lead-in.",
            )
        ]
        if found
        else []
    )


def test_an_isolation_long_before_the_first_visit(small):
    small["products"][0]["manufacturing"]["expansion_days"] = 121
    (first, second) = findings(small)
    assert "lot 1 would be on day -121, 30 days before the first visit" in first.message
    assert "lot 2 would be on day -95, 4 days before the first visit" in second.message


def test_cells_isolated_before_allocation(small):
    small["randomisation"]["at"] = "baseline"
    assert findings(small) == [
        ProtocolFinding(
            "isolation-before-randomisation",
            "note",
            "randomisation.at",
            "Arm cells: cells are isolated on day -28 and -2, before randomisation at baseline (day 0), so every "
            "participant would have to undergo it.",
        )
    ]
    small["products"][0].update(manufacturing=None, origin="allogeneic")
    assert findings(small) == []


def test_cells_isolated_on_the_day_of_allocation_are_fine(small):
    small["randomisation"]["at"] = "baseline"
    small["visits"][2]["day"] = -28
    small["arms"][0]["administrations"] = small["arms"][0]["administrations"][:1]
    small["products"][0]["manufacturing"]["isolations"] = 1
    assert findings(small) == []
    small["visits"][2]["day"] = -27
    assert [finding.id for finding in findings(small)] == ["isolation-before-randomisation"]


@pytest.mark.parametrize(("hours", "found"), [(624, False), (623, True)])
def test_a_lot_that_outlives_its_shelf_life(small, hours, found):
    small["products"][0]["manufacturing"].update(isolations=1, shelf_life_hours=hours)
    assert findings(small) == (
        [
            ProtocolFinding(
                "lot-outlives-shelf-life",
                "warning",
                "products.msc.manufacturing.shelf_life_hours",
                "Arm cells: lot 1 is given until 26 days after its release, but keeps for 623 hours. Plan more "
                "isolations, or freeze the cells.",
            )
        ]
        if found
        else []
    )


@pytest.mark.parametrize(("frozen", "found"), [(True, False), (False, True), (None, True)])
def test_a_lot_of_which_nobody_says_how_long_it_keeps(small, frozen, found):
    small["products"][0]["manufacturing"].update(isolations=1, shelf_life_hours=None, cryopreserved=frozen)
    assert findings(small) == (
        [
            ProtocolFinding(
                "shelf-life-not-said",
                "warning",
                "products.msc.manufacturing.shelf_life_hours",
                "Arm cells: lot 1 is given until 26 days after its release, and nothing says that it keeps so long. "
                "Write shelf_life_hours or cryopreserved: true, or plan more isolations.",
            )
        ]
        if found
        else []
    )


@pytest.mark.parametrize(("isolations", "found"), [(2, False), (3, True)])
def test_more_isolations_than_dosing_days(small, isolations, found):
    small["products"][0]["manufacturing"]["isolations"] = isolations
    assert findings(small) == (
        [
            ProtocolFinding(
                "more-isolations-than-doses",
                "note",
                "products.msc.manufacturing.isolations",
                "Arm cells: 3 isolations are planned for 2 dosing days; the schedule shows 2.",
            )
        ]
        if found
        else []
    )


def test_a_product_that_nobody_is_given(small):
    small["products"].append({**small["products"][0], "name": "spare"})
    assert findings(small) == [
        ProtocolFinding("product-not-given", "warning", "products.spare", "No arm is given spare.")
    ]


@pytest.mark.parametrize(("origin", "found"), [("autologous", True), ("allogeneic", False), ("xenogeneic", False)])
def test_the_patients_own_cells_without_their_making(small, origin, found):
    small["products"][0].update(manufacturing=None, origin=origin)
    assert findings(small) == (
        [
            ProtocolFinding(
                "manufacturing-not-said",
                "note",
                "products.msc",
                "How msc is made is not said, so the schedule shows no isolation.",
            )
        ]
        if found
        else []
    )


def test_doses_that_nobody_says(small):
    for dose in small["arms"][0]["administrations"]:
        dose["cells"] = None
    assert findings(small) == [
        ProtocolFinding(
            "dose-not-said",
            "note",
            "arms.cells.administrations",
            "Arm cells: the number of cells is not said on day 0, 26.",
        )
    ]


# --- arms


def test_nobody_planned(small):
    small["arms"][0]["planned"] = 0
    assert findings(small) == []
    small["arms"][1]["planned"] = 0
    assert findings(small) == [
        ProtocolFinding(
            "nobody-planned", "warning", "arms", "No arm has participants. Write planned: with a number above 0."
        )
    ]


def test_no_control(small):
    small["arms"][1]["role"] = "treatment"
    assert findings(small) == [
        ProtocolFinding(
            "no-control",
            "note",
            "arms",
            "No arm is a control: a change after the injection holds regression to the mean beside any effect.",
        )
    ]


def test_arms_that_are_not_randomised(small):
    assert findings({**small, "randomisation": None}) == [
        ProtocolFinding(
            "not-randomised",
            "note",
            "randomisation",
            "Participants are not randomised: differences between arms hold differences between people.",
        )
    ]


def test_one_arm_needs_no_randomisation(small):
    small["randomisation"] = None
    del small["arms"][1]
    assert [finding.id for finding in findings(small)] == ["no-control"]


def test_an_arm_without_a_share(small):
    small["arms"].append({**small["arms"][1], "name": "third"})
    assert findings(small) == [
        ProtocolFinding(
            "arm-without-ratio",
            "warning",
            "randomisation.ratio",
            "Arm third has no share in the allocation ratio, so nobody reaches it by randomisation. Add 'third:' to "
            "the ratio.",
        )
    ]


def test_masking_that_nobody_says(small):
    small["masking"] = "unknown"
    assert findings(small) == [ProtocolFinding("masking-unknown", "note", "masking", "Who knew the arms is not said.")]


# --- analyses


def planned(small, **analysis):
    small["plan"] = {"analyses": [{"role": "primary", **analysis}]}
    return findings(small)


def test_no_plan(small):
    assert findings({**small, "plan": None}) == [
        ProtocolFinding("no-plan", "note", "plan", "There is no analysis plan: every analysis is exploratory.")
    ]


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        (["primary"], None),
        (["secondary"], "The plan names no primary analyses."),
    ],
)
def test_one_primary_analysis(small, roles, message):
    small["plan"] = {"analyses": [{"method": "cox", "role": role} for role in roles]}
    expected = [] if message is None else [ProtocolFinding("primary-not-one", "note", "plan.analyses", message)]
    assert findings(small) == expected


@pytest.mark.parametrize("method", ["slope_change", "responders", "random_slope", "broken_stick"])
def test_a_measure_that_no_visit_takes(small, method):
    assert planned(small, method=method, measure="fvc_percent") == [
        ProtocolFinding(
            "measure-not-taken",
            "warning",
            "plan.analyses[0]",
            f"{method} needs fvc_percent, which no visit measures. Add it to the visits.",
        )
    ]


@pytest.mark.parametrize("method", ["kaplan_meier", "log_rank", "cox", "safety"])
def test_survival_and_safety_need_no_measure(small, method):
    assert planned(small, method=method, measure="fvc_percent") == []


def test_every_measure_of_an_either_or_rule_counts(small):
    found = planned(small, method="responders", either_of=["alsfrs_r", "svc_percent", "fvc_percent"])
    assert [finding.message.split()[2] for finding in found] == ["svc_percent,", "fvc_percent,"]


@pytest.mark.parametrize("method", ["slope_change", "responders"])
def test_slopes_need_three_visits_on_each_side(small, method):
    assert planned(small, method=method) == []
    fewer = copy.deepcopy(small)
    del fewer["visits"][1]
    assert planned(fewer, method=method) == [
        ProtocolFinding(
            "slope-not-evaluable",
            "warning",
            "plan.analyses[0]",
            f"{method} needs alsfrs_r at 3 visits up to day 0 and at as many after it; there are 2 and 3. Add visits, "
            "or remove the analysis.",
        )
    ]
    del small["visits"][4]
    (finding,) = planned(small, method=method)
    assert "there are 3 and 2." in finding.message
    assert planned(small, method=method, share_baseline=True) == []
    del small["visits"][4]
    assert planned(small, method=method, share_baseline=True)[0].id == "slope-not-evaluable"


def test_a_broken_stick_needs_both_sides(small):
    del small["visits"][1]
    assert planned(small, method="broken_stick") == []
    small["lead_in_months"] = 0
    small["products"][0].update(manufacturing=None, origin="allogeneic")
    del small["visits"][0]
    assert planned(small, method="broken_stick") == [
        ProtocolFinding(
            "slope-not-evaluable",
            "warning",
            "plan.analyses[0]",
            "broken_stick needs alsfrs_r before and after day 0; it is measured on days 0 to 91. Add visits, or remove "
            "the analysis.",
        )
    ]
    assert planned(small, method="random_slope") == []


def test_a_broken_stick_needs_follow_up(small):
    small["visits"] = small["visits"][:3]
    small["follow_up_months"] = 1
    (finding,) = planned(small, method="broken_stick")
    assert finding.message.startswith(
        "broken_stick needs alsfrs_r before and after day 0; it is measured on days -91 to 0."
    )


@pytest.mark.parametrize(
    ("taken", "said"),
    [
        ([], "strength.left and strength.right"),
        (["strength.right"], "strength.left"),
        (["strength.left"], "strength.right"),
        (["strength.left", "strength.right"], None),
    ],
)
def test_paired_sides_need_both_limbs(small, taken, said):
    for visit in small["visits"]:
        visit["measures"] = [*visit["measures"], *taken]
    message = f"paired_side needs {said}, which no visit measures. Add it to the visits."
    found = [finding for finding in planned(small, method="paired_side") if finding.id == "measure-not-taken"]
    assert found == (
        [] if said is None else [ProtocolFinding("measure-not-taken", "warning", "plan.analyses[0]", message)]
    )


@pytest.mark.parametrize("method", ["log_rank", "cox"])
def test_comparing_one_arm(small, method):
    small["randomisation"] = None
    del small["arms"][1]
    assert planned(small, method=method)[0] == ProtocolFinding(
        "nothing-to-compare",
        "warning",
        "plan.analyses[0]",
        f"{method} compares arms, and there is one arm. Remove it, or add a control.",
    )
    assert [finding.id for finding in planned(small, method="kaplan_meier")] == ["no-control"]


@pytest.mark.parametrize(("months", "found"), [(3.02, False), (3.1, True)])
def test_an_endpoint_beyond_follow_up(small, months, found):
    small["endpoints"] = [{"name": "Late", "role": "primary", "months": months}]
    assert findings(small) == (
        [
            ProtocolFinding(
                "endpoint-beyond-follow-up",
                "warning",
                "endpoints.Late",
                "It is judged at 3.1 months; the follow-up ends after 3.",
            )
        ]
        if found
        else []
    )


def test_an_endpoint_that_no_visit_measures(small):
    small["endpoints"] = [
        {"name": "Breathing", "role": "primary", "measure": "svc_percent"},
        {"name": "Function", "role": "primary", "measure": "alsfrs_r"},
    ]
    assert findings(small) == [
        ProtocolFinding(
            "measure-not-taken",
            "warning",
            "endpoints.Breathing",
            "No visit measures svc_percent. Add it to the visits.",
        )
    ]


def with_criterion(small, **criterion):
    small["eligibility"] = {"criteria": [{"minimum": 1, **criterion}]}
    return findings(small)


@pytest.mark.parametrize("variable", ["age_years", "months_since_onset", "alsfrs_r", "weight_kg"])
def test_criteria_that_are_known_at_screening(small, variable):
    assert with_criterion(small, variable=variable) == []


def test_a_criterion_that_its_visit_does_not_measure(small):
    assert with_criterion(small, variable="fvc_percent") == [
        ProtocolFinding(
            "criterion-not-measured",
            "warning",
            "eligibility.criteria[0]",
            "fvc_percent is judged at screening, but screening does not measure it. Add it to that visit.",
        )
    ]
    (finding,) = with_criterion(small, variable="weight_kg", at="baseline")
    assert finding.message.startswith("weight_kg is judged at baseline, but baseline does not measure it.")


def test_a_criterion_is_judged_also_after_one_on_the_loss_in_the_lead_in(small):
    loss = {"variable": "alsfrs_r_lost_in_lead_in", "at": "baseline", "minimum": 3}
    small["eligibility"] = {"criteria": [loss, {"variable": "fvc_percent", "minimum": 50}]}
    assert [finding.field for finding in findings(small)] == ["eligibility.criteria[1]"]


def test_a_criterion_at_a_baseline_that_is_not_there(small):
    small["visits"] = small["visits"][3:]
    found = with_criterion(small, variable="alsfrs_r", at="baseline")
    assert "alsfrs_r is judged at baseline, but there is no baseline visit. Add it to that visit." in [
        finding.message for finding in found
    ]


def test_a_loss_in_the_lead_in_needs_two_visits(small):
    criterion = {"variable": "alsfrs_r_lost_in_lead_in", "at": "baseline"}
    assert with_criterion(small, **criterion) == []
    small["plan"] = {"analyses": [{"method": "cox", "role": "primary"}]}
    small["lead_in_months"] = 0
    small["products"][0].update(manufacturing=None, origin="allogeneic")
    del small["visits"][:2]
    told = ProtocolFinding(
        "criterion-not-measured",
        "warning",
        "eligibility.criteria[0]",
        "A loss in the lead-in needs two visits up to day 0. Add one, or remove the criterion.",
    )
    assert with_criterion(small, **criterion) == [told]
    del small["visits"][0]
    assert told in with_criterion(small, **criterion)


# --- sources


def test_values_without_source(small):
    small["sources"] = [{"id": "s", "citation": "Someone"}]
    small["provenance"] = [
        {"field": field, "source": "s", "status": "read"}
        for field in (
            "masking",
            "lead_in_months",
            "products",
            "arms",
            "randomisation",
            "fatal_events",
            "plan",
            "visits",
        )
    ]
    assert findings(small) == [
        ProtocolFinding(
            "values-without-source",
            "warning",
            "follow_up_months",
            "1 value says neither where it comes from nor that it is assumed: follow_up_months. Add provenance or "
            "assumed entries.",
        )
    ]
    del small["provenance"][0]
    assert findings(small)[0].message.startswith(
        "2 values say neither where it comes from nor that it is assumed: masking, follow_up_months. Add"
    )
    # Without masking, lead-in and products, but with what the cells are made from and how.
    small["provenance"] = [item for item in small["provenance"] if item["field"] not in ("lead_in_months", "products")]
    for field in ("products.msc.manufacturing", "products.msc.source_tissue"):
        small["provenance"].append({"field": field, "source": "s", "status": "read"})
    five = "masking, lead_in_months, follow_up_months, products.msc.cell_type, products.msc.origin"
    assert f"is assumed: {five}. Add" in findings(small)[0].message
    del small["provenance"][-1]
    assert f"is assumed: {five} and 1 more. Add" in findings(small)[0].message


def test_values_that_were_not_read_are_noted(small):
    small["sources"] = [{"id": "s", "citation": "Someone"}]
    everything = [field for field in small if field not in ("name", "title", "summary", "sources")]
    small["provenance"] = [{"field": field, "source": "s", "status": "read"} for field in everything]
    small["provenance"].append({"field": "fatal_events", "source": "s", "status": "computed"})
    assert findings(small) == []
    small["provenance"][0]["status"] = small["provenance"][1]["status"] = "memory"
    small["provenance"][2]["status"] = "secondary"
    small["assumed"] = [{"field": "visits", "reason": "nobody says so"}]
    assert findings(small) == [
        ProtocolFinding(
            "values-not-read",
            "note",
            "assumed",
            "Not read in a source: 2 from memory, 1 from unreviewed pages, 1 assumed (entries, not values). `leadin "
            "show` lists them.",
        )
    ]
