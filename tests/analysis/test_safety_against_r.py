"""Counts, shares, rates, ratios, time to first event and injections by number of a made-up trial of three arms, against
loops and base R (validation/safety)."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadin.analysis.adverse_event_rates import INCIDENCE, INCIDENCE_RATIO, RATE, RATE_RATIO
from leadin.analysis.adverse_event_shares import SHARE
from leadin.analysis.adverse_event_table import safety_table
from leadin.analysis.injection_numbers import injection_numbers
from leadin.analysis.safety import safety
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.read import read_trial
from leadin.trials.usable import usable_trial

pytestmark = pytest.mark.evidence("safety", "reference")
DATA = Path(__file__).resolve().parents[2] / "validation" / "safety" / "data"


def near(value):
    return pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.fixture(scope="module")
def trial():
    return usable_trial(read_trial(DATA))


@pytest.fixture(scope="module")
def rows(trial):
    return safety(trial, PlannedAnalysis(method="safety"), "control")


@pytest.fixture(scope="module")
def expected(from_r):
    return from_r("safety/expected.json")


@pytest.fixture(scope="module")
def find(rows):
    def one(rule, unit, arm, contrast=None, month=None):
        (found,) = [
            r for r in rows if (r.rule, r.unit, r.arm, r.contrast, r.time_months) == (rule, unit, arm, contrast, month)
        ]
        return found

    return one


def test_shares_of_each_kind(find, expected):
    assert len(expected["shares"]) == 15
    for told in expected["shares"]:
        found = find(told["kind"], SHARE, told["arm"])
        assert (found.statistic, found.n) == (told["affected"], told["n"])
        assert (found.estimate, found.ci_low, found.ci_high) == near((told["estimate"], *told["interval"]))


def test_rates_of_all_and_of_first_events(find, expected):
    for told in expected["rates"]:
        every, first = (find(told["kind"], unit, told["arm"]) for unit in (RATE, INCIDENCE))
        assert (every.statistic, first.statistic) == (told["events"], told["firsts"])
        assert (every.estimate, every.ci_low, every.ci_high) == near((told["rate"], *told["interval"]))
        assert (first.estimate, first.ci_low, first.ci_high) == near((told["incidence"], *told["incidence_interval"]))


def test_events_that_do_not_say_are_told(find, expected):
    silent = {(told["kind"], told["arm"]): told["unsaid"] for told in expected["rates"]}
    assert sum(silent.values()) > 30
    for (kind, arm), number in silent.items():
        said = [w for w in find(kind, SHARE, arm).warnings if " not say " in w]
        assert len(said) == (number > 0)
        assert not said or said[0].startswith(f"{number} of ")


def test_between_arms(find, expected):
    assert len(expected["between"]) == 10
    for told in expected["between"]:
        contrast = f"{told['arm']} - control"
        share = find(told["kind"], SHARE, told["arm"], contrast)
        assert (share.ci_low, share.ci_high, share.p) == near((*told["newcombe"], told["fisher"]))
        for ratio, unit, part in ((RATE_RATIO, RATE, "every"), (INCIDENCE_RATIO, INCIDENCE, "first")):
            found, r = find(told["kind"], ratio, told["arm"], contrast), told[part]
            assert (found.estimate, found.ci_low, found.ci_high, found.p) == near((r["ratio"], *r["interval"], r["p"]))
            found = find(told["kind"], unit, told["arm"], contrast)
            assert (found.estimate, found.ci_low, found.ci_high) == near((r["difference"], *r["difference_interval"]))
        test = find(f"{told['kind']}, time to first", None, told["arm"], contrast)
        assert (test.statistic, test.p) == near((told["log_rank"]["chi_square"], told["log_rank"]["p"]))


def test_time_to_first_event(find, expected):
    assert sum(told["deaths"] for told in expected["first"]) > 10
    for told in expected["first"]:
        rule, compared = f"{told['kind']}, time to first", 0
        for month, share, error, low, high in zip(
            *(told[key] for key in ("months", "incidence", "error", "low", "high")), strict=True
        ):
            found = find(rule, "proportion with a first event", told["arm"], month=month)
            assert found.estimate == near(share)
            if share == 0:
                continue
            compared += 1
            assert (found.standard_error, found.ci_low, found.ci_high) == near((error, low, high))
        assert compared >= 1
        found = find(f"{told['kind']}, median time to first", "months", told["arm"])
        assert (found.estimate, found.ci_low, found.ci_high) == tuple(
            None if told[key] is None else near(told[key]) for key in ("median", "median_low", "median_high")
        )


def test_the_table_by_term(trial, expected):
    table = {(row["arm"], row["term"]): row for row in safety_table(trial).drop_nulls("term").iter_rows(named=True)}
    assert len(table) == len(expected["terms"])
    for told in expected["terms"]:
        row = table[told["arm"], told["term"]]
        assert [row[f"grade_{k}"] for k in ("unknown", 1, 2, 3, 4, 5)] == told["grades"]
        assert row["at_risk_months"] == near(told["at_risk"])
        for ours, theirs in (
            ("participants", "participants"),
            ("events", "events"),
            ("serious_participants", "serious"),
            ("related_participants", "related"),
            ("serious_related_participants", "serious_related"),
            ("serious_unknown", "serious_unknown"),
            ("related_unknown", "related_unknown"),
        ):
            assert row[ours] == told[theirs], (told["arm"], told["term"], ours)


def test_injections_by_number(trial, expected):
    table = injection_numbers(trial).rows(named=True)
    assert [(row["arm"], row["injection"]) for row in table] == [
        (told["arm"], told["injection"]) for told in expected["numbers"]
    ]
    for row, told in zip(table, expected["numbers"], strict=True):
        for key in ("n", "participants", "serious_related", "events"):
            assert row[key] == told[key]
        assert (row["ci_low"], row["ci_high"]) == near(tuple(told["interval"]))
        assert (row["serious_related_high"], row["person_months"]) == near(
            (told["serious_related_high"], told["months"])
        )
        assert (row["rate_low"], row["rate_high"]) == near(tuple(told["rate_interval"]))


def test_events_before_time_zero_are_counted_apart(find, expected):
    for told in expected["before"]:
        assert find("before time zero", SHARE, told["arm"]).statistic == told["participants"]
