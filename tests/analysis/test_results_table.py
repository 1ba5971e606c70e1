"""How a row of results reads: digits, units, counts, reasons, what is not shown."""

from __future__ import annotations

import pytest

from leadin.analysis.cumulative_incidence import TOLD_APART
from leadin.analysis.responders import WILSON
from leadin.analysis.result import Result, not_evaluable
from leadin.analysis.results_table import (
    decimals_for,
    footer,
    headings,
    html_table,
    p_text,
    reasons,
    short,
    table_cells,
    text_table,
)


def cells(**values):
    return table_cells([Result(**{"method": "broken_stick", "endpoint": "alsfrs_r", **values})])[0]


def test_an_estimate_is_told_to_the_digits_its_error_supports():
    told = cells(
        arm="cells", contrast="cells - control", estimate=0.31234, standard_error=0.148, ci_low=0.0222, ci_high=0.6024,
        p=0.0346, n=64, unit="points per month",
    )  # fmt: skip
    assert told == (
        "broken_stick", "alsfrs_r", "cells - control", "0.31", "0.02 to 0.60", "0.03", "64", "points per month",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "low", "high", "decimals"),
    [
        (0.148, None, None, 2), (0.0996, None, None, 2), (0.0994, None, None, 3), (1.6, None, None, 1),
        (23.0, None, None, 0), (230.0, None, None, 0), (1e-9, None, None, 6), (None, 0.0, 4.0, 1),
        (0.0, 0.0, 0.4, 2), (None, None, 1.0, None),
        (None, 1.0, None, None), (None, None, None, None), (0.0, 1.0, 1.0, None), (float("inf"), None, None, None),
    ],
)  # fmt: skip
def test_decimals(error, low, high, decimals):
    assert decimals_for(error, low, high) == decimals


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (None, "-"), (0.0009999, "<0.001"), (0.001, "0.001"), (0.0044, "0.004"), (0.0099, "0.010"), (0.01, "0.01"),
        (0.034, "0.03"), (0.0496, "0.0496"), (0.0504, "0.0504"), (0.05, "0.05"), (0.0549, "0.055"), (0.06, "0.06"),
        (0.47, "0.47"), (0.99, "0.99"), (0.991, ">0.99"), (1.0, "1"), (0.04999999999, "0.050000"),
    ],
)  # fmt: skip
def test_p_values(p, text):
    assert p_text(p) == text


def test_a_share_is_told_in_per_cent_with_its_count():
    told = cells(
        method="responders", arm="cells", estimate=0.25, standard_error=0.0765, ci_low=0.115, ci_high=0.434,
        statistic=8.0, n=32, unit="proportion of participants", rule=">= 25 % slower",
    )  # fmt: skip
    assert told[2:] == ("cells, >= 25 % slower", "25.0", "11.5 to 43.4", "-", "8 of 32", "% of participants")
    # Never more than one decimal, however many participants.
    assert cells(estimate=0.25, standard_error=0.0004, unit="proportion of participants")[3] == "25.0"
    assert cells(estimate=0.25, standard_error=0.2, unit="proportion of participants")[3] == "25"


def test_a_difference_of_shares_has_participants_not_counts():
    told = cells(arm="a", contrast="a - b", estimate=-0.1, n=32, statistic=2.0, unit="proportion of participants")
    assert told[6] == "32"


def test_survival_is_told_with_its_month():
    told = cells(
        method="kaplan_meier", endpoint="survival", arm="cells", time_months=6.0, estimate=0.906, standard_error=0.051,
        n=33, unit="proportion surviving",
    )  # fmt: skip
    assert told[2:] == ("cells, month 6", "90.6", "-", "-", "33", "% surviving")
    assert cells(arm="cells", time_months=183 / 30.4375)[2] == "cells, month 6"
    assert cells(arm="cells", time_months=7.13)[2] == "cells, month 7.1"


def test_a_log_hazard_ratio_is_told_as_the_ratio():
    told = cells(
        method="cox", estimate=-0.6931, standard_error=0.3, ci_low=-1.281, ci_high=-0.1053, unit="log hazard ratio"
    )
    # The error of the ratio is 0.5 x 0.3.
    assert told[3:5] == ("0.50", "0.28 to 0.90")
    assert told[7] == "hazard ratio"
    assert cells(estimate=1000.0, unit="log hazard ratio")[3] != "inf"
    assert cells(estimate=None, unit="log hazard ratio")[3] == "not estimated"


def test_the_log_of_any_ratio_is_told_as_the_ratio_and_shares_of_pairs_are_details():
    told = cells(
        method="win_ratio", estimate=0.6931, standard_error=0.3, ci_low=0.1053, ci_high=1.281, unit="log win odds"
    )
    assert (told[3:5], told[7]) == (("2.00", "1.11 to 3.60"), "win odds")
    rows = [Result("win_ratio", "alsfrs_r", estimate=5.0, unit=unit) for unit in ("% of pairs", "net benefit")]
    assert short(rows) == (rows[1],)


