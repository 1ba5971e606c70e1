"""Bad input: one clear error that names the field, or a finding of the check; never an endless loop, never a silent
empty trial."""

from __future__ import annotations

import re
import sys
from itertools import pairwise

import pytest
from ruamel.yaml import YAML

import leadin
from leadin.cli import main
from leadin.disease.load import load_population
from leadin.disease.populations import population_yaml
from leadin.disease.therapies import therapy_yaml
from leadin.errors import ProtocolError, UsageError
from leadin.protocols.library import library_yaml
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol
from leadin.simulation.simulate import simulate_trial


def changed(text: str, old: str, new: str) -> str:
    """The text with one line's beginning replaced, wherever it stands once."""
    assert len(re.findall(old, text, re.M)) >= 1, old
    return re.sub(old, new, text, count=1, flags=re.M)


POPULATIONS = {
    "decline.rate_mean: expected a number, above 0 and at most 10; got 0": (r"^  rate_mean: .*$", "  rate_mean: 0.0"),
    "decline.rate_mean: expected a number, above 0 and at most 10; got -1": (
        r"^  rate_mean: .*$",
        "  rate_mean: -1.0",
    ),
    "decline.rate_mean: expected a source under 'provenance' or a reason under 'assumed'; got neither": (
        r"^  - field: decline\.rate_mean$",
        "  - field: decline.rate_sd",
    ),
    "expected the id of a source of this file": (r"^    source: \S+$", "    source: hearsay"),
}


@pytest.mark.parametrize("told", POPULATIONS)
def test_a_population_with_a_fault(tmp_path, told):
    file = tmp_path / "mine.yaml"
    file.write_text(changed(population_yaml("pro-act"), *POPULATIONS[told]), encoding="utf-8")
    with pytest.raises(ProtocolError) as caught:
        load_population(file)
    assert told in str(caught.value)
    assert "mine.yaml, line" in str(caught.value)


def test_a_population_without_any_source(tmp_path):
    said = YAML(typ="safe").load(population_yaml("pro-act"))
    for group in ("provenance", "assumed"):
        said.pop(group)
    file = tmp_path / "mine.yaml"
    with file.open("w", encoding="utf-8") as stream:
        YAML().dump(said, stream)
    with pytest.raises(ProtocolError, match="got neither") as caught:
        load_population(file)
    assert "decline.rate_mean" in str(caught.value)
    assert "survival.scale_months" in str(caught.value)


@pytest.mark.parametrize("slots", [0, -1])
def test_no_clean_room_slot(tmp_path, slots):
    file = tmp_path / "mine.yaml"
    days = r"^( +)expansion_days: (\d+)$"
    text = changed(library_yaml("hanyang-phase2"), days, rf"\1expansion_days: \2\n\1clean_room_slots: {slots}")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ProtocolError) as caught:
        load_protocol(file)
    assert str(caught.value).startswith(
        "products[0].manufacturing.clean_room_slots: expected a whole number, at least 1 and at most 10000; "
        f"got {slots} (mine.yaml, line "
    )


CRITERIA = {
    "alsfrs_r at screening at least 60": {"variable": "alsfrs_r", "minimum": 60},
    "alsfrs_r at baseline at least 60": {"variable": "alsfrs_r", "at": "baseline", "minimum": 60},
    "age_years at screening at least 150": {"variable": "age_years", "minimum": 150},
    "weight_kg at screening at most 1": {"variable": "weight_kg", "maximum": 1},
    "alsfrs_r_lost_in_lead_in at baseline at least 40": {
        "variable": "alsfrs_r_lost_in_lead_in",
        "at": "baseline",
        "minimum": 40,
    },
}


@pytest.mark.parametrize(
    ("told", "controlled"), [*((told, False) for told in CRITERIA), *((told, True) for told in list(CRITERIA)[::4])]
)
def test_a_criterion_that_nobody_meets(build, told, controlled):
    """Also where those who leave before they are judged could fill all places."""
    protocol = build(3, 6, planned=8, doses=(0,), controlled=controlled, criteria=(CRITERIA[told],))
    with pytest.raises(UsageError) as caught:
        simulate_trial(protocol)
    message = str(caught.value)
    assert message.startswith(
        "monthly, eligibility.criteria: expected criteria that people of this population meet; got 0"
    )
    assert told in message
    assert "\n" not in message


def test_nobody_planned(build):
    with pytest.raises(UsageError, match="expected at least one planned participant; got none"):
        simulate_trial(build(planned=0))


