"""The library: what the facts say, each value sourced or assumed."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from leadin.protocols.check import check_protocol
from leadin.protocols.coverage import uncovered
from leadin.protocols.library import library_names, library_yaml
from leadin.protocols.load import load_protocol
from leadin.protocols.lots import planned_lots
from leadin.protocols.provenance import Assumption

FACTS = Path(__file__).resolve().parents[2].parent / "shared" / "facts" / "published-trials.json"


def test_names():
    assert library_names() == ("hanyang-phase1", "hanyang-phase2", "nurown-phase2a", "weekly-nsc-series")


def test_an_unknown_name_has_no_yaml():
    with pytest.raises(KeyError, match="zzz"):
        library_yaml("zzz")


@pytest.mark.parametrize("name", library_names())
def test_every_value_says_where_it_comes_from_or_that_it_is_assumed(name):
    assert uncovered(load_protocol(name)) == ()


@pytest.mark.parametrize("name", library_names())
def test_checks_find_nothing_to_warn_of(name):
    assert [finding for finding in check_protocol(load_protocol(name)) if finding.severity == "warning"] == []


@pytest.mark.parametrize("name", library_names())
def test_every_source_is_used_and_every_plan_is_there(name):
    protocol = load_protocol(name)
    assert {source.id for source in protocol.sources} == {item.source for item in protocol.provenance}
    assert protocol.plan is not None
    assert sum(analysis.role == "primary" for analysis in protocol.plan.analyses) == 1


@pytest.mark.parametrize("name", library_names())
def test_every_assumption_gives_a_reason(name):
    for item in load_protocol(name).assumed:
        assert isinstance(item, Assumption)
        assert item.reason.endswith(".")


def test_hanyang_phase1():
    protocol = load_protocol("hanyang-phase1")
    (arm,) = protocol.arms
    making = protocol.products[0].manufacturing
    assert (arm.planned, protocol.lead_in_months, protocol.follow_up_months) == (8, 3, 12)
    assert [dose.day for dose in arm.administrations] == [0, 26]
    assert [(dose.cells.amount, dose.cells.per) for dose in arm.administrations] == [(1e6, "kg")] * 2
    assert (making.isolations, making.expansion_days, making.differentiation_days) == (2, 28, 0)
    lots = planned_lots(arm, protocol)
    assert [lot.isolated_day for lot in lots] == [-28, -2]
    assert lots[1].isolated_day - lots[0].isolated_day == 26


def test_hanyang_phase2():
    protocol = load_protocol("hanyang-phase2")
    assert [(arm.name, arm.role, arm.planned) for arm in protocol.arms] == [
        ("cells", "treatment", 33),
        ("control", "control", 31),
    ]
    assert protocol.randomisation.ratio == {"cells": 1, "control": 1}
    assert [co.name for co in protocol.co_interventions] == ["riluzole"]
    assert [endpoint.months for endpoint in protocol.endpoints if endpoint.role == "primary"] == [4, 6]
    assert protocol.masking == "open_label"
    assert any("semi-double-blind" in note for note in protocol.notes)
    assert [item.status for item in protocol.provenance if item.field == "lead_in_months"] == ["memory"]


def test_nurown_phase2a():
    protocol = load_protocol("nurown-phase2a")
    assert sum(arm.planned for arm in protocol.arms) == 14
    assert [[dose.route for dose in arm.administrations] for arm in protocol.arms] == [
        ["intrathecal", "intramuscular"]
    ] * 3
    cells = [[dose.cells.amount for dose in arm.administrations] for arm in protocol.arms]
    assert cells == [[1e6, 24e6], [1.5e6, 36e6], [2e6, 48e6]]
    assert {dose.day for arm in protocol.arms for dose in arm.administrations} == {0}


def test_weekly_nsc_series():
    protocol = load_protocol("weekly-nsc-series")
    (arm,) = protocol.arms
    assert (arm.planned, protocol.lead_in_months) == (15, 0)
    assert [(dose.day, dose.cells.amount) for dose in arm.administrations] == [(day, 5e6) for day in (0, 7, 14, 21)]
    assert protocol.products[0].origin == "xenogeneic"
    assert {item.status for item in protocol.provenance} == {"memory"}
    assert min(visit.day for visit in protocol.visits) == 0


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("hanyang-phase1", "hanyang_ph1_oh2015"),
        ("hanyang-phase2", "hanyang_ph2_oh2018"),
        ("nurown-phase2a", "nurown_ph2a_hadassah"),
        ("weekly-nsc-series", "clinic_series_xenogenous_nsc"),
    ],
)
def test_the_library_says_what_the_facts_say(name, fact):
    if not FACTS.exists():
        pytest.skip("the facts file is not here")
    trial = next(item for item in json.loads(FACTS.read_text(encoding="utf-8")) if item["id"] == fact)
    protocol = load_protocol(name)
    assert sum(arm.planned for arm in protocol.arms) == sum(arm["n"] for arm in trial["arms"])
    assert protocol.lead_in_months == (trial["lead_in_months"] or 0)
    assert protocol.follow_up_months == trial["follow_up_months"]
    assert protocol.registry_id == trial["nct"]
    treated = protocol.arms[0]
    days = sorted({dose.day for dose in treated.administrations})
    assert len(days) == trial["arms"][0]["doses"]
    if trial["arms"][0]["interval_days"] is not None:
        assert {b - a for a, b in pairwise(days)} == {trial["arms"][0]["interval_days"]}
