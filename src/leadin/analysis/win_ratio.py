"""Win ratio, win odds and net benefit: every participant of an arm compared with every one of the reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from leadin.analysis.arms import arms_of, in_arm
from leadin.analysis.covariates import strata
from leadin.analysis.function_and_survival import RULE, FunctionAndSurvival, function_and_survival
from leadin.analysis.joint_rank import PAIRS, SHARES
from leadin.analysis.measures import measure_name
from leadin.analysis.result import Result
from leadin.engine.composite_pairs import Comparisons, Courses, compare_all
from leadin.engine.win_statistics import (
    FEWEST,
    Estimate,
    WinShares,
    log_win_odds,
    log_win_ratio,
    net_benefit,
    win_shares,
)
from leadin.errors import DataError
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial

REFERENCES = (
    "Pocock et al. (2012), The win ratio: a new approach to the analysis of composite endpoints in clinical trials "
    "based on clinical priorities, Eur Heart J 33:176-182, doi:10.1093/eurheartj/ehr352",
    "Dong et al. (2020), The win ratio: on interpretation and handling of ties, Stat Biopharm Res 12:99-106, "
    "doi:10.1080/19466315.2019.1575279",
    "Brunner, Vandemeulebroecke & Mütze (2021), Win odds: an adaptation of the win ratio to include ties, Stat Med "
    "40:3367-3384, doi:10.1002/sim.8967",
    "Buyse (2010), Generalized pairwise comparisons of prioritized outcomes in the two-sample problem, Stat Med "
    "29:3245-3257, doi:10.1002/sim.3923",
    "Bebu & Lachin (2016), Large sample inference for a win ratio analysis of a composite outcome based on prioritized "
    "components, Biostatistics 17:178-187, doi:10.1093/biostatistics/kxv032",
    "Dong et al. (2018), The stratified win ratio, J Biopharm Stat 28:778-796, doi:10.1080/10543406.2017.1397007",
)
STATISTICS: dict[str, tuple[str, Callable[[WinShares], Estimate], str]] = {
    "win ratio": ("log win ratio", log_win_ratio, "the log of the pairs that {arm} wins over the pairs that it loses"),
    "win odds": (
        "log win odds",
        log_win_odds,
        "the log of the odds that {arm} wins a pair, ties counted half to each side",
    ),
    "net benefit": ("net benefit", net_benefit, "the share of pairs that {arm} wins minus the share that it loses"),
}
"""By rule: the unit, what estimates it, and what it is in words."""
WON, LOST = "won", "lost"
SMALL = 20
"""Participants in an arm below which Wald's interval of the net benefit is too narrow to pass without a word."""
TOO_NARROW = (
    f"fewer than {SMALL} participants in an arm: this interval is somewhat too narrow and its p too small; those of "
    "the win odds are not"
)


@dataclass(frozen=True)
class WonAndLost:
    """Pairs of participants of two arms who are in one stratum, by what decided them. won, lost: by the arm; shares:
    with the covariance of both, weighted over strata, or the reason why there are none. n: participants compared;
    alone: of the two arms and at risk, but in a stratum with too few to compare. smallest: participants compared of the
    smaller arm."""

    shares: WinShares | None
    reason: str
    pairs: int
    counts: dict[str, int]
    n: int
    alone: int
    smallest: int = 0


