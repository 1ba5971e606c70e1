"""Fisher's exact test against R (validation/responders/fisher.csv), by hand, and what must not change it."""

from __future__ import annotations

from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadin.engine.fisher_exact import fisher_exact
from leadin.errors import DataError

FROM_R = Path(__file__).resolve().parents[2] / "validation" / "responders" / "fisher.csv"


def groups():
    return st.integers(0, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_every_table_equals_r():
    rows = np.genfromtxt(FROM_R, delimiter=",", names=True)
    assert len(rows) == 24
    for row in rows:
        ours = fisher_exact(int(row["events"]), int(row["n"]), int(row["reference_events"]), int(row["reference_n"]))
        assert ours == pytest.approx(row["p"], rel=1e-7)


@given(groups(), groups())
def test_equals_the_definition_counted_out(first, second):
    (x, n), (y, m) = first, second
    ways = {k: comb(n, k) * comb(m, x + y - k) for k in range(max(0, x + y - m), min(n, x + y) + 1)}
    p = sum(w for w in ways.values() if w <= ways[x]) / comb(n + m, x + y)
    assert fisher_exact(x, n, y, m) == pytest.approx(p, rel=1e-9)


@given(groups(), groups())
def test_neither_exchanging_groups_nor_counting_the_others_matters(first, second):
    p = fisher_exact(*first, *second)
    assert fisher_exact(*second, *first) == pytest.approx(p, rel=1e-9)
    (x, n), (y, m) = first, second
    assert fisher_exact(n - x, n, m - y, m) == pytest.approx(p, rel=1e-9)
    assert 0 < p <= 1


def test_equal_shares_give_one():
    assert fisher_exact(3, 10, 3, 10) == 1.0
    assert fisher_exact(0, 0, 0, 0) == 1.0


def test_a_symmetric_table_counts_the_equally_likely_one():
    # 3 of 3 against 0 of 3: the opposite table is as likely, so p is 2 of the 20 ways.
    assert fisher_exact(3, 3, 0, 3) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ((6, 5, 1, 5), "events: expected a count between 0 and 5; got 6."),
        ((-1, 5, 1, 5), "events: expected a count between 0 and 5; got -1."),
        ((1, 5, 9, 8), "reference_events: expected a count between 0 and 8; got 9."),
    ],
)
def test_impossible_counts_are_refused(table, said):
    with pytest.raises(DataError) as caught:
        fisher_exact(*table)
    assert str(caught.value) == said
