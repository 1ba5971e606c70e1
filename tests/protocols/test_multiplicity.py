"""Multiplicity as a plan says it: which analyses are tested, and what it must not say."""

from __future__ import annotations

import pytest

from leadin.errors import ProtocolError
from leadin.protocols.load import load_plan
from leadin.protocols.multiplicity import Multiplicity, family_positions
from leadin.protocols.multiplicity_problems import multiplicity_problems
from leadin.protocols.plan import Plan

ANALYSES = [
    {"name": "survival", "method": "cox"},
    {"name": "curve", "method": "kaplan_meier"},
    {"name": "main", "method": "broken_stick", "role": "primary"},
    {"name": "safe", "method": "safety", "role": "safety"},
    {"name": "breath", "method": "random_slope", "measure": "svc_percent", "role": "exploratory"},
    {"name": "slope", "method": "slope_change", "role": "secondary"},
]


def plan(**multiplicity):
    return {"analyses": ANALYSES, "multiplicity": multiplicity}


def told(**multiplicity):
    return [problem.told() for problem in multiplicity_problems(plan(**multiplicity))]


def in_family(**multiplicity):
    return [analysis.name for analysis in Plan.model_validate(plan(**multiplicity)).tested]


def test_named_analyses_are_tested_in_the_order_that_is_named():
    assert in_family(procedure="holm", analyses=["slope", "breath", "main"]) == ["slope", "breath", "main"]


def test_by_default_the_primary_ones_then_the_secondary_ones_that_test_something():
    assert in_family(procedure="fixed_sequence") == ["main", "survival", "slope"]
    assert Plan.model_validate({"analyses": ANALYSES}).tested == ()
    assert Plan.model_validate({"analyses": ANALYSES}).multiplicity is None
    assert family_positions([{"method": "cox"}, {"method": "safety"}], ()) == (0,)


def test_what_is_said_by_default():
    said = Multiplicity(procedure="hochberg")
    assert (said.alpha, said.analyses, said.weights, said.transitions) == (0.05, (), (), ())


def test_names_that_cannot_be_tested():
    assert told(procedure="holm", analyses=["maim", "zzz", "curve", "slope", "slope", 3]) == [
        "multiplicity.analyses[0]: expected the name of an analysis of this plan (survival, curve, main, safe, breath, "
        "slope); got 'maim'. Write main.",
        "multiplicity.analyses[1]: expected the name of an analysis of this plan (survival, curve, main, safe, breath, "
        "slope); got 'zzz'. Write one of these, or name the analysis.",
        "multiplicity.analyses[2]: expected an analysis with a test; got 'curve' (kaplan_meier). Leave it out.",
        "multiplicity.analyses[4]: expected every analysis once; got 'slope' again. Remove one.",
    ]
    bare = {"analyses": [{"method": "cox"}], "multiplicity": {"procedure": "holm", "analyses": ["cox"]}}
    assert [problem.told() for problem in multiplicity_problems(bare)] == [
        "multiplicity.analyses[0]: expected the name of an analysis of this plan (none has a name); got 'cox'. Name "
        "the analysis."
    ]
    many = {"analyses": [{"method": "cox", "name": f"a{i}"} for i in range(13)], "multiplicity": {"analyses": ["zzz"]}}
    assert "(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, ...)" in next(multiplicity_problems(many)).told()


def test_at_most_50_analyses_are_tested():
    for field, value in (("analyses", ["a"]), ("weights", [0.0]), ("transitions", [[0.0]])):
        Multiplicity.model_validate({"procedure": "holm", field: value * 50})
        with pytest.raises(ValueError, match="at most 50"):
            Multiplicity.model_validate({"procedure": "holm", field: value * 51})


def test_nothing_to_test():
    only = {"analyses": [{"method": "cox", "role": "exploratory"}, {"method": "kaplan_meier"}]}
    (problem,) = multiplicity_problems({**only, "multiplicity": {"procedure": "holm"}})
    assert problem.told() == (
        "multiplicity.analyses: expected analyses to test: named here, or primary or secondary ones in the plan; got "
        "none. Name them."
    )


