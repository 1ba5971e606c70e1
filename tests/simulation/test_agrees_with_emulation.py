"""The simulator against an independent computation of the same model: validation/natural-history/.

20,000 participants through the real road (protocol, screening, visits, death), for each set of parameters of the
emulation that the package's model can hold: those without a class of slow decliners. What the emulation does not have
(a steady spell at enrolment, death that depends on the rate, the link of onset) is off. Each quantity agrees within 4
Monte Carlo errors of the difference, that of the emulation included.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from leadin.engine.streams import Streams
from leadin.simulation.entry import Outcome
from leadin.simulation.participants import simulate_arrays

PLACE = Path(__file__).resolve().parents[2] / "validation" / "natural-history" / "emulation.json"
EMULATED = json.loads(PLACE.read_text(encoding="utf-8"))
SETS = [name for name, said in EMULATED.items() if said["parameters"]["slow"] == 0]
N, N_EMULATED = 20_000, 200_000
MONTH = 30.4375
ERRORS = 4.0


@dataclass(frozen=True)
class Figure:
    """A figure and its Monte Carlo error."""

    value: float
    error: float

    def held_against(self, emulated: float, emulated_error: float | None = None) -> None:
        # Where the emulation does not give its error, it is ours, scaled to its number of participants.
        other = self.error * np.sqrt(N / N_EMULATED) if emulated_error is None else emulated_error
        assert abs(self.value - emulated) <= ERRORS * np.hypot(self.error, other)


def share(flags) -> Figure:
    return Figure(flags.mean(), np.sqrt(flags.mean() * (1 - flags.mean()) / flags.size))


def mean(values) -> Figure:
    return Figure(values.mean(), values.std() / np.sqrt(values.size))


def sd(values) -> Figure:
    kurtosis = np.mean((values - values.mean()) ** 4) / values.var() ** 2
    return Figure(values.std(), values.std() * np.sqrt((kurtosis - 1) / 4 / values.size))


def correlation(a, b) -> Figure:
    """With the error of a sample correlation whatever the distribution (from the influence of each pair)."""
    r = np.corrcoef(a, b)[0, 1]
    za, zb = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
    return Figure(r, np.std(za * zb - r * (za**2 + zb**2) / 2) / np.sqrt(a.size))


def slope(months, scores):
    centred = np.asarray(months, dtype=float) - np.mean(months)
    return scores @ centred / (centred @ centred)


def complete(arrays, last_month: int):
    """Observed scores (n, visits) of those alive at the last visit."""
    scores = arrays.observed["alsfrs_r"][arrays.death_day > last_month * MONTH]
    return scores[np.isfinite(scores).all(axis=1)]


@pytest.fixture(scope="module", params=SETS)
def emulated(request):
    return EMULATED[request.param]


@pytest.fixture(scope="module")
def population(emulated, steady):
    """The package's population with the parameters of the emulation, and its own scale of survival."""
    said = emulated["parameters"]
    changes = {
        "decline": {
            "rate_mean": said["mean"],
            "rate_sd": said["sd"],
            "drift_sd": said["c"],
            "drift_months": said["tau"],
            "steady_at_enrolment": 0.0,
        },
        "score": {"measurement_sd": said["noise"]},
        "survival": {"hazard_per_rate": 0.0, "scale_months": emulated["weibull_scale_months"]},
        "demographics": {"onset_goes_with_loss": 0.0},
    }
    return steady.model_copy(
        update={group: getattr(steady, group).model_copy(update=values) for group, values in changes.items()}
    )


def test_every_set_without_slow_decliners_is_held_to():
    assert SETS == ["default", "scan_A"]


@pytest.fixture(scope="module")
def observed_from_enrolment(build, population):
    return simulate_arrays(build(0, 18, planned=N), population, streams=Streams(1))


@pytest.fixture(scope="module")
def slopes(build, population):
    scores = complete(simulate_arrays(build(3, 9, planned=N), population, streams=Streams(1)), 9)
    return slope(range(-3, 1), scores[:, :4]), slope(range(1, 10), scores[:, 4:])


@pytest.fixture(scope="module")
def entered(build, emulated, population):
    """All screened, as many as it takes to fill an entry rule of 3 points lost: about 20,000 screened; and the scores
    of those who entered and live to month 7."""
    rule = {"variable": "alsfrs_r_lost_in_lead_in", "at": "baseline", "minimum": 3}
    planned = round(1.12 * 20_000 * emulated["entry_lost_3_points_in_lead_in"]["share"][0])
    arrays = simulate_arrays(build(3, 7, planned=planned, criteria=(rule,)), population, streams=Streams(1))
    scores = arrays.observed["alsfrs_r"]
    lives = (arrays.outcome == Outcome.ENTERED) & (arrays.death_day > 7 * MONTH) & np.isfinite(scores).all(axis=1)
    return lives, scores[lives]


