"""What is counted of many trials: held to trials whose figures are known, and to the plain analyses."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import leadin
from leadin.analysis.analyse import analyse_trial
from leadin.designs import devices, operating_characteristics
from leadin.designs.carried import chosen
from leadin.designs.cells import cells_of
from leadin.designs.design import Cell
from leadin.designs.devices import BATCH
from leadin.designs.figures import Figures
from leadin.designs.questions import questions
from leadin.designs.stopped import DesignStoppedError
from leadin.designs.tally import added, tally
from leadin.designs.values import FIRST, POOL
from leadin.engine.fits import CONVERGED, NO_EVENTS, REASONS, SINGULAR, TOO_FEW
from leadin.errors import UnfinishedError, UsageError
from leadin.protocols.load import load_protocol
from leadin.simulation.simulate import simulate_trial


class Known:
    """Trials whose figures follow from the replicate: estimate N(slowing, 1), standard error 1, some not "
    "evaluable."""

    def __init__(self, sizes, slowing, seed, asked):
        self.n, self.slowing, self.seed, self.asked = sum(sizes), slowing, seed, asked
        self.calls = []
        self.lock = threading.Lock()

    def figures(self, first, count, together=1):
        with self.lock:
            self.calls.append((first, count, together))
        estimate = np.empty((count, 1))
        for row in range(count):
            draws = [np.random.default_rng((self.seed, first + row * together + i)).normal() for i in range(together)]
            estimate[row] = self.slowing + np.mean(draws)
        error = np.full((count, 1), 1.0)
        codes = np.where(np.abs(estimate - self.slowing) > 2.5, NO_EVENTS, CONVERGED).astype(np.int8)
        if together > 1:
            codes[:] = CONVERGED
        codes[(np.arange(first, first + count) % 10 == 0)[:, None] & (codes == CONVERGED)] = SINGULAR
        p = np.where(np.abs(estimate) > 1.96, 0.01, 0.5)
        unusable = codes > SINGULAR
        blank = [np.where(unusable, np.nan, x) for x in (estimate, error, p, estimate - 1.96, estimate + 1.96)]
        return tuple(Figures(*blank, codes) for _ in self.asked)


@pytest.fixture
def known(monkeypatch):
    """Puts trials with known figures in the place of simulated ones; gives them back as they are made."""
    made = []

    def trials_of(protocol, population, sizes, slowing, seed, asked, engine):
        made.append(Known(sizes, slowing, seed, asked))
        return made[-1]

    monkeypatch.setattr(operating_characteristics, "trials_of", trials_of)
    return made


def designed(**settings):
    given = {"n": [20], "slowing": [0.5], "analysis": ["random_slope"], "replicates": 1000, "threads": 1}
    return leadin.design("hanyang-phase2", **{**given, "value_participants": 2000, **settings})


def test_shares_and_moments_of_known_figures(known):
    (cell,) = designed().cells
    draws = np.array([np.random.default_rng((1, replicate)).normal() for replicate in range(1, 1001)])
    estimates = 0.5 + draws
    usable = np.abs(draws) <= 2.5
    rejected = usable & (np.abs(estimates) > 1.96)
    assert cell.replicates == 1000
    assert cell.power == rejected.mean()
    assert cell.mcse == pytest.approx(np.sqrt(cell.power * (1 - cell.power) / 1000), rel=1e-15)
    assert cell.favouring == (rejected & (estimates > 0)).mean() < cell.power
    assert cell.favouring_mcse == pytest.approx(np.sqrt(cell.favouring * (1 - cell.favouring) / 1000), rel=1e-15)
    assert cell.mean_estimate == pytest.approx(estimates[usable].mean(), rel=1e-12)
    assert cell.sd_estimate == pytest.approx(estimates[usable].std(ddof=1), rel=1e-12)
    assert cell.mean_standard_error == 1.0
    assert cell.not_evaluable == (~usable).sum() > 0
    assert cell.reasons == {REASONS[NO_EVENTS]: cell.not_evaluable}
    assert cell.singular == (usable & (np.arange(1, 1001) % 10 == 0)).sum()
    assert cell.bias == pytest.approx(cell.mean_estimate - cell.value, rel=1e-12)
    held = np.abs(estimates - cell.value) <= 1.96
    assert cell.coverage == held[usable].mean()
    assert cell.coverage_mcse == pytest.approx(np.sqrt(cell.coverage * (1 - cell.coverage) / usable.sum()), rel=1e-15)
    spread = np.hypot(cell.sd_estimate / np.sqrt(usable.sum()), cell.value_mcse)
    assert cell.bias_mcse == pytest.approx(spread, rel=1e-12)
    assert (cell.called, cell.n, cell.sizes) == ("power", 20, {"cells": 10, "control": 10})
    assert (cell.analysis, cell.method, cell.contrast, cell.arm) == (
        "random_slope",
        "random_slope",
        "cells - control",
        "cells",
    )
    assert cell.unit == "points per month"


