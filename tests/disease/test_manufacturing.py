"""A culture: growth against its own formula, failures at their rates, what release tests and differentiation show."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.disease.load import load_population
from leadin.disease.lot_release import FAILURES, NO_SAMPLE, RELEASED, TESTS, TOO_FEW, failed_tests
from leadin.disease.manufacturing import CultureChance, findings, grow, potency
from leadin.disease.populations import population_yaml
from leadin.errors import ProtocolError
from leadin.protocols.product import Manufacturing

N = 40_000
MADE = Manufacturing(
    expansion_days=28, release_tests=("cell_count", "viability", "sterility", "endotoxin", "mycoplasma", "identity")
)


def chances(n=N, samples=2, seed=5) -> CultureChance:
    generator = np.random.default_rng(seed)
    return CultureChance(
        generator.standard_normal((n, 3)),
        generator.standard_normal((n, samples, 3)),
        generator.random((n, samples, 3)),
    )


def typical(n=1) -> CultureChance:
    """Neither luck nor bad luck: every normal 0, every uniform a half."""
    return CultureChance(np.zeros((n, 3)), np.zeros((n, 1, 3)), np.full((n, 1, 3), 0.5))


@pytest.fixture(scope="module")
def cells(pro_act):
    return pro_act.cells


def certain(cells, **changes):
    """Cells that never fail and all grow alike."""
    none = cells.release_failures.model_copy(update=dict.fromkeys(TESTS, 0.0))
    alike = dict.fromkeys(
        ("seeded_person_sd", "seeded_sample_sd", "doubling_person_cv", "doubling_passage_cv", "inadequate_share"), 0.0
    )
    return cells.model_copy(update={"release_failures": none, **alike, **changes})


def test_a_typical_culture_is_ready_on_the_planned_day(cells):
    cultures = grow(MADE, cells, typical())
    assert cultures.failure.tolist() == [[RELEASED]]
    assert cultures.growth_days.tolist() == cultures.days.tolist() == [[28]]
    assert cultures.share.tolist() == [[1]]


def test_differentiation_and_release_tests_take_their_days(cells):
    made = MADE.model_copy(update={"differentiation_days": 3, "release_days": 14})
    cultures = grow(made, cells, typical())
    assert (cultures.growth_days.item(), cultures.days.item()) == (28, 45)


def slow(factor, cells):
    """The culture of a person whose cells double `factor` times as slowly as the typical."""
    variance = np.log1p(cells.doubling_person_cv**2)
    chance = typical()
    chance.person[0, 1] = (np.log(factor) + variance / 2) / np.sqrt(variance)
    return chance


def test_slow_growth_runs_late_by_what_the_formula_says(cells):
    """14 doublings are planned, 3 of them in reserve: 11 doublings of 2.8 days take 30.8 days."""
    cells = certain(cells, doubling_person_cv=0.2)
    cultures = grow(MADE, cells, slow(1.4, cells))
    assert cultures.growth_days.item() == 31
    assert cultures.share.item() == 1
    assert cultures.failure.item() == RELEASED


@pytest.mark.parametrize(("factor", "share", "failure"), [(1.74, 0.945, RELEASED), (2.2, 0.193, TOO_FEW)])
def test_after_the_longest_extension_what_is_there_is_taken_or_given_up(cells, factor, share, failure):
    """After 38 days there are 2 ** (38 / (2 factor) - 11) of the cells needed."""
    cells = certain(cells, doubling_person_cv=0.2)
    cultures = grow(MADE, cells, slow(factor, cells))
    assert cultures.growth_days.item() == cultures.days.item() == 38
    assert cultures.share.item() == pytest.approx(2 ** (19 / factor - 11), rel=1e-9) == pytest.approx(share, abs=0.01)
    assert cultures.failure.item() == failure


def test_an_inadequate_sample_is_known_at_the_first_look(cells):
    chance = typical()
    chance.uniform[..., 0] = 0.0
    cultures = grow(MADE.model_copy(update={"differentiation_days": 3}), cells, chance)
    assert cultures.failure.item() == NO_SAMPLE
    assert cultures.days.item() == 7
    assert np.isnan(cultures.growth_days.item())
    assert grow(MADE.model_copy(update={"expansion_days": 4}), cells, chance).days.item() == 4


def test_failures_come_at_their_rates(cells):
    cultures = grow(MADE, cells, chances())
    n = cultures.failure.size
    sample = cells.inadequate_share
    assert abs(np.mean(cultures.failure == NO_SAMPLE) - sample) < 4 * np.sqrt(sample * (1 - sample) / n)
    tried = cultures.failure[~np.isin(cultures.failure, (NO_SAMPLE, TOO_FEW))]
    passed_so_far = 1.0
    for test in TESTS:
        chance = getattr(cells.release_failures, test) * (test in MADE.release_tests)
        expected = chance * passed_so_far
        passed_so_far *= 1 - chance
        share = np.mean(tried == FAILURES.index(f"failed {test.replace('_', ' ')}"))
        assert abs(share - expected) <= 4 * np.sqrt(expected / tried.size), test
    assert 0.05 < np.mean(cultures.days[cultures.failure == RELEASED] > 28) < 0.20


def test_only_listed_tests_can_fail(cells):
    cultures = grow(MADE.model_copy(update={"release_tests": ()}), cells, chances())
    assert set(np.unique(cultures.failure)) <= {RELEASED, NO_SAMPLE, TOO_FEW}
    one = failed_tests(("sterility",), cells.release_failures, np.array([0.0, 0.0099, 0.0101, 0.9999]))
    sterility = FAILURES.index("failed sterility")
    assert one.tolist() == [sterility, sterility, RELEASED, RELEASED]


def test_a_test_that_always_fails_leaves_no_lot(cells):
    rates = cells.release_failures.model_copy(update={"identity": 1.0})
    cultures = grow(MADE, cells.model_copy(update={"release_failures": rates}), chances(500))
    assert not (cultures.failure == RELEASED).any()


def test_two_samples_of_one_person_grow_alike_but_not_the_same(cells):
    """Correlation of log growth days is that of the parts that people keep."""
    start = certain(cells, doubling_person_cv=0.15, doubling_passage_cv=0.15, longest_extension_days=300, reserve=1)
    days = grow(MADE.model_copy(update={"expansion_days": 300}), start, chances()).growth_days
    late = (days > 300).all(axis=1)
    correlation = np.corrcoef(np.log(days[late]).T)[0, 1]
    assert 0.4 < correlation < 0.95
    person = certain(cells, doubling_person_cv=0.15, longest_extension_days=300)
    same = grow(MADE, person, chances(500)).growth_days
    assert np.array_equal(same[:, 0], same[:, 1])


def test_more_passages_even_out_the_growth(cells):
    alike = certain(cells, doubling_passage_cv=0.3, longest_extension_days=300, reserve=1)
    spread = [
        np.std(grow(MADE.model_copy(update={"passages": passages}), alike, chances()).growth_days)
        for passages in (0, 8)
    ]
    assert spread[1] < 0.5 * spread[0]


def test_viability_of_those_that_passed_and_of_those_that_failed_on_it(cells):
    chance = chances()
    cultures = grow(MADE, cells, chance)
    viability = findings(MADE, cells, chance, cultures).viability
    failed = cultures.failure == FAILURES.index("failed viability")
    assert failed.any()
    assert viability[failed].max() < 70
    assert viability[failed].min() >= 56
    harvested = ~failed & (cultures.failure != NO_SAMPLE)
    assert viability[harvested].min() >= 70
    assert viability[harvested].mean() == pytest.approx(92, abs=0.2)
    assert np.isnan(viability[cultures.failure == NO_SAMPLE]).all()


def test_secretion_is_measured_where_cells_are_differentiated(cells):
    chance = chances()
    made = MADE.model_copy(update={"differentiation_days": 3})
    cultures = grow(made, cells, chance)
    found = findings(made, cells, chance, cultures)
    measured = np.isfinite(found.after)
    assert np.array_equal(measured, ~np.isin(cultures.failure, (NO_SAMPLE, TOO_FEW)))
    assert found.before[measured].mean() == pytest.approx(1.0, abs=4 * 0.5 / np.sqrt(N))
    fold = found.after[measured] / found.before[measured]
    assert fold.mean() == pytest.approx(5.0, abs=4 * 2.0 / np.sqrt(N))
    assert potency(cells, cultures)[measured] == pytest.approx(fold / 5.0)
    both = measured.all(axis=1)
    assert np.array_equal(found.before[both, 0], found.before[both, 1])  # a trait of the person


def test_without_differentiation_potency_is_one_and_secretion_unknown(cells):
    chance = chances(200)
    cultures = grow(MADE, cells, chance)
    found = findings(MADE, cells, chance, cultures)
    assert np.isnan(found.before).all()
    assert np.isnan(found.after).all()
    assert (potency(cells, cultures) == 1).all()
    tested = MADE.model_copy(update={"release_tests": ("secretion",)})
    cultures = grow(tested, cells, chance)
    found = findings(tested, cells, chance, cultures)
    assert np.array_equal(np.isfinite(found.before), cultures.failure != NO_SAMPLE)
    assert np.isnan(found.after).all()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  fewest_share: 0.8", "  fewest_share: 1.5", "cells.fewest_share"),
        ("    sterility: 0.01", "    sterility: 2", "cells.release_failures.sterility"),
        ("  doubling_days: 2.0", "  doubling_days: 0", "cells.doubling_days"),
        ("  repeats: 1", "  repeats: -1", "cells.repeats"),
        ("  accrual_per_site_month: 3.7", "  accrual_per_site_month: 0", "attendance.accrual_per_site_month"),
        ("  - field: cells.repeats\n", "  - field: cells.passages\n", "cells.repeats: expected a source"),
    ],
)
def test_cells_that_cannot_be_are_refused_by_name(tmp_path, old, new, told):
    text = population_yaml("pro-act")
    assert old in text
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProtocolError) as caught:
        load_population(path)
    assert str(caught.value).startswith(told)