def test_alive_at_12_months(observed_from_enrolment, emulated):
    share(observed_from_enrolment.death_day > 12 * MONTH).held_against(*emulated["alive_12"])


@pytest.fixture(params=[4, 6, 8, 12, 18], ids="month {}".format)
def change(request, observed_from_enrolment, emulated):
    scores = observed_from_enrolment.observed["alsfrs_r"]
    difference = scores[:, request.param] - scores[:, 0]
    return difference[np.isfinite(difference)], emulated[f"change_{request.param}"]


def test_mean_change(change):
    mean(change[0]).held_against(change[1]["mean"])


def test_sd_of_the_change(change):
    sd(change[0]).held_against(change[1]["sd"])


def test_no_decline(change):
    share(change[0] >= 0).held_against(*change[1]["no_decline"])


def test_correlation_of_lead_in_and_follow_up_slopes(slopes, emulated):
    correlation(*slopes).held_against(emulated["lead_in_v_follow_up"]["correlation"])


def test_sd_of_lead_in_slopes(slopes, emulated):
    sd(slopes[0]).held_against(emulated["lead_in_v_follow_up"]["sd_lead_in"])


def test_sd_of_follow_up_slopes(slopes, emulated):
    sd(slopes[1]).held_against(emulated["lead_in_v_follow_up"]["sd_follow_up"])


def test_share_with_a_lead_in_slope_of_minus_one_or_below(slopes, emulated):
    share(slopes[0] <= -1).held_against(*emulated["given_lead_in_slope_at_most_-1"]["share"])


def test_absolute_responders_given_a_lead_in_slope_of_minus_one_or_below(slopes, emulated):
    lead_in, follow_up = slopes
    fast = lead_in <= -1
    gained = follow_up[fast] - lead_in[fast] >= 1.25
    share(gained).held_against(*emulated["given_lead_in_slope_at_most_-1"]["at_least_1.25"])


@pytest.mark.parametrize("percent", [25, 50, 75, 100])
def test_relative_responders_given_a_lead_in_slope_of_minus_one_or_below(slopes, emulated, percent):
    lead_in, follow_up = slopes
    fast = lead_in <= -1
    gained = follow_up[fast] - lead_in[fast] >= -percent / 100 * lead_in[fast]
    share(gained).held_against(*emulated["given_lead_in_slope_at_most_-1"][f"at_least_{percent}%"])


def test_share_that_loses_3_points_in_the_lead_in_and_lives(entered, emulated):
    assert 19_000 < entered[0].size < 22_000
    share(entered[0]).held_against(*emulated["entry_lost_3_points_in_lead_in"]["share"])


def test_responders_after_an_entry_rule(entered, emulated):
    _, scores = entered
    gain = slope(range(1, 8), scores[:, 4:]) - slope(range(-3, 1), scores[:, :4])
    share(gain >= 1.25).held_against(*emulated["entry_lost_3_points_in_lead_in"]["at_least_1.25"])


def test_responders_after_an_entry_rule_if_the_baseline_is_shared(entered, emulated):
    _, scores = entered
    gain = slope(range(8), scores[:, 3:]) - slope(range(-3, 1), scores[:, :4])
    said = emulated["entry_lost_3_points_in_lead_in"]["at_least_1.25_if_baseline_is_shared"]
    share(gain >= 1.25).held_against(*said)


def test_mean_slope_change_after_an_entry_rule(entered, emulated):
    _, scores = entered
    gain = mean(slope(range(1, 8), scores[:, 4:]) - slope(range(-3, 1), scores[:, :4]))
    gain.held_against(emulated["entry_lost_3_points_in_lead_in"]["mean_slope_change"], gain.error / np.sqrt(10))


def test_a_linear_model_would_not_agree(build, emulated, population):
    """Without drift, and with the noise that restores the spread of the lead-in slopes, the correlation is far off: the
    tests above can fail."""
    linear = population.model_copy(
        update={
            "decline": population.decline.model_copy(update={"drift_sd": 0.0}),
            "score": population.score.model_copy(update={"measurement_sd": 2.0}),
        }
    )
    scores = complete(simulate_arrays(build(3, 9, planned=5_000), linear, streams=Streams(1)), 9)
    found = correlation(slope(range(-3, 1), scores[:, :4]), slope(range(1, 10), scores[:, 4:]))
    assert found.value - emulated["lead_in_v_follow_up"]["correlation"] > 6 * found.error
