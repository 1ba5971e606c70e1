"""The library: every published trial once, what the facts say, each value sourced or assumed."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from leadin.protocols.check import check_protocol
from leadin.protocols.coverage import Origins, uncovered
from leadin.protocols.library import library_names, library_yaml
from leadin.protocols.load import load_protocol
from leadin.protocols.lots import planned_lots
from leadin.protocols.provenance import Assumption

FACTS = Path(__file__).resolve().parents[2].parent / "shared" / "facts" / "published-trials.json"
FACT_OF = {
    "alsummit-phase3": "alsummit_ph3",
    "astrorx-2023": "astrorx_2023",
    "barczewska-2020": "barczewska_2020",
    "hadassah-repeated": "hadassah_repeated_2021",
    "hanyang-phase1": "hanyang_ph1_oh2015",
    "hanyang-phase2": "hanyang_ph2_oh2018",
    "intraspinal-bm-nsc-2016": "intraspinal_bmnsc_2016",
    "karussis-2010": "karussis_2010",
    "lenzumestrocel-surveillance": "lenzumestrocel_pms_2023",
    "mayo-adipose-phase2": "mayo_adipose_ph2",
    "mazzini-fetal-nsc": "mazzini_hnsc",
    "nabavi-2018": "nabavi_2018",
    "npc-gdnf-cortex": "cedars_gdnf_cortex",
    "npc-gdnf-lumbar": "cedars_gdnf_lumbar",
    "nsi566-phase1": "nsi566_ph1",
    "nsi566-phase2": "nsi566_ph2",
    "nurown-endurance": "nurown_endurance_3b",
    "nurown-phase1-2": "nurown_ph12_hadassah",
    "nurown-phase2a": "nurown_ph2a_hadassah",
    "nurown-us-phase2": "nurown_ph2_us",
    "nurown-us-phase3": "nurown_ph3_us",
    "oec-china-2010": "oec_vanes_2010",
    "pbmnc-li-2017": "pbmnc_li_2017",
    "shamsaei-2023": "shamsaei_2023",
    "siwek-2020": "siwek_2020",
    "staff-2016": "staff_2016",
    "sykova-2017": "sykova_2017",
    "weekly-nsc-series": "clinic_series_xenogenous_nsc",
}
NOT_IN_THE_FACTS = {"hanyang-pilot"}
"""The pilot before the Hanyang trials: its publication was not found."""
BLINDED_PART_ONLY = {"nurown-endurance"}
"""Its open second part, in which everybody may be treated, is not in the protocol."""


def fact(name):
    if not FACTS.exists():
        pytest.skip("the facts file is not here")
    trials = {trial["id"]: trial for trial in json.loads(FACTS.read_text(encoding="utf-8"))}
    return trials[FACT_OF[name]]


def dosing_days(arm):
    return sorted({dose.day for dose in arm.administrations})


def test_every_trial_of_the_facts_stands_once():
    assert set(library_names()) == set(FACT_OF) | NOT_IN_THE_FACTS
    assert len(set(FACT_OF.values())) == len(FACT_OF)
    if not FACTS.exists():
        pytest.skip("the facts file is not here")
    assert {trial["id"] for trial in json.loads(FACTS.read_text(encoding="utf-8"))} == set(FACT_OF.values())


def test_names_are_sorted():
    assert list(library_names()) == sorted(library_names())


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
    primary = sum(analysis.role == "primary" for analysis in protocol.plan.analyses)
    assert primary == 1 or (primary > 1 and protocol.plan.multiplicity is not None)


@pytest.mark.parametrize("name", library_names())
def test_every_assumption_gives_a_reason_once(name):
    assumed = load_protocol(name).assumed
    assert len({item.field for item in assumed}) == len(assumed)
    for item in assumed:
        assert isinstance(item, Assumption)
        assert item.reason.endswith(".")
        assert len(item.reason.split()) >= 4


@pytest.mark.parametrize("name", library_names())
def test_a_source_without_an_address_is_never_said_to_have_been_read(name):
    protocol = load_protocol(name)
    bare = {source.id for source in protocol.sources if source.url is None and source.doi is None}
    assert {item.status for item in protocol.provenance if item.source in bare} <= {"memory"}


@pytest.mark.parametrize("name", library_names())
def test_each_file_opens_with_a_line_on_what_it_is(name):
    first, second = library_yaml(name).splitlines()[:2]
    assert first.startswith("# ")
    assert first.endswith(".")
    assert second == f"name: {name}"


@pytest.mark.parametrize("name", library_names())
def test_without_a_control_the_plan_compares_nobody_and_a_note_says_so(name):
    protocol = load_protocol(name)
    if protocol.control_arm is None and len(protocol.arms) == 1:
        assert not {analysis.method for analysis in protocol.plan.analyses} & {"log_rank", "cox"}
    if protocol.control_arm is None:
        assert protocol.notes


@pytest.mark.parametrize("name", library_names())
def test_who_is_randomised_before_cells_are_made_is_randomised_before_tissue_is_taken(name):
    protocol = load_protocol(name)
    if protocol.randomisation is not None and protocol.randomisation.day is not None:
        taken = [lot.isolated_day for arm in protocol.arms for lot in planned_lots(arm, protocol)]
        assert protocol.randomisation.day < min(day for day in taken if day is not None)


@pytest.mark.parametrize("name", sorted(FACT_OF))
def test_the_library_says_what_the_facts_say(name):
    trial, protocol = fact(name), load_protocol(name)
    numbers = [arm.get("n_randomised", arm["n"]) for arm in trial["arms"]]
    if None not in numbers:
        assert sum(arm.planned for arm in protocol.arms) == sum(numbers)
    if trial["lead_in_months"] is not None:
        # The facts round weeks to months.
        assert protocol.lead_in_months == pytest.approx(trial["lead_in_months"], abs=0.1)
    if trial["follow_up_months"] is not None and name not in BLINDED_PART_ONLY:
        assert protocol.follow_up_months == pytest.approx(trial["follow_up_months"], abs=0.25)
    if trial["nct"] is not None:
        assert protocol.registry_id == trial["nct"]


@pytest.mark.parametrize("name", sorted(FACT_OF))
def test_doses_and_intervals_are_those_of_the_facts(name):
    trial, protocol = fact(name), load_protocol(name)
    planned = [dosing_days(arm) for arm in protocol.arms if arm.administrations]
    treated = [arm for arm in trial["arms"] if arm["doses"] and arm["source"] is not None]
    if len(planned) != len(treated):
        return  # dose groups that the facts put together
    for days, arm in zip(planned, treated, strict=True):
        if isinstance(arm["doses"], int):
            assert len(days) == arm["doses"]
        if isinstance(arm["interval_days"], int):
            assert all(abs(b - a - arm["interval_days"]) <= 1 for a, b in pairwise(days))


@pytest.mark.parametrize("name", sorted(FACT_OF))
def test_a_dose_from_memory_is_not_passed_off_as_read(name):
    trial, protocol = fact(name), load_protocol(name)
    doses = [arm["dose"] or "" for arm in trial["arms"] if arm["doses"]]
    if not any("from memory" in dose and "registry" not in dose for dose in doses):
        return
    origins = Origins(protocol)
    for i, arm in enumerate(protocol.arms):
        for j, dose in enumerate(arm.administrations):
            if dose.cells is not None:
                origin = origins.of(("arms", i, "administrations", j, "cells", "amount"))
                assert isinstance(origin, Assumption) or origin.status == "memory"


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


def test_alsummit_phase3_asks_for_an_intermediate_decline_and_gives_boosters():
    protocol = load_protocol("alsummit-phase3")
    assert protocol.randomisation.ratio == {"single-cycle": 1, "boosters": 2, "sham": 2}
    assert [dosing_days(arm) for arm in protocol.arms] == [[0, 26], [0, 26, 122, 213, 304], []]
    (decline,) = [item for item in protocol.eligibility.criteria if item.variable == "alsfrs_r_lost_in_lead_in"]
    watched = (protocol.randomisation.day - protocol.visits[0].day) / 30.4375
    assert decline.at == "allocation"
    assert decline.minimum == pytest.approx(1.03 * 0.5 * watched, abs=0.05)
    assert decline.maximum == pytest.approx(1.03 * 1.5 * watched, abs=0.05)
    assert protocol.visits[0].day == -17 * 7
    lots = planned_lots(protocol.arm("boosters"), protocol)
    assert [len(lot.administrations) for lot in lots] == [1] * 5


def test_nurown_phase2a():
    protocol = load_protocol("nurown-phase2a")
    assert sum(arm.planned for arm in protocol.arms) == 14
    assert [[dose.route for dose in arm.administrations] for arm in protocol.arms] == [
        ["intrathecal", "intramuscular"]
    ] * 3
    cells = [[dose.cells.amount for dose in arm.administrations] for arm in protocol.arms]
    assert cells == [[1e6, 24e6], [1.5e6, 36e6], [2e6, 48e6]]
    assert {dose.day for arm in protocol.arms for dose in arm.administrations} == {0}


@pytest.mark.parametrize("name", ["nurown-us-phase3", "nurown-endurance"])
def test_one_frozen_lot_serves_three_doses_eight_weeks_apart(name):
    protocol = load_protocol(name)
    arm = protocol.arm("cells")
    (lot,) = planned_lots(arm, protocol)
    assert dosing_days(arm) == [0, 56, 112]
    assert lot.administrations == (0, 1, 2)
    assert protocol.products[0].manufacturing.cryopreserved
    assert protocol.randomisation.day < lot.isolated_day


def test_nurown_us_phase3_asks_for_a_loss_before_allocation():
    criteria = load_protocol("nurown-us-phase3").eligibility.criteria
    (loss,) = [item for item in criteria if item.variable == "alsfrs_r_lost_in_lead_in"]
    assert (loss.at, loss.minimum, loss.maximum) == ("allocation", 3, None)


def test_siwek_2020_grows_three_injections_from_one_sample():
    protocol = load_protocol("siwek-2020")
    (lot,) = planned_lots(protocol.arms[0], protocol)
    assert lot.administrations == (0, 1, 2)
    assert [dose.cells for dose in protocol.arms[0].administrations] == [None] * 3


@pytest.mark.parametrize("name", ["barczewska-2020", "lenzumestrocel-surveillance"])
def test_a_control_from_a_database_is_not_randomised(name):
    protocol = load_protocol(name)
    assert protocol.randomisation is None
    assert protocol.control_arm.administrations == ()
    assert any("one population" in note for note in protocol.notes)


def test_hanyang_pilot_is_from_memory_or_assumed():
    protocol = load_protocol("hanyang-pilot")
    assert {item.status for item in protocol.provenance} == {"memory"}
    assert [dosing_days(arm) for arm in protocol.arms] == [[0]]


def test_weekly_nsc_series():
    protocol = load_protocol("weekly-nsc-series")
    (arm,) = protocol.arms
    assert (arm.planned, protocol.lead_in_months) == (15, 0)
    assert [(dose.day, dose.cells.amount) for dose in arm.administrations] == [(day, 5e6) for day in (0, 7, 14, 21)]
    assert protocol.products[0].origin == "xenogeneic"
    assert {item.status for item in protocol.provenance} == {"memory"}
    assert min(visit.day for visit in protocol.visits) == 0