def win_ratio(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Each arm against `reference`: win ratio and win odds on the log scale, net benefit, each with Wald's interval and
    test by U-statistics; then the share of pairs won, lost, tied, and what decided them.

    Within planned strata only participants of one stratum are compared, and strata are weighted by n m / (n + m), n and
    m the numbers of the two arms. A stratum with fewer than two participants of either arm is left out and counted. The
    comparison of two participants is that of the joint rank. Give it a trial that `usable_trial` has been through.
    """
    arms = [arm for arm in arms_of(trial) if arm is not None]
    blank = Result(method="win_ratio", endpoint=planned.measure, time_months=planned.month, references=REFERENCES)
    if reference is None or len(arms) < 2:
        reason = f"expected at least two arms to compare; got {len(arms_of(trial))}"
        return (replace(blank, converged=False, warnings=(reason,)),)
    given = function_and_survival(trial, planned)
    stratum = np.array(strata(given.people, planned.strata).to_list(), dtype=np.str_)
    rows: list[Result] = []
    for arm in arms:
        if arm == reference:
            continue
        found = _compared(given, stratum, arm, reference)
        everybody = sum(in_arm(trial.participants, name).height for name in (arm, reference))
        told = f"{found.alone} of {found.n + found.alone} are in strata with fewer than {FEWEST} of an arm: left out"
        known = replace(
            blank,
            arm=arm,
            contrast=f"{arm} - {reference}",
            n=found.n,
            not_evaluable=everybody - found.n,
            warnings=(*given.warnings, *((told,) if found.alone else ())),
        )
        for rule in STATISTICS:
            mine = replace(known, rule=rule, estimand=_estimand(given, planned, rule, arm, reference))
            rows.append(_statistic_row(mine, found, planned.alpha))
        rows += [
            replace(known, rule=what, unit=PAIRS, estimate=100.0 * number / found.pairs, warnings=())
            for what, number in found.counts.items()
            if found.pairs
        ]
    return tuple(rows)


def _compared(given: FunctionAndSurvival, stratum: NDArray[np.str_], arm: str, reference: str) -> WonAndLost:
    names = np.array([str(name) for name in given.arm])
    mine, other = names == arm, names == reference
    for name, members in ((arm, mine), (reference, other)):
        if members.sum() < FEWEST:
            reason = f"expected at least {FEWEST} participants of arm {name} at risk; got {members.sum()}"
            return WonAndLost(None, reason, 0, {}, int((mine | other).sum()), 0)
    compared: list[Comparisons] = []
    sizes = np.zeros(2, dtype=np.intp)
    for label in np.unique(stratum[mine | other]):
        first, second = mine & (stratum == label), other & (stratum == label)
        if min(first.sum(), second.sum()) >= FEWEST:
            compared.append(compare_all(_of(given.courses, first), _of(given.courses, second)))
            sizes += (first.sum(), second.sum())
    n = int(sizes.sum())
    alone = int((mine | other).sum()) - n
    if not compared:
        reason = f"expected a stratum with at least {FEWEST} participants of either arm; got none"
        return WonAndLost(None, reason, 0, {}, n, alone)
    signs = np.concatenate([pairs.sign.reshape(-1) for pairs in compared])
    decided = np.concatenate([pairs.decided.reshape(-1) for pairs in compared])
    counts = {
        WON: int((signs > 0).sum()),
        LOST: int((signs < 0).sum()),
        **{rule: int((decided == what).sum()) for rule, what in SHARES.items()},
    }
    shares = win_shares([pairs.sign for pairs in compared])
    return WonAndLost(shares, "", signs.size, counts, n, alone, int(sizes.min()))


def _of(courses: Courses, members: NDArray[np.bool_]) -> Courses:
    return Courses(courses.time[members], courses.event[members], courses.outcome[members])


def _statistic_row(known: Result, found: WonAndLost, alpha: float) -> Result:
    unit, estimate, _ = STATISTICS[known.rule or ""]
    known = replace(known, unit=unit)
    reason = found.reason
    if found.shares is not None:
        try:
            made = estimate(found.shares)
        except DataError as error:
            won, lost = found.counts[WON], found.counts[LOST]
            reason = f"of {found.pairs} pairs arm {known.arm} won {won} and lost {lost}: {error}"
        else:
            half = float(-ndtri(alpha / 2.0)) * made.standard_error
            z = made.value / made.standard_error
            narrow = (TOO_NARROW,) if known.rule == "net benefit" and found.smallest < SMALL else ()
            return replace(
                known,
                estimate=made.value,
                standard_error=made.standard_error,
                statistic=z,
                ci_low=made.value - half,
                ci_high=made.value + half,
                p=float(2.0 * ndtr(-abs(z))),
                warnings=(*known.warnings, *narrow),
            )
    return replace(known, converged=False, warnings=(reason, *known.warnings))


def _estimand(given: FunctionAndSurvival, planned: PlannedAnalysis, rule: str, arm: str, reference: str) -> str:
    until = "" if planned.month is None else f" up to month {planned.month:g}"
    within = f" of the same {' and '.join(planned.strata)}" if planned.strata else ""
    what = STATISTICS[rule][2].format(arm=f"arm {arm}")
    return (
        f"Over all pairs of a participant of arm {arm} and one of arm {reference}{within}, all at risk, as allocated: "
        f"{what}, by survival from {given.origin} on and by the change of the {measure_name(planned.measure)} from "
        f"baseline{until}. Death is part of the outcome (composite): {RULE}. Whatever was given (treatment policy). "
        "It depends on how long participants were followed."
    )
