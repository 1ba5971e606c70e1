from __future__ import annotations

import polars as pl

from leadin.trials.checks.places import counted, did_you_mean, find_rows, listed, places, say
from leadin.trials.finding import Finding


def test_counted():
    assert [counted(n, "row", "rows") for n in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]


def test_cells_are_said_as_people_write_them():
    assert [say(v) for v in (None, 3.0, 60.875, 1e-12, "x", True)] == ["nothing", "3", "60.875", "1e-12", "x", "True"]


def test_five_places_are_shown_and_the_rest_counted():
    hits = pl.DataFrame({"row": range(6), "who": list("abcdef")})
    assert places(hits.head(5), "{who}") == "a; b; c; d; e"
    assert places(hits, "{who} {row}") == "a 0; b 1; c 2; d 3; e 4; and 1 more"
    assert listed(["a"], 1) == "a"


def test_a_name_that_comes_near():
    assert did_you_mean("ALSFRS R", ["alsfrs_r", "svc_percent"]) == "; did you mean 'alsfrs_r'?"
    assert did_you_mean("grip", ["alsfrs_r", "svc_percent"]) == ""


def test_a_finding_says_where_and_what_to_do():
    hits = pl.DataFrame({"row": [3, 7], "who": ["a", None]})
    assert find_rows("x", "note", "lots", hits, ("thing", "things"), "{who}", "Do it.") == Finding(
        "x", "note", "lots", (3, 7), "2 things (a; nothing). Do it."
    )
