"""The registry: complete, each method with a question and references; intervals at the level of the plan."""

from __future__ import annotations

import re
from typing import get_args

import numpy as np
import pytest
from scipy.special import stdtrit

from leadin.analysis.methods import METHODS, method_named
from leadin.errors import UsageError
from leadin.protocols.planned_analysis import Method, PlannedAnalysis


def test_the_plan_and_the_registry_know_the_same_methods():
    assert set(METHODS) == set(get_args(Method))
    assert [name for name, method in METHODS.items() if method.name != name] == []


def test_every_method_says_what_it_answers_and_on_what_grounds():
    for method in METHODS.values():
        assert method.answers.endswith("?")
        assert method.references
        for reference in method.references:
            assert re.search(r"doi:10\.\d{4,}/\S+$|PMID \d+$", reference), reference
        assert all(strategies for strategies in method.strategies.values())


def test_needs_are_tables():
    needs = {name: method.needs for name, method in METHODS.items()}
    assert needs == {
        "slope_change": "assessments",
        "responders": "assessments",
        "random_slope": "assessments",
        "broken_stick": "assessments",
        "mmrm": "assessments",
        "ancova": "assessments",
        "joint_rank": "assessments",
        "win_ratio": "assessments",
        "kaplan_meier": "events",
        "log_rank": "events",
        "cox": "events",
        "restricted_mean": "events",
        "paired_side": "assessments",
        "potency": "lots",
        "safety": "adverse_events",
    }


def test_every_method_runs_by_the_same_call(build):
    scores = {who: {m: 40 - (1 + i / 9) * m for m in (-2, -1, 0, 1, 2, 3)} for i, who in enumerate("abcdef")}
    arms = dict(zip("abcdef", ["x", "y"] * 3, strict=True))
    trial = build(arms, scores, [(who, 4.0 + i, "death") for i, who in enumerate("abcdef")])
    for method in METHODS.values():
        rows = method.run(trial, PlannedAnalysis(method=method.name), "x")
        assert rows
        assert {row.method for row in rows} == {method.name}
        assert {row.references for row in rows} == {method.references}


@pytest.mark.parametrize("name", ["random_slope", "broken_stick"])
def test_a_model_takes_the_level_of_the_plan(build, name):
    draw = np.random.Generator(np.random.PCG64(2))
    months = np.array([-3, -2, -1, 0, 1, 2, 3, 4])
    levels, rates = 40 + 3 * draw.normal(size=16), 1 + 0.3 * draw.normal(size=16)
    values = np.round(levels[:, None] - rates[:, None] * months + 1.5 * draw.normal(size=(16, 8)))
    scores = {f"p{i}": dict(zip(months.tolist(), row, strict=True)) for i, row in enumerate(values.tolist())}
    trial = build({who: "xy"[i % 2] for i, who in enumerate(scores)}, scores)
    (usual,) = METHODS[name].run(trial, PlannedAnalysis(method=name), "x")
    (wide,) = METHODS[name].run(trial, PlannedAnalysis(method=name, alpha=0.01), "x")
    assert (wide.estimate, wide.p, wide.df) == (usual.estimate, usual.p, usual.df)
    half = stdtrit(usual.df, 0.995) * usual.standard_error
    assert (wide.ci_low, wide.ci_high) == pytest.approx((usual.estimate - half, usual.estimate + half), rel=1e-9)
    assert (usual.ci_high - usual.estimate) == pytest.approx(stdtrit(usual.df, 0.975) * usual.standard_error, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("broken-stick", " Did you mean 'broken_stick'?"), ("km", " Did you mean 'kaplan_meier'?"), ("zzz", "")],
)
def test_an_unknown_method_is_refused_with_the_nearest(name, hint):
    with pytest.raises(UsageError) as caught:
        method_named(name)
    assert str(caught.value) == (f"method: expected one of {', '.join(METHODS)}; got {name!r}.{hint}")
    assert "slope_change, responders" in str(caught.value)


def test_a_known_method_is_given():
    assert method_named("cox") is METHODS["cox"]
