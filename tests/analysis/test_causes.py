"""What counts and what competes."""

from __future__ import annotations

from types import SimpleNamespace

from leadin.analysis.causes import Causes, causes_of, competing_words, in_words_of, times_under
from leadin.protocols.planned_analysis import PlannedAnalysis

THREE = SimpleNamespace(fatal_events=("tracheostomy", "death", "permanent_ventilation"), arms=(), control_arm=None)


def causes(build, protocol, *kinds):
    trial = build({"a": "x"}, protocol=protocol)
    return causes_of(trial, PlannedAnalysis(method="cox", fatal_events=kinds))


def test_without_a_plan_the_protocol_says_what_counts(build):
    assert causes(build, None) == Causes(("death",), (), False)
    assert causes(build, THREE) == Causes(("death", "tracheostomy", "permanent_ventilation"), (), False)
    assert causes(build, THREE).event == "a fatal event"


def test_what_the_plan_leaves_out_competes(build):
    made = causes(build, THREE, "permanent_ventilation", "death")
    assert made == Causes(("death", "permanent_ventilation"), ("tracheostomy",), True)
    assert made.kinds == ("death", "permanent_ventilation", "tracheostomy")
    assert made.event == "death or permanent ventilation"


def test_a_plan_may_count_what_the_protocol_does_not(build):
    assert causes(build, None, "tracheostomy", "tracheostomy") == Causes(("tracheostomy",), ("death",), True)
    assert causes(build, None, "tracheostomy", "death") == Causes(("death", "tracheostomy"), (), True)


def test_times_end_in_one_of_three_ways(build):
    kinds = ["death", "tracheostomy", "end_of_follow_up"]
    events = [(who, 2.0, kind) for who, kind in zip("abc", kinds, strict=True)]
    trial = build(dict.fromkeys("abc", "x"), events=[*events, ("b", 3.0, "death")], protocol=THREE)
    usual = times_under(trial, Causes(("death", "tracheostomy"), (), False))
    assert usual["event"].to_list() == [True, True, False]
    assert usual["competing"].to_list() == [False, False, False]
    told = times_under(trial, Causes(("death",), ("tracheostomy",), True))
    assert told["event"].to_list() == [True, False, False]
    assert told["competing"].to_list() == [False, True, False]
    # Tracheostomy neither counts nor competes: the death after it does.
    only = times_under(trial, Causes(("death",), (), True))
    assert only["event"].to_list() == [True, True, False]
    assert only["months"].to_list() == [2.0, 3.0, 2.0]


def test_of_two_events_on_one_day_the_protocol_s_first_is_taken(build):
    trial = build({"a": "x"}, events=[("a", 2.0, "tracheostomy"), ("a", 2.0, "death")], protocol=THREE)
    told = times_under(trial, causes_of(trial, PlannedAnalysis(method="cox", fatal_events=("tracheostomy",))))
    assert told.select("event", "competing", "kind").row(0) == (False, True, "death")
    trial = build({"a": "x"}, events=[("a", 2.0, "tracheostomy"), ("a", 2.0, "death")])
    told = times_under(trial, causes_of(trial, PlannedAnalysis(method="cox", fatal_events=("tracheostomy",))))
    assert told["kind"].to_list() == ["death"]


def test_words():
    assert competing_words(Causes(("death",), (), True)) == ""
    assert competing_words(Causes(("death",), ("tracheostomy", "permanent_ventilation"), True)) == (
        " Tracheostomy or permanent ventilation compete: they end the time at risk (cause-specific hazard), which says "
        "how fast the event comes to those still at risk, not how many have it."
    )
    assert in_words_of(Causes(("tracheostomy",), (), True), "nobody died") == "nobody had tracheostomy"
    assert in_words_of(Causes(("death",), ("tracheostomy",), True), "nobody died") == "nobody died"
    assert in_words_of(Causes(("death", "tracheostomy"), (), False), "nobody died") == "nobody died"
