"""Rows of means: rules, numbers, and what cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from leadin.analysis.mean_rows import Worded, filled, impossible, t_row, welch_row, wilcoxon_row
from leadin.analysis.result import Result
from leadin.engine.t_tests import MeanTest, one_sample_t, welch_t

WORDS = Worded(needs="the change", values="changes", none="changes differs from zero")
KNOWN = Result("slope_change", "alsfrs_r", arm="x", unit="points", warnings=("known before",))
VALUES = np.array([0.3, -0.1, 0.8, 0.4])


def test_filled_takes_every_number():
    test = MeanTest(1.0, 2.0, 3.0, 4.0, 0.5, 6.0, 7.0)
    row = filled(KNOWN, test)
    assert (row.estimate, row.standard_error, row.statistic, row.df) == (1.0, 2.0, 3.0, 4.0)
    assert (row.p, row.ci_low, row.ci_high, row.warnings) == (0.5, 6.0, 7.0, ("known before",))


def test_impossible_says_the_reason_first():
    row = impossible(KNOWN, "nobody")
    assert (row.converged, row.warnings) == (False, ("nobody", "known before"))


def test_student():
    row, test = t_row(KNOWN, VALUES, 0.9, WORDS), one_sample_t(VALUES, 0.9)
    assert (row.rule, row.estimate, row.ci_low, row.p) == ("t test", test.estimate, test.ci_low, test.p)
    one = t_row(KNOWN, VALUES[:1], 0.95, WORDS)
    assert one.warnings[0] == "expected at least 2 participants of arm x with the change; got 1"
    equal = t_row(KNOWN, np.array([0.5, 0.5]), 0.95, WORDS)
    assert (equal.estimate, equal.converged, equal.p) == (0.5, False, None)
    assert equal.warnings[0] == "all 2 changes are equal, so that their error cannot be estimated"


def test_wilcoxon():
    row = wilcoxon_row(KNOWN, VALUES, WORDS)
    assert (row.rule, row.unit, row.estimate) == ("Wilcoxon test (exact)", None, None)
    # Of 16 ways of signs 4 are as far: the smallest rank alone against the others, or none.
    assert (row.statistic, row.p) == (9.0, pytest.approx(4 / 16))
    none = wilcoxon_row(KNOWN, np.zeros(3), WORDS)
    assert (none.rule, none.converged) == ("Wilcoxon test", False)
    assert none.warnings[0] == "none of the 3 changes differs from zero, so that there is nothing to rank"
    assert wilcoxon_row(KNOWN, VALUES[:1], WORDS).warnings[0].endswith("with the change; got 1")


def test_welch():
    others = np.array([0.1, 0.2, -0.5])
    row, test = welch_row(KNOWN, VALUES, others, "y", 0.95, WORDS), welch_t(VALUES, others, 0.95)
    assert (row.rule, row.estimate, row.df) == ("Welch t test", test.estimate, test.df)
    few = welch_row(KNOWN, VALUES, others[:1], "y", 0.95, WORDS)
    assert few.warnings[0] == "expected at least 2 participants of arm y with the change; got 1"
    equal = welch_row(KNOWN, np.array([1.0, 1.0]), np.array([0.25, 0.25]), "y", 0.95, WORDS)
    assert (equal.estimate, equal.converged) == (0.75, False)
    assert equal.warnings[0] == "the changes are all equal within each arm, so that their error cannot be estimated"
    assert welch_row(KNOWN, np.array([1.0, 1.0]), others, "y", 0.95, WORDS).converged
