"""Safety: how many participants had an adverse event, how often, how soon, after which injection, and how many could
have had one that nobody saw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from leadin.analysis.adverse_event_kinds import KINDS, unsaid
from leadin.analysis.adverse_event_rates import EVERY, FIRST, Exposure, RateKind, rate_contrasts, rate_row
from leadin.analysis.adverse_event_shares import Count, difference_row, share_row
from leadin.analysis.adverse_event_table import (
    PER,
    AdverseEvents,
    adverse_events_of,
    affected_by,
    first_event_months,
    rate_columns,
    safety_table,
)
from leadin.analysis.arms import arms_of, in_arm
from leadin.analysis.first_adverse_event import REFERENCES as FIRST_EVENT_REFERENCES
from leadin.analysis.first_adverse_event import first_event_rows
from leadin.analysis.injection_numbers import injection_number_rows
from leadin.analysis.injection_windows import injection_windows
from leadin.analysis.result import Result
from leadin.analysis.stopping import stopping_rows
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.trial import Trial

REFERENCES = (
    "Clopper & Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the binomial, "
    "Biometrika 26:404-413, doi:10.1093/biomet/26.4.404",
    "Garwood (1936), Fiducial limits for the Poisson distribution, Biometrika 28:437-442, "
    "doi:10.1093/biomet/28.3-4.437",
    "Newcombe (1998), Interval estimation for the difference between independent proportions, method 10, Stat Med "
    "17:873-890, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I",
    "Przyborowski & Wilenski (1940), Homogeneity of results in testing samples from Poisson series, Biometrika "
    "31:313-323, doi:10.1093/biomet/31.3-4.313",
    "Zou & Donner (2008), Construction of confidence limits about effect measures: a general approach, Stat Med "
    "27:1693-1702, doi:10.1002/sim.3095",
    *FIRST_EVENT_REFERENCES,
)
ANY = "any"
EMERGENT, BEFORE = "treatment-emergent", "before time zero"
UNADJUSTED = "p is not adjusted for the number of terms compared"


def safety(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """Shares of participants with any, a serious, a related, a serious related and a severe event, per arm and between
    arms; rates of the same, of all events and of first ones; shares and rates by system organ class and preferred term,
    between arms for terms that enough participants had; by time since the latest injection and by its number; time to
    the first event; stopping rules of the plan.

    Give it a trial that `usable_trial` has been through. Intervals are exact (Clopper-Pearson, Garwood), between arms
    Newcombe's with Fisher's p, of a rate ratio the exact conditional one. Where nobody had an event, the first warning
    says what the interval still allows. Events that do not say whether they are of a kind are counted in a warning.
    """
    harm = adverse_events_of(trial)
    rows = [
        *_kind_rows(trial, harm, planned, reference),
        *_table_rows(trial, planned, reference),
        *_kind_rate_rows(trial, harm, planned, reference),
        *_period_rows(trial, harm, 1.0 - planned.alpha),
        *_window_rows(trial, 1.0 - planned.alpha),
        *injection_number_rows(trial, harm, 1.0 - planned.alpha),
        *first_event_rows(trial, harm, 1.0 - planned.alpha, reference),
        *stopping_rows(trial, harm, planned.stopping),
    ]
    return tuple(
        replace(row, method="safety", endpoint="adverse_events", references=(*REFERENCES, *row.references))
        for row in rows
    )


_BLANK = Result(method="safety", endpoint="adverse_events")


def _contrasts(arms: tuple[str | None, ...], reference: str | None) -> list[str]:
    """The arms that are held against the reference."""
    return [arm for arm in arms if arm is not None and reference is not None and arm != reference]


def _kind_rows(trial: Trial, harm: AdverseEvents, planned: PlannedAnalysis, reference: str | None) -> list[Result]:
    arms, level = arms_of(trial), 1.0 - planned.alpha
    rows: list[Result] = []
    for kind in KINDS:
        counts = {arm: _count(trial, harm, kind.which, arm) for arm in arms}
        blank = replace(_BLANK, rule=kind.rule)
        for arm in arms:
            said = unsaid(in_arm(harm.events, arm), kind, counts[arm].n)
            rows.append(share_row(replace(blank, warnings=said), kind.words, counts[arm], level))
        for arm in _contrasts(arms, reference):
            said = unsaid(_of_both(harm.events, arm, reference), kind, counts[arm].n + counts[reference].n)
            known = replace(blank, warnings=said)
            rows.append(difference_row(known, kind.words, counts[arm], counts[reference], level))
    return rows


def _of_both(table: pl.DataFrame, arm: str, reference: str | None) -> pl.DataFrame:
    return table.filter(pl.col("arm").is_in([arm, reference]))


def _count(trial: Trial, harm: AdverseEvents, which: pl.Expr, arm: str | None) -> Count:
    everybody, n = in_arm(trial.participants, arm).height, in_arm(harm.people, arm).height
    return Count(arm, everybody, n, affected_by(in_arm(harm.events, arm), which))


def _table_rows(trial: Trial, planned: PlannedAnalysis, reference: str | None) -> list[Result]:
    """Shares and rates by class and term, and between arms the shares of terms that enough participants had."""
    arms, level = arms_of(trial), 1.0 - planned.alpha
    everybody = {arm: in_arm(trial.participants, arm).height for arm in arms}
    groups: dict[tuple[str | None, str | None], dict[str | None, dict[str, Any]]] = {}
    for row in safety_table(trial, level).iter_rows(named=True):
        groups.setdefault((row["system_organ_class"], row["term"]), {})[row["arm"]] = row
    rows: list[Result] = []
    for (soc, term), told in groups.items():
        rule = ": ".join(part for part in (soc, term) if part is not None)
        words = f"an adverse event of {rule}" if rule else "an adverse event"
        counts = {arm: Count(arm, everybody[arm], told[arm]["n"], told[arm]["participants"]) for arm in arms}
        for arm in arms:
            if rule:
                rows.append(share_row(replace(_BLANK, rule=rule), words, counts[arm], level))
            rows.append(rate_row(replace(_BLANK, rule=rule or ANY), EVERY, told[arm], everybody[arm]))
        if term is not None and sum(count.affected for count in counts.values()) >= planned.terms_compared_from:
            known = replace(_BLANK, rule=rule, warnings=(UNADJUSTED,))
            rows += [
                difference_row(known, words, counts[arm], counts[reference], level)
                for arm in _contrasts(arms, reference)
            ]
    return rows


def _kind_rate_rows(trial: Trial, harm: AdverseEvents, planned: PlannedAnalysis, reference: str | None) -> list[Result]:
    """For each kind the rate of all events and of first ones, per arm and between arms."""
    arms, level = arms_of(trial), 1.0 - planned.alpha
    rows: list[Result] = []
    for kind in KINDS:
        events = harm.events.filter(kind.which)
        for counted in (EVERY, FIRST):
            known = replace(_BLANK, rule=kind.rule)
            seen = {arm: _exposure(trial, harm, events, counted, arm) for arm in arms}
            for arm in arms:
                # The rate of any event stands with the classes and terms already.
                if (kind.rule, counted) != (ANY, EVERY):
                    own = replace(known, warnings=unsaid(in_arm(harm.events, arm), kind, seen[arm].n))
                    rows.append(rate_row(own, counted, _told(seen[arm], level), seen[arm].everybody))
            for arm in _contrasts(arms, reference):
                pair = (seen[arm], seen[reference])
                said = unsaid(_of_both(harm.events, arm, reference), kind, pair[0].n + pair[1].n)
                rows += rate_contrasts(replace(known, warnings=said), counted, *pair, level, PER)
    return rows


def _exposure(trial: Trial, harm: AdverseEvents, events: pl.DataFrame, counted: RateKind, arm: str | None) -> Exposure:
    people, mine = in_arm(harm.people, arm), in_arm(events, arm)
    everybody = in_arm(trial.participants, arm).height
    if counted is EVERY:
        return Exposure(arm, everybody, people.height, mine.height, float(people["months"].to_numpy().sum()))
    first = first_event_months(people, mine)
    return Exposure(arm, everybody, people.height, int(first["event"].sum()), float(first["months"].to_numpy().sum()))


def _told(seen: Exposure, level: float) -> dict[str, Any]:
    return {"arm": seen.arm, "n": seen.n, "events": seen.events, **rate_columns(seen.events, seen.months, level)}


def _period_rows(trial: Trial, harm: AdverseEvents, level: float) -> list[Result]:
    """Shares with an event from the first administration on, and, apart, before time zero."""
    rows = []
    for arm in arms_of(trial):
        everybody, n = in_arm(trial.participants, arm).height, in_arm(harm.people, arm).height
        emergent = affected_by(in_arm(harm.events, arm), pl.col("emergent"))
        words = "an adverse event that started on the day of the first administration or later (control: time zero)"
        rows.append(share_row(replace(_BLANK, rule=EMERGENT), words, Count(arm, everybody, n, emergent), level))
        before = affected_by(in_arm(harm.baseline, arm), pl.lit(True))
        words = "a recorded adverse event that started before time zero"
        counted = "in those who are counted after it"
        rows.append(share_row(replace(_BLANK, rule=BEFORE), words, Count(arm, everybody, n, before), level, counted))
    return rows


def _window_rows(trial: Trial, level: float) -> list[Result]:
    """Rates by time since the latest injection."""
    rows = []
    for told in injection_windows(trial, level).iter_rows(named=True):
        known = replace(_BLANK, rule=f"{ANY}, {told['window']} after an injection")
        rows.append(rate_row(known, EVERY, told, in_arm(trial.participants, told["arm"]).height))
    return rows
