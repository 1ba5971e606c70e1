"""What a protocol must not say of itself, told without a file."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from leadin.protocols.consistency import MOST_PROBLEMS, broken_paths, inconsistencies
from leadin.protocols.problems import Problem
from leadin.protocols.protocol import Protocol


def told(said):
    return [problem.told() for problem in inconsistencies(said)]


def test_a_protocol_that_fits_together(small):
    assert inconsistencies(small) == ()


@pytest.mark.parametrize(
    ("field", "key", "kind"), [("products", "name", "product"), ("arms", "name", "arm"), ("visits", "name", "visit")]
)
def test_names_twice(small, field, key, kind):
    again = {**small[field][0], "day": 99}
    small[field].append(again)
    assert told(small)[0] == (
        f"{field}[{len(small[field]) - 1}].{key}: expected a name that no other {kind} has; "
        f"got '{small[field][0]['name']}' again. Rename one."
    )


def test_sources_twice(small):
    small["sources"] = [{"id": "a"}, {"id": "b"}, {"id": "a"}, {"id": "a"}]
    assert told(small) == [
        f"sources[{i}].id: expected a name that no other source has; got 'a' again. Rename one." for i in (2, 3)
    ]


def test_two_visits_on_a_day(small):
    small["visits"][2]["day"] = -45
    assert told(small) == [
        "visits[2].day: expected a day that no other visit has; got -45 again, as in visits[1]. Merge them or move one."
    ]


def test_visits_out_of_order(small):
    small["visits"][3]["day"] = -60
    assert told(small) == ["visits[3].day: expected visits in order of day; got day -60 after day 0. Sort the visits."]


def test_a_measure_twice(small):
    small["visits"][0]["measures"] = ["alsfrs_r", "weight_kg", "alsfrs_r"]
    assert told(small) == ["visits[0].measures[2]: expected every measure once; got 'alsfrs_r' again. Remove one."]


def test_administrations_out_of_order(small):
    doses = small["arms"][0]["administrations"]
    doses[0]["day"], doses[1]["day"] = 26, 0
    assert told(small) == [
        "arms[0].administrations[1].day: expected administrations in order of day; got day 0 after day 26. Sort them."
    ]


def test_each_arm_has_its_own_order(small):
    small["arms"][1]["administrations"] = [{"day": 3, "product": "msc", "route": "intrathecal"}]
    assert told(small) == []


def test_the_same_administration_twice(small):
    small["arms"][0]["administrations"][1]["day"] = 0
    assert told(small) == [
        "arms[0].administrations[1]: expected one administration a day for each product and route; got 'msc' "
        "intrathecal on day 0 again. Add the cells up into one."
    ]


def test_two_routes_on_a_day_are_two_administrations(small):
    small["arms"][0]["administrations"][1].update(day=0, route="intramuscular")
    assert told(small) == []


@pytest.mark.parametrize(("days", "first", "shift"), [((3, 29), 3, "-3"), ((-2, 24), -2, "+2")])
def test_days_count_from_the_first_administration(small, days, first, shift):
    for dose, day in zip(small["arms"][0]["administrations"], days, strict=True):
        dose["day"] = day
    assert told(small) == [
        "arms[0].administrations[0].day: expected the first administration of the trial on day 0, since days count "
        f"from it; got day {first}. Shift all days by {shift}."
    ]


def test_the_first_administration_may_be_in_any_arm(small):
    small["arms"][1]["administrations"] = small["arms"][0]["administrations"]
    small["arms"][0]["administrations"] = [{"day": 7, "product": "msc", "route": "intrathecal"}]
    assert told(small) == []


def test_an_analysis_of_an_arm_that_is_not_there(small):
    small["plan"]["analyses"][0]["arm"] = "sels"
    assert told(small) == [
        "plan.analyses[0].arm: expected the name of an arm of this protocol (cells, control); got 'sels'. Write cells."
    ]


def test_names_of_nothing(small):
    small["arms"][0]["administrations"][0]["product"] = "mcs"
    small["randomisation"]["ratio"] = {"cells": 1, "kontrol": 1}
    small["co_interventions"] = [{"name": "riluzole", "kind": "drug", "arms": ["cells", "zzz"]}]
    small["plan"]["reference_arm"] = "contol"
    small["provenance"] = [{"field": "arms", "source": "oh-2015", "status": "read"}]
    assert told(small) == [
        "arms[0].administrations[0].product: expected the name of a product of this protocol (msc); got 'mcs'. Write "
        "msc.",
        "randomisation.ratio.kontrol: expected the name of an arm of this protocol (cells, control); got 'kontrol'. "
        "Write control.",
        "co_interventions[0].arms[1]: expected the name of an arm of this protocol (cells, control); got 'zzz'. Write "
        "one of these, or add the arm.",
        "plan.reference_arm: expected the name of an arm of this protocol (cells, control); got 'contol'. Write "
        "control.",
        "provenance[0].source: expected the name of a source of this protocol (which has no source); got 'oh-2015'. "
        "Add the source.",
    ]


def test_criteria_of_arms_that_are_not_there(small):
    small["randomisation"] = None
    small["eligibility"] = {
        "criteria": [
            {"variable": "age_years", "minimum": 18, "arms": ["cells"]},
            {"variable": "alsfrs_r", "minimum": 30, "arms": ["cells", "contol"]},
        ]
    }
    assert told(small) == [
        "eligibility.criteria[1].arms[1]: expected the name of an arm of this protocol (cells, control); got 'contol'. "
        "Write control."
    ]


def test_criteria_by_arm_of_a_randomised_trial_are_told_once(small):
    named = {"variable": "age_years", "minimum": 18, "arms": ["cells", "control"]}
    small["eligibility"] = {"criteria": [{"variable": "age_years", "maximum": 80, "arms": []}, named, named]}
    assert told(small) == [
        "eligibility.criteria[1].arms: expected criteria for every arm, since participants have no arm before they are "
        "randomised; got 'cells', 'control'. Remove arms here, or remove randomisation."
    ]
    small["randomisation"] = None
    assert told(small) == []


@pytest.mark.parametrize(("size", "write"), [(3, 4), (5, 4), (7, 8)])
def test_blocks_that_the_ratio_does_not_fill(small, size, write):
    small["randomisation"]["block_size"] = size
    assert told(small) == [
        f"randomisation.block_size: expected a multiple of 2, the sum of the allocation ratio; got {size}. "
        f"Write {write}."
    ]


@pytest.mark.parametrize(("size", "share"), [(4, 1), (2, 1), (3, 2), (None, 1)])
def test_blocks_that_the_ratio_fills(small, size, share):
    small["randomisation"] = {"ratio": {"cells": share, "control": 1}, "block_size": size}
    assert told(small) == []


def test_a_small_block_for_a_large_ratio_is_raised_to_one_round(small):
    small["randomisation"] = {"ratio": {"cells": 5, "control": 5}, "block_size": 2}
    assert told(small)[0].endswith("a multiple of 10, the sum of the allocation ratio; got 2. Write 10.")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"arms": "x", "visits": 3, "products": None, "sources": {}},
        {"arms": [1, "x", None, {"name": 5, "administrations": "x"}]},
        {"visits": [{"day": "week 4", "measures": "alsfrs_r"}, {"day": True}, {"measures": [1, 1]}]},
        {"arms": [{"name": "a", "administrations": [{"day": "x"}, {"product": 3, "day": 0}, 7]}]},
        {"arms": [{"administrations": [{"day": 0, "route": "x"}, {"day": 0, "route": "x"}]}]},
        {"arms": [{"administrations": [{"day": 0, "product": 3, "route": "x"}] * 2}]},
        {"randomisation": "1:1"},
        {"randomisation": {"ratio": "1:1", "block_size": 3}},
        {"randomisation": {"ratio": {}, "block_size": 3}},
        {"randomisation": {"ratio": {"a": "x"}, "block_size": 3}, "arms": [{"name": "a"}]},
        {"randomisation": {"ratio": {"a": 2}, "block_size": "x"}, "arms": [{"name": "a"}]},
        {"co_interventions": [{"arms": "cells"}, {"arms": [3]}]},
        {"eligibility": "adults"},
        {"eligibility": {"criteria": [3, {"arms": "cells"}, {"arms": [3]}, {"arms": None}]}, "randomisation": {}},
        {"plan": ["cox"]},
        {"provenance": [{"source": 3}]},
    ],
)
def test_what_has_the_wrong_type_is_left_to_others(said):
    assert inconsistencies(said) == ()


def test_the_search_stops_at_two_hundred(small):
    small["visits"][0]["measures"] = ["alsfrs_r"] * 300
    assert len(inconsistencies(small)) == MOST_PROBLEMS == 200
    small["assumed"] = [{"field": "zzz", "reason": "no reason at all"}] * 300
    assert len(broken_paths(small)) == 200


def test_a_dozen_names_are_listed(small):
    small["arms"] = [{"name": f"arm-{letter}"} for letter in "abcdefghijkl"]
    small["plan"]["reference_arm"] = "zzz"
    small["randomisation"] = None
    assert "(arm-a, arm-b, arm-c, arm-d, arm-e, arm-f, arm-g, arm-h, arm-i, arm-j, arm-k, arm-l)" in told(small)[0]
    small["arms"].append({"name": "arm-m"})
    assert "arm-k, arm-l, ...)" in told(small)[0]


def test_paths_that_point_at_nothing(small):
    small["provenance"] = [
        {"field": "arms.cell.planned", "source": "s", "status": "read"},
        {"field": "arms.cells.planned", "source": "s", "status": "read"},
    ]
    small["assumed"] = [{"field": "zzzzzz", "reason": "no reason at all"}]
    assert broken_paths(small) == (
        Problem(
            ("provenance", 0, "field"),
            "the path of a value of this protocol",
            "'arms.cell.planned'",
            "Write arms.cells.planned.",
        ),
        Problem(
            ("assumed", 0, "field"),
            "the path of a value of this protocol",
            "'zzzzzz'",
            "Write a path such as arms.cells.planned.",
        ),
    )


def test_the_model_raises_them_all_at_once(small):
    small["visits"][3]["day"] = -60
    small["assumed"] = [{"field": "visits.screning", "reason": "no reason at all"}]
    with pytest.raises(ValidationError) as caught:
        Protocol.model_validate(small)
    error = caught.value.errors()[0]
    assert error["type"] == "inconsistent"
    assert error["msg"] == (
        "visits[3].day: expected visits in order of day; got day -60 after day 0. Sort the visits.\n"
        "assumed[0].field: expected the path of a value of this protocol; got 'visits.screning'. Write "
        "visits.screening."
    )
    assert len(error["ctx"]["problems"]) == 2


def test_a_path_may_speak_of_a_default(small):
    small["assumed"] = [{"field": "visits.*.days_early", "reason": "nothing is said of windows"}]
    assert Protocol.model_validate(small).visits[0].days_early == 7
