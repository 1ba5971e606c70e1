"""The fast model of the fit (validation/natural-history/untreated.py) against the package's own, as statistics; and its
quantities against plain computations."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from leadin.disease.measurement import observed_score
from leadin.disease.people import draw_people
from leadin.disease.progression import drift_at_enrolment, untreated_loss
from leadin.disease.survival import cumulative_hazard, death_threshold, month_of_death
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams

PLACE = Path(__file__).resolve().parents[2] / "validation" / "natural-history"
N, MONTHS = 20_000, 18
ERRORS = 4.5  # forty comparisons of two samples


@pytest.fixture(scope="module")
def programs():
    """The programs of the folder, which find each other by name."""
    sys.path.insert(0, str(PLACE))
    try:
        import fit
        import quantities
        import untreated
    finally:
        sys.path.remove(str(PLACE))
    return fit, quantities, untreated


@pytest.fixture(scope="module")
def twin(programs, pro_act):
    fit, _, untreated = programs
    return untreated.simulate(fit.flat(pro_act), untreated.Numbers.drawn(N, 11))


@pytest.fixture(scope="module")
def package(programs, pro_act):
    """The same cohort by the package's own code, deaths on steps of half a month."""
    draws, n = Draws(Streams(12)), N
    people = draw_people(pro_act, draws, n)
    months = np.broadcast_to(np.arange(2 * MONTHS + 1) / 2, (n, 2 * MONTHS + 1))
    start = drift_at_enrolment(people.rate, draws.normal("start", n), pro_act)
    loss = untreated_loss(months, people.rate, start, draws.normal("path", n, 2 * MONTHS, 2), pro_act)
    true = people.score[:, None] - loss.lost
    threshold = death_threshold(draws.exponential("death", n), people.rate, pro_act)
    death = month_of_death(months, cumulative_hazard(months, true, pro_act.survival), threshold)
    error = draws.normal("error", n, MONTHS + 1)
    return programs[2].Cohort(
        rate=people.rate,
        bulbar=people.bulbar,
        months_since_onset=people.months_since_onset,
        observed=observed_score(true[:, ::2], pro_act.score.measurement_sd, error),
        alive=death[:, None] > np.arange(MONTHS + 1),
        survival=(death[:, None] > np.arange(MONTHS + 1)).mean(axis=0),
        measurement_sd=pro_act.score.measurement_sd,
    )


@pytest.mark.parametrize("trait", ["rate", "months_since_onset", "bulbar"])
def test_traits(twin, package, trait):
    a, b = np.asarray(getattr(twin, trait), float), np.asarray(getattr(package, trait), float)
    assert abs(a.mean() - b.mean()) < ERRORS * np.hypot(a.std(), b.std()) / np.sqrt(N)
    ordered = np.searchsorted(np.sort(b), np.sort(a)) / N
    if trait != "bulbar":
        assert np.abs(ordered - (np.arange(N) + 0.5) / N).max() < 1.95 * np.sqrt(2 / N)


@pytest.mark.parametrize("month", [0, 1, 3, 6, 12, 18])
def test_observed_scores_and_deaths(twin, package, month):
    for values in (lambda c: c.observed[:, month], lambda c: (c.observed[:, month] - c.observed[:, 0]) ** 2):
        a, b = values(twin), values(package)
        assert abs(a.mean() - b.mean()) <= ERRORS * np.hypot(a.std(), b.std()) / np.sqrt(N)
    a, b = twin.alive[:, month].mean(), package.alive[:, month].mean()
    assert abs(a - b) <= ERRORS * np.sqrt((a * (1 - a) + b * (1 - b)) / N)


@pytest.mark.parametrize("trait", ["rate", "months_since_onset"])
def test_what_goes_with_what(twin, package, trait):
    def found(cohort):
        return np.corrcoef(getattr(cohort, trait), cohort.observed[:, 6])[0, 1]

    assert abs(found(twin) - found(package)) < ERRORS * np.sqrt(2 / N)


def test_the_expected_survival_is_that_of_the_deaths_drawn(twin):
    drawn = twin.alive.mean(axis=0)
    assert np.abs(drawn - twin.survival).max() < ERRORS * 0.5 / np.sqrt(N)
    assert twin.survival[12] == pytest.approx(0.807, abs=1e-9)


def test_quantities_of_both(programs, twin, package):
    """The figures of the fit, from the twin and from the package: within the error of two samples, from tenths."""
    quantities = programs[1].quantities
    a, b = quantities(twin), quantities(package)
    tenths = [quantities(part_of(programs[2], package, slice(i, None, 10))) for i in range(10)]
    for name in a:
        if name == "measurement.error_sd":
            assert a[name] == b[name]
            continue
        error = np.sqrt(2 / 10) * np.std([tenth[name] for tenth in tenths], ddof=1)
        assert abs(a[name] - b[name]) < 5.6 * error, name  # t of 9 degrees of freedom, 30 figures


def part_of(untreated, cohort, rows):
    fields = ("rate", "bulbar", "months_since_onset", "observed", "alive")
    parts = {field: getattr(cohort, field)[rows] for field in fields}
    alive = parts["alive"].mean(axis=0)
    return untreated.Cohort(**parts, survival=alive, measurement_sd=cohort.measurement_sd)


def test_the_mixed_model_finds_the_line_that_made_the_data(programs):
    generator = np.random.default_rng(3)
    n, t = 4_000, np.array([0.0, 2.0, 4.0, 8.0, 12.0])
    slopes = -1.0 + 0.6 * generator.standard_normal(n)
    y = 37 + 5 * generator.standard_normal(n)[:, None] + slopes[:, None] * t + 2 * generator.standard_normal((n, 5))
    seen = generator.integers(2, 6, n)  # missing at random
    found = programs[1].mixed_model_slope(y, seen, t, rounds=100)
    assert abs(found + 1.0) < 4 * 0.8 / np.sqrt(n)


def test_who_leaves_when_he_declines_fast_does_not_mislead_the_mixed_model(programs):
    """Visits stop once a score was seen to have fallen by 8: a likelihood is right where own slopes are not."""
    generator = np.random.default_rng(4)
    n, t = 6_000, np.arange(7.0) * 2
    slopes = -1.0 + 0.5 * generator.standard_normal(n)
    y = 37 + 3 * generator.standard_normal(n)[:, None] + slopes[:, None] * t + generator.standard_normal((n, 7))
    fallen = y - y[:, :1] < -8
    seen = np.where(fallen.any(axis=1), fallen.argmax(axis=1) + 1, 7)
    assert abs(programs[1].mixed_model_slope(y, seen, t, rounds=100) + 1.0) < 0.03


def test_the_hazard_ratio_of_a_known_model(programs):
    generator = np.random.default_rng(5)
    x = generator.standard_normal((20_000, 2))
    months = np.ceil(generator.exponential(size=20_000) / (0.02 * np.exp(x @ [0.7, -0.3])))
    died = months <= 30
    found = programs[1].cox(x, np.minimum(months, 31), died)
    assert found == pytest.approx([0.7, -0.3], abs=0.04)
