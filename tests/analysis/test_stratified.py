"""Strata in words and warnings."""

from __future__ import annotations

import polars as pl
import pytest

from leadin.analysis.causes import Causes
from leadin.analysis.stratified import in_strata, joined, strata_warnings, stratum_words, survival_rule
from leadin.errors import DataError
from leadin.protocols.planned_analysis import PlannedAnalysis


def test_names_are_joined():
    assert [joined(names) for names in (("a",), ("a", "b"), ("a", "b", "c"))] == ["a", "a and b", "a, b and c"]
    assert stratum_words(()) == ""
    assert stratum_words(("site", "sex")) == ", compared within strata of site and sex"


def test_each_participant_has_a_stratum(build):
    trial = build(dict.fromkeys("abc", "x"))
    people = trial.participants.drop("site").with_columns(site=pl.Series(["u", None, "v"]))
    trial = trial.with_tables({"participants": people})
    times = pl.DataFrame({"participant_id": ["c", "b"], "arm": ["x", "x"]})
    assert in_strata(times, trial, ("site",))["stratum"].to_list() == ["v", "not known"]
    assert in_strata(times, trial, ())["stratum"].to_list() == ["", ""]
    with pytest.raises(DataError, match=r"^sites: expected a column of the participants"):
        in_strata(times, trial, ("sites",))


def test_warnings_of_strata():
    table = pl.DataFrame({"arm": list("xyxxyy"), "stratum": ["u", "u", "v", "v", "w / not known", "u"]})
    assert strata_warnings(table, ()) == ()
    assert strata_warnings(table, ("site", "sex")) == (
        "strata with participants of one arm only: 2 of 3, with 3 participants, who say nothing about the difference "
        "between arms",
        "participants without a value of site and sex: 1; not known counts as a stratum",
    )
    assert strata_warnings(table.filter(pl.col("stratum") == "u"), ("site",)) == ()


def test_the_rule_names_what_is_unusual():
    death = Causes(("death",), (), False)
    assert survival_rule(death, PlannedAnalysis(method="cox")) is None
    planned = PlannedAnalysis(method="cox", strata=("site",), covariates=("age_years",), fatal_events=("death",))
    assert survival_rule(Causes(("death",), ("tracheostomy",), True), planned) == (
        "cause-specific: death; stratified by site; adjusted for age_years"
    )
