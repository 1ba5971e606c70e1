"""Nearest valid names."""

from __future__ import annotations

import pytest

from leadin.protocols.nearest import nearest

MEASURES = ("alsfrs_r", "svc_percent", "fvc_percent", "weight_kg")


@pytest.mark.parametrize(
    ("got", "known", "expected"),
    [
        ("alsfrs_r", MEASURES, "alsfrs_r"),
        ("ALSFRS-R", MEASURES, "alsfrs_r"),
        (" Weight KG ", MEASURES, "weight_kg"),
        ("fvc", MEASURES, "fvc_percent"),
        ("alsfsr", MEASURES, "alsfrs_r"),
        ("percent", MEASURES, "svc_percent"),
        ("zzz", MEASURES, None),
        ("a", ("alpha", "beta"), None),
        ("al", ("alpha", "beta"), "alpha"),
        ("al", ("alpha_one", "alphabetic"), None),
        ("IT", ("intrathecal", "intravenous"), "intrathecal"),
        ("iv", ("intrathecal", "intravenous"), "intravenous"),
        ("placebo", ("treatment", "control"), "control"),
        ("placebo", ("cells", "sham-arm"), None),
        ("open-label", ("open_label", "double_blind"), "open_label"),
        ("x", (), None),
    ],
)
def test_nearest(got, known, expected):
    assert nearest(got, known) == expected


def test_spelling_is_not_compared_among_very_many_names():
    many = [f"name-{i:03}" for i in range(500)]
    assert nearest("nmae-007", many) == "name-007"
    assert nearest("nmae-007", [*many, "other"]) is None
    assert nearest("othe", [*many, "other"]) == "other"
