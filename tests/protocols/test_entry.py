"""A protocol as a registry entry."""

from __future__ import annotations

import pytest

from leadin.protocols.entry import cells_words, registry_entry, visit_marks
from leadin.protocols.load import load_protocol
from leadin.protocols.product import CellDose
from leadin.protocols.protocol import Protocol


def rows(protocol, heading):
    return next((section.rows for section in registry_entry(protocol) if section.heading == heading), None)


def test_a_plain_protocol_has_no_marks_and_no_empty_sections(protocol):
    assert [section.heading for section in registry_entry(protocol)] == ["Design", "Arms", "Cells", "Analysis plan"]
    assert rows(protocol, "Design") == (
        ("Masking", "open label"),
        ("Allocation", "randomised 1:1 (cells:control), at screening"),
        ("Participants", "20"),
        ("Lead-in", "3 months"),
        ("Follow-up", "3 months"),
        ("Survival ends with", "death"),
    )
    assert rows(protocol, "Arms") == (
        ("cells", "Cells; treatment; 10 participants"),
        ("", "day 0, msc, intrathecal, 1 million cells per kg"),
        ("", "day 26, msc, intrathecal, 1 million cells per kg"),
        ("control", "Control; control; 10 participants"),
    )
    assert rows(protocol, "Cells") == (
        ("msc", "MSC: autologous stem cells, bone marrow"),
        ("", "2 isolations; 28 days of expansion; keeps 24 hours"),
    )
    assert rows(protocol, "Analysis plan") == (("Primary", "broken_stick; ALSFRS-R"),)
    assert visit_marks(protocol) == ()