def narrow(build, *, randomised: bool, interval: int, expansion: int) -> Protocol:
    """Three doses closer to one another than a culture takes, each with its own isolation, and one clean-room slot."""
    said = build(3, 6, planned=8, doses=(0, interval, 2 * interval), controlled=randomised).model_dump()
    said["products"][0]["manufacturing"].update(clean_room_slots=1, isolations=3, expansion_days=expansion)
    return Protocol.model_validate(said)


@pytest.mark.parametrize("randomised", [False, True], ids=["one arm", "controlled"])
@pytest.mark.parametrize(("interval", "expansion"), [(7, 28), (1, 60), (26, 28)])
def test_doses_closer_than_a_culture_takes_are_refused_and_under_the_door_they_come_late(
    build, randomised, interval, expansion
):
    """The verb refuses, naming the field; what it stands on ends all the same, in late doses."""
    protocol = narrow(build, randomised=randomised, interval=interval, expansion=expansion)
    found = [finding for finding in leadin.check(protocol) if finding.id == "too-few-clean-room-slots"]
    assert [finding.severity for finding in found] == ["warning"]
    assert found[0].field == "products.msc.manufacturing.clean_room_slots"
    with pytest.raises(UsageError, match=f"expected at least [23], .* than the {expansion} days .*; got 1") as refused:
        leadin.simulate(protocol)
    assert str(refused.value).startswith("products.msc.manufacturing.clean_room_slots: ")
    trial = simulate_trial(protocol)
    assert trial.administrations.height > 0
    made = trial.lots.filter(trial.lots["outcome"] == "released").sort("isolated_day")
    for _, lots in made.group_by("participant_id"):
        days = lots["isolated_day"].sort().to_list()
        assert all(later - earlier >= expansion for earlier, later in pairwise(days))


def test_one_slot_for_far_too_many_ends_and_says_who_was_not_dosed(build):
    said = narrow(build, randomised=False, interval=7, expansion=100).model_dump()
    said["accrual_per_month"], said["arms"][0]["planned"] = 1_000.0, 200
    protocol = Protocol.model_validate(said)
    assert "too-few-clean-room-slots" in {finding.id for finding in leadin.check(protocol)}
    trial = simulate_trial(protocol)
    never = trial.events.filter(trial.events["kind"] == "not_dosed")
    dosed = trial.administrations["participant_id"].n_unique()
    assert dosed + never.height == 200
    assert never.filter(never["detail"] == "cells were not ready in time").height > 100


@pytest.fixture
def refused(tmp_path, monkeypatch, capsys):
    """What `leadin simulate` says when it refuses, after it left nothing behind."""
    monkeypatch.chdir(tmp_path)

    def says(*words: str) -> str:
        before = sorted(path.name for path in tmp_path.iterdir())
        monkeypatch.setattr(sys, "argv", ["leadin", "simulate", *words, "-o", "trial"])
        with pytest.raises(SystemExit) as left:
            main.run()
        said = capsys.readouterr()
        assert (left.value.code, said.out) == (2, "")
        assert sorted(path.name for path in tmp_path.iterdir()) == before
        assert "Traceback" not in said.err
        return said.err

    return says


def test_the_command_refuses_in_one_sentence(refused, tmp_path):
    (tmp_path / "strong.yaml").write_text(
        changed(therapy_yaml("hypothetical-waning"), r"^maximum_effect: .*$", "maximum_effect: 1.5"), encoding="utf-8"
    )
    assert refused("hanyang-phase2", "--therapy", "strong.yaml") == (
        "leadin: maximum_effect: expected a number, at least 0 and at most 1; got 1.5 (strong.yaml, line "
        f"{line_of(tmp_path / 'strong.yaml', 'maximum_effect: 1.5')}). Write a number in that range.\n"
    )
    (tmp_path / "still.yaml").write_text(
        changed(population_yaml("pro-act"), *POPULATIONS[next(iter(POPULATIONS))]), encoding="utf-8"
    )
    still = refused("hanyang-phase2", "--population", "still.yaml")
    assert "decline.rate_mean: expected a number, above 0" in still
    assert "therapy: expected one of" in refused("hanyang-phase2", "--therapy", "placebo")
    assert "missing.yaml" in refused("hanyang-phase2", "--therapy", "missing.yaml")


def line_of(path, text: str) -> int:
    return path.read_text(encoding="utf-8").splitlines().index(text) + 1
