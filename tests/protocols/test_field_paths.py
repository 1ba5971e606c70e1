"""Paths by which provenance points at values."""

from __future__ import annotations

import pytest

from leadin.protocols.field_paths import called, exists, found, member_name, spellings, values

SAID = {
    "title": "t",
    "nothing": None,
    "arms": [
        {"name": "a", "planned": 3, "doses": [{"day": 0}, {"day": 7}]},
        {"name": "a.b", "planned": 4, "doses": []},
    ],
    "plan": {"analyses": [{"method": "cox"}, {"method": "safety", "alpha": 0.1}, {"method": "cox"}]},
    "criteria": [{"variable": "age", "maximum": 75}],
    "tests": ["x", "y"],
}


@pytest.mark.parametrize(
    ("path", "places"),
    [
        ("title", [("title",)]),
        ("nothing", [("nothing",)]),
        ("arms", [("arms",)]),
        ("arms.a", [("arms", 0)]),
        ("arms[0]", [("arms", 0)]),
        ("arms.a.planned", [("arms", 0, "planned")]),
        ("arms[1].planned", [("arms", 1, "planned")]),
        ("arms.a.b.planned", [("arms", 1, "planned")]),
        ("arms.*.planned", [("arms", 0, "planned"), ("arms", 1, "planned")]),
        ("arms.a.doses[1].day", [("arms", 0, "doses", 1, "day")]),
        ("arms.*.doses.*.day", [("arms", 0, "doses", 0, "day"), ("arms", 0, "doses", 1, "day")]),
        ("plan.analyses.cox", [("plan", "analyses", 0), ("plan", "analyses", 2)]),
        ("plan.analyses.safety.alpha", [("plan", "analyses", 1, "alpha")]),
        ("criteria.age.maximum", [("criteria", 0, "maximum")]),
        ("tests[1]", [("tests", 1)]),
        ("tests.*", [("tests", 0), ("tests", 1)]),
        ("titles", []),
        ("tit", []),
        ("arms.c", []),
        ("arms[2]", []),
        ("arms.a.planned.x", []),
        ("tests.x", []),
        ("*", []),
        ("arms.", []),
        ("arms.a.", []),
        ("arms.a.planned[0]", []),
        ("arms.a.doses[0]x", []),
        ("", []),
    ],
)
def test_a_path_finds_its_places(path, places):
    assert list(found(SAID, path)) == places
    assert exists(SAID, path) is bool(places)


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ({"name": "n", "id": "i"}, "n"),
        ({"id": "i"}, "i"),
        ({"method": "cox"}, "cox"),
        ({"variable": "age"}, "age"),
        ({"event": "death"}, "death"),
        ({"name": None, "id": "i"}, "i"),
        ({"day": 3}, None),
        ("text", None),
    ],
)
def test_members_are_called_by_their_first_name(member, name):
    assert member_name(member) == name


def test_values_are_all_that_is_said():
    assert list(values({"a": None, "b": [], "c": [1, {"d": "x", "e": ()}], "f": "text"})) == [
        ("c", 0),
        ("c", 1, "d"),
        ("f",),
    ]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (("title",), "title"),
        (("arms", 0, "planned"), "arms.a.planned"),
        (("arms", 0, "doses", 1, "day"), "arms.a.doses[1].day"),
        (("tests", 1), "tests[1]"),
    ],
)
def test_a_place_is_called_by_names(place, text):
    assert called(SAID, place) == text


def test_every_spelling_finds_its_place():
    known = spellings(SAID)
    assert {"arms", "arms.a", "arms[0]", "arms[0].planned", "arms.a.doses", "tests[0]", "plan.analyses"} <= known
    assert all(found(SAID, path) for path in known)
