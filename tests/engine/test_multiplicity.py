"""Multiple tests under one level: held against R, properties, familywise error by simulation."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine.multiplicity import REFERENCES, fixed_sequence, graphical, hochberg, holm
from leadin.engine.streams import Streams

HERE = Path(__file__).resolve().parents[2] / "validation" / "multiplicity"
EXPECTED = json.loads((HERE / "expected.json").read_text())
SIMPLE = {"holm": holm, "hochberg": hochberg, "fixed_sequence": fixed_sequence}


def family(name):
    with (HERE / "data" / f"{name}.csv").open() as file:
        table = np.array(list(csv.reader(file))[1:], dtype=np.float64)
    return table[:, 1], table[:, 2], table[:, 3:]


def of_equals(m):
    """The graph whose procedure is Holm's."""
    return np.full(m, 1 / m), (np.ones((m, m)) - np.eye(m)) / max(m - 1, 1)


@pytest.mark.evidence("multiplicity", "reference")
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_adjusted_p_values_are_those_of_r(name):
    p, weights, transitions = family(name)
    assert len(EXPECTED) == 27
    for procedure, run in SIMPLE.items():
        assert run(p).adjusted == pytest.approx(EXPECTED[name][procedure], abs=1e-12)
    assert graphical(p, weights, transitions).adjusted == pytest.approx(EXPECTED[name]["graphical"], abs=1e-12)


def test_levels_and_rejections_of_the_fixed_sequence():
    test = fixed_sequence([0.01, 0.05, 0.06, 0.001])
    assert test.adjusted.tolist() == [0.01, 0.05, 0.06, 0.06]
    assert test.rejected.tolist() == [True, True, False, False]
    assert test.level.tolist() == [0.05, 0.05, 0.05, 0.0]
    assert fixed_sequence([0.2, 0.001]).level.tolist() == [0.05, 0.0]
    assert fixed_sequence([0.02], 0.01).rejected.tolist() == [False]


def test_levels_and_rejections_of_holm():
    test = holm([0.04, 0.012, 0.3, 0.001], 0.06)
    assert test.adjusted == pytest.approx([0.08, 0.036, 0.3, 0.004])
    assert test.rejected.tolist() == [False, True, False, True]
    assert test.level == pytest.approx([0.03, 0.02, 0.03, 0.015])
    assert holm([0.01, 0.02]).level == pytest.approx([0.025, 0.05])
    assert holm([0.5, 0.6]).level == pytest.approx([0.025, 0.025])
    assert holm([0.025, 0.9]).rejected.tolist() == [True, False]  # at most, not below


def test_levels_and_rejections_of_hochberg():
    test = hochberg([0.04, 0.045])  # neither would be rejected by Holm
    assert test.adjusted.tolist() == [0.045, 0.045]
    assert test.rejected.tolist() == [True, True]
    assert test.level.tolist() == [0.05, 0.05]
    test = hochberg([0.9, 0.02, 0.3, 0.01])
    assert test.rejected.tolist() == [False, False, False, True]
    assert test.level == pytest.approx([0.05, 0.05 / 3, 0.025, 0.0125])
    assert hochberg([0.9, 0.6]).rejected.tolist() == [False, False]
    assert hochberg([0.9, 0.6]).level == pytest.approx([0.05, 0.025])


def test_levels_and_rejections_of_the_graph():
    p, weights, transitions = family("m01_two_primary_two_secondary")
    test = graphical(p, weights, transitions, 0.05)
    assert test.rejected.tolist() == [True, True, False, False]
    # 2 goes first at half the level and gives half of it to 1 and to 4; 1 then has 0.0375, and gives it to 3 and 4.
    assert test.level == pytest.approx([0.0375, 0.025, 0.025, 0.025])
    assert graphical([0.03, 0.01], [0, 1], [[0, 1], [0, 0]]).level == pytest.approx([0.0, 0.05])
    assert graphical([0.03, 0.06], [0, 1], [[0, 1], [1, 0]]).level == pytest.approx([0.0, 0.05])
    assert graphical([0.03, 0.05], [0, 1], [[0, 1], [1, 0]]).rejected.tolist() == [True, True]


def test_what_has_no_share_of_the_level_is_never_rejected():
    test = graphical([0.0, 0.0], [0.0, 1.0], np.zeros((2, 2)))
    assert test.adjusted.tolist() == [1.0, 0.0]
    assert test.rejected.tolist() == [False, True]