def test_the_value_comes_from_other_trials_joined_into_large_ones(known, monkeypatch):
    monkeypatch.setattr(operating_characteristics, "limited", lambda times: True)  # so each n has its own
    (cell,) = designed().cells
    (trials,) = known
    large = [call for call in trials.calls if call[2] > 1]
    assert large == [(FIRST + 5 * pool, 1, 5) for pool in range(20)]  # 2,000 participants in pools of 100
    means = [
        0.5 + np.mean([np.random.default_rng((1, FIRST + 5 * pool + i)).normal() for i in range(5)])
        for pool in range(20)
    ]
    assert cell.value == pytest.approx(np.mean(means), rel=1e-12)
    assert cell.value_mcse == pytest.approx(np.std(means, ddof=1) / np.sqrt(20), rel=1e-12)


def test_the_value_is_found_once_for_all_n_in_trials_as_large_as_the_protocol_plans(known):
    cells = designed(n=[20, 64, 100, 128], value_participants=12_800).cells
    assert [trials.n for trials in known] == [20, 64, 64, 100, 128]
    assert [sum(call[2] > 1 for call in trials.calls) for trials in known] == [0, 20, 20, 0, 0]
    assert len({(cell.value, cell.value_mcse) for cell in cells}) == 1  # here the arms' sizes matter for nothing
    (alone,) = designed(n=100, value_participants=12_800).cells
    assert (alone.value, alone.value_mcse) == (cells[2].value, cells[2].value_mcse)


def test_the_value_is_found_at_each_slowing(known):
    first, second = designed(slowing=[0.3, 0.5], replicates=1).cells
    assert second.value - first.value == pytest.approx(0.2, rel=1e-9)


@pytest.mark.parametrize(
    ("protocol", "method", "sizes", "queue", "own"),
    [
        ("hanyang-phase2", "random_slope", (33, 31), False, (33, 31)),
        ("hanyang-phase2", "random_slope", (16, 16), False, (32, 32)),
        ("hanyang-phase2", "joint_rank", (16, 16), False, (32, 32)),
        ("hanyang-phase2", "random_slope", (16, 16), True, (16, 16)),
        ("nurown-phase2a", "joint_rank", (2, 2, 2), False, (2, 2, 2)),
    ],
)
def test_in_whom_the_value_is_found(monkeypatch, protocol, method, sizes, queue, own):
    monkeypatch.setattr(operating_characteristics, "limited", lambda times: queue)
    given, asked = question(method, protocol)
    assert operating_characteristics.value_sizes(given, asked, sizes) == own


