"""The twelve items behind a total: they add up, they are lost in one order, and they hang together as published."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadin.disease.items import draw_item_places, items_of_totals
from leadin.engine.draws import Draws
from leadin.engine.streams import Streams

RECORD = Path(__file__).resolve().parents[2] / "validation" / "als" / "items.json"
N = 6000
DOMAINS = np.repeat(np.arange(4), 3)


def plainly(places, total):
    """Items of one total, point by point."""
    items = [4] * 12
    for _ in range(48 - int(total)):
        left = [(places[j] + (5 - items[j]), j) for j in range(12) if items[j]]
        items[min(left)[1]] -= 1
    return items


def places_of(items, n=N, seed=1, bulbar_share=0.22):
    draws = Draws(Streams(seed))
    bulbar = draws.uniform("people/bulbar", n) < bulbar_share
    return bulbar, draw_item_places(items, bulbar, draws), draws


def cronbach_alpha(items):
    k = items.shape[1]
    return k / (k - 1) * (1 - items.var(axis=0, ddof=1).sum() / items.sum(axis=1).var(ddof=1))


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(0, 48))
def test_as_the_plain_one(pro_act, seed, total):
    _, order, draws = places_of(pro_act.items, 3, seed)
    normals = draws.normal("visit", 3, 1, 12)
    found = items_of_totals(order.places, np.full((3, 1), float(total)), 0.25, normals)[:, 0]
    moved = order.places + 0.25 * normals[:, 0]
    assert found.tolist() == [plainly(row, total) for row in moved]


def test_items_add_up_and_stay_on_their_scale(pro_act):
    _, order, draws = places_of(pro_act.items, 500)
    totals = np.random.default_rng(1).integers(0, 49, (500, 7)).astype(float)
    totals[3, 2] = np.nan
    items = items_of_totals(order.places, totals, pro_act.items.visit_sd, draws.normal("visit", 500, 7, 12))
    assert np.array_equal(items.sum(axis=2), totals, equal_nan=True)
    assert np.isnan(items[3, 2]).all()
    seen = items[np.isfinite(totals)]
    assert set(np.unique(seen)) == {0, 1, 2, 3, 4}
    assert (items_of_totals(order.places, np.full((500, 1), 48.0), 5.0, draws.normal("v", 500, 1, 12)) == 4).all()
    assert (items_of_totals(order.places, np.zeros((500, 1)), 5.0, draws.normal("v", 500, 1, 12)) == 0).all()


def test_places_that_are_equal_go_to_the_earlier_item():
    items = items_of_totals(np.zeros((1, 12)), np.array([[43.0, 36.0, 35.0]]), 0.0, np.zeros((1, 3, 12)))
    assert items[0].tolist() == [[3] * 5 + [4] * 7, [3] * 12, [2] + [3] * 11]


def test_without_noise_no_item_comes_back_while_the_total_falls(pro_act):
    _, order, _ = places_of(pro_act.items, 300)
    totals = np.tile(np.arange(48.0, -1, -1), (300, 1))
    items = items_of_totals(order.places, totals, 0.0, np.zeros((300, 49, 12)))
    assert (np.diff(items, axis=1) <= 0).all()
    assert (np.diff(items, axis=1).sum(axis=2) == -1).all()


def test_with_noise_items_move_a_little_at_an_equal_total(pro_act):
    _, order, draws = places_of(pro_act.items, 2000)
    totals = np.full((2000, 2), 36.0)
    items = items_of_totals(order.places, totals, pro_act.items.visit_sd, draws.normal("visit", 2000, 2, 12))
    changed = np.abs(np.diff(items, axis=1))
    assert changed.max() <= 2
    assert 0.02 < (changed > 0).mean() < 0.2


def test_people_do_not_depend_on_batches(pro_act):
    bulbar, order, _ = places_of(pro_act.items, 50)
    draws = Draws(Streams(1))
    parts = [draw_item_places(pro_act.items, bulbar[rows], draws) for rows in (slice(0, 20), slice(20, 50))]
    assert np.array_equal(order.places, np.concatenate([part.places for part in parts]))
    assert np.array_equal(order.arm_onset, np.concatenate([part.arm_onset for part in parts]))


def test_shares_of_onset(pro_act):
    bulbar, order, _ = places_of(pro_act.items, 20_000)
    assert not (order.arm_onset & bulbar).any()
    assert order.arm_onset[~bulbar].mean() == pytest.approx(0.522, abs=4 * (0.25 / 15_600) ** 0.5)


def test_the_region_of_onset_falls_first_and_breathing_last(pro_act):
    bulbar, order, draws = places_of(pro_act.items)
    totals = np.tile([48.0, 40.0], (N, 1))
    items = items_of_totals(order.places, totals, pro_act.items.visit_sd, draws.normal("visit", N, 2, 12))
    lost = (items[:, 0] - items[:, 1]).reshape(N, 4, 3).sum(axis=2)
    for first, who in ((0, bulbar), (1, order.arm_onset), (2, ~bulbar & ~order.arm_onset)):
        means, errors = lost[who].mean(axis=0), lost[who].std(axis=0) / who.sum() ** 0.5
        others = [domain for domain in range(4) if domain != first]
        assert all(means[first] - means[domain] > 4 * (errors[first] + errors[domain]) for domain in others)
    everybody = lost.mean(axis=0)
    assert everybody.argmin() == 3


def test_the_parameters_move_what_they_say(pro_act):
    def mean_items(**changes):
        items = pro_act.items.model_copy(update=changes)
        _, order, draws = places_of(items)
        return items_of_totals(order.places, np.full((N, 1), 36.0), items.visit_sd, draws.normal("v", N, 1, 12))[:, 0]

    def score(domain, scores):
        return scores[:, domain == DOMAINS].sum(axis=1).mean()

    before = mean_items()
    assert score(3, mean_items(respiratory_lag=3.0)) > score(3, before) + 0.3
    assert score(0, mean_items(bulbar_lag=3.0)) > score(0, before) + 0.3
    assert score(0, mean_items(bulbar_lead=4.0)) < score(0, before) - 0.3
    assert score(1, mean_items(arm_onset_share=1.0)) < score(1, before) - 0.5
    assert score(2, mean_items(arm_onset_share=1.0)) > score(2, before) + 0.5
    assert score(1, mean_items(limb_lag=2.0)) > score(1, before) + 0.1
    assert score(1, mean_items(limb_lead=3.0)) < score(1, before) - 0.1
    later = mean_items(item_lag=(*pro_act.items.item_lag[:8], 2.0, *pro_act.items.item_lag[9:]))
    assert later[:, 8].mean() > before[:, 8].mean() + 0.5

    def spread(scores, columns):
        return scores[:, columns].sum(axis=1).std()

    assert spread(mean_items(region_sd=2.0), slice(9, 12)) > spread(before, slice(9, 12)) * 1.2
    legs_less_arms = before[:, 6:9].sum(axis=1) - before[:, 3:6].sum(axis=1)
    wide = mean_items(arm_leg_sd=2.0)
    assert (wide[:, 6:9].sum(axis=1) - wide[:, 3:6].sum(axis=1)).std() > legs_less_arms.std() * 1.2
    for name, columns in (("bulbar", slice(0, 3)), ("motor", slice(3, 9)), ("respiratory", slice(9, 12))):
        looser = mean_items(**{f"item_sd_{name}": 2.0})
        assert cronbach_alpha(looser[:, columns]) < cronbach_alpha(before[:, columns]) - 0.05, name


def test_the_fit_is_of_the_population_that_is_shipped(pro_act):
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    for name in ("bulbar", "motor", "respiratory"):
        shipped = getattr(pro_act.items, f"item_sd_{name}")
        assert record["shipped_item_sd"][name] == shipped
        assert record["fitted_item_sd"][name] == pytest.approx(shipped, abs=0.0051)


def test_the_predictions_are_of_the_population_that_is_shipped(pro_act):
    """Stale: run validation/als/items.py again."""
    said = {"items": pro_act.items.model_dump(mode="json"), "bulbar_share": pro_act.demographics.bulbar_share}
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert record["said_sha256"] == hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def test_subscales_hang_together_as_published(pro_act):
    record = json.loads(RECORD.read_text(encoding="utf-8"))["alpha"]
    _, order, draws = places_of(pro_act.items, 20_000, seed=9)
    totals = np.random.default_rng(9).normal(27, 9, 40_000)
    totals = np.clip(np.rint(totals[(totals >= 0) & (totals <= 48)][:20_000]), 0, 48)[:, None]
    items = items_of_totals(order.places, totals, pro_act.items.visit_sd, draws.normal("visit", 20_000, 1, 12))[:, 0]
    for name, columns in (("bulbar", slice(0, 3)), ("motor", slice(3, 9)), ("respiratory", slice(9, 12))):
        # Four errors of an alpha from 20,000 patients, from the recorded one of 485.
        error = record[name]["sampling_sd_n485"] * (485 / 20_000) ** 0.5
        assert cronbach_alpha(items[:, columns]) == pytest.approx(record[name]["published"], abs=4 * error + 0.002)