def test_a_graph_is_for_the_graphical_procedure_alone():
    assert told(procedure="holm", weights=[1], transitions=[[0]]) == [
        "multiplicity.weights: expected only settings that holm uses (this one is for graphical); got weights: a list. "
        "Remove it, or change the procedure.",
        "multiplicity.transitions: expected only settings that holm uses (this one is for graphical); got transitions: "
        "a list. Remove it, or change the procedure.",
    ]
    assert told(procedure="holm", weights=[], transitions=[]) == []


def test_a_graph_has_the_size_of_its_family():
    assert told(procedure="graphical") == [
        "multiplicity.weights: expected 3 weights, as many as analyses are tested; got 0. Write one for each, in the "
        "same order.",
        "multiplicity.transitions: expected 3 rows, as many as analyses are tested; got 0. Write one for each, in the "
        "same order.",
    ]
    assert told(procedure="graphical", analyses=["main", "slope"], weights=[1], transitions=[[0, 1], [0]]) == [
        "multiplicity.weights: expected 2 weights, as many as analyses are tested; got 1. Write one for each, in the "
        "same order.",
        "multiplicity.transitions[1]: expected 2 shares, as many as analyses are tested; got 1. Write one for each, in "
        "the same order.",
    ]


def test_a_graph_gives_away_no_more_than_there_is():
    two = {"procedure": "graphical", "analyses": ["main", "slope"]}
    assert told(**two, weights=[0.5, 0.6], transitions=[[0.2, 0.9], [1, 0]]) == [
        "multiplicity.weights: expected weights that add up to at most 1; got 1.1. Make them smaller: 1 is the whole "
        "level.",
        "multiplicity.transitions[0][0]: expected 0, since no analysis passes its share on to itself; got 0.2. "
        "Write 0.",
        "multiplicity.transitions[0]: expected shares that add up to at most 1; got 1.1. Make them smaller.",
    ]
    assert told(**two, weights=[0, 0], transitions=[[0, 1], [1, 0]]) == [
        "multiplicity.weights: expected a weight above 0; got none. Give at least one analysis a share of the level."
    ]
    assert told(**two, weights=[0.5, 0.5 + 9e-10], transitions=[[0, 1 + 9e-10], [0.5, 0]]) == []
    assert told(**two, weights=[0.5, 0.5 + 2e-9], transitions=[[0, 1], [0.5, 0]]) != []


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"multiplicity": 3},
        {"multiplicity": {}, "analyses": 3},
        {"multiplicity": {"procedure": "graphical", "analyses": 4, "weights": 2, "transitions": 5}, "analyses": []},
        {
            "multiplicity": {"procedure": "graphical", "weights": ["x"], "transitions": [[True]]},
            "analyses": ANALYSES[:1],
        },
    ],
)
def test_what_has_the_wrong_type_is_skipped(said):
    assert list(multiplicity_problems(said)) == []


def test_a_file_tells_the_lines(tmp_path):
    file = tmp_path / "plan.yaml"
    file.write_text(
        "analyses:\n"
        "  - {name: main, method: broken_stick, role: primary}\n"
        "  - {name: other, method: cox}\n"
        "multiplicity:\n"
        "  procedure: graphical\n"
        "  alpha: 1.5\n"
        "  weights: [0.5, 0.7]\n"
        "  transitions:\n"
        "    - [0, 1]\n"
        "    - [1, 2]\n",
        encoding="utf-8",
    )
    with pytest.raises(ProtocolError) as caught:
        load_plan(file)
    assert str(caught.value).splitlines() == [
        "5 problems in plan.yaml:",
        "  multiplicity.alpha: expected a number, above 0 and below 1; got 1.5 (plan.yaml, line 6). Write a number in "
        "that range.",
        "  multiplicity.weights: expected weights that add up to at most 1; got 1.2 (plan.yaml, line 7). Make them "
        "smaller: 1 is the whole level.",
        "  multiplicity.transitions[1]: expected shares that add up to at most 1; got 3 (plan.yaml, line 10). Make "
        "them smaller.",
        "  multiplicity.transitions[1][1]: expected a number, at least 0 and at most 1; got 2 (plan.yaml, line 10). "
        "Write a number in that range.",
        "  multiplicity.transitions[1][1]: expected 0, since no analysis passes its share on to itself; got 2 "
        "(plan.yaml, line 10). Write 0.",
    ]
