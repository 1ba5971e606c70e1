"""The fast generator against the plain one, each with random numbers of its own: hundreds of statistics of a trial.

A statistic is a mean over the participants of an arm; it is compared over trials. Runs of manufacturing are a pool:
fast trials count as independent only as far as there are runs.
"""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from scipy import stats

from leadin.designs.fast_generator import FastGenerator
from leadin.designs.fast_plan import fast_plan
from leadin.designs.plain_generator import PlainGenerator
from leadin.disease.effect import ConstantSlowing
from leadin.disease.load import load_population
from leadin.disease.load_therapy import load_therapy
from leadin.engine.collapsed import AFTER, BASE, BEFORE, COUNT, EVENT, MONTHS, SUMS, TT, TY, T, Y, group_starts
from leadin.protocols.eligibility import Criterion
from leadin.protocols.library.names import library_names
from leadin.protocols.load import load_protocol
from leadin.simulation.measures import measures_of
from leadin.simulation.participants import sites_of
from leadin.simulation.timetable import timetable

MISTAKEN = 1e-3
"""How likely a comparison of all statistics together is to fail where nothing is wrong."""


def statistics(trials):
    """By name, the mean over an arm in each trial, NaN where nobody has it."""
    told = {}
    starts = group_starts(trials.sizes)
    for arm, (low, high) in enumerate(itertools.pairwise(starts)):
        for m in range(trials.sums.shape[1]):
            sums, seen = trials.sums[:, m, :, low:high], trials.seen[:, m, :, low:high]
            for place in range(SUMS):
                told[f"arm {arm} measure {m} sum {place}"] = sums[:, place]
            slopes = {}
            for side, least in ((BEFORE, 2), (AFTER, 3)):
                n, t, tt, y, ty = (sums[:, side + place] for place in (COUNT, T, TT, Y, TY))
                slope = (n * ty - t * y) / (n * tt - t * t)
                slopes[side] = np.where(n >= least, slope, np.nan)
                told[f"arm {arm} measure {m} slope {side}"] = slopes[side]
                told[f"arm {arm} measure {m} slope {side} squared"] = slopes[side] ** 2
            told[f"arm {arm} measure {m} slopes together"] = slopes[BEFORE] * slopes[AFTER]
            told[f"arm {arm} measure {m} baseline squared"] = sums[:, BASE + 1] ** 2
            for visit in range(seen.shape[1]):
                told[f"arm {arm} measure {m} visit {visit}"] = seen[:, visit]
                told[f"arm {arm} measure {m} visit {visit} squared"] = seen[:, visit] ** 2
                told[f"arm {arm} measure {m} visit {visit} seen"] = np.isfinite(seen[:, visit]).astype(float)
                told[f"arm {arm} measure {m} visit {visit} with baseline"] = seen[:, visit] * sums[:, BASE + 1]
        months = trials.survival[:, MONTHS, low:high]
        told[f"arm {arm} months"], told[f"arm {arm} months squared"] = months, months**2
        told[f"arm {arm} left out"] = (months < 0).astype(float)
        told[f"arm {arm} events"] = trials.survival[:, EVENT, low:high]
    return {name: np.nanmean(values, axis=1) for name, values in told.items()}


def z_scores(fast, plain, independent):
    """By name: the difference of the means over its standard error. independent: fast trials, as runs are shared."""
    scores = {}
    for name, mine in fast.items():
        mine, theirs = mine[np.isfinite(mine)], plain[name][np.isfinite(plain[name])]
        if min(mine.size, theirs.size) < 20:
            continue
        error = np.sqrt(mine.var() / min(mine.size, independent) + theirs.var() / theirs.size)
        difference = mine.mean() - theirs.mean()
        if error > 0.0:
            scores[name] = float(difference / error)
        else:
            assert abs(difference) < 1e-9, name
    return scores


def compared(protocol, population, effect, planned, trials, *, measures=None, seed=5):
    """Raises AssertionError where any statistic differs by more than chance allows; gives the generators' trials."""
    nature = load_population(population)
    measures = measures or measures_of(protocol)
    fast = FastGenerator(protocol, planned=planned, population=nature, effect=effect, seed=seed, measures=measures)
    slowing = effect.share if isinstance(effect, ConstantSlowing) else 0.0
    therapy = None if isinstance(effect, ConstantSlowing) else effect
    slow = PlainGenerator(protocol, nature, tuple(planned), measures, seed=seed, slowing=slowing, therapy=therapy)
    mine, theirs = fast.generate(0, 8 * trials), slow.generate(0, trials)
    assert mine.filled.all()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        scores = z_scores(statistics(mine), statistics(theirs), fast.runs.wait.shape[0])
    worst = max(scores, key=lambda name: abs(scores[name]))
    # Means of few skewed values have longer tails than a normal; Student's with so many trials is about right.
    bound = stats.t.isf(MISTAKEN / 2 / len(scores), trials - 1)
    assert abs(scores[worst]) < bound, f"{worst}: z = {scores[worst]:.2f}, of {len(scores)} statistics"
    return mine, theirs


