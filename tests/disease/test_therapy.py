"""What given cells do: exact values by hand, the rules every therapy keeps, and files that say one."""

from __future__ import annotations

import importlib.util
import re
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.disease.effect import (
    ConstantSlowing,
    constant_effects,
    spared_loss,
    therapy_effects,
)
from leadin.disease.exposure import exposure, half_effect_doses, mean_effect, saturated
from leadin.disease.load_therapy import load_therapy
from leadin.disease.therapies import therapy_names, therapy_yaml
from leadin.disease.therapy import therapy_sha256
from leadin.errors import ProtocolError, UsageError


@pytest.fixture(scope="module")
def waning():
    return load_therapy("hypothetical-waning")


def therapy(waning, **changes):
    return waning.model_copy(update=changes)


def row(*values: float) -> np.ndarray:
    return np.array([values], dtype=np.float64)


# Exact values


def test_one_injection_by_hand(waning):
    """14 days of onset, a lifetime of 60 days."""
    x = exposure(row(-1, 0, 7, 14, 74), row(0.0), row(1.0), waning)
    assert x[0] == pytest.approx([0, 0, 0.5 * exp(-7 / 60), exp(-14 / 60), exp(-74 / 60)])
    assert saturated(row(0.0, 1.0, 3.0), waning)[0] == pytest.approx([0.0, 0.3, 0.45])


def test_two_injections_26_days_apart_by_hand(waning):
    x = exposure(row(33.0), row(0.0, 26.0), row(2.0, 1.0), waning)
    assert x[0, 0] == pytest.approx(2 * exp(-33 / 60) + 0.5 * exp(-7 / 60))


def test_without_onset_a_dose_works_on_its_own_day(waning):
    at_once = therapy(waning, onset_days=0.0)
    assert exposure(row(4.999, 5.0), row(5.0), row(1.0), at_once)[0].tolist() == [0.0, 1.0]


def test_the_mean_over_a_step_by_hand(waning):
    """At once at work: E = Emax c e^(-s/L) / (1 + c e^(-s/L)), its integral Emax L log((1 + c) / (1 + c e^(-h/L))).
    A dose on day 4 of a step of 14 leaves 10 days of it."""
    at_once = therapy(waning, onset_days=0.0)
    area = 0.6 * 60 * log((1 + 2.0) / (1 + 2.0 * exp(-10 / 60)))
    assert mean_effect(row(0, 14), row(4.0), row(2.0), at_once)[0] == pytest.approx([area / 14])


def test_the_mean_while_a_dose_comes_to_work_by_hand(waning):
    """With next to no waning x = s / onset, so that the integral of x / (1 + x) is h - onset log(1 + h / onset)."""
    lasting = therapy(waning, lifetime_days=36_525.0, maximum_effect=1.0)
    expected = (10 - 14 * log(1 + 10 / 14)) / 10
    assert mean_effect(row(0, 10), row(0.0), row(1.0), lasting)[0] == pytest.approx([expected], rel=5e-4)


def test_cells_potency_and_cells_nobody_counted(waning):
    doses = half_effect_doses(row(70e6, 35e6, np.nan, np.nan), row(1.0, 2.0, 1.0, 0.5), waning)
    assert doses.tolist() == [[1.0, 1.0, 1.0, 0.5]]


def test_schedules_differ_by_rule(waning):
    """One injection, two 26 days apart, four weekly, quarterly boosters after two: the mean effect over a year."""
    schedules = {"one": (0,), "two": (0, 26), "weekly": (0, 7, 14, 21), "boosters": (0, 26, 117, 208, 299)}
    means = {
        name: mean_effect(row(0, 365.25), row(*days), np.ones((1, len(days))), waning)[0, 0]
        for name, days in schedules.items()
    }
    assert means["one"] < means["two"] < means["weekly"] < means["boosters"] < 0.6
    assert means["weekly"] < 2.6 * means["one"]  # four times the cells, far from four times the effect


# What every therapy does

finite = {"allow_nan": False, "allow_infinity": False}
days_given = st.lists(st.floats(-30, 250, **finite), min_size=1, max_size=5)
therapies = st.fixed_dictionaries(
    {
        "maximum_effect": st.floats(0, 1),
        "onset_days": st.one_of(st.just(0.0), st.floats(0.5, 90)),
        "lifetime_days": st.floats(5, 2_000),
    }
)
GRID = np.array([[0.0, 9.5, 23.5, 30.0, 30.0, 44.0, 58.0, 61.0, 100.0, 214.0]])


def doses_of(data, count):
    return np.array([data.draw(st.lists(st.floats(0.0, 50.0), min_size=count, max_size=count))])


@given(data=st.data(), said=therapies, on=days_given)
def test_the_mean_is_the_fine_sum(waning, data, said, on):
    cells, doses = therapy(waning, **said), doses_of(data, len(on))
    means = mean_effect(GRID, np.array([on]), doses, cells)
    parts = 4_000
    for step, (start, end) in enumerate(zip(GRID[0], GRID[0, 1:], strict=False)):
        middles = start + (end - start) * (np.arange(parts) + 0.5) / parts
        fine = saturated(exposure(middles[None, :], np.array([on]), doses, cells), cells).mean()
        # A dose at work at once makes a jump that the fine sum can miss by half a part of the step.
        assert means[0, step] == pytest.approx(fine if end > start else 0.0, abs=2e-5 + len(on) * 0.5 / parts)
        if cells.onset_days > 0:
            assert means[0, step] == pytest.approx(fine if end > start else 0.0, abs=2e-5)


