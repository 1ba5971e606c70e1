"""The joint rank of the engine against R's numbers and against the plain one of the analyses."""

from __future__ import annotations

import csv
import json
import math
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadin.analysis.ancova import fit_ancova
from leadin.analysis.function_and_survival import function_and_survival
from leadin.analysis.joint_rank import ANCOVA, joint_rank, joint_ranks
from leadin.engine.batches import joint_rank as fast
from leadin.engine.collapsed import BASE, SUMS
from leadin.engine.fits import CONVERGED, NO_VARIATION, RANK_DEFICIENT, TOO_FEW
from leadin.engine.rank_sum import mid_ranks
from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.schema import SCHEMAS, empty_table
from leadin.trials.trial import Manifest, Trial

FOLDER = Path(__file__).resolve().parents[3] / "validation" / "joint-rank"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
CASES = [(e["dataset"], e["reference"], joint) for e in EXPECTED for joint in e["joint"]]


def rows_of(name):
    with (FOLDER / "data" / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


@cache
def trial_of(name):
    people, visits = rows_of(f"{name}_people"), rows_of(f"{name}_visits")
    kinds = {"1": "death", "0": "end_of_follow_up"}
    events = [(row["id"], float(row["last_day"]), kinds[row["fatal"]]) for row in people]
    events += [(r["id"], float(r["randomised_day"]), "randomised") for r in people if "randomised_day" in r]
    known = [{**dict.fromkeys(SCHEMAS["participants"]), "participant_id": r["id"], "arm": r["arm"]} for r in people]
    assessments = {
        "participant_id": [row["id"] for row in visits],
        "day": [float(row["day"]) for row in visits],
        "measure": ["alsfrs_r" for _ in visits],
        "value": [float(row["value"]) for row in visits],
        "visit": [None for _ in visits],
    }
    told = {"participant_id": [e[0] for e in events], "day": [e[1] for e in events], "kind": [e[2] for e in events]}
    return Trial(
        manifest=Manifest(origin="imported"),
        participants=pl.DataFrame(known, schema=SCHEMAS["participants"]),
        assessments=pl.DataFrame(assessments, schema=SCHEMAS["assessments"]),
        lots=empty_table("lots"),
        administrations=empty_table("administrations"),
        events=pl.DataFrame({**told, "detail": [None for _ in events]}, schema=SCHEMAS["events"]),
        adverse_events=empty_table("adverse_events"),
        protocol=None,
    )


def plan(month=None):
    return PlannedAnalysis.model_validate({"method": "joint_rank", "month": month})


def collapsed(given, groups):
    """sums, seen, survival and sizes of what the plain method compares, group by group, and the order of the units."""
    order = np.array([i for arm in groups for i, name in enumerate(given.arm) if name == arm])
    n = order.size
    sums = np.zeros((1, 1, SUMS, n))
    sums[0, 0, BASE + 1] = given.baseline[order]
    seen = (given.courses.outcome + given.baseline[:, None])[order].T[None, None].copy()
    survival = np.array([[given.courses.time[order], given.courses.event[order].astype(float)]])
    return (sums, seen, survival, np.array([given.arm.count(arm) for arm in groups])), order


@pytest.mark.parametrize(("name", "reference", "told"), CASES, ids=[f"{n}-{t['month']}" for n, _, t in CASES])
def test_r_and_the_plain_method_find_the_same(name, reference, told):
    trial, planned = trial_of(name), plan(told["month"])
    given = function_and_survival(trial, planned)
    arms = [pair["arm"] for pair in told["pairs"]]
    (sums, seen, survival, sizes), order = collapsed(given, [*arms, reference])
    scores = fast.joint_scores(sums, seen, survival, sizes)
    assert scores.scores[0].tolist() == np.array(told["score"])[order].tolist()
    assert scores.ranks[0] == pytest.approx(np.array(told["rank"])[order], rel=1e-13)
    fits = fast.joint_rank(sums, seen, survival, sizes, len(arms), ancova=True)
    rows = {(row.arm, row.rule == ANCOVA): row for row in joint_rank(trial, planned, reference) if row.contrast}
    for contrast, pair in enumerate(told["pairs"]):
        wilcoxon, ancova = fits.wilcoxon.figures[0, contrast], fits.ancova.figures[0, contrast]
        assert wilcoxon[[0, 3, 4]] == pytest.approx(
            [pair["difference"], pair["wilcoxon"]["statistic"], pair["wilcoxon"]["p"]], rel=1e-9
        )
        plain = rows[pair["arm"], False]
        assert wilcoxon[[0, 3, 4]] == pytest.approx([plain.estimate, plain.statistic, plain.p], rel=1e-10, abs=1e-10)
        plain = rows[pair["arm"], True]
        assert ancova[:4] == pytest.approx(
            [plain.estimate, plain.standard_error, plain.df, plain.statistic], rel=1e-10, abs=1e-10
        )
        if pair.get("ancova"):
            told_by_r = [pair["ancova"][key] for key in ("estimate", "standard_error", "df", "statistic")]
            assert ancova[:4] == pytest.approx(told_by_r, rel=1e-7)


@pytest.mark.parametrize(("name", "month"), [("j01_usual", 6), ("j02_three_arms", 5)])
def test_up_to_a_month_as_times_and_an_end(name, month):
    """What a planned month leaves of the courses, from the whole courses: the times that count, and the end."""
    trial = trial_of(name)
    until, whole = joint_ranks(trial, plan(month)), function_and_survival(trial, plan())
    (sums, seen, survival, sizes), order = collapsed(whole, sorted(set(whole.arm)))
    months = 30.0 * np.arange(1, seen.shape[2] + 1) / DAYS_PER_MONTH
    times = int((months <= month + 0.05).sum())
    assert 0 < times < seen.shape[2]
    end = max(float(month), float(months[times - 1]))
    made = fast.joint_scores(sums, seen, survival, sizes, times=times, end=end)
    assert made.scores[0].tolist() == until.score[order].tolist()


def plain_ancova(rank, baseline, sizes, reference):
    """Figures or the code of each contrast by the plain analysis of covariance."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    known = np.isfinite(baseline)
    others = [g for g in range(len(sizes)) if g != reference]
    try:
        fit = fit_ancova(rank[known], baseline[known], [str(g) for g in group[known]])
    except DataError as error:
        words = {"at least one": TOO_FEW, "more than": TOO_FEW, "combination": RANK_DEFICIENT, "exactly": NO_VARIATION}
        return [next(code for word, code in words.items() if word in str(error))] * len(others)
    told = []
    for g in others:
        if {str(g), str(reference)} <= set(fit.arms):
            test = fit.difference(str(g), str(reference), 0.95)
            told.append([test.estimate, test.standard_error, test.df, test.statistic])
        else:
            told.append(TOO_FEW)
    return told


@pytest.mark.parametrize("seed", range(30))
def test_ancova_on_the_ranks_of_random_trials(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, rng.integers(2, 5))
    n, reference = int(sizes.sum()), int(rng.integers(0, sizes.size))
    baseline = np.where(rng.random(n) < 0.2, np.nan, np.round(rng.normal(36.0, 4.0, n)))
    if seed % 5 == 0:
        baseline = np.where(np.isnan(baseline), np.nan, 36.0)
    sums = np.zeros((1, 1, SUMS, n))
    sums[0, 0, BASE + 1] = baseline
    seen = np.where(rng.random((1, 1, 3, n)) < 0.2, np.nan, np.round(rng.normal(33.0, 4.0, (1, 1, 3, n))))
    event = (rng.random(n) < 0.3).astype(float)
    survival = np.array([[np.floor(rng.uniform(0.0, 4.0, n)), event]])
    scores = fast.joint_scores(sums, seen, survival, sizes)
    made = fast.joint_rank(sums, seen, survival, sizes, reference, ancova=True).ancova
    assert scores.ranks[0].tolist() == mid_ranks(scores.scores[0]).tolist()
    for contrast, told in enumerate(plain_ancova(scores.ranks[0], baseline, sizes, reference)):
        figures = made.figures[0, contrast]
        if isinstance(told, int):
            assert made.codes[0, contrast] == told
            assert np.isnan(figures).all()
        else:
            assert made.codes[0, contrast] == CONVERGED
            assert figures[:4] == pytest.approx(told, rel=1e-8, abs=1e-8)
            assert math.isnan(figures[4])
