"""Death: the clock, the multiplier, and the day within a step."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.disease import solve_scale as program
from leadin.disease.people import draw_people
from leadin.disease.progression import drift_at_enrolment, untreated_loss
from leadin.disease.solve_scale import solve_scale
from leadin.disease.survival import cumulative_hazard, death_threshold, month_of_death
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams


def test_at_the_reference_score_the_hazard_is_weibull(pro_act):
    months = np.array([[0.0, 0.3, 4.0, 12.0]])
    hazard = cumulative_hazard(months, np.full((1, 4), 37.0), pro_act.survival)
    assert hazard == pytest.approx((months / pro_act.survival.scale_months) ** 2.03, rel=1e-12)


def test_each_point_lost_multiplies_the_hazard(pro_act):
    months = np.array([[0.0, 1.0, 6.0]])
    at = cumulative_hazard(months, np.full((1, 3), 37.0), pro_act.survival)
    below = cumulative_hazard(months, np.full((1, 3), 27.0), pro_act.survival)
    assert below[0, 1:] / at[0, 1:] == pytest.approx(np.exp(0.7), rel=1e-12)


def test_the_score_is_held_within_the_scale(pro_act):
    months = np.array([[0.0, 1.0]])
    lowest, highest = (cumulative_hazard(months, np.full((1, 2), s), pro_act.survival)[0, 1] for s in (0.0, 48.0))
    assert cumulative_hazard(months, np.full((1, 2), -9.0), pro_act.survival)[0, 1] == lowest
    assert cumulative_hazard(months, np.full((1, 2), 60.0), pro_act.survival)[0, 1] == highest


def test_a_step_is_trapezoidal(pro_act):
    months, score = np.array([[0.0, 6.0]]), np.array([[37.0, 27.0]])
    expected = (6 / pro_act.survival.scale_months) ** 2.03 * (1 + np.exp(0.7)) / 2
    assert cumulative_hazard(months, score, pro_act.survival)[0, 1] == pytest.approx(expected, rel=1e-12)


def test_a_faster_rate_multiplies_the_hazard_at_all_times(pro_act):
    decline = pro_act.decline.model_copy(update={"rate_mean": 1.0})
    survival = pro_act.survival.model_copy(update={"hazard_per_rate": 0.5})
    population = pro_act.model_copy(update={"decline": decline, "survival": survival})
    threshold = death_threshold(np.full(3, 0.2), np.array([1.0, 3.0, 0.0]), population)
    assert threshold == pytest.approx([0.2, 0.2 * np.exp(-1.0), 0.2 * np.exp(0.5)], rel=1e-12)


def test_without_it_the_rate_matters_through_the_score_alone(pro_act):
    none = pro_act.model_copy(update={"survival": pro_act.survival.model_copy(update={"hazard_per_rate": 0.0})})
    exponentials = np.array([0.1, 2.0])
    assert death_threshold(exponentials, np.array([0.1, 4.0]), none).tolist() == exponentials.tolist()


def test_death_falls_where_the_hazard_passes_the_threshold():
    months = np.tile([1.0, 3.0, 7.0], (5, 1))
    hazard = np.tile([0.0, 0.5, 0.9], (5, 1))
    threshold = np.array([0.0, 0.25, 0.5, 0.7, 0.9])
    assert month_of_death(months, hazard, threshold) == pytest.approx([1.0, 2.0, 3.0, 5.0, np.inf])


def test_a_hazard_passed_before_the_path_dies_at_its_start():
    months, hazard = np.array([[1.0, 3.0]]), np.array([[0.6, 0.9]])
    assert month_of_death(months, hazard, np.array([0.5])) == 1.0


def test_nobody_dies_on_a_path_of_one_point():
    assert month_of_death(np.zeros((2, 1)), np.zeros((2, 1)), np.array([0.0, 1.0])).tolist() == [np.inf, np.inf]


def test_deaths_at_landmarks_do_not_depend_on_the_grid():
    """Alive at a landmark is decided by the cumulative hazard there alone."""
    generator = np.random.default_rng(2)
    threshold = generator.exponential(size=1_000)
    months = np.tile(np.linspace(0, 12, 25), (1_000, 1))
    hazard = (months / 15) ** 2
    fine = month_of_death(months, hazard, threshold)
    coarse = month_of_death(months[:, ::6], hazard[:, ::6], threshold)
    for landmark in (3, 6, 9, 12):
        assert np.array_equal(fine <= landmark, coarse <= landmark)


def path_of(population, n, steps, seed=5):
    draws = Draws(Streams(seed))
    people = draw_people(population, draws, n)
    months = np.broadcast_to(np.linspace(0, 12, steps + 1), (n, steps + 1))
    drift = drift_at_enrolment(people.rate, draws.normal("drift/start", n), population)
    loss = untreated_loss(months, people.rate, drift, draws.normal("drift/path", n, steps, 2), population)
    return months, people.score[:, None] - loss.lost, people.rate


def test_halving_the_step_moves_survival_by_less_than_its_monte_carlo_error(pro_act):
    """The same paths, with the hazard on steps of 7 and of 14 days: only the trapezoids differ."""
    months, score, _ = path_of(pro_act, 20_000, 52)
    fine = np.exp(-cumulative_hazard(months, score, pro_act.survival)[:, ::2])
    coarse = np.exp(-cumulative_hazard(months[:, ::2], score[:, ::2], pro_act.survival))
    moved = np.abs(fine.mean(axis=0) - coarse.mean(axis=0))[1:]
    error = np.sqrt(fine.mean(axis=0) * (1 - fine.mean(axis=0)) / 20_000)[1:]
    assert (moved < 0.2 * error).all()


def test_the_stored_scale_gives_the_stated_survival(pro_act):
    months, score, rate = path_of(pro_act, 50_000, 26, seed=7)
    times = 1 / death_threshold(np.ones(rate.size), rate, pro_act)
    alive = np.exp(-cumulative_hazard(months, score, pro_act.survival)[:, -1] * times)
    assert abs(alive.mean() - 0.807) < 4 * alive.std() / np.sqrt(alive.size)


def test_solving_again_gives_the_stored_scale(pro_act):
    solved = solve_scale(pro_act, patients=60_000, seed=3)
    assert abs(solved.scale_months - pro_act.survival.scale_months) < 4 * solved.standard_error
    assert 0 < solved.standard_error < 0.01 * solved.scale_months


def test_the_program_prints_each_scale(monkeypatch, capsys):
    monkeypatch.setattr(program, "solve_scale", lambda population: program.SolvedScale(36.94512, 0.01234))
    program.main(["pro-act"])
    assert capsys.readouterr().out == "pro-act: scale_months 36.945 (standard error 0.012)\n"


def test_a_higher_target_needs_a_larger_scale(pro_act):
    longer = pro_act.model_copy(update={"survival": pro_act.survival.model_copy(update={"alive_at_12_months": 0.95})})
    assert solve_scale(longer, patients=5_000).scale_months > 60
