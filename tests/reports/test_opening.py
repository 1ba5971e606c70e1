"""The head of the page: name, what was done, whether the data are real."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leadin.protocols.load import load_protocol
from leadin.reports.arms import report_arms
from leadin.reports.courses import courses
from leadin.reports.opening import origin_words, title_words, what_was_done
from leadin.simulation.simulate import simulate_trial
from leadin.trials.trial import Manifest


def done(trial) -> str:
    arms = report_arms(trial)
    members = frozenset().union(*(arm.members for arm in arms))
    people = tuple(c for c in courses(trial) if c.participant_id in members)
    return what_was_done(trial, arms, people).replace("\u00a0", " ")


def test_a_title_comes_from_the_protocol_or_says_there_is_none(phase1, one_arm):
    assert title_words(phase1) == phase1.protocol.title
    assert title_words(one_arm()) == "A trial without a protocol"
    assert title_words(replace(one_arm(), manifest=Manifest("imported", protocol="valproate"))) == "valproate"


def test_one_arm_in_a_line(phase1):
    assert done(phase1) == (
        "8 participants, two injections of cells. Lenzumestrocel (HYNR-CS, Neuronata-R), intrathecal, 1 million cells "
        "per kg each time, on days 0 and 26. 3 months of lead-in, 12 months of follow-up. No control arm. Open label."
    )


def test_two_arms_and_doses_that_arms_share():
    protocol = load_protocol("hanyang-phase2")
    assert done(simulate_trial(protocol, seed=1, n={"cells": 2, "control": 1})) == (
        "3 participants in 2 arms (cells + riluzole, n = 2; riluzole alone, n = 1). Cells + riluzole: lenzumestrocel "
        "(HYNR-CS, Neuronata-R), intrathecal, 1 million cells per kg each time, on days 0 and 26. 3 months of "
        "lead-in, 6 months of follow-up. Randomised. Open label."
    )
    protocol = load_protocol("nurown-phase2a")
    text = done(simulate_trial(protocol, seed=1))
    assert "Every arm: NurOwn (MSC-NTF), intrathecal and intramuscular, on day 0." in text
    assert "Not randomised." in text


def test_without_a_protocol_the_tables_speak(two_arms, one_arm):
    assert done(one_arm()) == (
        "5 participants. No administration of cells is recorded. Participants were observed from time zero on, up to "
        "4 months after it."
    )
    assert done(two_arms()) == (
        "12 participants in 2 arms (cells, n = 6; control, n = 6). Up to 2 administrations each. Participants were "
        "observed from up to 3 months before time zero, up to 12 months after it."
    )


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (Manifest("conducted"), "Real data, captured while the trial ran."),
        (Manifest("imported"), "Imported data: tables made outside leadin, taken as they are."),
        (Manifest("simulated"), "Simulated trial: no person took part."),
        (
            Manifest("simulated", seed=7, simulation=(("population", "pro-act"), ("slowing", "0.3"))),
            "Simulated trial: no person took part. Population pro-act, decline of every dosed participant slowed by "
            "30 %, seed 7.",
        ),
        (
            Manifest("simulated", simulation=(("slowing", "0.0"),)),
            "Simulated trial: no person took part. No effect of treatment.",
        ),
        (
            Manifest("simulated", seed=2, simulation=(("population", "pro-act"), ("therapy", "hypothetical-waning"))),
            "Simulated trial: no person took part. Population pro-act, therapy hypothetical-waning, whose effect "
            "follows from the doses given, seed 2.",
        ),
        (
            Manifest("simulated", seed=0, simulation=(("slowing", "unknown"),)),
            "Simulated trial: no person took part. Seed 0.",
        ),
    ],
)
def test_where_the_data_come_from(manifest, words):
    assert origin_words(manifest).replace("\u00a0", " ") == words