def test_pools_are_never_larger_than_they_need_to_be(known, monkeypatch):
    monkeypatch.setattr(operating_characteristics, "limited", lambda times: True)
    designed(n=[100], value_participants=200_000, replicates=1)
    calls = [call for call in known[0].calls if call[2] > 1]
    assert [call[2] for call in calls] == [POOL // 100] * 40


def test_without_effect_the_value_is_zero_and_nothing_is_simulated_for_it(known):
    (cell,) = designed(slowing=[0], replicates=10).cells
    assert (cell.value, cell.value_mcse, cell.called) == (0.0, 0.0, "false-positive rate")
    assert all(call[2] == 1 for call in known[0].calls)


def test_without_randomisation_or_control_it_is_not(known):
    made = leadin.design(
        "barczewska-2020", n=20, slowing=0, analysis=["slope_change"], replicates=5, value_participants=400
    )
    assert made.cells[0].value_mcse > 0
    alone = leadin.design(
        "hanyang-phase1", n=20, slowing=0, analysis=["slope_change"], replicates=5, value_participants=400
    )
    assert alone.cells[0].value_mcse > 0
    assert alone.cells[0].power is not None


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_and_steps_change_no_figure(known, monkeypatch, threads):
    def without_time(made):
        return [{**vars(cell), "seconds": 0, "trials_per_second": 0} for cell in made.cells]

    one = designed(replicates=700)
    assert without_time(designed(replicates=700, threads=threads)) == without_time(one)
    monkeypatch.setattr(devices, "AT_ONCE", 7 * 20 + 19)
    assert without_time(designed(replicates=700, threads=threads)) == without_time(one)


@pytest.mark.parametrize(
    ("at_once", "steps"),
    [
        (1, [(number, 1) for number in range(1, BATCH + 11)]),
        (32 * 20 + 19, [*((1 + 32 * i, 32) for i in range(8)), (BATCH + 1, 10)]),
        (10**9, [(1, BATCH), (BATCH + 1, 10)]),
    ],
)
def test_batches_are_cut_by_number_and_steps_by_participants(known, monkeypatch, at_once, steps):
    monkeypatch.setattr(devices, "AT_ONCE", at_once)
    designed(replicates=BATCH + 10, slowing=[0])
    assert sorted(call[:2] for call in known[0].calls) == steps


def test_cells_stand_by_analysis_comparison_n_and_slowing(known):
    made = designed(n=[20, 10], slowing=[0.3, 0], replicates=2, analysis=["cox", "random_slope"])
    assert [(cell.analysis, cell.n, cell.slowing) for cell in made] == [
        (name, n, slowing) for name in ("cox", "random_slope") for n in (20, 10) for slowing in (0.3, 0.0)
    ]
    assert len(made) == 8
    assert made.made_with["n"] == [20, 10]
    assert made.made_with["slowing"] == [0.3, 0.0]


def question(method, protocol="hanyang-phase2"):
    given = load_protocol(protocol)
    return given, questions(given, chosen(given, [method], fast=True).analyses)


def figures(estimate, p, codes=None, low=None, high=None):
    column = [np.array(x, dtype=float)[:, None] for x in (estimate, np.ones(len(p)), p, low or p, high or p)]
    return Figures(*column, np.array(codes or [0] * len(p), dtype=np.int8)[:, None])


def cell_of(method, given, value=0.0, protocol="hanyang-phase2"):
    spec, asked = question(method, protocol)
    value = operating_characteristics.Value(np.array([value]), np.array([0.0]))
    tallies = (tally(asked[0], given, value.value),)
    point = operating_characteristics.Counted((2,) * len(spec.arms), 0.3, tallies, (value,), 2.0)
    return cells_of(spec, asked[:1], [point])[0]


def test_alpha_is_a_bound_that_p_lies_below():
    cell = cell_of("random_slope", figures([1.0, 1.0, -1.0, 1.0], [0.05, 0.0499, 0.01, 0.8]))
    assert (cell.power, cell.favouring) == (0.5, 0.25)
    assert (cell.seconds, cell.trials_per_second) == (2.0, 2.0)


def test_of_hazards_the_lower_is_the_better():
    cell = cell_of("cox", figures([1.0, -1.0, -2.0], [0.01, 0.01, 0.01]))
    assert (cell.power, cell.favouring) == (1.0, 2 / 3)


def test_the_interval_counts_with_its_ends():
    cell = cell_of(
        "random_slope",
        figures([0.0] * 4, [0.5] * 4, low=[0.5, 0.3, 0.51, np.nan], high=[0.6, 0.5, 0.7, 0.9]),
        value=0.5,
    )
    assert cell.coverage == 2 / 3


def test_a_log_rank_test_estimates_nothing():
    cell = cell_of("log_rank", figures([np.nan, np.nan], [0.01, 0.5]), value=np.nan)
    assert cell.power == 0.5
    nothing = ("favouring", "mean_estimate", "sd_estimate", "mean_standard_error", "value", "bias", "coverage")
    assert [getattr(cell, name) for name in nothing] == [None] * 7
    directed = cell_of("log_rank", figures([-1.0, 2.0], [0.01, 0.5]), value=np.nan)
    assert directed.favouring == 0.5
    assert [getattr(directed, name) for name in nothing[1:]] == [None] * 6


def test_nothing_evaluable():
    cell = cell_of("random_slope", figures([np.nan, np.nan], [np.nan, np.nan], codes=[TOO_FEW, NO_EVENTS]))
    assert (cell.power, cell.favouring, cell.mcse, cell.not_evaluable, cell.singular) == (0.0, 0.0, 0.0, 2, 0)
    assert cell.reasons == {REASONS[TOO_FEW]: 1, REASONS[NO_EVENTS]: 1}
    assert (cell.mean_estimate, cell.bias, cell.coverage, cell.mean_standard_error) == (None, None, None, None)


def test_one_arm_is_tested_only_against_its_own_lead_in():
    for method, tested in (("random_slope", False), ("slope_change", True), ("broken_stick", True)):
        cell = cell_of(method, figures([1.0], [0.01]), protocol="hanyang-phase1")
        assert (cell.power is not None, cell.favouring is not None) == (tested, tested)
        assert cell.mean_estimate == 1.0


def test_ranks_of_large_trials_are_brought_to_the_size(known):
    (cell,) = designed(n=64, analysis=["joint_rank"], replicates=1).cells
    (smaller,) = designed(n=16, analysis=["joint_rank"], replicates=1).cells
    assert smaller.value == pytest.approx(cell.value / 4, rel=1e-12)
    assert smaller.value_mcse == pytest.approx(cell.value_mcse / 4, rel=1e-12)


def test_ranks_of_trials_of_that_size_too(known, monkeypatch):
    monkeypatch.setattr(operating_characteristics, "limited", lambda times: True)
    (cell,) = designed(analysis=["joint_rank"], replicates=1).cells
    (slopes,) = designed(replicates=1).cells
    assert cell.value == pytest.approx(slopes.value / 5, rel=1e-12)
    assert cell.value_mcse == pytest.approx(slopes.value_mcse / 5, rel=1e-12)


def test_tallies_add_up_whatever_the_batches():
    _, (asked,) = question("random_slope")
    rng = np.random.default_rng(1)
    given = figures(1e6 + rng.normal(size=100), rng.uniform(size=100), rng.choice([0, 1, 3], 100).tolist())
    parts = [
        tally(asked, Figures(*(getattr(given, name)[low:high] for name in vars(given))), np.zeros(1))
        for low, high in ((0, 1), (1, 1), (1, 60), (60, 100))
    ]
    whole, summed = tally(asked, given, np.zeros(1)), added(parts)
    assert summed.trials == 100
    for name in ("codes", "rejected", "favouring", "intervals", "covered"):
        np.testing.assert_array_equal(getattr(summed, name), getattr(whole, name))
    usable = given.codes[:, 0] <= SINGULAR
    assert summed.estimates.count == usable.sum()
    assert summed.estimates.mean[0] == pytest.approx(given.estimate[usable].mean(), rel=1e-14)
    assert summed.estimates.sd()[0] == pytest.approx(given.estimate[usable].std(ddof=1), rel=1e-9)
    assert np.isnan(parts[0].estimates.sd()).all()


def test_json_keys_are_the_contract(known):
    made = designed(slowing=[0, 0.3], replicates=4)
    said = json.loads(made.to_json())
    assert list(said) == ["design", "cells", "not_counted", "seconds", "trials_per_second"]
    assert list(said["design"]) == [
        "leadin",
        "protocol",
        "protocol_sha256",
        "population",
        "population_sha256",
        "seed",
        "replicates",
        "n",
        "slowing",
        "value_participants",
        "engine",
        "device",
    ]
    assert list(said["cells"][0]) == list(Cell.__annotations__)
    assert {
        "n",
        "slowing",
        "analysis",
        "replicates",
        "power",
        "mcse",
        "bias",
        "coverage",
        "mean_estimate",
        "not_evaluable",
    } <= set(said["cells"][0])
    assert said["cells"][0]["rule"] is None
    assert said["cells"][1]["power"] == made.cells[1].power


def test_tables(known):
    made = designed(slowing=[0, 0.3], replicates=40)
    frame = made.to_polars()
    assert frame.columns == list(Cell.__annotations__)
    assert frame["sizes"].to_list() == ["cells 10, control 10"] * 2
    assert frame["n"].dtype == pl.Int64
    assert frame["power"].to_list() == [cell.power for cell in made]
    assert made.to_pandas()["slowing"].tolist() == [0.0, 0.3]
    assert made._repr_html_().count("<tr>") == 4


def test_an_error_of_a_worker_is_told(known, monkeypatch):
    def broken(self, first, count, together=1):
        raise MemoryError

    monkeypatch.setattr(Known, "figures", broken)
    with pytest.raises(UnfinishedError) as ended:
        designed(slowing=[0])
    assert str(ended.value) == (
        "n 20, slowing 0: expected replicates 1 to 256 to be simulated and fitted; the work ended with MemoryError. "
        "Nothing was written. Try it with fewer threads, or tell the authors how it came."
    )

    def refused(self, first, count, together=1):
        raise UsageError("eligibility.criteria: expected criteria that people meet.")

    monkeypatch.setattr(Known, "figures", refused)
    with pytest.raises(UsageError, match=r"^eligibility\.criteria"):
        designed(slowing=[0])


def test_an_interruption_says_how_far_it_had_come(known):
    def progress(what, done, total):
        if what.startswith("n 10") and done >= 512:
            raise KeyboardInterrupt

    with pytest.raises(DesignStoppedError) as stopped:
        designed(n=[20, 10], slowing=[0], progress=progress, threads=2)
    assert str(stopped.value) == (
        "stopped at n 10, slowing 0: replicates, 512 of 1,000; finished before: 1 of 2 points of the grid. "
        "Nothing was written."
    )
    assert [cell.n for cell in stopped.value.design.cells] == [20]
    assert threading.active_count() == 1 or not [t for t in threading.enumerate() if t.name.startswith("leadin")]


def test_an_interruption_at_the_start(known):
    def progress(what, done, total):
        raise KeyboardInterrupt

    with pytest.raises(DesignStoppedError) as stopped:
        designed(slowing=[0], progress=progress)
    assert stopped.value.design is None
    assert "finished before: 0 of 1 points" in str(stopped.value)


def test_progress_of_values_and_replicates(known):
    told = []
    designed(replicates=300, progress=lambda *words: told.append(words))
    assert told[:2] == [
        ("n 20, slowing 0.5: large trials for the value", 1, 20),
        ("n 20, slowing 0.5: large trials for the value", 2, 20),
    ]
    assert told[20:] == [("n 20, slowing 0.5: replicates", done, 300) for done in (0, 256, 300)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"replicates": 0}, "replicates: expected a whole number from 1 to 100,000,000; got 0."),
        ({"seed": -1}, "seed: expected a whole number from 0 to 9,223,372,036,854,775,807; got -1."),
        ({"threads": 0}, "threads: expected a whole number from 1 to 1,024; got 0."),
        ({"device": "tpu"}, "device: expected cpu or gpu; got 'tpu'."),
        (
            {"device": "gpu", "engine": "plain"},
            "device: expected cpu under the plain engine; got gpu. Leave it out, or take the fast engine.",
        ),
        ({"engine": "slow"}, "engine: expected one of fast, plain; got 'slow'."),
        ({"value_participants": 0}, "value_participants: expected a whole number from 1 to 1,000,000,000; got 0."),
        ({"slowing": [1]}, "slowing: expected shares from 0 to below 1 (0.3: decline slowed by 30 %); got 1."),
        (
            {"n": [1]},
            "n: expected at least one participant for each of the 2 arms of hanyang-phase2 (cells, "
            "control); got 1 in all. Give 2 or more.",
        ),
    ],
)
def test_what_is_refused_before_anything_is_simulated(known, settings, message):
    with pytest.raises(UsageError) as refused:
        designed(**settings)
    assert str(refused.value) == message
    assert known == []


