"""Findings on what planned analyses need and on multiplicity: each rule on both sides of its bound."""

from __future__ import annotations

from typing import get_args

import pytest

from leadin.protocols.check import check_protocol
from leadin.protocols.checks.methods import PARTICIPANT_COLUMNS, SAME_MONTH
from leadin.protocols.entry import registry_entry
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import Method
from leadin.protocols.protocol import Protocol
from leadin.protocols.strategies import STRATEGIES, known_strategies


def findings(said):
    return [
        (finding.id, finding.severity, finding.field, finding.message)
        for finding in check_protocol(Protocol.model_validate(said))
        if finding.id not in ("no-sources", "no-control", "not-randomised", "masking-unknown")
    ]


def planned(small, *analyses, **plan):
    small["plan"] = {"analyses": [{"role": "primary" if i == 0 else "secondary", **a} for i, a in enumerate(analyses)]}
    small["plan"].update(plan)
    return findings(small)


def one_arm(small):
    small["arms"] = small["arms"][:1]
    small["randomisation"] = None
    return small


@pytest.mark.parametrize("method", ["log_rank", "cox", "restricted_mean", "win_ratio", "joint_rank"])
def test_a_method_that_compares_arms(small, method):
    assert planned(small, {"method": method}) == []
    assert planned(one_arm(small), {"method": method}) == [
        (
            "nothing-to-compare",
            "warning",
            "plan.analyses[0]",
            f"{method} compares arms, and there is one arm. Remove it, or add a control.",
        )
    ]
    assert planned(small, {"method": "ancova"}) == []


@pytest.mark.parametrize("method", ["mmrm", "ancova", "joint_rank", "win_ratio"])
def test_a_change_needs_a_baseline_and_a_visit_after_it(small, method):
    assert planned(small, {"method": method, "measure": "fvc_percent"})[0] == (
        "measure-not-taken",
        "warning",
        "plan.analyses[0]",
        f"{method} needs fvc_percent, which no visit measures. Add it to the visits.",
    )
    for before in (True, False):
        keep = [v for v in small["visits"] if (v["day"] <= 0) == before]
        found = {f[0]: f for f in planned({**small, "visits": keep}, {"method": method})}
        low, high = min(v["day"] for v in keep), max(v["day"] for v in keep)
        assert found["change-not-evaluable"] == (
            "change-not-evaluable",
            "warning",
            "plan.analyses[0]",
            f"{method} needs alsfrs_r at a visit up to day 0 and at one after it; it is measured on days {low} to "
            f"{high}. Add visits, or remove the analysis.",
        )


@pytest.mark.parametrize(("first", "found"), [(0, False), (1, True)])
def test_a_baseline_is_up_to_day_0(small, first, found):
    small["visits"] = [{"name": f"d{day}", "day": day, "measures": ["alsfrs_r"]} for day in (first, 91)]
    said = [f[0] for f in planned(small, {"method": "mmrm"})]
    assert ("change-not-evaluable" in said) is found


def test_a_month_is_held_against_visits_after_time_zero(small):
    told = [f for f in planned(small, {"method": "mmrm", "month": 0.2}) if f[0] == "month-without-visit"]
    assert "the nearest does at month 0.9856." in told[0][3]


@pytest.mark.parametrize(("day", "found"), [(61, False), (62, False), (63, True), (59, True)])
def test_a_month_without_a_visit(small, day, found):
    assert SAME_MONTH == 0.05
    small["visits"][4]["day"] = day  # the second of three after time zero; month 2 is day 60.9
    expected = [
        (
            "month-without-visit",
            "warning",
            "plan.analyses[0].month",
            f"mmrm compares at month 2, and no visit measures alsfrs_r then; the nearest does at month "
            f"{day / 30.4375:.4g}. Write that, or leave month out for the last visit.",
        )
    ]
    assert planned(small, {"method": "mmrm", "month": 2}) == (expected if found else [])


@pytest.mark.parametrize(("month", "found"), [(3, False), (3.1, True)])
def test_a_month_beyond_the_follow_up(small, month, found):
    expected = [
        (
            "month-beyond-follow-up",
            "warning",
            "plan.analyses[0].month",
            "restricted_mean looks up to month 3.1, and the follow-up ends after 3. Write at most that.",
        )
    ]
    assert planned(small, {"method": "restricted_mean", "month": month}) == (expected if found else [])


def test_columns_that_a_folder_does_not_know_by_itself(small):
    from leadin.trials.schema import SCHEMAS

    assert ("participant_id", "arm", *PARTICIPANT_COLUMNS) == tuple(SCHEMAS["participants"])
    said = {"method": "cox", "covariates": ["age_years", "agee_years"], "strata": ["site", "zzz"]}
    assert planned(small, said) == [
        (
            "column-of-its-own",
            "note",
            "plan.analyses[0].covariates[1]",
            "agee_years is no column that a trial folder knows by itself; the table of participants has to have it. "
            "Did you mean age_years?",
        ),
        (
            "column-of-its-own",
            "note",
            "plan.analyses[0].strata[1]",
            "zzz is no column that a trial folder knows by itself; the table of participants has to have it.",
        ),
    ]


