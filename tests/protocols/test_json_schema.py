"""The JSON Schema of protocol files."""

from __future__ import annotations

import json

from leadin.protocols.json_schema import protocol_schema
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.product import Administration, Manufacturing
from leadin.protocols.protocol import Arm, Protocol
from leadin.protocols.provenance import Provenance
from leadin.protocols.visits import Visit

SCHEMA = json.loads(protocol_schema())


def groups():
    return {"Protocol": SCHEMA, **SCHEMA["$defs"]}


def test_it_is_the_current_draft_and_refuses_unknown_fields():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"] == "leadin protocol"
    assert protocol_schema().endswith("}\n")
    for name, group in groups().items():
        assert group["additionalProperties"] is False, name


def test_every_field_is_described():
    for name, group in groups().items():
        for field, about in group["properties"].items():
            assert about.get("description", "").endswith("."), f"{name}.{field}"


def test_it_names_every_field():
    assert set(SCHEMA["properties"]) == set(Protocol.model_fields)
    for model in (Administration, Arm, Manufacturing, PlannedAnalysis, Provenance, Visit):
        assert set(SCHEMA["$defs"][model.__name__]["properties"]) == set(model.model_fields)


def test_units_and_bounds_stand_beside_the_numbers():
    day = SCHEMA["$defs"]["Visit"]["properties"]["day"]
    assert (day["unit"], day["minimum"], day["maximum"]) == ("days from baseline", -3650, 7300)
    assert SCHEMA["properties"]["lead_in_months"]["unit"] == "months"
    assert SCHEMA["properties"]["follow_up_months"]["exclusiveMinimum"] == 0


def test_what_must_be_there():
    assert set(SCHEMA["required"]) == {
        "name",
        "title",
        "summary",
        "masking",
        "lead_in_months",
        "follow_up_months",
        "arms",
        "visits",
    }