def test_everything_that_can_be_said(small):
    small.update(registry_id="NCT0", phase="2", sites=3, masking="assessor_blind", lead_in_months=1)
    small["fatal_events"] = ["death", "permanent_ventilation"]
    small["randomisation"].update(strata=["site", "onset_region"], block_size=4)
    small["products"][0].update(differentiation="into neurons", suspended_in="saline", source_tissue=None)
    small["products"][0]["manufacturing"] = {
        "isolations": 1,
        "expansion_days": 20,
        "differentiation_days": 3,
        "release_tests": ["cell_count", "sterility"],
        "cryopreserved": True,
        "shelf_life_hours": 2400,
    }
    small["arms"][0]["administrations"] = [
        {"day": 0, "product": "msc", "route": "intrathecal", "volume": "10 mL", "site": "lumbar", "days_late": 2},
        {"day": 9, "product": "msc", "route": "intrathecal", "days_early": 1, "cells": {"amount": 5e5}},
    ]
    small["co_interventions"] = [
        {"name": "riluzole", "kind": "drug", "dose": "50 mg", "frequency": "daily", "arms": ["cells"]},
        {"name": "gym", "kind": "rehabilitation", "days": [0, 7]},
    ]
    small["eligibility"] = {
        "criteria": [
            {"variable": "age_years", "minimum": 18, "maximum": 75},
            {"variable": "fvc_percent", "minimum": 60},
            {"variable": "months_since_onset", "maximum": 24},
            {"variable": "alsfrs_r_lost_in_lead_in", "minimum": 3, "at": "baseline"},
        ],
        "other": ["Definite ALS."],
    }
    small["endpoints"] = [
        {"name": "ALSFRS-R", "role": "primary", "months": 1},
        {"name": "Harm", "role": "safety", "description": "All of it."},
    ]
    small["plan"] = {
        "reference_arm": "control",
        "analyses": [
            {
                "method": "responders",
                "role": "primary",
                "either_of": ["alsfrs_r", "fvc_percent"],
                "alpha": 0.1,
                "share_baseline": True,
                "intercurrent_events": [{"event": "not_dosed", "strategy": "treatment_policy"}],
            },
            {"method": "responders", "relative": [], "absolute": []},
            {"method": "cox", "role": "exploratory"},
            {"method": "ancova", "imputation": {}},
            {
                "method": "ancova",
                "imputation": {"assumption": "jump_to_reference", "imputations": 50, "tipping_point": [-4, -2]},
                "estimand": {"treatment": "cells against sham", "population": "Everybody."},
                "intercurrent_events": [{"event": "death", "strategy": "hypothetical", "assumption": "as if alive"}],
            },
        ],
    }
    small["notes"] = ["Read this."]
    protocol = Protocol.model_validate(small)
    assert rows(protocol, "Design") == (
        ("Registry", "NCT0"),
        ("Phase", "2"),
        ("Masking", "assessor blind"),
        (
            "Allocation",
            "randomised 1:1 (cells:control), at screening, stratified by site, onset region, in blocks of 4",
        ),
        ("Sites", "3"),
        ("Participants", "20"),
        ("Lead-in", "1 month"),
        ("Follow-up", "3 months"),
        ("Survival ends with", "death, permanent ventilation"),
    )
    assert rows(protocol, "Arms")[1:3] == (
        ("", "day 0, msc, intrathecal, cells not said, 10 mL, lumbar, window +2 days"),
        ("", "day 9, msc, intrathecal, 500,000 cells, window -1 days"),
    )
    assert rows(protocol, "Cells") == (
        ("msc", "MSC: autologous stem cells, source tissue not said, into neurons, given in saline"),
        (
            "",
            "1 isolation; 20 days of expansion; 3 days of differentiation; released on cell count, sterility; keeps "
            "100 days; frozen",
        ),
    )
    assert rows(protocol, "Also given") == (
        ("riluzole", "drug, 50 mg, daily, throughout, arm cells"),
        ("gym", "rehabilitation, on days 0, 7, every arm"),
    )
    assert rows(protocol, "Who may enter") == (
        ("Age", "18 to 75 years, at screening"),
        ("FVC", "at least 60 % predicted, at screening"),
        ("Time since onset", "at most 24 months, at screening"),
        ("ALSFRS-R lost in the lead-in", "at least 3 points, at baseline"),
        ("", "Definite ALS."),
    )
    assert rows(protocol, "Endpoints") == (("Primary", "ALSFRS-R, at 1 month"), ("Safety", "Harm. All of it."))
    assert rows(protocol, "Analysis plan") == (
        (
            "Primary",
            "responders; ALSFRS-R or FVC; 25, 50, 75, 100 % slower; 1.25, 1.5 points per month slower; the baseline "
            "visit counts in both slopes; two-sided level 0.1",
        ),
        (
            "",
            "estimand: each arm against the reference, as allocated; everybody in an arm with enough visits before and "
            "after time zero, and others by the stated rule; whether the ALSFRS-R total or the forced vital capacity "
            "declined slower after time zero than before it, by the stated rule; share of participants; difference "
            "between arms in shares; not being dosed: treatment policy",
        ),
        ("Secondary", "responders; ALSFRS-R"),
        ("Exploratory", "cox"),
        ("Secondary", "ancova; missing visits imputed 200 times (missing at random)"),
        (
            "Secondary",
            "ancova; missing visits imputed 50 times (jump to reference); tipping point from -4 to 0",
        ),
        (
            "",
            "estimand: cells against sham; Everybody.; change of the ALSFRS-R total from baseline at the last visit; "
            "difference between arms in means, adjusted for baseline; death: hypothetical (as if alive)",
        ),
        ("Held against", "arm control"),
    )
    assert rows(protocol, "Notes") == (("", "Read this."),)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"randomisation": None}, "not randomised"), ({"randomisation": None, "arms": 1}, "one arm")],
)
def test_allocation_without_randomisation(small, change, words):
    small["randomisation"] = None
    if "arms" in change:
        del small["arms"][1]
    assert ("Allocation", words) in rows(Protocol.model_validate(small), "Design")


def test_no_lead_in(small):
    assert ("Lead-in", "none") in rows(Protocol.model_validate({**small, "lead_in_months": 0}), "Design")


def test_marks_say_what_was_not_read(small):
    small["sources"] = [
        {"id": "s", "citation": "Someone", "url": "https://example.org", "doi": "10.1/x"},
        {"id": "t", "citation": "A page", "url": "https://example.org"},
        {"id": "u", "citation": "Hearsay"},
    ]
    small["provenance"] = [
        {"field": "masking", "source": "s", "status": "read", "note": "Twice."},
        {"field": "lead_in_months", "source": "t", "status": "secondary"},
        {"field": "follow_up_months", "source": "u", "status": "memory"},
        {"field": "randomisation", "source": "s", "status": "computed"},
        {"field": "visits", "source": "s", "status": "read"},
    ]
    small["assumed"] = [
        {"field": "fatal_events", "reason": "Nobody says so."},
        {"field": "visits.month 3.day", "reason": "Nobody says so."},
        {"field": "visits.*.days_early", "reason": "Nobody says so."},
        {"field": "visits[0].measures", "reason": "Nobody says so."},
    ]
    protocol = Protocol.model_validate(small)
    assert rows(protocol, "Design") == (
        ("Masking", "open label"),
        ("Allocation", "randomised 1:1 (cells:control), at screening"),
        ("Participants", "20"),
        ("Lead-in", "3 months (unreviewed page)"),
        ("Follow-up", "3 months (from memory)"),
        ("Survival ends with", "death (assumed)"),
    )
    assert rows(protocol, "Arms")[0] == ("cells", "Cells; treatment; 10 participants (no source)")
    assert visit_marks(protocol) == ("Visits, assumed: days, windows, measures.",)
    assert rows(protocol, "Assumed")[0] == ("fatal_events", "Nobody says so.")
    assert rows(protocol, "Sources") == (
        ("s", "Someone. doi:10.1/x"),
        ("", "masking (read): Twice."),
        ("", "randomisation (computed)"),
        ("", "visits (read)"),
        ("t", "A page. https://example.org"),
        ("", "lead_in_months (secondary)"),
        ("u", "Hearsay."),
        ("", "follow_up_months (memory)"),
    )