@given(data=st.data(), said=therapies, on=days_given)
def test_more_cells_never_do_less(waning, data, said, on):
    cells, doses = therapy(waning, **said), doses_of(data, len(on))
    more = doses + doses_of(data, len(on))
    once, again = (mean_effect(GRID, np.array([on]), amount, cells) for amount in (doses, more))
    assert (again >= once - 1e-12).all()


@given(data=st.data(), said=therapies, on=days_given)
def test_the_effect_stays_within_its_maximum(waning, data, said, on):
    cells = therapy(waning, **said)
    means = mean_effect(GRID, np.array([on]), 1e6 * doses_of(data, len(on)), cells)
    assert (means >= 0).all()
    assert (means <= cells.maximum_effect + 1e-12).all()


@given(data=st.data(), said=therapies, on=days_given)
def test_what_is_at_work_adds(waning, data, said, on):
    cells, doses = therapy(waning, **said), doses_of(data, len(on))
    together = exposure(GRID, np.array([on]), doses, cells)
    alone = sum(exposure(GRID, np.array([[day]]), doses[:, [i]], cells) for i, day in enumerate(on))
    assert together == pytest.approx(alone, abs=1e-12)


@given(data=st.data(), said=therapies, on=days_given)
def test_nothing_happens_before_the_first_dose(waning, data, said, on):
    means = mean_effect(GRID, np.array([on]), doses_of(data, len(on)), therapy(waning, **said))
    assert (means[0, GRID[0, 1:] <= min(on)] == 0.0).all()


@given(data=st.data(), said=therapies, on=days_given)
def test_the_order_of_doses_does_not_matter(waning, data, said, on):
    cells, doses = therapy(waning, **said), doses_of(data, len(on))
    order = data.draw(st.permutations(range(len(on))))
    one, other = (mean_effect(GRID, np.array([on])[:, kept], doses[:, kept], cells) for kept in (slice(None), order))
    assert one == pytest.approx(other, abs=1e-12)


@given(data=st.data(), said=therapies, on=days_given, later=st.floats(0.0, 40.0))
def test_days_may_be_counted_from_anywhere(waning, data, said, on, later):
    cells, doses = therapy(waning, **said), doses_of(data, len(on))
    one = mean_effect(GRID, np.array([on]), doses, cells)
    assert mean_effect(GRID + later, np.array([on]) + later, doses, cells) == pytest.approx(one, abs=1e-9)


@given(data=st.data(), said=therapies, on=days_given)
def test_a_dose_not_given_does_nothing(waning, data, said, on):
    cells, doses = therapy(waning, **said), doses_of(data, len(on))
    with_gap = np.concatenate((np.array([on]), [[np.nan]]), axis=1)
    amounts = np.concatenate((doses, [[5.0]]), axis=1)
    plain = mean_effect(GRID, np.array([on]), doses, cells)
    assert mean_effect(GRID, with_gap, amounts, cells) == pytest.approx(plain, abs=1e-12)
    assert exposure(GRID, with_gap, amounts, cells) == pytest.approx(exposure(GRID, np.array([on]), doses, cells))


# Effects on function, sides and breathing


def test_a_constant_slowing_acts_on_the_dosed_from_time_zero_on():
    effects = constant_effects(ConstantSlowing(0.3), np.array([True, False]), np.array([False, True, True]), None)
    assert effects.function.tolist() == [[0.0, 0.3, 0.3], [0.0, 0.0, 0.0]]
    assert effects.left is effects.function
    assert not effects.breathing.any()
    spared = spared_loss(np.array([[4.0, 10.0, 10.0], [4.0, 10.0, 10.0]]), effects.function)
    assert spared.tolist() == [[0.0, 0.0, 3.0, 6.0], [0.0, 0.0, 0.0, 0.0]]


def test_a_constant_slowing_of_one_side_leaves_the_other():
    sides = np.array([[[0.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]], [[0.5, 0.5, 0.0]], [[0.5, 0.0, 0.5]]])
    effects = constant_effects(ConstantSlowing(0.5), np.ones(4, dtype=bool), np.array([True]), sides)
    assert effects.function[:, 0].tolist() == [0.5, 0.5, 0.5, 0.5]
    assert effects.left[:, 0].tolist() == [0.5, 0.0, 0.5, 0.5]
    assert effects.right[:, 0].tolist() == [0.0, 0.5, 0.5, 0.5]