def test_a_gpu_that_is_not_there_is_refused(known, monkeypatch):
    monkeypatch.setattr(devices, "missing", lambda: "the package numba-cuda is not installed")
    with pytest.raises(UsageError) as refused:
        designed(device="gpu", engine="fast")
    assert str(refused.value) == (
        "device: expected a GPU that numba-cuda can use; the package numba-cuda is not installed. Add what it needs "
        "beside the GPU and its driver with pip install 'leadin[gpu]', or use the CPU (--device cpu)."
    )
    assert known == []
    monkeypatch.setattr(devices, "missing", lambda: None)
    devices.refuse_missing_device("gpu", "fast")


@pytest.mark.parametrize(
    ("trial", "step", "together"),
    [
        ((200, 1, 10), 128, 2**31 // (8 * 200 * 28) // 256 * 256),
        ((200, 2, 10), 128, 2**31 // (8 * 200 * 54) // 256 * 256),
        ((1, 1, 0), 256, 65_536),
        ((2**31, 1, 1), 1, 256),
    ],
)
def test_how_many_replicates_are_at_once(trial, step, together):
    """Participants decide it on the CPU; with measures and visits on a GPU: whole batches, in two gigabytes."""
    assert devices.at_once("cpu", *trial) == (256, step)
    assert devices.at_once("gpu", *trial) == (together, together)


def test_on_a_gpu_one_worker_is_given_more_and_the_figures_are_the_same(known, monkeypatch):
    here = designed(slowing=[0.5], replicates=600, threads=3)
    monkeypatch.setattr(devices, "missing", lambda: None)
    monkeypatch.setattr(devices, "MOST_AT_ONCE", 512)
    monkeypatch.setattr(operating_characteristics, "on_device", lambda trials, device: trials)
    counted_on, told = [], []
    workers = operating_characteristics.Workers
    monkeypatch.setattr(
        operating_characteristics, "Workers", lambda threads: counted_on.append(threads) or workers(threads)
    )
    there = designed(slowing=[0.5], replicates=600, threads=3, device="gpu", progress=lambda *said: told.append(said))
    assert counted_on == [3, 1]
    assert [done for what, done, _ in told if what.endswith("replicates")] == [0, 512, 600]
    assert [replace(cell, seconds=0, trials_per_second=0) for cell in there] == [
        replace(cell, seconds=0, trials_per_second=0) for cell in here
    ]


def test_the_plain_engine_counts_what_the_analyses_say():
    """Each figure of three trials, and the false-positive rate with its mean."""
    made = leadin.design(
        "hanyang-phase2",
        n=64,
        slowing=[0],
        analysis=["slope_change", "responders", "change-6", "log_rank", "cox"],
        replicates=3,
        engine="plain",
        threads=2,
    )
    protocol = load_protocol("hanyang-phase2")
    trials = [analyse_trial(simulate_trial(protocol, seed=1, replicate=number)) for number in (1, 2, 3)]
    for cell in made:
        rows = [
            next(
                row
                for row in trial.rows
                if (row.method, row.endpoint, row.contrast) == (cell.method, cell.endpoint, cell.contrast)
                and (cell.rule is None or row.rule == cell.rule)
                and (cell.method != "ancova" or row.time_months == cell.time_months)
            )
            for trial in trials
        ]
        usable = [row for row in rows if row.converged]
        assert cell.not_evaluable == 3 - len(usable)
        assert cell.power == sum(row.p < 0.05 for row in usable) / 3
        if cell.method != "log_rank" and usable:
            assert cell.mean_estimate == pytest.approx(np.mean([row.estimate for row in usable]), rel=1e-12)
            assert cell.coverage == np.mean([row.ci_low <= 0 <= row.ci_high for row in usable])
