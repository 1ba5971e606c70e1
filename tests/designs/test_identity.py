"""A design is the same to the last bit, whatever the threads and however trials are cut into chunks."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import leadin
from leadin.designs import devices, manufacturing_runs, operating_characteristics
from leadin.designs.carried import chosen
from leadin.designs.cells import Cell
from leadin.designs.engines import trials_of
from leadin.designs.questions import COUNTED, questions
from leadin.disease.load import load_population
from leadin.disease.population import Population
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol

W1 = str(Path(__file__).resolve().parents[2] / "benchmarks" / "protocols" / "w1.yaml")
N = 20
BATCH, REPLICATES = 64, 140
"""More than one batch, and no whole number of them."""


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(manufacturing_runs, "RUNS", 32)
    monkeypatch.setattr(manufacturing_runs, "SCREENED", 128)
    for module in (operating_characteristics, devices):
        monkeypatch.setattr(module, "BATCH", BATCH)


@cache
def loaded(name: str) -> Protocol:
    return load_protocol(name)


@cache
def population() -> Population:
    return load_population("pro-act")


def cells(
    protocol: str | Protocol, analysis: list[str], threads: int = 1, **settings: object
) -> list[dict[str, object]]:
    given = {"n": N, "slowing": [0.0, 0.3], "replicates": REPLICATES, "value_participants": 2000, **settings}
    made = leadin.design(protocol, analysis=analysis, threads=threads, **given)
    return [without_time(cell) for cell in made]


def without_time(cell: Cell) -> dict[str, object]:
    return {name: value for name, value in asdict(cell).items() if name not in ("seconds", "trials_per_second")}


@pytest.mark.parametrize("method", COUNTED)
def test_cells_are_the_same_with_two_threads_and_in_other_chunks(method, monkeypatch):
    replicates = REPLICATES
    if method == "mmrm":  # which takes long in small trials
        for module in (operating_characteristics, devices):
            monkeypatch.setattr(module, "BATCH", 8)
        replicates = 20
    monkeypatch.setattr(devices, "AT_ONCE", 32 * N)
    one = cells(W1, [method], replicates=replicates)
    for trials in (1, 1000):
        monkeypatch.setattr(devices, "AT_ONCE", trials * N)
        assert cells(W1, [method], threads=2, replicates=replicates) == one


@pytest.mark.parametrize("name", ["hanyang-phase2", "nurown-phase2a", "hanyang-phase1"])
def test_protocols_of_one_two_and_three_arms_too(name, monkeypatch):
    asked = ["slope_change", "responders"]
    monkeypatch.setattr(devices, "AT_ONCE", 1)
    one = cells(name, asked, replicates=40, value_participants=400)
    monkeypatch.setattr(devices, "AT_ONCE", 10**6)
    assert cells(name, asked, threads=2, replicates=40, value_participants=400) == one


def test_an_analysis_alone_gives_the_figures_it_gives_among_others():
    together = cells(W1, ["random_slope", "ancova", "cox"])
    alone = [cell for method in ("random_slope", "ancova", "cox") for cell in cells(W1, [method])]
    assert [{**cell, "label": None} for cell in alone] == [{**cell, "label": None} for cell in together]


def test_a_point_of_the_grid_alone_gives_the_figures_it_gives_in_a_grid():
    grid = cells(W1, ["random_slope"], n=[20, 30, 40])
    alone = [cell for n in (20, 30, 40) for cell in cells(W1, ["random_slope"], n=n)]
    assert alone == grid


def test_a_replicate_alone_is_the_one_among_many_through_generator_and_fits():
    protocol = loaded(W1)
    asked = questions(protocol, chosen(protocol, [name for name in COUNTED if name != "mmrm"], fast=True).analyses)
    trials = trials_of(protocol, population(), (10, 10), 0.3, 5, asked, "fast")
    many = trials.figures(1, 300)
    for replicate in (1, 2, 300):
        for one, all_ in zip(trials.figures(replicate, 1), many, strict=True):
            for name, array in vars(one).items():
                np.testing.assert_array_equal(array[0], getattr(all_, name)[replicate - 1])


@pytest.mark.parametrize("method", ["log_rank", "cox"])
def test_survival_alone_needs_no_measure(method):
    """Trials are collapsed without any measure then, and joined into large ones for the value."""
    alone = cells(W1, [method])
    beside = [cell for cell in cells(W1, [method, "ancova"]) if cell["method"] == method]
    assert alone == beside
    assert alone[0]["power"] is not None
