"""One trial, one plan: every analysis run, every row labelled planned or exploratory, nothing left out silently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from leadin.analysis.answer import answer
from leadin.analysis.arms import allocated, reference_arm
from leadin.analysis.covariates import without_constants
from leadin.analysis.estimands import with_attributes
from leadin.analysis.intercurrent_events import Handled, handled
from leadin.analysis.measures import measure_name
from leadin.analysis.methods import METHODS, Method, method_named
from leadin.analysis.multiplicity import family_of_tests
from leadin.analysis.paired_side import MEASURES as LIMBS
from leadin.analysis.provenance import provenance_of
from leadin.analysis.rerandomisation import Progress, rerandomised
from leadin.analysis.result import Result, not_evaluable
from leadin.analysis.results import Results
from leadin.errors import ConvergenceError, DataError, UsageError
from leadin.protocols.load import load_plan
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.trials.schema import conform
from leadin.trials.trial import Trial
from leadin.trials.usable import all_findings, usable_trial

FUNCTION_MEASURES = ("alsfrs_r", "svc_percent", "fvc_percent")
"""Measures of function and breathing that are analysed, where the tables hold them, when there is no plan."""
ENDPOINTS = {"events": "survival", "adverse_events": "adverse_events", "lots": "secretion"}
ONE_MEASURE = ("responders", "paired_side")
"""Methods that look at assessments and are run once, whatever measures the tables hold."""


def analyse_trial(
    trial: Trial,
    *,
    plan: Plan | str | Path | None = None,
    methods: Sequence[str] | None = None,
    reference: str | None = None,
    progress: Progress | None = None,
) -> Results:
    """Runs the plan: as given (a value or a file), else the protocol's, else every method, labelled exploratory.

    methods: only these; one that the plan does not hold is run as exploratory. reference: the arm that others are held
    against; else the plan's, the protocol's control, the first in the table. progress: told of work that takes long.
    Rows with an error finding are left out.
    A method that cannot be run gives a row that says why. Raises UsageError for an unknown method or arm, ProtocolError
    for a plan file that cannot be used, DataError for a trial without a usable participant.
    """
    chosen = _plan(trial, plan)
    findings = all_findings(trial)
    usable = allocated(_with_people(usable_trial(trial), trial))
    against = reference_arm(usable, reference, None if chosen is None else chosen.reference_arm)
    rows: list[Result] = []
    made_by: list[PlannedAnalysis] = []
    for analysis, planned in _analyses(usable, chosen, methods):
        made = [replace(row, planned=planned) for row in run_analysis(usable, analysis, against, progress)]
        rows += made
        made_by += [analysis] * len(made)
    tested = () if chosen is None else chosen.tested
    made_for = {each: [row for row, by in zip(rows, made_by, strict=True) if by == each] for each in tested}
    answers = [answer(made_for[each], against, each) if made_for[each] else None for each in tested]
    return Results(
        rows=tuple(rows),
        analyses=tuple(made_by),
        reference=against,
        plan=chosen,
        provenance=provenance_of(trial, chosen),
        manifest=trial.manifest,
        findings=findings,
        multiplicity=family_of_tests(chosen, answers),
    )


def run_analysis(
    trial: Trial, planned: PlannedAnalysis, reference: str | None, progress: Progress | None = None
) -> tuple[Result, ...]:
    """The rows of one analysis of a usable trial, with those of its re-randomisation test where that is asked for; a
    row with the reason where it cannot be run."""
    method = method_named(planned.method)
    endpoint = "strength" if method.name == "paired_side" else ENDPOINTS.get(method.needs, planned.measure)
    reason = _lacking(trial, method, planned)
    if reason is not None:
        return (not_evaluable(method.name, endpoint, reason, references=method.references),)
    try:
        rows = _run(trial, method, planned, reference)
    except (DataError, ConvergenceError) as error:
        return (not_evaluable(method.name, endpoint, str(error), references=method.references),)
    if planned.rerandomisations is None:
        return rows

    def again(other: Trial) -> tuple[Result, ...]:
        try:
            return _run(other, method, planned, reference)
        except (DataError, ConvergenceError):
            return ()

    return (*rows, *rerandomised(trial, planned, reference, rows, again, progress))


def _run(trial: Trial, method: Method, planned: PlannedAnalysis, reference: str | None) -> tuple[Result, ...]:
    """The rows of the method after the plan's strategies for intercurrent events, without covariates that are the same
    in everybody."""
    given = handled(trial, planned, method.strategies)
    kept = without_constants(given.trial.participants, given.planned.covariates)
    left = [name for name in given.planned.covariates if name not in kept]
    if left:
        said = f"not adjusted for {' and '.join(left)}: the same in everybody"
        given = replace(
            given,
            planned=given.planned.model_copy(update={"covariates": kept}),
            warnings=(*given.warnings, said),
        )
    return tuple(_told(row, given) for row in method.run(given.trial, given.planned, reference))


def _told(row: Result, given: Handled) -> Result:
    """The row with its whole estimand, and first of its warnings what of the plan is not carried out; only the reason
    of a row without an estimate stands before it."""
    reason = () if row.converged else row.warnings[:1]
    said = row if row.estimand is None else replace(row, estimand=" ".join((row.estimand, *given.sentences)))
    return replace(
        row,
        estimand=with_attributes(said, given.planned, given.events),
        warnings=(*reason, *given.warnings, *row.warnings[len(reason) :], *given.remarks),
    )


def _with_people(usable: Trial, trial: Trial) -> Trial:
    """The usable trial; DataError where everybody who was in an arm had to be left out."""
    arms = conform("participants", trial.participants)["arm"]
    if usable.participants["arm"].is_null().all() and not arms.is_null().all():
        why = [f.message for f in all_findings(trial) if f.severity == "error" and f.table == "participants"]
        raise DataError(
            f"participants: expected at least one usable participant in an arm; got none. {' '.join(why)}".rstrip()
        )
    return usable


def _plan(trial: Trial, plan: Plan | str | Path | None) -> Plan | None:
    if plan is not None:
        return load_plan(plan)
    return None if trial.protocol is None else trial.protocol.plan


def _analyses(trial: Trial, plan: Plan | None, methods: Sequence[str] | None) -> list[tuple[PlannedAnalysis, bool]]:
    """The analyses to run, each with whether it was planned."""
    if isinstance(methods, str):
        raise UsageError(f"methods: expected a list of names; got the text {methods!r}. Write [{methods!r}].")
    wanted = None if methods is None else tuple(dict.fromkeys(method_named(name).name for name in methods))
    if wanted == ():
        raise UsageError(f"methods: expected at least one of {', '.join(METHODS)}; got none.")
    planned = () if plan is None else plan.analyses
    if wanted is None:
        if plan is not None:
            return [(analysis, True) for analysis in planned]
        return [(analysis, False) for name in METHODS for analysis in _exploratory(trial, METHODS[name])]
    kept = [(analysis, True) for analysis in planned if analysis.method in wanted]
    in_plan = {analysis.method for analysis, _ in kept}
    added = [name for name in wanted if name not in in_plan]
    return [*kept, *((analysis, False) for name in added for analysis in _exploratory(trial, METHODS[name]))]


def _exploratory(trial: Trial, method: Method) -> list[PlannedAnalysis]:
    """What is run of a method that no plan speaks of: for models, once per measure of function that the tables hold."""
    measures = ["alsfrs_r"]
    if method.needs == "assessments" and method.name not in ONE_MEASURE:
        held = trial.assessments["measure"].unique()
        measures = [m for m in FUNCTION_MEASURES if m in held] or measures
    role = "safety" if method.name == "safety" else "exploratory"
    return [PlannedAnalysis.model_validate({"method": method.name, "measure": m, "role": role}) for m in measures]


def _lacking(trial: Trial, method: Method, planned: PlannedAnalysis) -> str | None:
    """Why the tables cannot carry the method at all; None where they may."""
    if method.name == "paired_side":
        held = set(trial.assessments.drop_nulls("value")["measure"])
        return None if held >= set(LIMBS) else "the trial has no assessment of the strength of both limbs"
    if method.needs == "lots":
        measured = trial.lots.drop_nulls(["secretion_before", "secretion_after"])
        return "the trial has no lot with secretion before and after differentiation" if measured.is_empty() else None
    if method.needs == "assessments":
        measures = (planned.measure, *planned.either_of) if method.name == "responders" else (planned.measure,)
        seen = trial.assessments.filter(pl.col("measure").is_in(list(measures)) & pl.col("value").is_not_null())
        named = " or ".join(measure_name(measure) for measure in measures)
        return f"the trial has no assessment of {named}" if seen.is_empty() else None
    # An imported trial without a single row may just as well have lost the table: nothing recorded is not nothing seen.
    if trial.manifest.origin != "imported" or trial.table(method.needs).height:
        return None
    if method.needs == "events":
        return "the trial was imported without any event, so that nobody is known to have died or to have been followed"
    return "the trial was imported without any adverse event; none recorded is not none seen"
