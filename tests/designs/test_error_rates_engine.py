"""Without any effect the fast estimators reject as validation/error-rates says: at 5 %, or with a reason beside it."""

from __future__ import annotations

import csv
import importlib.util
import math
from pathlib import Path

import pytest

import leadin
from leadin.designs.cells import Cell
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "validation" / "error-rates"
W1 = str(ROOT / "benchmarks" / "protocols" / "w1.yaml")
SITUATIONS = {"w1": (W1, 200), "hanyang-phase2": ("hanyang-phase2", 64), "w1-20": (W1, 20)}
CHEAP = ("random_slope", "broken_stick", "ancova", "slope_change", "responders", "log_rank", "cox", "joint_rank")
SEED = 77
with (HERE / "rates.csv").open(encoding="utf-8", newline="") as file:
    RATES = {(row["situation"], row["analysis"], row["rule"]): row for row in csv.DictReader(file)}


def program():
    spec = importlib.util.spec_from_file_location("error_rates_table", HERE / "table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def designed(situation: str, analyses: list[dict[str, object]], replicates: int) -> tuple[Cell, ...]:
    name, n = SITUATIONS[situation]
    said = load_protocol(name).model_dump()
    said["plan"] = {"analyses": analyses}
    made = leadin.design(Protocol.model_validate(said), n=n, slowing=0.0, replicates=replicates, seed=SEED, threads=1)
    return made.cells


def agrees(cell: Cell, row: dict[str, str]) -> None:
    """Rate and coverage within four errors of what the 100,000 trials gave."""
    for mine, name in ((cell.power, "rejected"), (cell.coverage, "coverage")):
        if not row[name]:
            assert mine is None
            continue
        told, error = float(row[name]), float(row[f"{name}_mcse"])
        spread = math.hypot(error, math.sqrt(max(told * (1 - told), 1e-4) / cell.replicates))
        assert abs(mine - told) < 4 * spread, (cell.analysis, cell.rule, name, mine, told)


@pytest.mark.slow
@pytest.mark.parametrize("situation", SITUATIONS)
def test_rates_and_coverage_are_those_on_record(situation):
    asked: list[dict[str, object]] = [
        {"method": name, **({"relative": [25, 50, 100], "absolute": [1.25]} if name == "responders" else {})}
        for name in CHEAP
    ]
    for cell in designed(situation, asked, 20_000):
        agrees(cell, RATES[situation, cell.analysis, cell.rule or ""])


@pytest.mark.slow
def test_mmrm_rejects_as_on_record():
    asked: list[dict[str, object]] = [
        {"method": "mmrm", "name": "mmrm-satterthwaite"},
        {"method": "mmrm", "name": "mmrm-kenward-roger", "degrees_of_freedom": "kenward_roger_linear"},
    ]
    for cell in designed("w1", asked, 10_000):
        agrees(cell, RATES["w1", cell.analysis, ""])


NOMINAL = (
    *((situation, name) for situation in ("w1", "hanyang-phase2") for name in ("ancova", "slope_change", "joint_rank")),
    *(("w1", name) for name in ("random_slope", "broken_stick", "log_rank")),
    *((situation, "mmrm-kenward-roger") for situation in ("w1", "hanyang-phase2", "hanyang-phase2-24", "w1-20")),
    ("w1", "mmrm-satterthwaite"),
    ("hanyang-phase2", "mmrm-satterthwaite"),
    ("w1-20", "ancova"),
    ("w1-20", "slope_change"),
)


@pytest.mark.parametrize(("situation", "analysis"), NOMINAL)
def test_the_record_holds_the_level(situation, analysis):
    row = RATES[situation, analysis, ""]
    assert row["replicates"] == "100000"
    assert row["alpha"] == "0.05"
    assert program().within(float(row["rejected"]), 100_000, 0.05)


def test_the_record_never_rejects_much_too_often_between_randomised_arms():
    table = program()
    for (situation, *_), row in RATES.items():
        if situation not in table.ONE_ARM:
            assert float(row["rejected"]) < 0.08
            assert row["coverage"] == "" or float(row["coverage"]) > 0.92
            assert row["value"] in ("", "0")


@pytest.mark.parametrize("shift", [-1, 1])
def test_bounds_are_three_monte_carlo_errors(shift):
    error = math.sqrt(0.05 * 0.95 / 10_000)
    assert program().within(0.05 + shift * 2.99 * error, 10_000, 0.05)
    assert not program().within(0.05 + shift * 3.01 * error, 10_000, 0.05)


def test_the_tables_are_written_from_the_record():
    table = program()
    assert (HERE / "rates.md").read_text(encoding="utf-8") == table.text()
    page = table.PAGE.read_text(encoding="utf-8")
    assert table.placed(page) == page
    assert "| `random_slope` | **4.96 (0.07)** |" in page


def test_memory_on_record_is_flat():
    with (HERE / "memory.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    runs = {(row["protocol"], row["analyses"], int(row["replicates"])): int(row["peak_mb"]) for row in rows}
    assert max(runs.values()) < 1000
    for protocol in ("hanyang-phase2", "w1"):
        assert runs[protocol, "random_slope", 1_000_000] < runs[protocol, "random_slope", 10_000] + 60
