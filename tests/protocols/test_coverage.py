"""Values that say where they come from."""

from __future__ import annotations

from leadin.protocols.coverage import Origins, uncovered
from leadin.protocols.protocol import Protocol

SOURCE = [{"id": "s", "citation": "Someone, somewhere"}]


def said(field, status="read"):
    return {"field": field, "source": "s", "status": status}


def test_without_provenance_every_value_is_bare(protocol):
    bare = uncovered(protocol)
    assert "arms.cells.planned" in bare
    assert "arms.cells.administrations[1].cells.amount" in bare
    assert "products.msc.manufacturing.differentiation_days" in bare, "defaults are values too"
    assert "plan.analyses.broken_stick.alpha" in bare
    assert "randomisation.ratio.control" in bare
    assert "visits.month 1.measures[0]" in bare
    assert not {"name", "title", "summary", "schema_version", "arms.cells.name", "arms.cells.label", "phase"} & set(
        bare
    )


def test_provenance_and_assumptions_cover_what_is_under_them(small):
    small["sources"] = SOURCE
    small["provenance"] = [said("arms"), said("products.msc"), said("masking"), said("visits.*.day")]
    small["assumed"] = [
        {"field": field, "reason": "nobody says so"}
        for field in ("visits.*.measures", "plan", "randomisation", "fatal_events", "lead_in_months")
    ]
    assert set(uncovered(Protocol.model_validate(small))) == {
        "follow_up_months",
        *(f"visits.{visit['name']}.{field}" for visit in small["visits"] for field in ("days_early", "days_late")),
    }


def test_the_longest_path_speaks(small):
    small["sources"] = SOURCE
    small["provenance"] = [said("arms"), said("arms.cells.planned", "memory")]
    small["assumed"] = [{"field": "arms.cells.administrations", "reason": "nobody says so"}]
    origins = Origins(Protocol.model_validate(small))
    assert origins.of(("arms", 1, "planned")).status == "read"
    assert origins.of(("arms", 0, "planned")).status == "memory"
    assert origins.of(("arms", 0, "administrations", 0, "day")).reason == "nobody says so"
    assert origins.of(("masking",)) is None


def test_of_two_equal_paths_the_later_speaks(small):
    small["sources"] = SOURCE
    small["provenance"] = [said("masking"), said("masking", "secondary")]
    assert Origins(Protocol.model_validate(small)).of(("masking",)).status == "secondary"
    small["assumed"] = [{"field": "masking", "reason": "nobody says so"}]
    assert Origins(Protocol.model_validate(small)).of(("masking",)).reason == "nobody says so"
