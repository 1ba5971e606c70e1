"""Results as a value: looking up, the rows that answer, tables, JSON, print-outs."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict, fields, replace

import polars as pl
import pytest

from leadin.analysis.methods import METHODS
from leadin.analysis.provenance import LIBRARIES, Provenance, provenance_of
from leadin.analysis.responder_rules import RelativeRule, SpecialCases
from leadin.analysis.result import Result, not_evaluable
from leadin.analysis.results import SCHEMA, MethodResults, Results
from leadin.errors import UsageError
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.finding import Finding
from leadin.trials.trial import Manifest
from leadin.version import __version__

MADE = Provenance(
    leadin="9.9", python="3.x", libraries=(("numpy", "1"),), seed=7, tables=(("participants.csv", "ab12"),),
    data_sha256="cd34", plan_sha256=None,
)  # fmt: skip
SLOPE = PlannedAnalysis(method="slope_change")
BREATHING = PlannedAnalysis(method="slope_change", measure="svc_percent", role="primary")
COX = PlannedAnalysis(method="cox", role="primary")
FINDING = Finding("x", "warning", "events", (1, 4), "Look.")

WITHIN = Result(
    "slope_change", "alsfrs_r", arm="cells", contrast="follow-up - lead-in", estimate=0.5, p=0.2, planned=True
)
BETWEEN = Result(
    "slope_change", "alsfrs_r", arm="cells", contrast="cells - control", estimate=0.1234567890123, standard_error=0.05,
    ci_low=-0.1, ci_high=0.3, p=0.2, n=20, not_evaluable=1, unit="points per month", planned=True,
    references=("A", "B"),
)  # fmt: skip
BREATHES = replace(BETWEEN, endpoint="svc_percent", unit="% of predicted per month")
HAZARD = not_evaluable("cox", "survival", "nobody died", arm="cells", contrast="cells - control", planned=True)


def results(rows=(WITHIN, BETWEEN, HAZARD), analyses=(SLOPE, SLOPE, COX), reference="control", **more):
    known = {"plan": None, "manifest": Manifest(origin="imported"), "findings": (FINDING,), "provenance": MADE, **more}
    return Results(rows=tuple(rows), analyses=tuple(analyses), reference=reference, **known)


def test_results_are_the_rows_in_order_and_frozen():
    found = results()
    assert list(found) == [WITHIN, BETWEEN, HAZARD]
    assert len(found) == 3
    assert found.methods == ("slope_change", "cox")
    assert "cox" in found
    assert "safety" not in found
    assert WITHIN in found
    assert BREATHES not in found


def test_one_method_by_name_has_all_its_rows_and_the_one_that_answers():
    mine = results()["slope_change"]
    assert isinstance(mine, MethodResults)
    assert (mine.method, list(mine), len(mine), mine[1]) == ("slope_change", [WITHIN, BETWEEN], 2, BETWEEN)
    # Arm against reference answers, not the change within an arm; without any, the first row.
    assert mine.primary is BETWEEN
    assert results(reference="cells")["slope_change"].primary is WITHIN
    assert results(reference=None)["slope_change"].primary is WITHIN
    assert results()["cox"].primary is HAZARD


def test_the_planned_primary_analysis_answers_before_the_others():
    found = results((WITHIN, BETWEEN, BREATHES), (SLOPE, SLOPE, BREATHING))
    assert found["slope_change"].primary is BREATHES
    assert found.primary == (BREATHES,)
    # What was not planned is no primary analysis, whatever its role.
    unplanned = replace(BREATHES, planned=False)
    found = results((WITHIN, BETWEEN, unplanned), (SLOPE, SLOPE, BREATHING))
    assert found["slope_change"].primary is BETWEEN
    assert found.primary == ()


def test_each_primary_analysis_answers_once():
    found = results((BREATHES, WITHIN, HAZARD), (BREATHING, SLOPE, COX))
    assert found.primary == (BREATHES, HAZARD)
    assert found["cox"].primary is HAZARD
    assert found.rows_of(SLOPE) == (WITHIN,)


@pytest.mark.parametrize(("name", "hint"), [("slope-change", " Did you mean 'slope_change'?"), ("zzz", "")])
def test_a_method_without_rows_is_refused_with_the_nearest(name, hint):
    with pytest.raises(UsageError) as caught:
        results()[name]
    assert str(caught.value) == f"method: expected one of slope_change, cox; got {name!r}.{hint}"


def test_the_table_has_the_columns_of_the_contract_in_order():
    table = results().to_polars()
    assert table.columns == [*(field.name for field in fields(Result)), "analysis"] == list(SCHEMA)
    assert table.schema == pl.Schema(SCHEMA)
    assert table["estimate"].to_list() == [0.5, 0.1234567890123, None]
    assert table["references"].to_list() == [[], ["A", "B"], []]
    assert table["converged"].to_list() == [True, True, False]
    assert results()["cox"].to_polars().height == 1
    assert results((), ()).to_polars().schema == pl.Schema(SCHEMA)


def test_the_pandas_table_says_the_same():
    table = results().to_pandas()
    assert list(table.columns) == list(SCHEMA)
    assert table["method"].tolist() == ["slope_change", "slope_change", "cox"]
    assert table.loc[1, "estimate"] == 0.1234567890123
    assert results()["cox"].to_pandas().shape == (1, len(SCHEMA))


def test_json_has_the_keys_of_the_contract_in_order_and_unrounded_numbers():
    said = json.loads(results().to_json())
    assert list(said) == ["leadin", "trial", "results", "multiplicity", "findings"]
    assert said["leadin"] == "9.9"
    assert list(said["results"][0]) == [
        "method", "endpoint", "arm", "contrast", "time_months", "estimate", "standard_error", "statistic", "df",
        "ci_low", "ci_high", "p", "n", "not_evaluable", "unit", "rule", "planned", "estimand", "converged", "warnings",
        "references", "analysis",
    ]  # fmt: skip
    assert said["multiplicity"] is None
    assert [row["analysis"] for row in said["results"]] == [None, None, None]
    assert said["results"][1]["estimate"] == 0.1234567890123
    assert said["results"][1]["references"] == ["A", "B"]
    assert said["results"][2]["estimate"] is None
    assert said["results"][2]["warnings"] == ["nobody died"]
    assert said["findings"] == [
        {"id": "x", "severity": "warning", "table": "events", "rows": [1, 4], "message": "Look."}
    ]


def test_json_tells_the_manifest_of_the_trial():
    manifest = Manifest(
        origin="simulated", protocol="p", protocol_sha256="ef", seed=7, leadin_version="1.2", tables=(("a.csv", "99"),),
        simulation=(("slowing", "0.3"),),
    )  # fmt: skip
    assert json.loads(results(manifest=manifest).to_json())["trial"] == {
        "schema_version": 1, "origin": "simulated", "protocol": "p", "protocol_sha256": "ef", "seed": 7,
        "leadin_version": "1.2", "tables": {"a.csv": "99"}, "simulation": {"slowing": "0.3"},
    }  # fmt: skip
    unwritten = json.loads(results().to_json())["trial"]
    assert unwritten["tables"] == {"participants.csv": "ab12"}
    assert unwritten["simulation"] is None


def test_json_never_holds_nan():
    row = replace(BETWEEN, df=float("inf"), standard_error=float("nan"))
    text = results((row,), (SLOPE,)).to_json()
    assert "NaN" not in text
    assert "Infinity" not in text
    assert json.loads(text)["results"][0]["df"] is None


def test_json_of_the_same_results_is_the_same_text_and_ends_its_line():
    assert results().to_json() == results().to_json()
    assert results().to_json().startswith('{\n "leadin": "9.9",\n "trial": {\n  "schema_version": 1,')
    assert results().to_json().endswith("}\n")
    assert "\u2026" in results((replace(BETWEEN, estimand="\u2026"),), (SLOPE,)).to_json()


def test_print_outs_hold_a_table_and_the_reasons():
    text = repr(results())
    assert text.splitlines()[0].split() == [
        "Method",
        "Endpoint",
        "What",
        "Estimate",
        "95",
        "%",
        "interval",
        "p",
        "n",
        "Unit",
    ]
    assert "Not estimated, cox: nobody died" in text
    html = results()._repr_html_()
    assert html.startswith('<table><thead><tr><th scope="col">Method</th>')
    assert "<p>Not estimated, cox: nobody died</p>" in html
    assert repr(results()["cox"]).splitlines()[0].split()[4] == "Interval"
    assert ">Interval</th>" in results()["cox"]._repr_html_()


def test_the_heading_of_intervals_says_the_level_that_all_share():
    assert results().interval == "95 % interval"
    ninety = PlannedAnalysis(method="cox", alpha=0.1)
    assert results((HAZARD,), (ninety,)).interval == "90 % interval"
    assert results((BETWEEN, HAZARD), (SLOPE, ninety)).interval == "Interval"
    assert results((HAZARD,), (PlannedAnalysis(method="cox", alpha=0.025),)).interval == "97.5 % interval"


def test_provenance_tells_versions_seed_and_hashes(build):
    trial = replace(build({"b": "x", "a": "y"}), manifest=Manifest(origin="simulated", seed=3))
    made = provenance_of(trial, None)
    assert (made.leadin, made.seed, made.plan_sha256) == (__version__, 3, None)
    assert tuple(name for name, _ in made.libraries) == LIBRARIES == ("numpy", "scipy", "polars")
    assert [name for name, _ in made.tables] == [
        "participants.csv", "assessments.csv", "lots.csv", "administrations.csv", "events.csv", "adverse_events.csv",
    ]  # fmt: skip
    assert all(len(digest) == 64 for _, digest in made.tables)
    # Rows in another order are the same data, another arm is not.
    turned = provenance_of(trial.with_tables({"participants": trial.participants.reverse()}), None)
    assert turned == made
    other = provenance_of(build({"b": "x", "a": "x"}), None)
    assert other.data_sha256 != made.data_sha256
    plans = [Plan(analyses=(SLOPE,)), Plan(analyses=(COX,)), Plan(analyses=(SLOPE,))]
    first, second, third = (provenance_of(trial, plan).plan_sha256 for plan in plans)
    assert first == third != second
    assert len(first) == 64


def test_hashes_equal_those_of_a_written_folder(build, tmp_path):
    import leadin

    trial = build({"b": "x", "a": "y"}, {"a": {0: 40.5}})
    leadin.write(trial, tmp_path / "t")
    assert dict(provenance_of(trial, None).tables) == dict(leadin.read(tmp_path / "t").manifest.tables)


def test_a_result_is_neither_planned_nor_failed_unless_said():
    bare = Result("cox", "survival")
    assert (bare.planned, bare.converged, bare.warnings, bare.references) == (False, True, (), ())
    assert {
        value
        for key, value in asdict(bare).items()
        if key not in ("method", "endpoint", "planned", "converged", "warnings", "references")
    } == {None}
    assert not_evaluable("cox", "survival", "why", arm="x") == replace(
        bare, converged=False, warnings=("why",), arm="x"
    )


@pytest.mark.parametrize(
    "value",
    [BETWEEN, MADE, results(), results()["cox"], METHODS["cox"], RelativeRule(50), SpecialCases()],
    ids=lambda v: type(v).__name__,
)
def test_what_is_said_is_frozen(value):
    with pytest.raises(FrozenInstanceError):
        setattr(value, fields(value)[0].name, "other")