@pytest.mark.parametrize(
    ("amount", "per", "words"),
    [
        (1e6, "kg", "1 million cells per kg"),
        (1.5e6, "administration", "1.5 million cells"),
        (999_999, "administration", "999,999 cells"),
        (24e6, "administration", "24 million cells"),
    ],
)
def test_cells_in_words(amount, per, words):
    assert cells_words(CellDose(amount=amount, per=per)) == words


def test_everything_assumed_is_printed_as_assumed():
    protocol = load_protocol("hanyang-phase2")
    assert [field for field, _ in rows(protocol, "Assumed")] == [item.field for item in protocol.assumed]
    text = " ".join(text for section in registry_entry(protocol) for _, text in section.rows)
    assert "1 million cells per kg (assumed)" in text
    assert "3 months (from memory)" in text


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"passages": 1, "repeats": 0}, "28 days of expansion; 1 passage; a failed culture is not repeated"),
        ({"passages": 3, "repeats": 1}, "28 days of expansion; 3 passages; a failed culture is repeated once"),
        ({"repeats": 10}, "28 days of expansion; a failed culture is repeated up to 10 times"),
        ({"release_days": 14}, "28 days of expansion; 14 days for release tests"),
        ({"clean_room_slots": 1}, "28 days of expansion; 1 clean-room slot"),
        ({"clean_room_slots": 4}, "28 days of expansion; 4 clean-room slots"),
        ({"release_days": 1}, "28 days of expansion; 1 day for release tests"),
        ({"expansion_days": 1, "differentiation_days": 1}, "1 day of expansion; 1 day of differentiation"),
        ({"shelf_life_hours": 1}, "28 days of expansion; keeps 1 hour"),
        ({"shelf_life_hours": 48}, "28 days of expansion; keeps 48 hours"),
        ({"shelf_life_hours": 73}, "28 days of expansion; keeps 73 hours"),
        ({"shelf_life_hours": 8760}, "28 days of expansion; keeps 365 days"),
        ({"shelf_life_hours": 8766}, "28 days of expansion; keeps 365.25 days"),
    ],
)
def test_how_cells_are_made(small, made, words):
    small["products"][0]["manufacturing"] = {"isolations": 1, "expansion_days": 28, **made}
    assert rows(Protocol.model_validate(small), "Cells")[1] == ("", f"1 isolation; {words}")


@pytest.mark.parametrize(("side", "words"), [("left", "left side"), ("either", "one side alone")])
def test_one_side(small, side, words):
    small["arms"][0]["administrations"][0]["side"] = side
    assert rows(Protocol.model_validate(small), "Arms")[1][1].endswith(f"cells per kg, {words}")


@pytest.mark.parametrize(("accrual", "words"), [(2.5, "2.5 participants per month"), (1, "1 participant per month")])
def test_how_many_are_enrolled_a_month(small, accrual, words):
    small["accrual_per_month"] = accrual
    assert ("Accrual", words) in rows(Protocol.model_validate(small), "Design")


def test_a_sham_is_told_by_what_it_does_to_the_body(small):
    sham = {"name": "sham", "kind": "other", "days": [0], "arms": ["cells"], "procedures": ["intrathecal", "isolation"]}
    small["co_interventions"] = [sham]
    assert rows(Protocol.model_validate(small), "Also given") == (
        ("sham", "intrathecal procedure, tissue is taken, on day 0, arm cells"),
    )


@pytest.mark.parametrize(
    ("arms", "words"),
    [
        ([], "at least 31 points, at screening"),
        (["cells"], "at least 31 points, at screening, arm cells only"),
        (["cells", "control"], "at least 31 points, at screening, arms cells, control only"),
    ],
)
def test_criteria_of_some_arms(small, arms, words):
    small["randomisation"] = None
    small["eligibility"] = {"criteria": [{"variable": "alsfrs_r", "minimum": 31, "arms": arms}]}
    assert rows(Protocol.model_validate(small), "Who may enter") == (("ALSFRS-R", words),)
