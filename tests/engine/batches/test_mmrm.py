"""`mmrm` in batches: against R's mmrm, what must not change it, every code, and arrays that do not fit."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from leadin.engine.batches.mmrm import mmrm
from leadin.engine.collapsed import group_starts
from leadin.engine.fits import (
    CONVERGED,
    DF,
    ESTIMATE,
    FIGURES,
    NO_VARIATION,
    NOT_CONVERGED,
    RANK_DEFICIENT,
    STANDARD_ERROR,
    STATISTIC,
    TOO_FEW,
    P,
)
from leadin.engine.kernels.mmrm import mmrm_trials
from leadin.engine.kernels.mmrm_scratch import ORDINARY, SIGMA, VECTORS, layout

from .repeated import Repeated, repeated, together

VALIDATION = Path(__file__).resolve().parents[3] / "validation"
WAYS = {"Satterthwaite": "satterthwaite", "KRlin": "kenward_roger_linear"}
GOLDEN = [
    entry
    for entry in json.loads((VALIDATION / "mmrm" / "golden_B.json").read_text())
    if entry["peer"].removeprefix("mmrm_tight_") in WAYS
]
KR = "kenward_roger_linear"


def golden(dataset, baseline_month):
    """The values after the month of the baseline; arm 0 first."""
    rows = np.genfromtxt(VALIDATION / "mixed-models" / "data" / f"{dataset}_long.csv", delimiter=",", names=True)
    arm = {int(row["id"]): int(row["arm"]) for row in rows}
    place = {who: at for at, who in enumerate(sorted(arm, key=lambda who: (arm[who], who)))}
    months = [month for month in np.unique(rows["time"]) if month > baseline_month]
    seen, baseline = np.full((len(months), len(place)), np.nan), np.full(len(place), np.nan)
    for row in rows:
        if row["time"] == baseline_month:
            baseline[place[int(row["id"])]] = row["y"]
        elif row["time"] > baseline_month:
            seen[months.index(row["time"]), place[int(row["id"])]] = row["y"]
    return Repeated(seen, baseline, tuple(np.bincount(list(arm.values())).tolist()))


@pytest.mark.evidence("mmrm", "reference")
@pytest.mark.parametrize("entry", GOLDEN, ids=[f"{e['dataset']}-{e['model']}-{e['peer']}" for e in GOLDEN])
def test_equals_r_s_mmrm(entry):
    """Reference: validation/mmrm/golden_B.json, R's mmrm with its optimiser tightened."""
    trial = golden(entry["dataset"], -1 if entry["model"] == "B7" else 0)
    way = WAYS[entry["peer"].removeprefix("mmrm_tight_")]
    fits = mmrm(*trial.given, degrees_of_freedom=way)
    assert fits.codes.tolist() == [[CONVERGED]]
    figures = fits.figures[0, 0]
    assert figures[ESTIMATE] == pytest.approx(entry["est"], rel=2e-7)
    assert figures[STANDARD_ERROR] == pytest.approx(entry["se"], rel=2e-7)
    assert figures[DF] == pytest.approx(entry["df"], rel=2e-5)
    assert figures[STATISTIC] == figures[ESTIMATE] / figures[STANDARD_ERROR]
    assert np.isnan(figures[P])


