"""Adverse events: rates, days, grades."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.disease.harm import after_procedure, in_background
from leadin.disease.harm_rates import BackgroundHarm, ProcedureHarm

N = 40_000
HEADACHE = ProcedureHarm(
    name="Headache",
    system_organ_class="Nervous system disorders",
    probability=0.3,
    grades=(0.5, 0.25, 0.25, 0.0),
    serious_share=0.1,
    last_onset_day=2,
    duration_days=4.0,
)
FALL = BackgroundHarm(
    name="Fall",
    system_organ_class="Injury, poisoning and procedural complications",
    per_month=0.2,
    grades=(1.0, 0.0, 0.0, 0.0),
    serious_share=0.0,
    duration_days=1.0,
)


@pytest.fixture(scope="module")
def headaches():
    return after_procedure(HEADACHE, np.arange(N), np.full(N, 26.0), np.full(N, 100.0), np.random.default_rng(1))


def test_probability_after_a_procedure(headaches):
    assert abs(headaches.participant.size / N - 0.3) < 4 * np.sqrt(0.3 * 0.7 / N)


def test_onset_is_spread_over_its_days(headaches):
    days, counts = np.unique(headaches.start_day, return_counts=True)
    assert days.tolist() == [26, 27, 28]
    assert np.abs(counts / counts.sum() - 1 / 3).max() < 0.02


def test_grades_and_seriousness_have_their_shares(headaches):
    shares = np.bincount(headaches.grade, minlength=5)[1:] / headaches.grade.size
    assert shares == pytest.approx(HEADACHE.grades, abs=0.02)
    assert headaches.serious.mean() == pytest.approx(0.1, abs=0.012)


def test_events_end_on_or_after_the_day_they_start(headaches):
    days = headaches.end_day - headaches.start_day + 1
    assert days.min() == 1
    assert np.array_equal(days, np.rint(days))
    assert days.mean() == pytest.approx(4.5, abs=0.15)  # whole days about an exponential of mean 4


def test_nothing_starts_after_the_last_day_known():
    episodes = after_procedure(HEADACHE, np.arange(N), np.full(N, 26.0), np.full(N, 26.0), np.random.default_rng(1))
    assert episodes.participant.size > 0
    assert (episodes.start_day == 26).all()


def test_background_events_come_at_their_rate_while_known():
    since, until = np.full(N, -91.0), np.full(N, 30.0)
    falls = in_background(FALL, np.arange(N), since, until, np.random.default_rng(1))
    expected = 0.2 * 121 / 30.4375
    assert abs(falls.participant.size / N - expected) < 4 * np.sqrt(expected / N) + 0.01  # equal days are merged
    assert falls.start_day.min() == -91
    assert falls.start_day.max() == 30
    assert abs(falls.start_day.mean() - -30.5) < 1.5


def test_who_left_at_once_has_no_background():
    falls = in_background(FALL, np.arange(9), np.zeros(9), np.full(9, -0.5), np.random.default_rng(1))
    assert falls.participant.size == 0


def test_one_event_a_day_for_each_participant():
    who = np.repeat(np.arange(50), 20)
    episodes = after_procedure(HEADACHE, who, np.zeros(1_000), np.full(1_000, 9.0), np.random.default_rng(1))
    pairs = set(zip(episodes.participant.tolist(), episodes.start_day.tolist(), strict=True))
    assert len(pairs) == episodes.participant.size


def test_grades_must_add_up():
    with pytest.raises(ValueError, match="grades: expected shares of grades 1 to 4 that add up to 1"):
        HEADACHE.model_validate(HEADACHE.model_dump() | {"grades": (0.5, 0.25, 0.2, 0.0)})
