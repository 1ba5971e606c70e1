"""Populations that are like another: laid over it, with grounds of their own, and refused with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadin.disease.load import load_population
from leadin.disease.population import population_sha256
from leadin.disease.populations import population_names, population_yaml
from leadin.errors import ProtocolError

DERIVED = ("early-stage", "fast-progressor", "korean-phase2", "severe")
FREE_TO_DIFFER = {"name", "title", "description", "based_on", "entry", "sources", "provenance", "assumed"}

OLDER = """
name: older
title: Older people
description: For tests.
based_on: pro-act
demographics:
  age_mean: 70
sources:
  - {id: mine, citation: A study of older people}
provenance:
  - {field: demographics.age_mean, source: mine, status: read}
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def told(path) -> str:
    with pytest.raises(ProtocolError) as caught:
        load_population(path)
    return str(caught.value)


def test_every_other_value_is_the_base_s(written, pro_act):
    older = load_population(written(OLDER))
    assert older.demographics == pro_act.demographics.model_copy(update={"age_mean": 70})
    for group in ("decline", "score", "breathing", "survival", "weight", "harm", "items", "cells"):
        assert getattr(older, group) == getattr(pro_act, group)
    assert (older.name, older.based_on, older.entry) == ("older", "pro-act", ())
    assert population_sha256(older) != population_sha256(pro_act)


def test_grounds_of_a_value_that_is_stated_anew_are_not_the_base_s(written, pro_act):
    older = load_population(written(OLDER))
    mine = [item for item in older.provenance if item.field == "demographics.age_mean"]
    assert [(item.source, item.status) for item in mine] == [("mine", "read")]
    assert len(older.provenance) == len(pro_act.provenance)
    assert {source.id for source in older.sources} == {source.id for source in pro_act.sources} | {"mine"}


def test_general_grounds_do_not_hide_what_the_base_says_of_one_value(written):
    text = OLDER.replace("field: demographics.age_mean", "field: demographics")
    fields = [item.field for item in load_population(written(text)).provenance]
    assert "demographics" in fields
    assert "demographics.age_sd" in fields
    assert "demographics.age_mean" not in fields


def test_a_value_stated_anew_needs_grounds_of_its_own(written):
    text = OLDER.replace("  age_mean: 70\n", "  age_mean: 70\n  age_sd: 5\n")
    assert told(written(text)) == (
        "demographics.age_sd: expected a source under 'provenance' or a reason under 'assumed'; got neither "
        "(mine.yaml, line 8). Add one with 'field: demographics.age_sd'."
    )


def test_bounds_of_entry_need_grounds_too(written):
    assert "entry[0].minimum: expected a source" in told(written(OLDER + "entry: [{variable: score, minimum: 30}]\n"))


def test_an_unknown_base(written):
    message = told(written(OLDER.replace("based_on: pro-act", "based_on: pro-akt")))
    assert message.startswith("based_on: expected a population or a YAML file; got 'pro-akt' (mine.yaml, line 5).")
    assert "Did you mean pro-act?" in message


def test_a_base_that_is_not_a_name(written):
    assert "based_on: expected the name of a population" in told(
        written(OLDER.replace("based_on: pro-act", "based_on: 3"))
    )


def test_a_circle(written):
    written(OLDER.replace("based_on: pro-act", "based_on: mine.yaml"), "other.yaml")
    message = told(written(OLDER.replace("based_on: pro-act", "based_on: other.yaml")))
    assert "mine.yaml on other.yaml on mine.yaml again" in message
    assert message.startswith("based_on: expected a population not based on this one")


def test_based_on_itself(written):
    assert "mine.yaml on mine.yaml again" in told(written(OLDER.replace("based_on: pro-act", "based_on: mine.yaml")))


def test_a_file_may_be_called_like_what_it_is_based_on(written):
    assert load_population(written(OLDER, "pro-act.yaml")).name == "older"


def test_a_base_is_looked_for_beside_the_file_that_names_it(written, tmp_path):
    (tmp_path / "below").mkdir()
    written(OLDER, "below/older.yaml")
    written(OLDER.replace("pro-act", "older.yaml"), "below/same.yaml")
    assert load_population(written(OLDER.replace("pro-act", "below/same.yaml"))).demographics.age_mean == 70


def test_a_file_based_on_a_file_beside_it(written, pro_act):
    written(OLDER, "older.yaml")
    text = OLDER.replace("name: older", "name: oldest").replace("based_on: pro-act", "based_on: older.yaml")
    oldest = load_population(written(text.replace("age_mean", "age_sd").replace("70", "8")))
    assert (oldest.demographics.age_mean, oldest.demographics.age_sd) == (70, 8)
    assert oldest.decline == pro_act.decline


@pytest.mark.parametrize(
    ("bound", "message"),
    [
        ("{variable: score}", "expected a minimum, a maximum or both; got neither"),
        ("{variable: score, minimum: 30, maximum: 20}", "got 30 above 20"),
        ("{variable: mood, minimum: 3}", "got 'mood'"),
    ],
)
def test_bounds_that_cannot_be(written, bound, message):
    assumed = "assumed:\n  - {field: entry, reason: for a test of this file}\n"
    assert message in told(written(OLDER + f"entry: [{bound}]\n" + assumed))


@pytest.mark.parametrize("name", DERIVED)
def test_the_shipped_ones_differ_by_baseline_and_entry_alone(name, pro_act):
    derived = load_population(name)
    assert derived.based_on == "pro-act"
    assert derived.entry
    differing = {field for field in type(derived).model_fields if getattr(derived, field) != getattr(pro_act, field)}
    assert differing <= FREE_TO_DIFFER | {"score", "demographics", "breathing"}
    assert derived.survival == pro_act.survival  # inherited, never solved again
    assert derived.score.measurement_sd == pro_act.score.measurement_sd


def test_all_are_listed():
    assert set(population_names()) == {"pro-act", *DERIVED}
    assert all("based_on: pro-act" in population_yaml(name) for name in DERIVED)
