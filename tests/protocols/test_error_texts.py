# ruff: noqa: E501 (an error text stands on one line here, as people read it)
"""The texts of every problem a protocol file can have: snapshots of what people read."""

from __future__ import annotations

import io

import pytest
from ruamel.yaml import YAML

from leadin.errors import ProtocolError
from leadin.protocols.library import library_names, library_yaml
from leadin.protocols.load import load_protocol
from leadin.protocols.protocol import Protocol
from leadin.protocols.statement_file import parse_statement


def dumped(said) -> str:
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(said, stream)
    return stream.getvalue()


def one_changed(small, change):
    """The small protocol with one place changed; `change` takes the plain data."""
    change(small)
    return dumped(small)


def told(text):
    with pytest.raises(ProtocolError) as caught:
        parse_statement(text, "f.yaml", Protocol, "a protocol")
    return str(caught.value)


def test_the_example_of_the_house():
    text = library_yaml("hanyang-phase2").replace("{name: lead-in 2, day: -30,", "{name: lead-in 2, day: week -4,")
    line = next(i for i, line in enumerate(text.splitlines(), 1) if "week -4" in line)
    with pytest.raises(ProtocolError) as caught:
        parse_statement(text, "hanyang-phase2.yaml", Protocol, "a protocol")
    assert str(caught.value) == (
        f"visits[2].day: expected a whole number of days from baseline; got 'week -4' (hanyang-phase2.yaml, line {line})."
        " Write -28."
    )


@pytest.mark.parametrize(
    ("got", "write"),
    [
        ("week 4", "28"),
        ("month 3", "91"),
        ("day 30", "30"),
        ("4 weeks", "28"),
        ("'28'", "28"),
        ("28.0", "28"),
    ],
)
def test_durations_in_words_are_told_in_days(small, got, write):
    del small["visits"]
    text = dumped(small) + f"visits:\n- name: v\n  day: {got}\n  measures: [alsfrs_r]\n"
    line = len(text.splitlines()) - 1
    shown = got if got in ("'28'", "28.0") else f"'{got}'"
    assert told(text) == (
        f"visits[0].day: expected a whole number of days from baseline; got {shown} (f.yaml, line {line}). Write {write}."
    )


def _set(*path, value):
    def change(said):
        for part in path[:-1]:
            said = said[part]
        said[path[-1]] = value

    return change


def _drop(*path):
    def change(said):
        for part in path[:-1]:
            said = said[part]
        del said[path[-1]]

    return change


