"""What single trials published, in code: each figure of a simulated arm, with its Monte Carlo error.

An arm is many replicates of one protocol without effect, end to end. Slopes, responders and who counts are those of the
analysis of a real trial (leadin.analysis). A figure of one month is taken at the visit scheduled nearest to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from quantities import mixed_model_slope

from leadin.analysis.responder_rules import AbsoluteRule, RelativeRule, SpecialCases, either, judge
from leadin.analysis.slopes import ols_slopes, paired_slopes
from leadin.months import DAYS_PER_MONTH
from leadin.protocols.protocol import Protocol

NEAR_DAYS = 20.0


@dataclass(frozen=True)
class Arm:
    """n participants of an arm. scheduled (k,): months of the visits. months (n, k): actual. values: by measure (n, k),
    NaN where not seen. start, last (n,): months of enrolment and of the last day known; died, left (n,)."""

    scheduled: np.ndarray
    months: np.ndarray
    values: dict[str, np.ndarray]
    start: np.ndarray
    last: np.ndarray
    died: np.ndarray
    since_onset: np.ndarray


def arm_of(protocol: Protocol, replicates: list, name: str) -> Arm:
    """The arm of that name (`*`: all) in simulated replicates (`SimulatedArrays`)."""
    names = [arm.name for arm in protocol.arms]
    wanted = range(len(names)) if name == "*" else [names.index(name)]
    rows = [np.isin(arrays.arm, list(wanted)) for arrays in replicates]

    def joined(of) -> np.ndarray:
        return np.concatenate([of(arrays)[row] for arrays, row in zip(replicates, rows, strict=True)])

    return Arm(
        scheduled=np.array([visit.day for visit in protocol.visits]) / DAYS_PER_MONTH,
        months=joined(lambda a: a.visit_days) / DAYS_PER_MONTH,
        values={measure: joined(lambda a, m=measure: a.observed[m]) for measure in replicates[0].observed},
        start=joined(lambda a: a.enrolment_day) / DAYS_PER_MONTH,
        last=joined(lambda a: a.last_day) / DAYS_PER_MONTH,
        died=joined(lambda a: np.isfinite(a.death_day)),
        since_onset=joined(lambda a: a.people.months_since_onset - a.enrolment_day / DAYS_PER_MONTH),
    )


def figure(arm: Arm, said: dict) -> tuple[float, float, int]:
    """Value, Monte Carlo error, participants behind it, of the figure that `said` asks for."""
    scores = arm.values[said.get("measure", "alsfrs_r")]
    inside = np.ones(len(scores), dtype=bool)
    if "baseline_from" in said or "baseline_to" in said:
        before = arm.values["alsfrs_r"][:, visit(arm, 0)]
        inside = (before >= said.get("baseline_from", 0)) & (before <= said.get("baseline_to", 48))
    what, months = said["what"], said.get("months")
    if what in ("change_mean", "change_sd", "no_decline", "gained", "not_lost"):
        change = (scores[:, visit(arm, months)] - scores[:, visit(arm, 0)])[inside]
        return _of_values(what, change[np.isfinite(change)], said.get("points", 0))
    if what in ("score_mean", "score_sd", "score_at_most"):
        at = scores[inside, visit(arm, months)]
        return _of_values(what, at[np.isfinite(at)], said.get("at", 0))
    if what == "months_since_onset_mean":
        return _mean(arm.since_onset)
    if what in ("alive", "died", "completed"):
        return _kept(arm, what, months)
    if what == "mixed_model_slope":
        return _mixed(arm, scores, inside, months, said.get("scale", 1.0))
    if what in ("slopes_correlation", "slope_responders", "slope_mean"):
        return _windows(arm, scores, said)
    return _pairs(arm, scores, inside, said)


def visit(arm: Arm, months: float) -> int:
    """The column of the visit scheduled nearest to that month."""
    away = np.abs(arm.scheduled - months)
    if away.min() * DAYS_PER_MONTH > NEAR_DAYS:
        raise SystemExit(f"month {months}: no visit within {NEAR_DAYS:g} days.")
    return int(away.argmin())


def _mean(values: np.ndarray) -> tuple[float, float, int]:
    return float(values.mean()), float(values.std() / np.sqrt(values.size)), values.size


def _sd(values: np.ndarray) -> tuple[float, float, int]:
    kurtosis = np.mean((values - values.mean()) ** 4) / values.var() ** 2
    return float(values.std()), float(values.std() * np.sqrt((kurtosis - 1) / 4 / values.size)), values.size


def _share(flags: np.ndarray) -> tuple[float, float, int]:
    p = flags.mean()
    return float(100 * p), float(100 * np.sqrt(p * (1 - p) / flags.size)), flags.size


def _of_values(what: str, values: np.ndarray, bound: float) -> tuple[float, float, int]:
    if what.endswith("_mean"):
        return _mean(values)
    if what.endswith("_sd"):
        return _sd(values)
    flags = {
        "no_decline": values >= 0,
        "gained": values >= 1,
        "not_lost": values >= -bound,
        "score_at_most": values <= bound,
    }
    return _share(flags[what])


def _kept(arm: Arm, what: str, months: float) -> tuple[float, float, int]:
    """Kaplan-Meier share alive (or dead) `months` after time zero, of those there then; or the plain share still
    there."""
    there = arm.last >= 0
    last, died = arm.last[there], arm.died[there]
    if what == "completed":
        end = np.minimum(months, np.max(last) - 0.2)
        return _share(last >= end)
    order = np.argsort(last, kind="stable")
    at_risk = last.size - np.arange(last.size)
    deaths = died[order] & (last[order] <= months)
    alive = np.prod(np.where(deaths, 1 - 1 / at_risk, 1.0))
    error = alive * np.sqrt(np.sum(np.where(deaths & (at_risk > 1), 1 / (at_risk * np.maximum(at_risk - 1, 1)), 0.0)))
    return float(100 * (alive if what == "alive" else 1 - alive)), float(100 * error), int(last.size)


def _mixed(arm: Arm, scores: np.ndarray, inside: np.ndarray, months: float, scale: float) -> tuple[float, float, int]:
    """By scheduled month; who misses a visit in between counts as seen until then."""
    wanted = (arm.scheduled >= -0.01) & (arm.scheduled <= months + 0.3)
    seen = np.isfinite(scores[inside][:, wanted])
    first = np.where(seen.all(axis=1), seen.shape[1], np.argmin(seen, axis=1))
    rows = first >= 1
    y, n, t = scores[inside][:, wanted][rows], first[rows], arm.scheduled[wanted]
    parts = [mixed_model_slope(y[part], n[part], t) for part in np.array_split(np.arange(len(y)), 10)]
    return float(scale * np.mean(parts)), float(scale * np.std(parts, ddof=1) / np.sqrt(10)), len(y)


def _slope(arm: Arm, scores: np.ndarray, window: list[float]) -> tuple[np.ndarray, np.ndarray]:
    columns = (arm.scheduled >= window[0] - 0.3) & (arm.scheduled <= window[1] + 0.3)
    return ols_slopes(arm.months[:, columns], scores[:, columns])


def _windows(arm: Arm, scores: np.ndarray, said: dict) -> tuple[float, float, int]:
    early, n_early = _slope(arm, scores, said["early"])
    if said["what"] == "slope_mean":
        return _mean(early[(n_early >= 3) & np.isfinite(early)])
    late, n_late = _slope(arm, scores, said["late"])
    able = (n_early >= 3) & (n_late >= 3)
    early, late = early[able], late[able]
    if said["what"] == "slopes_correlation":
        r = np.corrcoef(early, late)[0, 1]
        return float(r), float((1 - r**2) / np.sqrt(early.size)), early.size
    if said.get("decliners_alone"):
        early, late = early[early < 0], late[early < 0]
    judged = judge(early, late, np.ones(early.size, bool), np.zeros(early.size, bool), rule_of(said), SpecialCases())
    return _share(judged.responder)


def rule_of(said: dict) -> RelativeRule | AbsoluteRule:
    return AbsoluteRule(float(said["absolute"])) if "absolute" in said else RelativeRule(float(said["relative"]))


def _pairs(arm: Arm, scores: np.ndarray, inside: np.ndarray, said: dict) -> tuple[float, float, int]:
    """Slopes of the lead-in against those from time zero to `months`, as in the analysis of a trial.

    from_months: the slope of the interval before stands for the lead-in, as where an interval between two injections is
    held against the one before.
    """

    def pair(values: np.ndarray):
        begin = said.get("from_months", 0.0)
        within = arm.scheduled <= said["months"] + 0.3
        if begin:
            within &= arm.scheduled >= begin - (said["months"] - begin) - 0.3
        return paired_slopes(
            arm.months[:, within] - begin,
            np.where(inside[:, None], values[:, within], np.nan),
            share_baseline=said.get("share_baseline", False),
        )

    slopes = pair(scores)
    if said["what"].startswith("slope_change"):
        change = (slopes.follow_up - slopes.lead_in)[slopes.evaluable]
        return _of_values(said["what"], change, 0)
    died = arm.died & (arm.last <= said["months"])
    rule, cases = rule_of(said), SpecialCases()
    judged = judge(slopes.lead_in, slopes.follow_up, slopes.evaluable, died, rule, cases)
    if said["what"] == "either_responders":
        other = pair(arm.values[said["other"]])
        judged = either(judged, judge(other.lead_in, other.follow_up, other.evaluable, died, rule, cases))
    return _share(judged.responder[judged.counted & inside])
