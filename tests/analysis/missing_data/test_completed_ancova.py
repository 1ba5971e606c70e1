"""The fast fits of many tables equal `fit_ancova` of each, and R's of tables that mice completed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from leadin.analysis.ancova import fit_ancova
from leadin.analysis.missing_data.completed_ancova import completed_ancova

HERE = Path(__file__).resolve().parents[3] / "validation" / "missing-data"


@pytest.mark.evidence("ancova", "reference")
def test_tables_completed_by_mice_give_the_estimates_of_lm():
    with (HERE / "data" / "mice_tables.csv").open() as file:
        rows = list(csv.DictReader(file))
    column = {name: np.array([float(row[name]) for row in rows]).reshape(20, 60) for name in ("treated", "m0", "m8")}
    arm = column["treated"][0].astype(int)
    fits = completed_ancova(column["m0"], np.empty((60, 0)), arm, 2).fit(column["m8"] - column["m0"])
    (theirs,) = (each for each in json.loads((HERE / "pooled.json").read_text()) if each["m"] == 20)
    assert fits.estimates[:, 0] == pytest.approx(theirs["estimates"], rel=1e-9)
    assert fits.variances[:, 0] == pytest.approx(theirs["variances"], rel=1e-9)
    assert fits.df == theirs["complete_df"]


@pytest.mark.parametrize("shared", [True, False])
def test_every_fit_equals_the_plain_one(shared):
    draw = np.random.Generator(np.random.PCG64(5))
    arm = np.arange(30) % 3
    baseline = 1000 + 5 * draw.normal(size=(1 if shared else 4, 30))
    extra, change = draw.normal(size=(30, 2)), draw.normal(size=(4, 30)) + arm
    fits = completed_ancova(baseline, extra, arm, 3).fit(change)
    for k in range(4):
        plain = fit_ancova(change[k], baseline[0 if shared else k], [f"{i}" for i in arm], extra)
        for number in (1, 2):
            test = plain.difference(f"{number}", "0")
            assert fits.estimates[k, number - 1] == pytest.approx(test.estimate, rel=1e-9)
            assert fits.variances[k, number - 1] == pytest.approx(test.standard_error**2, rel=1e-9)
        assert fits.df == plain.df == 24