def test_a_treated_side(small):
    none = (
        "no-treated-side",
        "warning",
        "plan.analyses[0]",
        "paired_side holds the treated limb against the other, and no administration is to one side. Write side: left, "
        "right or either, or remove the analysis.",
    )
    assert none in planned(small, {"method": "paired_side"})
    small["arms"][0]["administrations"][0]["side"] = "left"
    assert none not in planned(small, {"method": "paired_side"})
    for visit in small["visits"][-2:]:
        visit["measures"] = [*visit["measures"], "strength.left", "strength.right"]
    assert [f[0] for f in planned(small, {"method": "paired_side", "month": 3})] in ([], ["month-without-visit"])
    assert [f[0] for f in planned(small, {"method": "paired_side", "month": 2.5})] == ["month-without-visit"]


def test_secretion(small):
    none = (
        "no-secretion",
        "warning",
        "plan.analyses[0]",
        "potency compares secretion before and after differentiation, and no product is differentiated or tested for "
        "secretion. Write differentiation_days or the release test secretion, or remove the analysis.",
    )
    made = small["products"][0]["manufacturing"]
    made["differentiation_days"], made["release_tests"] = 0, ["sterility"]
    assert none in planned(small, {"method": "potency"})
    made["release_tests"] = ["secretion"]
    assert none not in planned(small, {"method": "potency"})
    made["release_tests"], made["differentiation_days"] = [], 1
    assert none not in planned(small, {"method": "potency"})
    small["products"][0]["manufacturing"] = None
    assert none in planned(small, {"method": "potency"})


def test_a_re_randomisation_test_of_a_trial_that_was_not_randomised(small):
    said = {"method": "slope_change", "rerandomisations": 999}
    assert "nothing-to-re-randomise" not in [f[0] for f in planned(small, said)]
    assert (
        "nothing-to-re-randomise",
        "warning",
        "plan.analyses[0].rerandomisations",
        "A re-randomisation test allocates participants as the trial did, and this trial is not randomised. Remove it, "
        "or write randomisation.",
    ) in planned(one_arm(small), said)


TWO = ({"method": "cox", "role": "primary"}, {"method": "log_rank", "role": "primary", "name": "other"})


def test_several_primaries_without_multiplicity(small):
    assert planned(small, *TWO) == [
        (
            "primaries-without-multiplicity",
            "warning",
            "plan.analyses",
            "The plan names 2 primary analyses and not how the level is held over them, so that one of them may well "
            "be positive by chance. Add multiplicity, or make one of them primary.",
        )
    ]
    assert planned(small, *TWO, multiplicity={"procedure": "holm"}) == []
    assert planned(small, TWO[0], {"method": "log_rank"}) == []


def test_a_primary_outside_the_family(small):
    family = {"procedure": "holm", "analyses": ["other"]}
    assert planned(small, *TWO, multiplicity=family) == [
        (
            "primary-outside-family",
            "warning",
            "plan.multiplicity.analyses",
            "Primary, but not tested at the familywise level: cox. Name them too.",
        )
    ]


def test_a_family_that_one_arm_cannot_test(small):
    said = ({"method": "broken_stick", "name": "main"}, {"method": "responders"}, {"method": "cox", "name": "death"})
    found = [f for f in planned(one_arm(small), *said, multiplicity={"procedure": "holm"}) if "family" in f[0]]
    assert found == [
        (
            "family-not-testable",
            "warning",
            "plan.multiplicity.analyses",
            "With one arm these give no p, which then counts as 1: responders, death. Leave them out.",
        )
    ]


def test_of_three_arms_the_first_contrast_is_tested(small):
    small["arms"].append({**small["arms"][0], "name": "third"})
    small["randomisation"]["ratio"]["third"] = 1
    small["randomisation"]["block_size"] = None
    found = planned(small, {"method": "cox"}, multiplicity={"procedure": "holm"})
    assert (
        "family-of-first-contrasts",
        "note",
        "plan.multiplicity",
        "There are 3 arms; of each analysis the arm that it names, else the first, is held against the reference at "
        "the familywise level, the others are not.",
    ) in found


@pytest.mark.parametrize(("position", "severity"), [(0, "warning"), (1, "note")])
def test_a_strategy_that_the_method_cannot_carry_out(small, position, severity):
    asked = {
        "method": "slope_change",
        "intercurrent_events": [
            {"event": "ventilation", "strategy": "hypothetical"},
            {"event": "death", "strategy": "hypothetical"},
        ],
    }
    analyses = [{"method": "cox"}, {"method": "cox", "alpha": 0.1}]
    analyses[position] = asked
    told = [finding for finding in planned(small, *analyses) if finding[0] == "strategy-not-carried-out"]
    assert told == [
        (
            "strategy-not-carried-out",
            severity,
            f"plan.analyses[{position}].intercurrent_events[1]",
            "slope_change cannot handle death by hypothetical, only by while alive; it will take the first of these "
            "and say so. Write that, or choose a method that can.",
        )
    ]


