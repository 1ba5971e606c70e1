"""Population files: read, sourced to the last value, and refused with every problem told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from leadin.disease.load import load_population
from leadin.disease.population import Population, population_sha256
from leadin.disease.populations import population_names, population_yaml
from leadin.errors import ProtocolError, UsageError

NATURAL_HISTORY = Path(__file__).resolve().parents[2] / "validation" / "natural-history"


@pytest.fixture
def written(tmp_path):
    """Writes pro-act with some text changed, and gives the file."""

    def write(*changes: tuple[str, str]) -> Path:
        text = population_yaml("pro-act")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "mine.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def told(path) -> str:
    with pytest.raises(ProtocolError) as caught:
        load_population(path)
    return str(caught.value)


def line_of(path, text) -> int:
    return next(i for i, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_the_values_of_the_methods(pro_act):
    assert population_names() == ("early-stage", "fast-progressor", "korean-phase2", "pro-act", "severe")
    assert (pro_act.demographics.bulbar_share, pro_act.decline.bulbar_extra) == (0.22, 0.23)
    assert (pro_act.score.mean, pro_act.score.sd, pro_act.score.minimum, pro_act.score.maximum) == (37, 5.5, 20, 48)
    breathing = pro_act.breathing
    assert (breathing.mean, breathing.sd, breathing.loss_mean, breathing.loss_sd) == (88, 17, 2.6, 1.9)
    assert (breathing.measurement_sd, breathing.correlation_with_decline) == (5.9, 0.5)
    survival = pro_act.survival
    assert (survival.weibull_shape, survival.hazard_per_point, survival.reference_score) == (2.03, 0.07, 37)
    assert survival.alive_at_12_months == 0.807
    attendance = pro_act.attendance
    assert (attendance.drop_out_per_month, attendance.drop_out_per_month_intrathecal) == (0.007, 0.015)


def test_the_fitted_values_are_those_of_the_fit(pro_act):
    """Nobody typed them: they are what the stored fit says."""
    stored = json.loads((NATURAL_HISTORY / "fit.json").read_text(encoding="utf-8"))["estimates"]
    assert len(stored) == 8
    for path, estimate in stored.items():
        group, field = path.split(".")
        assert getattr(getattr(pro_act, group), field) == estimate["value"], path
        grounds = next(item for item in pro_act.provenance if item.field == path)
        assert grounds.status == "computed"
        assert "fit" in (grounds.note or ""), path


def test_a_population_is_given_back_as_it_is(pro_act):
    assert load_population(pro_act) is pro_act


def test_a_file_says_the_same_as_the_name(written, pro_act):
    assert load_population(written()) == pro_act
    assert load_population(str(written())) == pro_act


def test_assumed_values_say_why(pro_act):
    assert len(pro_act.assumed) > 10
    assert {item.status for item in pro_act.provenance} <= {"read", "computed", "secondary"}


def test_an_unknown_name():
    with pytest.raises(UsageError) as caught:
        load_population("pro_acts")
    assert str(caught.value) == (
        "population: expected one of early-stage, fast-progressor, korean-phase2, pro-act, severe or a YAML file; got "
        "'pro_acts'. Did you mean pro-act? A file is named with its ending, .yaml."
    )


def test_a_name_near_nothing():
    with pytest.raises(UsageError, match=r"got 'zebra'\. A file is named"):
        load_population("zebra")


def test_a_missing_file(tmp_path):
    assert "cannot be read: no such file" in told(tmp_path / "none.yaml")


def test_a_mistyped_field_and_a_number_out_of_range_are_told_at_once(written):
    path = written(("  drift_months: 0.5", "  drift_month: 0.5"), ("  bulbar_share: 0.22", "  bulbar_share: 22"))
    message = told(path)
    assert "2 problems in mine.yaml" in message
    assert f"(mine.yaml, line {line_of(path, 'drift_month:')})" in message
    assert "Write 'drift_months'" in message
    assert f"got 22 (mine.yaml, line {line_of(path, 'bulbar_share: 22')})" in message


def test_a_value_without_source_or_reason(written):
    path = written(("  - field: demographics.male_share\n", "  - field: demographics.bulbar_share\n"))
    assert told(path) == (
        "demographics.male_share: expected a source under 'provenance' or a reason under 'assumed'; got neither "
        f"(mine.yaml, line {line_of(path, '  male_share:')}). Add one with 'field: demographics.male_share'."
    )


def test_a_path_that_points_at_nothing(written):
    message = told(written(("  - field: score.minimum\n", "  - field: score.minimal\n")))
    assert "expected the path of a value of this population; got 'score.minimal'" in message
    assert "Write score.minimum." in message
    assert "score.minimum: expected a source" in message
    assert "Write decline." in told(written(("  - field: decline.rate_sd\n", "  - field: declin.rate_sd\n")))
    nowhere = told(written(("  - field: score.minimum\n", "  - field: zebra\n")))
    assert "got 'zebra' (" in nowhere
    assert "Write a path such as decline.rate_mean." in nowhere


def test_a_source_that_is_not_there(written):
    message = told(written(("    source: thakore2018", "    source: thakore2081")))
    assert "provenance[0].source: expected the id of a source of this file; got 'thakore2081'" in message
    assert "Write thakore2018." in message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  mean: 37.0", "  mean: 50.0", None),
        ("  mean: 37.0", "  mean: 20.0", "score.mean: expected a mean between minimum 20 and maximum 48; got 20"),
        ("  age_mean: 57.3", "  age_mean: 90", "a mean between age_minimum 18 and age_maximum 85; got 90"),
        (
            "  months_since_onset_mean: 18.6",
            "  months_since_onset_mean: 61",
            "a mean between months_since_onset_minimum 3 and months_since_onset_maximum 60; got 61",
        ),
        ("  viability_mean: 92.0", "  viability_mean: 70.0", "a mean above viability_minimum 70; got 70"),
        ("  bulbar_extra: 0.23", "  bulbar_extra: 4.6", "can hold; got 4.6"),
        ("  rate_sd: 0.75", "  rate_sd: 0.09", "with 22% bulbar onset can hold; got 0.23"),
        ("  rate_mean: 1.02", "  rate_mean: 0", "decline.rate_mean: expected a number, above 0 and at most 10; got 0"),
        (
            "  rate_mean: 1.02",
            "  rate_mean: -1",
            "decline.rate_mean: expected a number, above 0 and at most 10; got -1",
        ),
        ("routes: [intravenous]", "routes: [intramuscular]", "'intramuscular' again, as in 'into muscle'"),
        ("grades: [0.75, 0.23, 0.02, 0]", "grades: [0.75, 0.23, 0.12, 0]", "add up to 1"),
        ("grades: [0.75, 0.23, 0.02, 0]", "grades: [0.75, 0.23, 0.02]", "grades"),
    ],
)
def test_a_population_that_cannot_be(written, old, new, message):
    assert (message or "score.mean: expected a number") in told(written((old, new)))


def test_onset_groups_need_positive_rates(written):
    path = written(("  rate_sd: 0.75", "  rate_sd: 9.0"), ("  bulbar_extra: 0.23", "  bulbar_extra: 4.7"))
    assert "a rate of mean 1.02 and SD 9 with 22% bulbar onset can hold; got 4.7" in told(path)
    assert load_population(
        written(("  rate_sd: 0.75", "  rate_sd: 9.0"), ("  bulbar_extra: 0.23", "  bulbar_extra: 4.5"))
    )


def test_the_hash_is_of_what_is_said(pro_act, written):
    assert re.fullmatch("[0-9a-f]{64}", population_sha256(pro_act))
    assert population_sha256(load_population(written(("schema_version", "# a comment\nschema_version")))) == (
        population_sha256(pro_act)
    )
    other = load_population(written(("  drift_sd: 1.55", "  drift_sd: 1.56")))
    assert population_sha256(other) != population_sha256(pro_act)


def test_a_population_is_frozen(pro_act):
    with pytest.raises(ValueError, match="frozen"):
        pro_act.name = "mine"  # type: ignore[misc]  # that is what is tested
    assert Population.model_validate_json(pro_act.model_dump_json()) == pro_act


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("decline.drift_months", 120.5),
        ("decline.rate_mean", 0.0),
        ("score.minimum", 48.5),
        ("score.measurement_sd", -0.1),
        ("survival.hazard_per_point", -0.01),
        ("survival.alive_at_12_months", 1.0),
        ("demographics.male_share", 1.01),
        ("demographics.bulbar_share", -0.01),
        ("strength.measurement_sd", -0.1),
        ("weight.correlation_with_decline", 1.01),
        ("attendance.missed_visit_share", 1.0),
        ("cells.repeat_wait_days", 366),
        ("cells.repeat_wait_days", -1),
    ],
)
def test_a_value_just_out_of_its_range_is_refused_where_it_stands(pro_act, path, value):
    group, name = path.split(".")
    said = pro_act.model_dump()
    said[group][name] = value
    with pytest.raises(ValidationError) as refused:
        Population.model_validate(said)
    assert (group, name) in {error["loc"] for error in refused.value.errors()}
