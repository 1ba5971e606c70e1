"""The joint rank against R's double loops and tests, by hand, by property, and what it says of odd trials."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from leadin.analysis.function_and_survival import RULE, function_and_survival
from leadin.analysis.joint_rank import PAIRS, REFERENCES, joint_rank, joint_ranks
from leadin.engine.composite_pairs import compare_all
from leadin.errors import DataError
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.planned_analysis import PlannedAnalysis

from .conftest import build_trial
from .joint_rank_data import FOLDER, JOINT, trial_of


def plan(**told):
    return PlannedAnalysis.model_validate({"method": "joint_rank", **told})


PLAN = plan()
FULL = {"covariates": ("age_years", "onset_region"), "strata": ("site",), "alpha": 0.1}


def same(row, told, rel=1e-7):
    for name in ("estimate", "standard_error", "statistic", "df", "ci_low", "ci_high", "p"):
        if name in told:
            assert getattr(row, name) == pytest.approx(told[name], rel=rel, abs=1e-10), name


@pytest.mark.evidence("joint_rank", "reference")
@pytest.mark.parametrize(("name", "reference", "told"), JOINT, ids=[f"{n}-{t['month']}" for n, _, t in JOINT])
def test_r_finds_the_same(name, reference, told):
    trial = trial_of(name)
    ranks = joint_ranks(trial, plan(month=told["month"]))
    assert ranks.score.tolist() == told["score"]
    assert ranks.rank.tolist() == told["rank"]
    assert (ranks.by_survival, ranks.by_function, ranks.tied) == pytest.approx(told["share"], rel=1e-12)
    rows = joint_rank(trial, plan(month=told["month"]), reference)
    full = joint_rank(trial, plan(month=told["month"], **FULL), reference)
    for pair in told["pairs"]:
        wilcoxon, ancova = (row for row in rows if row.contrast == f"{pair['arm']} - {reference}")
        assert wilcoxon.rule == f"Wilcoxon ({'exact' if 'exact' in pair['method'] else 'normal approximation'})"
        assert wilcoxon.estimate == pytest.approx(pair["difference"], rel=1e-9)
        same(wilcoxon, pair["wilcoxon"], rel=1e-9)
        assert ancova.rule == "ANCOVA on ranks"
        same(ancova, pair["ancova"])
        adjusted, elteren = (row for row in full if row.contrast == f"{pair['arm']} - {reference}")
        assert adjusted.rule == "ANCOVA on ranks"
        same(adjusted, pair["ancova_adjusted"])
        told_elteren = pair["van_elteren"]
        assert (elteren.rule, elteren.n) == ("Wilcoxon within strata (van Elteren)", told_elteren["n"])
        assert elteren.estimate == pytest.approx(told_elteren["difference"], rel=1e-9)
        assert (elteren.statistic, elteren.p) == pytest.approx((told_elteren["z"], told_elteren["p"]), rel=1e-7)
        assert (elteren.statistic, elteren.p) == pytest.approx(
            (told_elteren["coin_z"], told_elteren["coin_p"]), rel=1e-7
        )
    for made, means in ((rows, told["means"]), (full, told["means_adjusted"])):
        by_arm = {row.arm: row for row in made if row.rule == "adjusted mean rank"}
        for mean in means:
            same(by_arm[mean["arm"]], mean)
    assert {r.arm: r.estimate for r in rows if r.rule == "mean rank"} == pytest.approx(told["mean_rank"], rel=1e-12)


@pytest.mark.evidence("joint_rank", "reference")
def test_nine_people_pair_by_pair():
    told = np.loadtxt(FOLDER / "nine_pairs.csv", delimiter=",", skiprows=1)
    given = function_and_survival(trial_of("j07_nine"), PLAN)
    np.testing.assert_array_equal(compare_all(given.courses, given.courses).sign, told)


def five():
    """a died first; b left after month 1, before d died; c and e live to the end; d died at month 4."""
    arms = {"a": "x", "b": "y", "c": "x", "d": "y", "e": "y"}
    scores = {
        "a": {0: 40, 1: 39},
        "b": {0: 40, 1: 39},
        "c": {0: 44, 1: 42, 3: 40, 6: 35},
        "d": {0: 40, 1: 37, 3: 30},
        "e": {0: 41, 1: 40, 3: 38, 6: 37},
    }
    events = [("a", 2, "death"), ("b", 1.5, "withdrawal"), ("c", 6, "end_of_follow_up"), ("d", 4, "death")]
    return build_trial(arms, scores, [*events, ("e", 6, "end_of_follow_up")])


def test_five_people_by_hand():
    ranks = joint_ranks(five(), PLAN)
    # a loses to c, d, e by survival and ties with b (both lost 1 at month 1); b beats c (-1, -2) and d (-1, -3) at
    # month 1 and ties with e (-1, -1); c beats d by survival and loses to e at month 6; e beats d by survival.
    assert dict(zip(ranks.participant_id, ranks.score.tolist(), strict=True)) == {
        "a": -3,
        "b": 2,
        "c": 0,
        "d": -2,
        "e": 3,
    }
    assert ranks.rank.tolist() == [1, 4, 3, 2, 5]
    assert (ranks.by_survival, ranks.by_function, ranks.tied) == pytest.approx((0.5, 0.3, 0.2))
    assert (ranks.arm, ranks.origin) == (("x", "y", "x", "y", "y"), "time zero")
    assert ranks.months.tolist() == [2, 1.5, 6, 4, 6]
    assert ranks.event.tolist() == [True, False, False, True, False]
    assert ranks.baseline.tolist() == [40, 40, 44, 40, 41]
    assert ranks.change.tolist() == [-1, -1, -9, -10, -4]
    told = (
        "1 of 5 left or were not seen at the last visit, and were not known to have had a fatal event: each pair is "
        "compared at the last visit that both made, as if leaving said nothing about function",
    )
    assert ranks.warnings == told
    wilcoxon, ancova, *means = joint_rank(five(), PLAN, "x")
    assert (wilcoxon.arm, wilcoxon.contrast, wilcoxon.unit, wilcoxon.warnings) == ("y", "y - x", "ranks", told)
    assert wilcoxon.estimate == pytest.approx((4 + 2 + 5) / 3 - (1 + 3) / 2)
    assert (wilcoxon.statistic, wilcoxon.n, wilcoxon.not_evaluable, wilcoxon.rule) == (5.0, 5, 0, "Wilcoxon (exact)")
    assert (wilcoxon.standard_error, wilcoxon.ci_low, wilcoxon.ci_high, wilcoxon.df) == (None,) * 4
    assert wilcoxon.estimand == (
        "Among all participants at risk, as allocated: the mean rank of arm y minus that of arm x in one ranking of "
        "the 5 participants of all arms by survival from time zero on and by the change of the ALSFRS-R total from "
        f"baseline, a higher rank the better outcome. Death is part of the outcome (composite): {RULE}. Whatever was "
        "given (treatment policy)."
    )
    assert (ancova.rule, ancova.n, ancova.df) == ("ANCOVA on ranks", 5, 2.0)
    assert ancova.estimand == f"{wilcoxon.estimand} Adjusted for baseline by least squares on the ranks of all arms."
    assert [(row.arm, row.rule, row.contrast, row.unit, row.n) for row in means] == [
        ("x", "mean rank", None, "ranks", 2),
        ("x", "adjusted mean rank", None, "ranks", 2),
        ("y", "mean rank", None, "ranks", 3),
        ("y", "adjusted mean rank", None, "ranks", 3),
        (None, "decided by survival", None, PAIRS, 5),
        (None, "decided by function", None, PAIRS, 5),
        (None, "tied", None, PAIRS, 5),
    ]
    assert [row.estimate for row in means[-3:]] == pytest.approx([50, 30, 20])
    for row in (wilcoxon, ancova, *means):
        assert (row.method, row.endpoint, row.references, row.converged) == ("joint_rank", "alsfrs_r", REFERENCES, True)
        assert row.time_months is None


def test_a_month_cuts_survival_and_visits():
    ranks = joint_ranks(five(), plan(month=3))
    assert ranks.event.tolist() == [True, False, False, False, False]
    assert ranks.months.tolist() == [2, 1.5, 3, 3, 3]
    assert ranks.change.tolist() == [-1, -1, -4, -10, -3]
    rows = joint_rank(five(), plan(month=3), "x")
    assert {row.time_months for row in rows} == {3.0}
    assert "from baseline up to month 3, a higher rank" in rows[0].estimand
    # On the very day of the end a death counts, as does one on the whole day on which that visit is scheduled.
    on_the_day = joint_ranks(five(), plan(month=4))
    assert on_the_day.event.tolist() == [True, False, False, True, False]
    day = 122 / DAYS_PER_MONTH  # month 4.008
    late = build_trial({"a": "x", "b": "y"}, {"a": {0: 40, day: 39}, "b": {0: 40, day: 39}}, [("a", day, "death")])
    assert joint_ranks(late, plan(month=4)).event.tolist() == [True, False]
    assert joint_ranks(late, plan(month=3.9)).event.tolist() == [False, False]


def test_survival_counts_from_randomisation_and_the_month_from_time_zero():
    scores = {"a": {0: 40, 2: 39}, "b": {0: 40, 2: 39}}
    events = [("a", -1, "randomised"), ("b", 0, "randomised"), ("a", 3, "death"), ("b", 3.5, "death")]
    trial = build_trial({"a": "x", "b": "y"}, scores, events)
    # a lived 4 months from randomisation, b 3.5.
    assert joint_ranks(trial, PLAN).score.tolist() == [1, -1]
    assert joint_ranks(trial, PLAN).origin == "randomisation"
    cut = joint_ranks(trial, plan(month=3.2))
    assert cut.event.tolist() == [True, False]
    assert cut.months == pytest.approx([4, 3.2])


def test_survival_from_enrolment():
    scores = {"a": {0: 40, 2: 39}, "b": {0: 40, 2: 39}}
    events = [("a", -2, "enrolled"), ("b", -1, "enrolled"), ("a", 3, "death"), ("b", 3.5, "death")]
    cut = joint_ranks(build_trial({"a": "x", "b": "y"}, scores, events), plan(month=3.2))
    assert (cut.origin, cut.months.tolist()) == ("enrolment", pytest.approx([5, 4.2]))


def test_covariates_come_first_and_strata_make_it_van_elteren_s():
    trial = trial_of("j01_usual")
    rules = [
        [row.rule for row in joint_rank(trial, told, "low")][:2]
        for told in (PLAN, plan(covariates=("age_years",)), plan(strata=("site",)))
    ]
    assert rules == [
        ["Wilcoxon (normal approximation)", "ANCOVA on ranks"],
        ["ANCOVA on ranks", "Wilcoxon (normal approximation)"],
        ["Wilcoxon within strata (van Elteren)", "ANCOVA on ranks"],
    ]
    row = joint_rank(trial, plan(strata=("site", "age_years"), covariates=("age_years",)), "low")[0]
    assert "Adjusted for baseline, age_years, site by least squares" in row.estimand
    assert joint_rank(trial, plan(strata=("site",)), "low")[0].unit == "ranks, 0 to 1, within strata"


def test_a_stratum_that_nobody_differs_in_adjusts_for_nothing():
    trial = trial_of("j01_usual")
    alike = trial.with_tables({"participants": trial.participants.with_columns(site=pl.lit("north"))})
    ancova = joint_rank(alike, plan(strata=("site",)), "low")[1]
    same_row = joint_rank(trial, PLAN, "low")[1]
    assert (ancova.estimate, ancova.df) == (pytest.approx(same_row.estimate, rel=1e-12), same_row.df)


def test_strata_with_one_arm_alone_are_counted():
    trial = trial_of("j01_usual")
    site = pl.when(pl.col("arm") == "high").then(pl.col("site").replace("west", "east")).otherwise("site")
    apart = trial.with_tables({"participants": trial.participants.with_columns(site=site)})
    row = joint_rank(apart, plan(strata=("site",)), "low")[0]
    alone = apart.participants["site"].is_in(["east", "west"]).sum()
    assert alone > 0
    assert (row.n, row.not_evaluable) == (64 - alone, alone)
    assert row.warnings[-1] == f"{alone} of 64 are in strata with one of the two arms only, and tell nothing"


def test_those_without_baseline_or_later_visits_are_left_to_survival_and_told():
    scores = {"a": {1: 39, 2: 38}, "b": {0: 40}, "c": {0: 40, 1: 38, 2: 37}, "d": {0: 41, 1: 40, 2: 37}}
    scores["e"] = {0: 43, 1: 40, 2: 38}
    events = [("a", 3, "death"), ("b", 4, "death"), *((who, 6, "end_of_follow_up") for who in "cde")]
    trial = build_trial(dict(zip("abcde", "xyxyx", strict=True)), scores, events)
    ranks = joint_ranks(trial, PLAN)
    assert ranks.score.tolist() == [-4, -2, 4, 2, 0]
    assert ranks.warnings == (
        "1 of 5 without the ALSFRS-R total at baseline: compared by survival alone",
        "1 of 5 without the ALSFRS-R total at any visit after baseline: compared by survival alone",
    )
    wilcoxon, ancova, *_ = joint_rank(trial, PLAN, "x")
    assert (wilcoxon.n, wilcoxon.not_evaluable) == (5, 0)
    assert (ancova.n, ancova.not_evaluable) == (4, 1)
    means = [(row.arm, row.rule, row.n, row.not_evaluable) for row in joint_rank(trial, PLAN, "x")[2:6]]
    assert means == [
        ("x", "mean rank", 3, 0),
        ("x", "adjusted mean rank", 2, 1),
        ("y", "mean rank", 2, 0),
        ("y", "adjusted mean rank", 2, 0),
    ]


def test_without_any_visit_survival_alone_decides():
    events = [("a", 1, "death"), ("b", 2, "death"), ("c", 3, "death")]
    trial = build_trial(dict(zip("abc", "xyy", strict=True)), {w: {0: 40 + i} for i, w in enumerate("abc")}, events)
    ranks = joint_ranks(trial, PLAN)
    assert ranks.score.tolist() == [-2, 0, 2]
    said = "nobody has the ALSFRS-R total at a visit after time zero that counts: survival alone decides"
    assert ranks.warnings == (said,)
    assert joint_ranks(trial, plan(month=2.5)).event.tolist() == [True, True, False]
    early = joint_ranks(five(), plan(month=0.5))
    assert (early.warnings, early.score.tolist()) == ((said,), [0] * 5)
    assert np.isnan(early.change).all()


people = st.lists(
    st.tuples(
        st.sampled_from("xy"),
        st.integers(1, 12),
        st.booleans(),
        st.lists(st.one_of(st.integers(30, 40), st.integers(30, 40), st.none()), min_size=4, max_size=4),
    ),
    min_size=4,
    max_size=14,
)


def invented(rows, names="xy", scale=1.0, shift=0.0):
    """Everybody is seen at month 0 and 12, where he is followed so long, and somebody at 3 and 6."""
    scores = {}
    for i, (_, last, _, values) in enumerate(rows):
        visits = zip((0, 3, 6, 12), values, strict=True)
        scores[f"p{i:02d}"] = {m: shift + scale * v for m, v in visits if v is not None and m <= last}
    arms = {f"p{i:02d}": names["xy".index(row[0])] for i, row in enumerate(rows)}
    events = [(f"p{i:02d}", row[1], "death" if row[2] else "withdrawal") for i, row in enumerate(rows)]
    more = {"r0": {m: shift + scale * (40 - m) for m in (0, 3, 6, 12)}, "r1": {0: shift + scale * 38.0}}
    return build_trial({**arms, "r0": names[0], "r1": names[1]}, {**scores, **more}, [*events, ("r0", 12, "death")])


@pytest.mark.evidence("joint_rank", "property")
@given(people)
@settings(max_examples=15)
def test_relabelled_arms_turn_the_sign_and_order_and_scale_change_nothing(rows):
    try:
        usual = joint_rank(invented(rows), PLAN, "x")
    except DataError:  # too few share a visit
        reject()
    turned = joint_rank(invented(rows, names="yx"), PLAN, "x")
    shuffled = invented(rows, scale=2.0, shift=3.0)
    shuffled = shuffled.with_tables({"participants": shuffled.participants.reverse()})
    other = joint_rank(shuffled, PLAN, "x")
    for a, b, c in zip(usual[:2], turned[:2], other[:2], strict=True):
        assert a.converged == b.converged == c.converged
        if a.converged:
            assert (a.p, a.p) == (pytest.approx(b.p, rel=1e-6), pytest.approx(c.p, rel=1e-6))
            assert (a.estimate, a.estimate) == (
                pytest.approx(-b.estimate, abs=1e-8),
                pytest.approx(c.estimate, abs=1e-8),
            )
    n = len(rows) + 2
    ranks = joint_ranks(invented(rows), PLAN)
    assert ranks.score.sum() == 0
    assert ranks.rank.sum() == pytest.approx(len(ranks.rank) * (len(ranks.rank) + 1) / 2)
    assert ranks.by_survival + ranks.by_function + ranks.tied == pytest.approx(1.0)
    assert len(ranks.rank) <= n


@pytest.mark.evidence("joint_rank", "property")
def test_a_visit_that_nobody_made_changes_nothing():
    trial = trial_of("j02_three_arms")
    nothing = trial.assessments.head(4).with_columns(
        day=pl.lit(200.0), value=pl.lit(None, dtype=pl.Float64), measure=pl.lit("alsfrs_r")
    )
    more = trial.with_tables({"assessments": pl.concat([trial.assessments, nothing])})
    assert joint_rank(more, PLAN, "none") == joint_rank(trial, PLAN, "none")


def test_three_arms_are_each_held_against_the_reference_in_one_ranking():
    rows = joint_rank(trial_of("j02_three_arms"), PLAN, "low")
    assert [row.contrast for row in rows if row.contrast] == ["none - low"] * 2 + ["high - low"] * 2 or [
        row.contrast for row in rows if row.contrast
    ] == ["high - low"] * 2 + ["none - low"] * 2
    assert sum(row.estimate * row.n for row in rows if row.rule == "mean rank") == pytest.approx(120 * 121 / 2)


@pytest.mark.evidence("joint_rank", "bad_input")
@pytest.mark.parametrize("name", ["x", None])
def test_one_arm_has_nothing_to_be_compared_with(name):
    (row,) = joint_rank(build_trial({"a": name}, {"a": {0: 40, 1: 39}}), PLAN, name)
    assert (row.converged, row.warnings) == (False, ("expected at least two arms to compare; got 1",))


@pytest.mark.evidence("joint_rank", "bad_input")
def test_an_arm_of_whom_nothing_is_known_is_said():
    trial = build_trial(
        {"a": "x", "b": "x", "c": "x", "d": "x", "e": "y"}, {w: {0: 40, 1: 30 + i} for i, w in enumerate("abcd")}
    )
    wilcoxon, ancova, *rest = joint_rank(trial, PLAN, "x")
    assert (wilcoxon.converged, wilcoxon.n, wilcoxon.not_evaluable) == (False, 4, 1)
    assert wilcoxon.warnings[0] == "expected participants of arm y at risk; got none"
    assert (ancova.converged, ancova.n, ancova.not_evaluable) == (False, 0, 5)
    assert (
        ancova.warnings[0]
        == "baseline: expected a column that is no combination of the others; it is one. Leave it out."
    )
    assert [row.rule for row in rest] == ["mean rank", "decided by survival", "decided by function", "tied"]
    for i, who in enumerate("abcd"):
        trial = trial.with_tables(
            {
                "assessments": trial.assessments.with_columns(
                    value=pl.when((pl.col("participant_id") == who) & (pl.col("day") == 0))
                    .then(40.0 + i * i)
                    .otherwise("value")
                )
            }
        )
    ancova = joint_rank(trial, PLAN, "x")[1]
    assert ancova.warnings[0] == "expected participants of arm y with baseline; got none"


@pytest.mark.evidence("joint_rank", "bad_input")
def test_equal_outcomes_cannot_be_ranked():
    trial = build_trial(
        dict(zip("abcd", "xyxy", strict=True)), {w: {0: 40 + i, 1: 38 + i} for i, w in enumerate("abcd")}
    )
    wilcoxon, ancova, *_ = joint_rank(trial, PLAN, "x")
    assert wilcoxon.warnings == ("all 4 participants have the same score, so that there is nothing to rank",)
    assert ancova.warnings == ("the values are fitted exactly, so that their error cannot be estimated",)
    assert (wilcoxon.converged, ancova.converged, wilcoxon.p, ancova.p) == (False, False, None, None)


@pytest.mark.evidence("joint_rank", "bad_input")
def test_without_a_baseline_there_is_no_adjustment():
    scores = {"a": {1: 38}, **{w: {1: 38, 3: 37} for w in "bcd"}}
    trial = build_trial(dict(zip("abcd", "xyxy", strict=True)), scores, [("a", 2, "death")])
    wilcoxon, ancova, *_ = joint_rank(trial, PLAN, "x")
    assert wilcoxon.converged
    assert ancova.warnings[0] == "nobody at risk has the ALSFRS-R total at baseline to adjust for"
    assert (ancova.n, ancova.not_evaluable, ancova.estimate) == (0, 4, None)


def test_a_column_that_is_not_there_is_named():
    said = "nothing: expected a column of the participants"
    row = joint_rank(trial_of("j01_usual"), plan(covariates=("nothing",)), "low")[0]
    assert (row.converged, row.warnings[0].startswith(said)) == (False, True)
    row = joint_rank(trial_of("j01_usual"), plan(strata=("nothing",)), "low")[0]
    assert (row.converged, row.warnings[0].startswith(said)) == (False, True)


def test_a_missing_covariate_leaves_out_of_the_adjusted_row_only():
    trial = trial_of("j01_usual")
    age = pl.when(pl.int_range(pl.len()) < 3).then(None).otherwise("age_years")
    trial = trial.with_tables({"participants": trial.participants.with_columns(age_years=age)})
    ancova, wilcoxon, *_ = joint_rank(trial, plan(covariates=("age_years",)), "low")
    without = json.loads((FOLDER / "expected.json").read_text())[0]["joint"][0]["pairs"][0]["ancova"]["df"] + 3
    assert (ancova.n + ancova.not_evaluable, wilcoxon.n) == (64, 64)
    assert ancova.n == without - 3
