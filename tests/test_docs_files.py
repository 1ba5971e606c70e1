"""The pages on population and therapy files are true: every field is named, and the examples load."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

import leadin
from leadin.analysis.methods import METHODS
from leadin.disease.load import load_population
from leadin.disease.load_therapy import load_therapy
from leadin.disease.population import Population
from leadin.disease.populations import population_names
from leadin.disease.therapies import therapy_names
from leadin.disease.therapy import Therapy
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import Method, PlannedAnalysis
from leadin.trials.manufacturing_summary import manufacturing_summary

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = {"population": Population, "therapy": Therapy}
AS_IN_A_PROTOCOL = ("sources", "provenance", "assumed")
"""Told on the page of the protocol file."""


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def models_in(kind: object) -> Iterator[type[BaseModel]]:
    """The models in an annotation: `X`, `tuple[X, ...]`, `X | None`."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    for part in get_args(kind):
        yield from models_in(part)


def fields_of(model: type[BaseModel]) -> Iterator[str]:
    """Every name that a file may use, of the model and of what it holds."""
    for name, field in model.model_fields.items():
        yield name
        if name not in AS_IN_A_PROTOCOL:
            for part in models_in(field.annotation):
                yield from fields_of(part)


def named_on(page: str) -> set[str]:
    """The last parts of what stands in code on the page: `mean` of `strength.mean`."""
    return {words.rpartition(".")[2] for words in re.findall(r"`([a-z0-9_.]+)`", page)}


@pytest.mark.parametrize("page", PAGES)
def test_every_field_of_a_file_is_named_on_its_page(page):
    fields = set(fields_of(PAGES[page]))
    assert len(fields) >= 10
    assert fields - named_on(text(f"reference/{page}.md")) == set()


def test_each_group_of_a_population_names_its_own_fields():
    """A field of one name in two groups, `mean`, is told in both."""
    sections = re.split(r"^## ", text("reference/population.md"), flags=re.M)
    for group, field in Population.model_fields.items():
        for model in models_in(field.annotation):
            if group in AS_IN_A_PROTOCOL or group == "entry":
                continue
            (section,) = [part for part in sections if f"`{group}`" in part.partition("\n")[0]]
            assert set(fields_of(model)) - named_on(section) == set(), group


def examples(page: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", text(page), re.S)


def test_the_example_of_a_population_loads(tmp_path):
    (example,) = examples("reference/population.md")
    file = tmp_path / "mine.yaml"
    file.write_text(example, encoding="utf-8")
    mine, below = load_population(file), load_population("pro-act")
    assert mine.name == "our-clinic"
    assert (mine.decline.rate_mean, mine.decline.rate_sd) == (0.8, below.decline.rate_sd)
    assert mine.survival == below.survival


def test_the_example_of_a_therapy_loads(tmp_path):
    (example,) = examples("reference/therapy.md")
    file = tmp_path / "mine.yaml"
    file.write_text(example, encoding="utf-8")
    assert load_therapy(file).maximum_effect == 0.5


def test_the_page_of_validations_counts_the_predictions_right():
    """And how much of the agreement with what was fitted to is owed to the discrepancy."""
    stored = json.loads((DOCS.parent / "validation" / "natural-history" / "predictions.json").read_text("utf-8"))
    fitted, predicted = stored["calibrate"], [row for row in stored["predict"] if not row["treated"]]
    judged = [row["hit"] for row in predicted if row["hit"] is not None]
    alone = [
        abs(row["simulated"] - row["published"])
        <= stored["within"] * math.hypot(row["sampling_error"], row["mc_error"])
        for row in fitted
    ]
    page = " ".join(text("validation.md").split())
    assert f"{sum(row['hit'] for row in fitted)} of {len(fitted)} within two errors" in page
    assert f"{sum(alone)} within two errors of sampling alone" in page
    assert f"{sum(judged)} of {len(judged)} within two errors" in page
    assert f"{len(predicted) - len(judged)} published without any error" in page


def test_everything_that_ships_is_listed():
    for page, names in (
        ("reference/population.md", population_names()),
        ("tutorial.md", population_names()),
        ("methods/therapy.md", therapy_names()),
    ):
        assert all(f"`{name}`" in text(page) for name in names), page


def test_the_tutorial_tells_what_its_commands_show(tmp_path):
    """Its figures, of the seeds that it names."""
    page = " ".join(text("tutorial.md").split())
    waning = leadin.simulate("hanyang-phase2", therapy="hypothetical-waning", seed=1)
    slower = leadin.simulate("hanyang-phase2", slowing=0.4, seed=1)
    effects = [leadin.analyse(trial, methods=["random_slope"])["random_slope"].primary for trial in (waning, slower)]
    assert effects[0].estimate < effects[1].estimate
    (made,) = manufacturing_summary(waning).arms
    ((_, at_once),) = manufacturing_summary(waning).cultures_at_once
    assert (made.lots_released, made.late, at_once) == (made.lots_given, 5, 10)
    for told in (
        f"{made.isolations} samples of marrow were taken from {made.participants} people",
        f"{made.lots_released} lots were released and given",
        f"within {made.median_days:.0f} days of enrolment, the last after {made.most_days:.0f}. Five doses came late",
    ):
        assert told in page
    lost = []
    for therapy in (None, "hypothetical-lasting"):
        trial = leadin.simulate("npc-gdnf-lumbar", therapy=therapy, seed=1)
        html = leadin.report(trial, leadin.analyse(trial), tmp_path / "legs.html").read_text("utf-8")
        lost.append(re.search(r"high dose: treated side \u2212(\S+) .*?other side \u2212(\S+) ", html).groups())
    (untreated, other), (treated, other_again) = lost
    assert other == other_again
    told = f"loses {treated} points of strength in a year instead of {untreated}, the other side {other} in both trials"
    assert told in page


def first_cells(page: str, heading: str) -> list[str]:
    """What stands in code in the first column of the tables beneath a heading, in order."""
    (section,) = [part for part in re.split(r"^## ", text(page), flags=re.M) if part.startswith(heading)]
    return re.findall(r"^\| `(\w+)` \|", section, re.M)


def test_every_method_is_listed_in_the_order_of_the_registry():
    assert first_cells("methods/index.md", "What runs") == list(get_args(Method))
    assert list(METHODS) == list(get_args(Method))
    assert first_cells("reference/results.md", "Rows by method") == list(get_args(Method))


def test_every_part_of_a_plan_is_on_the_page_of_the_protocol_file():
    parts = {part for model in (Plan, PlannedAnalysis) for field in model.model_fields.values()
             for part in models_in(field.annotation)}  # fmt: skip
    assert len(parts) == 6
    for part in {Plan, *parts}:
        assert f"\n::: {part.__module__}.{part.__name__}\n" in text("reference/protocol.md")