MEASURES = "alsfrs_r, svc_percent, fvc_percent, weight_kg, strength.left, strength.right"
NAME = "a name of lower-case letters, digits, dots, dashes and underscores"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("visits", 1, "day", value=True), "visits[1].day: expected a whole number of days from baseline; got true @. Write a number."),
        (_set("visits", 1, "day", value=-45.5), "visits[1].day: expected a whole number of days from baseline; got -45.5 @. Round it."),
        (_set("visits", 1, "day", value=None), "visits[1].day: expected a whole number of days from baseline; got nothing @. Write a number, or remove the line."),
        (_set("visits", 5, "day", value=7301), "visits[5].day: expected a whole number of days from baseline, at least -3650 and at most 7300; got 7301 @. Write a number in that range."),
        (_set("visits", 5, "days_late", value=-1), "visits[5].days_late: expected a whole number of days, at least 0 and at most 90; got -1 @. Write a number in that range."),
        (_drop("visits", 1, "day"), "visits[1].day: expected a whole number of days from baseline; got nothing @. Add 'day:'."),
        (_drop("masking"), "masking: expected one of open_label, single_blind, double_blind, assessor_blind, unknown; got nothing @. Add 'masking:'."),
        (_set("masking", value="open-label"), "masking: expected one of open_label, single_blind, double_blind, assessor_blind, unknown; got 'open-label' @. Write open_label."),
        (_set("masking", value="zzz"), "masking: expected one of open_label, single_blind, double_blind, assessor_blind, unknown; got 'zzz' @. Write one of these."),
        (_set("schema_version", value=2), "schema_version: expected 1; got 2 @. Write 1."),
        (_set("sumary", value="x"), "sumary: expected a known field; got 'sumary' @. Write 'summary'."),
        (_set("arms", 1, "zzz", value="x"), "arms[1].zzz: expected one of the fields name, label, role, planned, administrations; got 'zzz' @. Remove it."),
        (_set("lead_in_months", value="3 months"), "lead_in_months: expected a number of months; got '3 months' @. Write 3."),
        (_set("lead_in_months", value=61), "lead_in_months: expected a number of months, at least 0 and at most 60; got 61 @. Write a number in that range."),
        (_set("follow_up_months", value=0), "follow_up_months: expected a number of months, above 0 and at most 240; got 0 @. Write a number in that range."),
        (_set("plan", "analyses", 0, "alpha", value=1), "plan.analyses[0].alpha: expected a number, above 0 and below 1; got 1 @. Write a number in that range."),
        (_set("plan", "analyses", 0, "share_baseline", value="yes"), "plan.analyses[0].share_baseline: expected true or false; got 'yes' @. Write true or false, without quotes."),
        (_set("plan", "analyses", value=[]), "plan.analyses: expected at least 1 of them; got an empty list @. Add one, on a line that starts with a dash."),
        (_set("plan", "analyses", 0, "relative", value=["half"]), "plan.analyses[0].relative[0]: expected a percentage; got 'half' @. Write a number."),
        (_set("plan", "reference_arm", value="Control"), f"plan.reference_arm: expected {NAME}; got 'Control' @. Write control."),
        (_set("phase", value=2), "phase: expected text; got 2 @. Put it in quotes: '2'."),
        (_set("title", value=["x"]), "title: expected text; got a list @. Write text."),
        (_set("title", value=""), "title: expected text; got '' @. Write something."),
        (_set("name", value="Small Trial"), f"name: expected {NAME}; got 'Small Trial' @. Write small-trial."),
        (_set("name", value="!"), f"name: expected {NAME}; got '!' @. Write such a name."),
        (_set("name", value="x" * 81), "name: expected at most 80 characters; got 81 @. Shorten it."),
        (_set("visits", 1, "measures", value="alsfrs_r"), "visits[1].measures: expected a list; got 'alsfrs_r' @. Write [alsfrs_r]."),
        (_set("visits", 1, "measures", value=5), "visits[1].measures: expected a list; got 5 @. Write it in [ ]."),
        (_set("visits", 1, "measures", value=None), "visits[1].measures: expected a list; got nothing @. Write one or more below it, each starting with a dash."),
        (_set("visits", 1, "measures", value=[]), f"visits[1].measures: expected at least 1 of them; got an empty list @. Write one or more of {MEASURES} in [ ]."),
        (_set("visits", 1, "measures", value=["fvc"]), f"visits[1].measures[0]: expected one of {MEASURES}; got 'fvc' @. Write fvc_percent."),
        (_set("visits", 1, "measures", value=["alsfrs_r"] * 51), "visits[1].measures: expected at most 50 of them; got 51 @. Leave some out."),
        (_set("visits", 1, value="month 3"), "visits[1]: expected the fields name, day, days_early, days_late, measures; got 'month 3' @. Write these fields below it, one a line, indented."),
        (_set("eligibility", value=["age"]), "eligibility: expected the fields criteria, other; got a list @. Write these fields below it, one a line, indented."),
        (_set("products", value={"name": "msc"}), "products: expected a list; got the fields name @. Put a dash before the first field of each."),
        (_set("products", value="msc"), "products: expected a list; got 'msc' @. Write one or more below it, each starting with a dash."),
        (_set("randomisation", "ratio", "control", value=1.5), "randomisation.ratio.control: expected a whole number; got 1.5 @. Round it."),
        (_set("randomisation", "ratio", "control", value=0), "randomisation.ratio.control: expected a whole number, at least 1 and at most 100; got 0 @. Write a number in that range."),
        (_set("randomisation", "ratio", value="1:1"), "randomisation.ratio: expected names, each with a whole number; got '1:1' @. Write it like {cells: 1, control: 1}."),
        (_set("randomisation", "ratio", value={"cells": 1}), "randomisation.ratio: expected at least 2 of them; got the fields cells @. Add one."),
        (_set("eligibility", value={"criteria": [{"variable": "age_years"}]}), "eligibility.criteria[0]: expected a minimum, a maximum or both; got neither @. Give one of them."),
        (_set("eligibility", value={"criteria": [{"variable": "age_years", "minimum": 3, "maximum": 2}]}), "eligibility.criteria[0]: expected a minimum at or below the maximum; got 3 above 2 @. Swap them."),
        (_set("eligibility", value={"criteria": [{"variable": "alsfrs_r_lost_in_lead_in", "minimum": 3}]}), "eligibility.criteria[0]: expected a loss during the lead-in to be judged at its end; got 'at: screening' @. Write 'at: baseline'."),
        (_set("arms", 0, "administrations", 0, "cells", "amount", value=0), "arms[0].administrations[0].cells.amount: expected a number of cells, above 0 and at most 1e+12; got 0 @. Write a number in that range."),
        (_set("arms", 0, "administrations", 0, "route", value="IT"), "arms[0].administrations[0].route: expected one of intrathecal, intravenous, intramuscular, intraspinal, intracerebral, intraventricular; got 'IT' @. Write intrathecal."),
        (_set("assumed", value=[{"field": "visits", "reason": "dunno"}]), "assumed[0].reason: expected at least 10 characters; got 'dunno' @. Say it in a few words."),
    ],
)  # fmt: skip
def test_one_problem_is_told_in_one_sentence(small, change, said):
    told_now = told(one_changed(small, change))
    before, _, rest = told_now.partition(" (f.yaml, line ")
    line, _, after = rest.partition(")")
    assert f"{before} @{after}" == said
    assert line.isdigit()


def test_the_line_is_that_of_the_field(small):
    text = one_changed(small, _set("visits", 1, "day", value=True))
    line = next(i for i, line in enumerate(text.splitlines(), 1) if "day: true" in line)
    assert f"(f.yaml, line {line})" in told(text)