def alike(mine, theirs):
    """Whole distributions over participants: baseline, last visit, months."""
    for one, other in (
        (mine.sums[:, 0, BASE + 1], theirs.sums[:, 0, BASE + 1]),
        (mine.sums[:, 0, BASE], theirs.sums[:, 0, BASE]),
        (mine.seen[:, 0, -1], theirs.seen[:, 0, -1]),
        (mine.survival[:, MONTHS], theirs.survival[:, MONTHS]),
    ):
        one, other = one[np.isfinite(one)], other[np.isfinite(other)]
        assert stats.ks_2samp(one, other, method="asymp").pvalue > 1e-4


@pytest.mark.parametrize(
    ("name", "effect", "planned"),
    [
        ("hanyang-phase1", ConstantSlowing(0.3), (16,)),
        ("hanyang-phase2", load_therapy("hypothetical-waning"), (12, 10)),
    ],
)
def test_trials_are_distributed_as_plain_ones(name, effect, planned):
    mine, theirs = compared(load_protocol(name), "pro-act", effect, planned, 100)
    alike(mine, theirs)


@pytest.mark.slow
@pytest.mark.parametrize("slowing", [0.0, 0.3])
@pytest.mark.parametrize("name", library_names())
def test_every_protocol_is_distributed_as_plain_trials(name, slowing):
    protocol = load_protocol(name)
    planned = tuple(min(arm.planned, 30) for arm in protocol.arms)
    mine, theirs = compared(protocol, "pro-act", ConstantSlowing(slowing), planned, 200)
    alike(mine, theirs)


@pytest.mark.slow
@pytest.mark.parametrize("therapy", ["waning", "lasting", "some-respond"])
@pytest.mark.parametrize(
    "name", ["nurown-us-phase3", "hanyang-phase1", "siwek-2020", "npc-gdnf-lumbar", "alsummit-phase3"]
)
def test_therapies_act_alike(name, therapy):
    protocol = load_protocol(name)
    planned = tuple(min(arm.planned, 20) for arm in protocol.arms)
    compared(protocol, "pro-act", load_therapy(f"hypothetical-{therapy}"), planned, 200)


@pytest.mark.slow
@pytest.mark.parametrize("population", ["severe", "early-stage", "korean-phase2", "fast-progressor"])
@pytest.mark.parametrize("name", ["hanyang-pilot", "hanyang-phase1"])
def test_other_populations_come_alike(name, population):
    compared(load_protocol(name), population, ConstantSlowing(0.2), (24,), 200)


def changed(what):
    if what == "by day":
        return load_protocol("hanyang-phase2")
    if what == "criteria of arms":
        protocol = load_protocol("nurown-phase1-2")
        criteria = tuple(
            Criterion(variable="alsfrs_r", at=at, arms=(arm,), **{bound: score})
            for arm, at, bound, score in (
                ("muscle", "screening", "minimum", 35),
                ("spinal-fluid", "baseline", "maximum", 36),
            )
        )
        return protocol.model_copy(
            update={"eligibility": protocol.eligibility.model_copy(update={"criteria": criteria})}
        )
    protocol = load_protocol("hanyang-phase2")
    how = {
        "at baseline, in blocks": {"day": None, "block_size": 4, "strata": ("onset_region", "sex")},
        "at screening": {"day": None, "at": "screening"},
    }[what]
    return protocol.model_copy(update={"randomisation": protocol.randomisation.model_copy(update=how)})


@pytest.mark.slow
@pytest.mark.parametrize("what", ["by day", "at baseline, in blocks", "at screening", "criteria of arms"])
def test_other_ways_into_an_arm_lead_to_the_same_trials(what):
    protocol = changed(what)
    compared(protocol, "pro-act", ConstantSlowing(0.3), (20, 14), 300)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hanyang-phase1", "nurown-us-phase3"])
@pytest.mark.parametrize("effect", [ConstantSlowing(0.3), load_therapy("hypothetical-lasting")])
def test_few_clean_room_slots_delay_alike(name, effect):
    protocol = load_protocol(name)
    products = tuple(
        product.model_copy(update={"manufacturing": product.manufacturing.model_copy(update={"clean_room_slots": 3})})
        for product in protocol.products
    )
    planned = tuple(20 for _ in protocol.arms)
    compared(protocol.model_copy(update={"products": products}), "pro-act", effect, planned, 150)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hanyang-phase2", "sykova-2017", "karussis-2010"])
def test_halving_the_steps_of_the_path_moves_nothing(name):
    """200,000 participants each way: the share that lives, the scores of those who do."""
    protocol, nature = load_protocol(name), load_population("pro-act")
    planned = [500 for _ in protocol.arms]
    trials = 400 // len(planned)
    made = FastGenerator(protocol, planned=planned, population=nature, effect=ConstantSlowing(0.2))
    long = statistics(made.generate(0, trials))
    made.plan = fast_plan(
        protocol,
        nature,
        timetable(protocol),
        planned,
        sites_of(protocol, nature, sum(planned)),
        ("alsfrs_r",),
        keep_seen=True,
        longest_wait=float(made.runs.wait.max()),
        longest_step=15.5,
    )
    short = statistics(made.generate(trials, trials))
    scores = z_scores(long, short, trials)  # the same runs both ways
    assert max(abs(score) for score in scores.values()) < stats.t.isf(MISTAKEN / 2 / len(scores), trials - 1)