@pytest.mark.parametrize("p", [[], [0.1, float("nan")], [-0.01], [1.01], [[0.1]]])
@pytest.mark.evidence("multiplicity", "bad_input")
def test_what_is_no_p_value_is_refused(p):
    for run in (*SIMPLE.values(), lambda p: graphical(p, [1.0], [[0.0]])):
        with pytest.raises(ValueError, match="expected p values from 0 to 1; got"):
            run(p)


@pytest.mark.evidence("multiplicity", "bad_input")
def test_sizes_that_do_not_agree_are_refused():
    for weights, graph in (([1.0], np.zeros((2, 2))), ([0.5, 0.5], np.zeros((1, 2))), ([0.5, 0.5], np.zeros((2, 1)))):
        with pytest.raises(ValueError, match="expected 2 weights and as many rows and columns"):
            graphical([0.1, 0.2], weights, graph)


p_values = st.lists(st.floats(0, 1), min_size=1, max_size=6)


@pytest.mark.evidence("multiplicity", "property")
@given(p_values, st.randoms(use_true_random=False))
def test_the_order_of_the_hypotheses_changes_nothing(p, random):
    order = list(range(len(p)))
    random.shuffle(order)
    turned = np.array(p)[order]
    for run in (holm, hochberg):
        for field in ("adjusted", "rejected"):
            assert (getattr(run(turned), field) == getattr(run(p), field)[order]).all()
    weights = np.array([1.0 + random.random() for _ in p])
    weights /= weights.sum()
    graph = np.array([[random.random() * (i != j) for j in range(len(p))] for i in range(len(p))]) / max(len(p) - 1, 1)
    mine = graphical(p, weights, graph).adjusted[order]
    other = graphical(turned, weights[order], graph[np.ix_(order, order)]).adjusted
    assert other == pytest.approx(mine, abs=1e-9)


@pytest.mark.evidence("multiplicity", "property")
@given(p_values)
def test_adjusted_p_values_keep_their_order_and_are_never_smaller(p):
    values = np.array(p)
    for test in (holm(p), hochberg(p), graphical(p, *of_equals(len(p)))):
        assert (test.adjusted >= values - 1e-15).all()
        assert (test.adjusted <= 1).all()
        order = np.argsort(values, kind="stable")
        assert (np.diff(test.adjusted[order]) >= -1e-12).all()
    assert (np.diff(fixed_sequence(p).adjusted) >= 0).all()
    assert (hochberg(p).adjusted <= holm(p).adjusted + 1e-15).all()


@pytest.mark.evidence("multiplicity", "property")
@given(p_values)
def test_graphs_of_equals_are_holm_and_chains_are_the_fixed_sequence(p):
    m = len(p)
    assert graphical(p, *of_equals(m)).adjusted == pytest.approx(holm(p).adjusted, abs=1e-9)
    chain = np.eye(m, k=1)
    assert graphical(p, np.eye(m)[0], chain).adjusted == pytest.approx(fixed_sequence(p).adjusted, abs=1e-12)


@pytest.mark.evidence("multiplicity", "property")
@given(p_values, st.floats(0.001, 0.5))
def test_rejected_is_an_adjusted_p_of_at_most_the_level(p, alpha):
    for test in (*(run(p, alpha) for run in SIMPLE.values()), graphical(p, *of_equals(len(p)), alpha)):
        assert (test.rejected == (test.adjusted <= alpha)).all()
        assert (test.level[test.rejected] > 0).all()


def test_each_procedure_has_its_reference():
    assert set(REFERENCES) == {*SIMPLE, "graphical"}


@pytest.mark.slow
@pytest.mark.evidence("multiplicity", "simulation")
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_the_familywise_error_is_held_under_all_nulls(correlation):
    """Four two-sided tests without effect, independent to strongly dependent; the graph has uneven weights."""
    from scipy.special import ndtr

    trials, draw = 8_000, Streams(20260612).named(f"familywise {correlation}")
    z = np.sqrt(correlation) * draw.normal(size=(trials, 1)) + np.sqrt(1 - correlation) * draw.normal(size=(trials, 4))
    p = 2 * ndtr(-np.abs(z))
    weights, graph = [0.6, 0.4, 0.0, 0.0], [[0, 0.5, 0.5, 0], [0.5, 0, 0, 0.5], [0, 1, 0, 0], [1, 0, 0, 0]]
    runs = {**SIMPLE, "graphical": lambda one: graphical(one, weights, graph)}
    bound = 3.5 * np.sqrt(0.05 * 0.95 / trials)
    for name, run in runs.items():
        share = np.mean([run(one).rejected.any() for one in p])
        assert share < 0.05 + bound, name
        if name == "fixed_sequence" or correlation == 0.0:  # the others waste some of the level on dependent tests
            assert share > 0.045 - bound, name