def test_a_test_without_an_estimate_shows_its_statistic():
    assert cells(method="log_rank", statistic=2.1537, contrast="a - b", arm="a")[3] == "statistic 2.15"


def test_no_number_at_all_is_said():
    assert cells(converged=False)[2:] == ("all", "not estimated", "-", "-", "-", "")


def test_zero_has_no_sign():
    assert cells(estimate=-0.0001, standard_error=0.15, ci_low=-0.3, ci_high=0.3)[3:5] == ("0.00", "-0.30 to 0.30")


def test_a_change_within_an_arm_names_the_arm_once():
    assert cells(arm="cells", contrast="follow-up - lead-in", rule="t test")[2] == "cells: follow-up - lead-in, t test"
    assert cells(arm="cells", contrast="cells - control")[2] == "cells - control"
    assert cells(arm=None, contrast="all arms")[2] == "all arms"


def test_a_month_is_told_once_a_row():
    at = {"arm": "cells", "time_months": 6.0}
    assert cells(**at, contrast="month 6 - baseline", rule="a rule")[2] == "cells: month 6 - baseline, a rule"
    assert cells(**at, rule="change at month 6, t test")[2] == "cells, change at month 6, t test"
    assert cells(**at, rule="change at month 60")[2] == "cells, month 6, change at month 60"
    assert cells(**at, rule="change at month 6.5")[2] == "cells, month 6, change at month 6.5"
    assert cells(arm="cells", rule="t test")[2] == "cells, t test"


ROWS = (
    Result("responders", "alsfrs_r", arm="a", rule=">= 25 % slower"),
    Result("responders", "alsfrs_r", arm="a", rule=f">= 25 % slower{WILSON}"),
    Result("safety", "adverse_events", arm="a", rule="any", unit="proportion of participants"),
    Result("safety", "adverse_events", arm="a", rule="any", unit="events per 100 person-months"),
    Result("safety", "adverse_events", arm="a", rule="Infections", unit="proportion of participants"),
    Result("cox", "survival", arm="a"),
    Result("mmrm", "alsfrs_r", arm="a", rule="adjusted mean"),
    Result("joint_rank", "alsfrs_r", arm="a", rule="mean rank"),
    Result("joint_rank", "alsfrs_r", arm="a", rule="adjusted mean rank"),
    Result("kaplan_meier", "survival", arm="a"),
    Result("kaplan_meier", "survival", arm="a", rule=f"cumulative incidence of death, {TOLD_APART}"),
    Result("kaplan_meier", "survival", arm="a", rule="cumulative incidence of death"),
)


def test_a_short_table_leaves_out_details_and_says_how_many():
    shown = short(ROWS)
    assert shown == (ROWS[0], ROWS[2], ROWS[5], ROWS[9], ROWS[11])
    hidden = (
        "7 more rows (single adverse events, second intervals, adjusted means and the like) in the JSON and in "
        "`to_polars()`."
    )
    assert footer(ROWS, shown) == [hidden]
    assert footer(ROWS, ROWS) == []
    assert text_table(ROWS, interval="x").splitlines()[-1] == hidden
    assert len(text_table(ROWS, interval="x", everything=True).splitlines()) == 2 + 12


def test_reasons_are_told_once_with_all_their_methods():
    failed = [not_evaluable(method, "survival", "nobody died") for method in ("cox", "log_rank", "cox")]
    failed.append(Result("broken_stick", "alsfrs_r", converged=False, warnings=("no visits", "no control arm")))
    fine = Result("cox", "survival", warnings=("take care",))
    assert reasons([*failed, fine]) == ["cox, log_rank: nobody died", "broken_stick: no visits"]


def test_columns_are_aligned_numbers_to_the_right():
    rows = [
        Result("cox", "survival", contrast="a", estimate=1.0, standard_error=0.1, n=5),
        Result("broken_stick", "x", contrast="long words", estimate=-12.5, standard_error=0.1, n=140),
    ]
    assert text_table(rows, interval="95 % interval") == (
        "Method        Endpoint  What        Estimate  95 % interval  p    n  Unit\n"
        "------------  --------  ----------  --------  -------------  -  ---  ----\n"
        "cox           survival  a               1.00              -  -    5\n"
        "broken_stick  x         long words    -12.50              -  -  140"
    )


def test_html_is_escaped_and_numbers_are_to_the_right():
    text = html_table(
        [Result("cox", "<b>", contrast="a & b", estimate=1.0, standard_error=0.1)], interval="95 % interval"
    )
    assert "<td>&lt;b&gt;</td><td>a &amp; b</td>" in text
    assert '<td style="text-align:right">1.00</td>' in text
    assert text.count("<th scope") == len(headings("x")) == 8


def test_headings():
    assert headings("90 % interval") == ("Method", "Endpoint", "What", "Estimate", "90 % interval", "p", "n", "Unit")