def test_criteria_on_their_bounds_are_fine(small):
    criteria = [
        {"variable": "age_years", "minimum": 18, "maximum": 18},
        {"variable": "alsfrs_r_lost_in_lead_in", "at": "baseline", "minimum": 3},
        {"variable": "fvc_percent", "maximum": 90},
    ]
    small["eligibility"] = {"criteria": criteria}
    assert len(parse_statement(dumped(small), "f", Protocol, "a protocol").eligibility.criteria) == 3


EVERYTHING_AT_ONCE = """\
name: Hanyang Phase 2
title: t
sumary: s
masking: open-label
lead_in_months: 3 months
follow_up_months: .inf
products:
  - {name: msc, label: MSC, cell_type: cells, origin: autologus}
arms:
  - name: cells
    label: Cells
    role: treated
    planned: 33.5
    administrations:
      - {day: 3, product: mcs, route: intrathecal}
      - {day: 0, product: msc, route: intrathecal}
  - {name: cells, label: Cells, role: control, planned: 31}
visits:
  - {name: baseline, day: 0, measures: [alsfrs_r]}
  - {name: month 1, day: week 4, measures: [alsfrs_r, alsfrs_r]}
  - {name: month 1, day: 61}
title: again
"""


def test_every_problem_is_told_at_once_and_none_twice(yaml_file):
    with pytest.raises(ProtocolError) as caught:
        load_protocol(yaml_file(EVERYTHING_AT_ONCE))
    assert str(caught.value).splitlines() == [
        "16 problems in trial.yaml:",
        f"  name: expected {NAME}; got 'Hanyang Phase 2' (trial.yaml, line 1). Write hanyang-phase-2.",
        "  sumary: expected a known field; got 'sumary' (trial.yaml, line 3). Write 'summary'.",
        "  masking: expected one of open_label, single_blind, double_blind, assessor_blind, unknown; got 'open-label' "
        "(trial.yaml, line 4). Write open_label.",
        "  lead_in_months: expected a number of months; got '3 months' (trial.yaml, line 5). Write 3.",
        "  follow_up_months: expected a finite number; got .inf (trial.yaml, line 6). Write a number, or remove the line.",
        "  products[0].origin: expected one of autologous, allogeneic, xenogeneic; got 'autologus' (trial.yaml, line 8). "
        "Write autologous.",
        "  arms[0].role: expected one of treatment, control; got 'treated' (trial.yaml, line 12). Write treatment.",
        "  arms[0].planned: expected a whole number of participants; got 33.5 (trial.yaml, line 13). Round it.",
        "  arms[0].administrations[0].product: expected the name of a product of this protocol (msc); got 'mcs' "
        "(trial.yaml, line 15). Write msc.",
        "  arms[0].administrations[1].day: expected administrations in order of day; got day 0 after day 3 (trial.yaml, "
        "line 16). Sort them.",
        "  arms[1].name: expected a name that no other arm has; got 'cells' again (trial.yaml, line 17). Rename one.",
        "  visits[1].day: expected a whole number of days from baseline; got 'week 4' (trial.yaml, line 20). Write 28.",
        "  visits[1].measures[1]: expected every measure once; got 'alsfrs_r' again (trial.yaml, line 20). Remove one.",
        "  visits[2].measures: expected a list; got nothing (trial.yaml, line 21). Add 'measures:'.",
        "  visits[2].name: expected a name that no other visit has; got 'month 1' again (trial.yaml, line 21). "
        "Rename one.",
        "  title: expected every field once; got 'title' again after line 2 (trial.yaml, line 22). Remove one of the two.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "got"), [("- a\n- b\n", "a list"), ("hello", "a single value"), ("42", "a single value")]
)
def test_a_file_that_is_no_mapping(yaml_file, text, got):
    with pytest.raises(ProtocolError) as caught:
        load_protocol(yaml_file(text))
    assert str(caught.value) == (
        f"trial.yaml, line 1: expected a protocol, fields such as name, title, summary, masking; got {got}. "
        "Start each line with the name of a field and a colon."
    )


@pytest.mark.parametrize("name", library_names())
def test_a_truncated_library_file_is_refused_or_still_whole(name):
    text = library_yaml(name)
    refused = 0
    for end in range(0, text.index("\nvisits:"), 149):
        with pytest.raises(ProtocolError, match=r"f\.yaml"):
            parse_statement(text[:end], "f.yaml", Protocol, "a protocol")
        refused += 1
    assert refused > 5


def test_a_file_with_many_typing_errors_is_told_field_by_field(small):
    for name in ("visits", "arms", "masking", "lead_in_months", "follow_up_months"):
        small[f"{name}s"] = small.pop(name)
    assert told(dumped(small)).startswith("5 problems in f.yaml:\n")


def test_a_file_of_another_kind_is_told_as_that():
    other = {"name": "x", "title": "x", "decline": {"rate_mean": 1.0}, "score": {"mean": 38.0}, "survival": {}}
    assert told(dumped(other)) == (
        "f.yaml, line 1: expected a protocol, fields such as summary, masking, lead_in_months, follow_up_months; got a "
        "file of another kind, with the fields decline, score, survival. Name the file of a protocol."
    )
