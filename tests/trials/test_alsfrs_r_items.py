"""Domain scores and stages of a trial's assessments."""

from __future__ import annotations

import polars as pl
import pytest

from leadin.errors import DataError
from leadin.trials.alsfrs_r_items import ITEM_MEASURES, domain_scores, item_assessments, stages
from leadin.trials.checks import check_trial
from leadin.trials.usable import usable_trial

WELL = [4] * 12


@pytest.fixture
def with_items(trial, add):
    """with_items(who=, day=, items=, visit=): the trial with twelve item rows more; a None is not recorded."""

    def added(whole=trial, *, who="P1", day=0.0, items=WELL, visit="baseline"):
        rows = [
            {"participant_id": who, "day": day, "measure": measure, "value": float(value), "visit": visit}
            for measure, value in zip(ITEM_MEASURES, items, strict=True)
            if value is not None
        ]
        return add(whole, "assessments", *rows)

    return added


def kings(trial, **how):
    return stages(trial, **how).select("participant_id", "day", "kings", "mitos_stage").rows()


def test_domain_scores_of_each_assessment(with_items):
    whole = with_items(with_items(day=-91.0, visit="screening"), items=[3, 3, 4, 2, 2, 2, 4, 4, 4, 4, 4, 2])
    assert domain_scores(whole).rows() == [
        ("P1", -91.0, "screening", 12, 12, 12, 12, 48),
        ("P1", 0.0, "baseline", 10, 6, 12, 10, 38),
    ]
    assert not [f for f in check_trial(whole) if f.id == "total-differs-from-items" and "day 0:" in f.message]


def test_a_trial_without_items_has_none(trial):
    assert domain_scores(trial).is_empty()
    assert domain_scores(trial).columns == [
        *("participant_id", "day", "visit"),
        *("bulbar", "fine_motor", "gross_motor", "respiratory", "total"),
    ]
    assert stages(trial).rows() == [("P4", 120.5, None, "5", 5, 5)]


def test_what_was_not_recorded_is_missing(with_items):
    whole = with_items(items=[4, 4, 4, 4, 4, 4, None, 3, 4, 4, None, 4])
    assert domain_scores(whole).rows() == [("P1", 0.0, "baseline", 12, 12, None, None, None)]
    assert kings(whole)[0] == ("P1", 0.0, "1", 0)
    assert kings(with_items(items=[4, 4, None, 4, 4, 4, 4, 3, 4, 4, 4, 4]))[0] == ("P1", 0.0, None, None)


def test_order_of_participants_and_days_does_not_matter(with_items):
    whole = with_items(with_items(with_items(who="P3"), who="P1", day=91.0, visit="month 3"), who="P1")
    shuffled = whole.with_tables({"assessments": whole.assessments.sample(fraction=1, shuffle=True, seed=3)})
    assert domain_scores(shuffled).equals(domain_scores(whole))
    assert stages(shuffled).equals(stages(whole))
    assert [row[:2] for row in domain_scores(whole).rows()] == [("P1", 0.0), ("P1", 91.0), ("P3", 0.0)]


def test_one_item_twice_on_a_day_counts_once(with_items, add):
    whole = with_items()
    again = {"participant_id": "P1", "day": 0.0, "measure": "alsfrs_r.01", "value": 0.0}
    assert item_assessments(add(whole, "assessments", again)).items.tolist() == [WELL]


def test_death_is_a_stage_of_its_own(with_items):
    whole = with_items(who="P4", day=91.0, visit="month 3", items=[4, 4, 4, 3, 3, 3, 4, 1, 4, 4, 4, 4])
    assert stages(whole).rows() == [("P4", 91.0, "month 3", "2", 2, 1), ("P4", 120.5, None, "5", 5, 5)]


def test_an_assessment_on_the_day_of_death_comes_before_it(with_items):
    whole = with_items(who="P4", day=120.5)
    assert stages(whole)["kings"].to_list() == ["0", "5"]


def test_events_decide_where_the_items_do_not_tell(with_items, add):
    whole = with_items(with_items(), day=91.0, visit="month 3")
    fed = add(whole, "events", {"participant_id": "P1", "day": 91.0, "kind": "gastrostomy"})
    assert [row[2] for row in kings(fed)[:2]] == ["0", "4A"]
    for kind in ("non_invasive_ventilation", "permanent_ventilation", "tracheostomy"):
        both = add(fed, "events", {"participant_id": "P1", "day": 90.0, "kind": kind})
        assert [row[2] for row in kings(both)[:2]] == ["0", "4B"], kind
    other = add(whole, "events", {"participant_id": "P2", "day": 1.0, "kind": "gastrostomy"})
    assert [row[2] for row in kings(other)[:2]] == ["0", "0"]


def test_tube_feeding_by_the_item_on_request_only(with_items):
    whole = with_items(items=[4, 4, 1, 4, 4, 4, 4, 4, 4, 4, 4, 4])
    assert kings(whole)[0] == ("P1", 0.0, "1", 1)
    assert kings(whole, tube_feeding=True)[0] == ("P1", 0.0, "4A", 1)
    assert kings(with_items(items=[4, 4, 2] + [4] * 9), tube_feeding=True)[0][2] == "1"


def test_impossible_items_are_refused_and_left_out_of_the_usable_trial(with_items):
    whole = with_items(items=[5] + [4] * 11)
    with pytest.raises(DataError, match="got 5 for item 1"):
        domain_scores(whole)
    assert "score-out-of-range" in {finding.id for finding in check_trial(whole)}
    assert domain_scores(usable_trial(whole)).rows() == [("P1", 0.0, "baseline", None, 12, 12, 12, None)]


def test_items_that_do_not_make_the_total_are_found(with_items):
    whole = with_items()
    found = [finding for finding in check_trial(whole) if finding.id == "total-differs-from-items"]
    assert len(found) == 1
    assert "P1 day 0: 38, items add up to 48" in found[0].message
    assert whole.assessments.filter(pl.col("measure").str.starts_with("alsfrs_r.")).height == 12
