"""The protocol as a value."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from leadin.protocols.product import Manufacturing
from leadin.protocols.protocol import Protocol


def test_it_cannot_be_changed(protocol):
    with pytest.raises(ValidationError, match="frozen"):
        protocol.name = "other"


def test_unknown_fields_are_refused(small):
    with pytest.raises(ValidationError, match="Extra inputs"):
        Protocol.model_validate({**small, "foo": 1})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_are_finite(small, value):
    small["eligibility"] = {"criteria": [{"variable": "age_years", "minimum": value}]}
    with pytest.raises(ValidationError, match="finite"):
        Protocol.model_validate(small)


def test_arms_by_name(protocol):
    assert protocol.arm("control").label == "Control"
    with pytest.raises(KeyError, match="zzz"):
        protocol.arm("zzz")


def test_the_control_is_the_first_arm_of_that_role(small, protocol):
    assert protocol.control_arm.name == "control"
    small["arms"][1]["role"] = "treatment"
    assert Protocol.model_validate(small).control_arm is None


def test_randomised(small, protocol):
    assert protocol.randomised is True
    assert Protocol.model_validate({**small, "randomisation": None}).randomised is False


def test_baseline_is_the_last_visit_at_or_before_time_zero(small, protocol):
    assert protocol.baseline_visit.name == "baseline"
    del small["visits"][2]
    assert Protocol.model_validate(small).baseline_visit.name == "lead-in"
    del small["visits"][:2]
    assert Protocol.model_validate(small).baseline_visit is None


@pytest.mark.parametrize(
    ("path", "inside", "outside"),
    [
        (("lead_in_months",), 60, 60.1),
        (("lead_in_months",), 0, -0.1),
        (("follow_up_months",), 240, 240.1),
        (("follow_up_months",), 0.01, 0),
        (("visits", 5, "day"), 7300, 7301),
        (("visits", 0, "day"), -3650, -3651),
        (("visits", 0, "days_early"), 90, 91),
        (("visits", 0, "days_late"), 0, -1),
        (("arms", 0, "planned"), 100_000, 100_001),
        (("arms", 0, "planned"), 0, -1),
        (("arms", 0, "administrations", 1, "day"), 3650, 3651),
        (("arms", 0, "administrations", 1, "days_early"), 60, 61),
        (("arms", 0, "administrations", 1, "days_late"), 60, 61),
        (("arms", 0, "administrations", 1, "cells", "amount"), 1e12, 1.1e12),
        (("products", 0, "manufacturing", "isolations"), 12, 13),
        (("products", 0, "manufacturing", "isolations"), 1, 0),
        (("products", 0, "manufacturing", "expansion_days"), 365, 366),
        (("products", 0, "manufacturing", "expansion_days"), 1, 0),
        (("products", 0, "manufacturing", "differentiation_days"), 120, 121),
        (("products", 0, "manufacturing", "differentiation_days"), 0, -1),
        (("products", 0, "manufacturing", "shelf_life_hours"), 0.5, 0),
        (("products", 0, "manufacturing", "shelf_life_hours"), 876_600, 876_601),
        (("randomisation", "block_size"), 1000, 1001),
        (("randomisation", "block_size"), 2, 1),
        (("randomisation", "ratio", "cells"), 100, 101),
        (("plan", "analyses", 0, "alpha"), 0.999, 1),
        (("plan", "analyses", 0, "alpha"), 0.001, 0),
        (("sites",), 1, 0),
        (("sites",), 10_000, 10_001),
    ],
)
def test_bounds(small, path, inside, outside):
    def with_value(value):
        place = small
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value
        return small

    assert Protocol.model_validate(with_value(inside)) is not None
    with pytest.raises(ValidationError, match="than"):
        Protocol.model_validate(with_value(outside))


@pytest.mark.parametrize(
    "path",
    [
        ("title",),
        ("summary",),
        ("arms", 0, "label"),
        ("products", 0, "label"),
        ("products", 0, "cell_type"),
        ("visits", 0, "name"),
        ("endpoints", 0, "name"),
        ("co_interventions", 0, "name"),
        ("sources", 0, "citation"),
    ],
    ids=lambda path: ".".join(map(str, path)),
)
def test_a_text_is_at_least_one_letter(small, path):
    small["endpoints"] = [{"role": "primary"}]
    small["co_interventions"] = [{"kind": "drug"}]
    small["sources"] = [{"id": "s"}]
    named = {"endpoints": "x", "co_interventions": "x"}
    for field, name in named.items():
        small[field][0]["name"] = name
    small["sources"][0]["citation"] = "x"
    place = small
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = "x"
    assert Protocol.model_validate(small) is not None
    place[path[-1]] = "  "
    with pytest.raises(ValidationError, match="at least 1 character"):
        Protocol.model_validate(small)


def _copies(member, name):
    return lambda number: [{**member, name: f"{name}{i}"} for i in range(number)]


@pytest.mark.parametrize(
    ("path", "most", "make"),
    [
        (("products",), 50, _copies({"label": "l", "cell_type": "c", "origin": "allogeneic"}, "name")),
        (("arms",), 50, _copies({"label": "l", "role": "control", "planned": 1}, "name")),
        (("sources",), 500, _copies({"citation": "c"}, "id")),
        (("endpoints",), 200, _copies({"role": "primary"}, "name")),
        (("co_interventions",), 200, _copies({"kind": "drug"}, "name")),
        (("provenance",), 2000, lambda n: [{"field": "masking", "source": "s", "status": "read"}] * n),
        (("assumed",), 2000, lambda n: [{"field": "masking", "reason": "nobody says so"}] * n),
        (("plan", "analyses"), 200, lambda n: [{"method": "cox"}] * n),
        (("eligibility", "criteria"), 100, lambda n: [{"variable": "age_years", "minimum": 18}] * n),
        (("visits",), 500, lambda n: [{"name": f"v{i}", "day": i, "measures": ["alsfrs_r"]} for i in range(n)]),
        (
            ("arms", 0, "administrations"),
            200,
            lambda n: [{"day": i, "product": "msc", "route": "intrathecal"} for i in range(n)],
        ),
        (("co_interventions", 0, "days"), 1000, lambda n: list(range(n))),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_lists_have_an_end(small, path, most, make):
    small["sources"] = [{"id": "s", "citation": "c"}]
    small["eligibility"] = {}
    small["co_interventions"] = [{"name": "x", "kind": "drug"}]
    if path == ("arms",):
        small["randomisation"] = None
    if path == ("products",):
        small["arms"][0]["administrations"] = []
    place = small
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = make(most)
    assert Protocol.model_validate(small) is not None
    place[path[-1]] = make(most + 1)
    with pytest.raises(ValidationError, match=f"at most {most} items"):
        Protocol.model_validate(small)


def test_defaults(protocol):
    visit, dose, analysis = protocol.visits[0], protocol.arms[0].administrations[0], protocol.plan.analyses[0]
    assert (visit.days_early, visit.days_late) == (7, 7)
    assert (dose.days_early, dose.days_late) == (0, 0)
    assert analysis.relative == (25.0, 50.0, 75.0, 100.0)
    assert analysis.absolute == (1.25, 1.5)
    assert (analysis.alpha, analysis.measure, analysis.share_baseline) == (0.05, "alsfrs_r", False)
    assert (analysis.non_declining, analysis.missing, analysis.died) == ("not_responder", "excluded", "not_responder")
    assert protocol.fatal_events == ("death",)
    assert protocol.schema_version == 1
    assert protocol.products[0].manufacturing.differentiation_days == 0


def test_one_isolation_unless_more_are_said():
    assert Manufacturing(expansion_days=28).isolations == 1


def test_a_trial_has_an_arm(small):
    small["arms"] = []
    with pytest.raises(ValidationError, match="at least 1 item"):
        Protocol.model_validate(small)