@pytest.mark.evidence("mmrm", "reference")
@pytest.mark.parametrize("entry", GOLDEN[:8], ids=[f"{e['dataset']}-{e['model']}-{e['peer']}" for e in GOLDEN[:8]])
def test_the_covariance_of_the_times_equals_r_s_mmrm(entry):
    """Reference: validation/mmrm/golden_B.json."""
    sums, seen, sizes = golden(entry["dataset"], -1 if entry["model"] == "B7" else 0).given
    times = seen.shape[2]
    first, shape = layout(seen.shape[3], times, 2)
    work, figures, codes = np.empty(shape), np.empty((1, 1, FIGURES)), np.empty((1, 1), dtype=np.int8)
    starts = group_starts(np.array(sizes))
    mmrm_trials(0, 1, sums, seen, 0, starts, 0, times - 1, False, figures, codes, work, first)
    deviation = work[first[ORDINARY] : first[ORDINARY + 1], 3]
    sigma = np.zeros((times, times))
    sigma[np.tril_indices(times)] = work[first[VECTORS] + SIGMA, : times * (times + 1) // 2]
    sigma = (sigma + np.tril(sigma, -1).T) * np.outer(deviation, deviation)
    assert np.abs(sigma - np.array(entry["Sigma"])).max() < 1e-5


def figures_of(trial, *rest, **more):
    fits = mmrm(*trial.given, *rest, **more)
    assert (fits.codes == CONVERGED).all()
    return fits.figures[0, :, :4]


def test_with_the_groups_the_other_way_round_only_the_sign_changes():
    trial = repeated((15, 20), seed=3)
    one, other = figures_of(trial), figures_of(trial, 1)
    assert other[:, [ESTIMATE, STATISTIC]] == pytest.approx(-one[:, [ESTIMATE, STATISTIC]], rel=1e-9)
    assert other[:, [STANDARD_ERROR, DF]] == pytest.approx(one[:, [STANDARD_ERROR, DF]], rel=1e-9)


def test_contrasts_are_every_group_but_the_reference_against_it():
    trial = repeated((12, 15, 18), seed=4)
    first, middle = figures_of(trial)[:, ESTIMATE], figures_of(trial, 1)[:, ESTIMATE]
    assert middle == pytest.approx([-first[0], first[1] - first[0]], rel=1e-8)


@pytest.mark.parametrize("way", ["satterthwaite", KR])
def test_the_order_of_units_within_a_group_is_none(way):
    trial = repeated((15, 20), seed=5, missing=0.2)
    order = np.concatenate((np.arange(15)[::-1], 15 + np.random.Generator(np.random.PCG64(1)).permutation(20)))
    mixed = Repeated(trial.seen[:, order], trial.baseline[order], trial.sizes)
    assert figures_of(mixed, degrees_of_freedom=way) == pytest.approx(
        figures_of(trial, degrees_of_freedom=way), rel=1e-8
    )


def test_units_of_measurement_carry_over():
    trial = repeated((15, 20), seed=6)
    moved = Repeated(1000.0 + 100.0 * trial.seen, 5.0 - 0.01 * trial.baseline, trial.sizes)
    one, other = figures_of(trial)[0], figures_of(moved)[0]
    assert other[[ESTIMATE, STANDARD_ERROR]] == pytest.approx(100.0 * one[[ESTIMATE, STANDARD_ERROR]], rel=1e-7)
    assert other[DF] == pytest.approx(one[DF], rel=1e-7)


def test_each_time_has_its_own_answer_and_the_last_is_the_default():
    trial = repeated((15, 20), seed=7)
    answers = [figures_of(trial, at=at)[0, ESTIMATE] for at in range(4)]
    assert len(set(answers)) == 4
    assert figures_of(trial)[0, ESTIMATE] == answers[3] == figures_of(trial, at=-1)[0, ESTIMATE]
    assert figures_of(trial, at=-4)[0, ESTIMATE] == answers[0]


def test_values_of_one_time_and_no_missing_ones_are_an_analysis_of_covariance():
    trial = repeated((15, 20), 1, missing=0.0, drop=0.0, seed=8)
    x = np.column_stack([np.ones(35), np.repeat([0.0, 1.0], [15, 20]), trial.baseline])
    beta, rest, _, _ = np.linalg.lstsq(x, trial.seen[0])
    error = np.sqrt(rest[0] / 32 * np.linalg.inv(x.T @ x)[1, 1])
    for way in ("satterthwaite", KR):
        assert figures_of(trial, degrees_of_freedom=way)[0] == pytest.approx(
            [beta[1], error, 32.0, beta[1] / error], rel=1e-9
        )


def test_kenward_roger_adds_to_the_standard_error_alone_and_only_where_values_are_missing():
    trial = repeated((15, 20), seed=9, missing=0.2)
    plain, adjusted = figures_of(trial)[0], figures_of(trial, degrees_of_freedom=KR)[0]
    assert (adjusted[ESTIMATE], adjusted[DF]) == (plain[ESTIMATE], plain[DF])
    assert plain[STANDARD_ERROR] < adjusted[STANDARD_ERROR] < 1.1 * plain[STANDARD_ERROR]
    whole = repeated((15, 20), seed=9, missing=0.0, drop=0.0)
    assert figures_of(whole, degrees_of_freedom=KR) == pytest.approx(figures_of(whole), rel=1e-9)


def test_the_measure_is_the_one_asked_for():
    one, other = repeated(seed=1).given, repeated(seed=2).given
    both = np.concatenate((one[0], other[0]), axis=1), np.concatenate((one[1], other[1]), axis=1), one[2]
    np.testing.assert_array_equal(mmrm(*both).figures, mmrm(*one).figures)
    np.testing.assert_array_equal(mmrm(*both, measure=1).figures, mmrm(*other).figures)


def test_a_batch_is_its_trials_one_by_one_on_one_thread_or_two():
    trials = [repeated((12, 12), seed=seed, missing=0.3 * (seed % 3)) for seed in range(12)]
    trials[5] = replace(trials[5], baseline=np.full(24, np.nan))
    whole = mmrm(*together(trials))
    alone = [mmrm(*trial.given) for trial in trials]
    np.testing.assert_array_equal(whole.figures, np.concatenate([fits.figures for fits in alone]))
    np.testing.assert_array_equal(whole.codes, np.concatenate([fits.codes for fits in alone]))
    with ThreadPoolExecutor(2) as pool:
        halves = list(pool.map(lambda part: mmrm(*together(part)), (trials[:7], trials[7:])))
    np.testing.assert_array_equal(whole.figures, np.concatenate([half.figures for half in halves]))
    assert whole.codes[5, 0] == TOO_FEW


def code_of(trial, **more):
    fits = mmrm(*trial.given, **more)
    assert np.isnan(fits.figures[fits.codes > CONVERGED]).all()
    assert np.isfinite(fits.figures[fits.codes == CONVERGED][:, :4]).all()
    return fits.codes[0].tolist()


def changed(trial, **more):
    """A copy with what `more` names filled in: seen_<time>=value or baseline=values."""
    seen, baseline = trial.seen.copy(), trial.baseline.copy()
    for name, value in more.items():
        if name == "baseline":
            baseline[:] = value
        else:
            seen[int(name.removeprefix("seen_"))] = value
    return Repeated(seen, baseline, trial.sizes)


def test_too_few_at_the_time_or_in_a_group_there():
    trial = repeated((6, 6), 3, missing=0.0, drop=0.0)
    few = np.where(np.isin(np.arange(12), (0, 1, 6)), trial.seen[2], np.nan)
    assert code_of(changed(trial, seen_2=few)) == [TOO_FEW]
    assert code_of(changed(trial, seen_2=np.nan)) == [TOO_FEW]
    alone = np.full(12, np.nan)
    alone[[0, 1, 6, 7]] = trial.seen[2, [0, 1, 6, 7]]
    nobody = {"seen_0": np.nan, "seen_1": np.nan}
    assert code_of(changed(trial, seen_2=few, **nobody)) == [TOO_FEW]
    assert code_of(changed(trial, seen_2=alone, **nobody)) == [CONVERGED]
    one_group = trial.seen[2].copy()
    one_group[6:] = np.nan
    assert code_of(changed(trial, seen_2=one_group)) == [TOO_FEW]
    assert code_of(changed(trial, seen_2=one_group), at=1) == [CONVERGED]
    assert code_of(changed(trial, baseline=np.nan)) == [TOO_FEW]


def test_too_few_values_for_as_many_covariances():
    # 6 units at 3 times leave 18 - 9 = 9 for 6 covariances; 5 units 15 - 9 = 6; at 4 times 24 - 12 = 12 for 10, 8.
    for n, times, code in ((5, 3, None), (5, 4, TOO_FEW)):
        found = code_of(repeated((2, n - 2), times, missing=0.0, drop=0.0))
        assert found != [TOO_FEW] if code is None else found == [code]


def test_no_unit_at_both_of_two_times():
    trial = repeated((10, 10), 2, missing=0.0, drop=0.0)
    even = np.where(np.arange(20) % 2 == 0, trial.seen[0], np.nan)
    odd = np.where(np.arange(20) % 2 == 1, trial.seen[1], np.nan)
    assert code_of(changed(trial, seen_0=even, seen_1=odd)) == [TOO_FEW]
    odd[0] = trial.seen[1, 0]
    assert code_of(changed(trial, seen_0=even, seen_1=odd)) != [TOO_FEW]


def test_a_baseline_that_does_not_vary_within_groups():
    trial = repeated((10, 12), 3)
    assert code_of(changed(trial, baseline=np.repeat([36.1, 40.3], [10, 12]))) == [RANK_DEFICIENT]


def test_a_baseline_that_is_the_same_in_everybody_is_not_adjusted_for():
    trial = repeated((15, 20), 1, missing=0.0, drop=0.0)
    same = changed(trial, baseline=36.0)
    control, other = same.seen[0, :15], same.seen[0, 15:]
    assert figures_of(same)[0, [ESTIMATE, DF]] == pytest.approx([other.mean() - control.mean(), 33.0], rel=1e-9)


def test_values_without_variation():
    trial = repeated((10, 12), 3)
    assert code_of(changed(trial, seen_2=30.0)) == [NO_VARIATION]
    assert code_of(changed(trial, seen_2=trial.baseline - 3.0)) == [NO_VARIATION]
    assert code_of(changed(trial, seen_1=30.0)) == [CONVERGED]


def test_a_time_that_repeats_another_has_no_best_fit():
    trial = repeated((20, 20), 3, missing=0.0, drop=0.0)
    assert code_of(changed(trial, seen_1=trial.seen[0])) == [NOT_CONVERGED]


def test_one_group_is_its_change_from_the_mean_baseline():
    trial = repeated((30,), 1, missing=0.2, drop=0.0, seed=2)
    here = np.isfinite(trial.seen[0])
    x = np.column_stack([np.ones(here.sum()), trial.baseline[here] - trial.baseline[here].mean()])
    mean = np.linalg.lstsq(x, trial.seen[0, here])[0][0]
    assert figures_of(trial)[0, ESTIMATE] == pytest.approx(mean - trial.baseline[here].mean(), rel=1e-9)


def test_twelve_times():
    assert code_of(repeated((100, 100), 12, seed=1)) == [CONVERGED]


BAD = {
    "sums: expected (trials, measures, 16, units); got (1, 16, 40)": {"sums": np.zeros((1, 16, 40))},
    "seen: expected (1, 1, times, 40); got (1, 1, 4, 39)": {"seen": np.zeros((1, 1, 4, 39))},
    "sizes: expected groups of 40 units in all; got [20, 19]": {"sizes": (20, 19)},
    "sizes: expected groups of 40 units in all; got []": {"sizes": ()},
    "sizes: expected groups of 40 units in all; got [41, -1]": {"sizes": (41, -1)},
    "reference: expected a number from 0 to 1; got 2": {"reference": 2},
    "reference: expected a number from 0 to 1; got -1": {"reference": -1},
    "measure: expected a number from 0 to 0; got 1": {"measure": 1},
    "seen: expected 1 to 12 times; got 13": {"seen": np.zeros((1, 1, 13, 40))},
    "seen: expected 1 to 12 times; got 0": {"seen": np.zeros((1, 1, 0, 40))},
    "at: expected a number from 0 to 3, or -1 for the last; got 4": {"at": 4},
    "at: expected a number from 0 to 3, or -1 for the last; got -5": {"at": -5},
    "degrees_of_freedom: expected satterthwaite or kenward_roger_linear; got 'kenward_roger'": {
        "degrees_of_freedom": "kenward_roger"
    },
}


@pytest.mark.parametrize("message", BAD)
def test_arrays_that_do_not_fit_are_refused(message):
    sums, seen, sizes = repeated().given
    given = {"sums": sums, "seen": seen, "sizes": sizes, **BAD[message]}
    with pytest.raises(ValueError) as told:
        mmrm(**given)
    assert str(told.value) == message