def test_a_therapy_given_to_one_side_acts_there_alone(waning):
    days, on = np.array([[0.0, 14.0, 28.0]] * 3), np.zeros((3, 1))
    sides = np.array([[[0.0, 1.0, 0.0]], [[0.0, 0.0, 1.0]], [[1.0, 0.0, 0.0]]])
    breathing = therapy(waning, breathing_share=0.25)
    effects = therapy_effects(breathing, days, on, np.ones((3, 1)), np.ones(3, dtype=bool), sides)
    whole = mean_effect(days[:1], on[:1], np.ones((1, 1)), waning)[0]
    for where, acts in (
        ("function", (0, 0, 1)),
        ("left", (1, 0, 1)),
        ("right", (0, 1, 1)),
        ("breathing", (0, 0, 0.25)),
    ):
        assert getattr(effects, where) == pytest.approx(np.outer(acts, whole)), where


def test_who_does_not_respond_has_no_effect(waning):
    days, on = np.array([[0.0, 14.0]] * 2), np.zeros((2, 1))
    effects = therapy_effects(waning, days, on, np.ones((2, 1)), np.array([True, False]), None)
    assert effects.function[0, 0] > 0
    assert effects.function[1, 0] == 0


# Files


def test_the_library_loads_and_says_that_it_is_hypothetical():
    assert therapy_names() == ("hypothetical-lasting", "hypothetical-some-respond", "hypothetical-waning")
    for name in therapy_names():
        said = load_therapy(name)
        assert said.name == name
        assert "Not a claim" in said.description
        assert load_therapy(said) is said
    with pytest.raises(KeyError):
        therapy_yaml("nurown")


def test_the_hash_follows_every_value(waning):
    assert len(therapy_sha256(waning)) == 64
    assert therapy_sha256(waning) == therapy_sha256(load_therapy("hypothetical-waning"))
    assert therapy_sha256(waning) != therapy_sha256(therapy(waning, onset_days=15.0))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "hypothetical-wanning",
            "therapy: expected one of hypothetical-lasting, hypothetical-some-respond, hypothetical-waning or a YAML "
            "file; got 'hypothetical-wanning'. Did you mean hypothetical-waning? "
            "A file is named with its ending, .yaml.",
        ),
        (
            "zebra",
            "therapy: expected one of hypothetical-lasting, hypothetical-some-respond, hypothetical-waning or a YAML "
            "file; got 'zebra'. A file is named with its ending, .yaml.",
        ),
        (7, "therapy: expected a name, a YAML file or a Therapy; got 7."),
    ],
)
def test_a_therapy_that_is_none(name, message):
    with pytest.raises(UsageError) as caught:
        load_therapy(name)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "maximum_effect: 0.6",
            "maximum_effect: 1.2",
            "maximum_effect: expected a number, at least 0 and at most 1; got 1.2",
        ),
        (
            "maximum_effect: 0.6",
            "maximum_effect: -0.1",
            "maximum_effect: expected a number, at least 0 and at most 1; got -0.1",
        ),
        ("half_effect_cells: 70000000.0", "half_effect_cells: 0.0", "half_effect_cells: expected a number"),
        ("lifetime_days: 60.0", "lifetime_days: 0.0", "lifetime_days: expected a number"),
        (
            "responder_share: 1.0",
            "responder_share: 2.0",
            "responder_share: expected a number, at least 0 and at most 1; got 2",
        ),
        (
            "onset_days: 14.0",
            "onset: 14.0",
            "onset: expected a known field; got 'onset' (mine.yaml, line 11). Write 'onset_days'.",
        ),
        ("  - field: onset_days", "  - field: onset", "onset_days: expected a source under 'provenance' or a reason"),
        ("  - field: onset_days", "  - field: onset", "assumed[2].field: expected the path of a value of this therapy"),
    ],
)
def test_a_file_with_a_mistake(tmp_path, old, new, told):
    text = therapy_yaml("hypothetical-waning")
    assert old in text
    file = tmp_path / "mine.yaml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ProtocolError) as caught:
        load_therapy(file)
    assert told in str(caught.value)
    assert "mine.yaml, line" in str(caught.value)


def test_a_file_of_ones_own(tmp_path, waning):
    file = tmp_path / "mine.yaml"
    file.write_text(therapy_yaml("hypothetical-waning"), encoding="utf-8")
    assert load_therapy(file) == load_therapy(str(file)) == waning


# The page

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_says_what_the_figure_shows(tmp_path):
    spec = importlib.util.spec_from_file_location("figure", ROOT / "docs" / "images" / "therapy.py")
    figure = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(figure)
    figure.draw(tmp_path / "therapy.svg")
    drawn = (tmp_path / "therapy.svg").read_text(encoding="utf-8")
    kept = (ROOT / "docs" / "images" / "therapy.svg").read_text(encoding="utf-8")
    days = np.linspace(0.0, 365.25, 3_000)
    best = {name: f"{100 * curve.max():.0f} %" for name, curve in figure.effects(days).items()}
    means = {name: f"{100 * mean:.0f} %" for name, mean in figure.mean_effects().items()}
    page = (ROOT / "docs" / "methods" / "therapy.md").read_text(encoding="utf-8")
    alternative = re.search(r"!\[(.*?)\]", page, re.S).group(1)
    for name, mean in means.items():
        assert f"mean of the year {mean}" in drawn
        assert f"mean of the year {mean}" in kept
        assert mean in alternative
        assert best[name] in alternative