def test_an_event_that_a_method_does_not_look_at_changes_nothing(small):
    def asked(strategy):
        return {"method": "safety", "intercurrent_events": [{"event": "other_therapy", "strategy": strategy}]}

    assert planned(small, asked("treatment_policy")) == []
    assert planned(small, asked("composite"))[0][3].startswith(
        "safety cannot handle other therapy by composite, only by treatment policy; it will"
    )


def test_every_method_has_its_strategies():
    assert set(STRATEGIES) == set(get_args(Method))
    assert known_strategies("mmrm", "death") == ("hypothetical",)
    assert known_strategies("cox", "other_therapy") == ("treatment_policy",)


def test_an_analysis_said_twice(small):
    assert planned(small, {"method": "cox"}, {"method": "log_rank"}, {"method": "log_rank"}) == [
        ("analysis-twice", "note", "plan.analyses[2]", "It says the same as plan.analyses[1]. Remove one.")
    ]


def rows_of(small, *analyses, **plan):
    small["plan"] = {"analyses": list(analyses), **plan}
    entry = registry_entry(Protocol.model_validate(small))
    return next(section.rows for section in entry if section.heading == "Analysis plan")


def test_the_entry_tells_settings_and_multiplicity(small):
    mmrm = {"method": "mmrm", "name": "main", "month": 6, "covariates": ["age_years"], "role": "primary"}
    cox = {"method": "cox", "strata": ["site", "sex"], "rerandomisations": 9999}
    assert rows_of(small, mmrm, cox, multiplicity={"procedure": "holm", "alpha": 0.1}) == (
        ("Primary", "main (mmrm); month 6; adjusted for age years"),
        ("Secondary", "cox; within site, sex; re-randomised 9,999 times"),
        ("Multiplicity", "familywise two-sided level 0.1: main, cox; Holm's procedure"),
    )
    model = {"covariance": "toeplitz", "degrees_of_freedom": "kenward_roger_linear", "measure": "svc_percent"}
    assert rows_of(small, {"method": "mmrm", **model}, {"method": "mmrm", "degrees_of_freedom": "kenward_roger"}) == (
        ("Secondary", "mmrm; SVC; toeplitz covariance; Kenward-Roger (linear)"),
        ("Secondary", "mmrm; Kenward-Roger"),
    )
    assert rows_of(small, {"method": "log_rank", "fatal_events": ["death"]}) == (
        ("Secondary", "log_rank; fatal events that count: death; others compete"),
    )
    assert rows_of(small, mmrm, multiplicity={"procedure": "fixed_sequence"})[-1] == (
        "Multiplicity",
        "familywise two-sided level 0.05: main; one after the other, each at the full level, up to the first that is "
        "not shown",
    )
    graph = {"procedure": "graphical", "weights": [0.7, 0.3], "transitions": [[0, 1], [0.5, 0]]}
    assert rows_of(small, mmrm, cox, multiplicity=graph)[-1][1] == (
        "familywise two-sided level 0.05, shared main 0.7, cox 0.3; graphical procedure; once shown, passed on from "
        "main to cox 1, cox to main 0.5"
    )
    graph["transitions"] = [[0, 0], [0, 0]]
    assert rows_of(small, mmrm, cox, multiplicity=graph)[-1][1].endswith("graphical procedure")
    assert "Multiplicity" not in dict(rows_of(small, mmrm))


def test_words_without_multiplicity():
    from leadin.protocols.multiplicity_words import multiplicity_words

    assert multiplicity_words(Plan.model_validate({"analyses": [{"method": "cox"}]})) == ""


def test_the_entry_tells_stopping_rules(small):
    often = {"tolerated": 0.1, "participants": 30}
    rules = [
        {"kind": "exact", "alpha": 0.05, **often},
        {"kind": "bayesian", "events": "any", "prior_mean": 0.2, "prior_weight": 2, "certainty": 0.95, **often},
        {"kind": "likelihood_ratio", "events": "serious", "unacceptable": 0.3, "alpha": 0.1, "first_look": 3, **often},
    ]
    assert rows_of(small, {"method": "safety", "role": "safety", "stopping": rules}) == (
        (
            "Safety",
            "safety; stopping rule (exact): serious related in more than 10 %, error at most 0.05, up to 30 treated; "
            "stopping rule (bayesian): any in more than 10 %, prior mean 20 % worth 2 participants, certainty 0.95, up "
            "to 30 treated; stopping rule (likelihood ratio): serious in more than 10 %, against 30 %, error at most "
            "0.1, from 3 treated on, up to 30 treated",
        ),
    )
