"""A protocol as a registry entry: what people read, section by section, each doubtful value marked as such."""

from __future__ import annotations

from dataclasses import dataclass

from leadin.protocols.activities import MEASURE_LABELS, window_words
from leadin.protocols.coverage import Origins
from leadin.protocols.eligibility import Criterion
from leadin.protocols.estimand_words import estimand_words, event_words
from leadin.protocols.multiplicity_words import multiplicity_words
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.problems import FieldPath
from leadin.protocols.product import Administration, CellDose, Manufacturing, Product
from leadin.protocols.protocol import Arm, Protocol
from leadin.protocols.provenance import Assumption
from leadin.protocols.stopping_rule import StoppingRule

MASKING_WORDS = {
    "open_label": "open label",
    "single_blind": "single blind",
    "double_blind": "double blind",
    "assessor_blind": "assessor blind",
    "unknown": "not known",
}
_VARIABLES = {
    "alsfrs_r": ("ALSFRS-R", "points"),
    "alsfrs_r_lost_in_lead_in": ("ALSFRS-R lost in the lead-in", "points"),
    "svc_percent": ("SVC", "% predicted"),
    "fvc_percent": ("FVC", "% predicted"),
    "age_years": ("Age", "years"),
    "months_since_onset": ("Time since onset", "months"),
    "weight_kg": ("Weight", "kg"),
}


@dataclass(frozen=True)
class EntrySection:
    """A heading and its rows, each a label and a text; the label is empty where the text stands alone."""

    heading: str
    rows: tuple[tuple[str, str], ...]


def registry_entry(protocol: Protocol) -> tuple[EntrySection, ...]:
    """The sections of an entry, without the schedule of activities; sections with nothing to say are left out.

    A value that was not read in a source is followed by `(assumed)`, `(from memory)`, `(unreviewed page)` or `(no
    source)`; the last only in a protocol that names sources at all.
    """
    say = _Marks(protocol)
    sections = (
        EntrySection("Design", _design(protocol, say)),
        EntrySection("Arms", _arms(protocol, say)),
        EntrySection("Cells", _products(protocol, say)),
        EntrySection("Also given", _co_interventions(protocol, say)),
        EntrySection("Who may enter", _eligibility(protocol, say)),
        EntrySection("Endpoints", _endpoints(protocol, say)),
        EntrySection("Analysis plan", _plan(protocol, say)),
        EntrySection("Notes", tuple(("", note) for note in protocol.notes)),
        EntrySection("Assumed", tuple((item.field, item.reason) for item in protocol.assumed)),
        EntrySection("Sources", _sources(protocol)),
    )
    return tuple(section for section in sections if section.rows)


def visit_marks(protocol: Protocol) -> tuple[str, ...]:
    """What was not read in a source about the visits, one sentence a mark: `Visits, assumed: days, windows.`"""
    marks = _Marks(protocol)
    told: dict[str, list[str]] = {}
    for words, field in (("days", ("day",)), ("windows", ("days_early",)), ("measures", ("measures", 0))):
        for i in range(len(protocol.visits)):
            mark = marks.mark(("visits", i, *field))
            if mark and words not in told.setdefault(mark, []):
                told[mark].append(words)
    return tuple(f"Visits, {mark}: {', '.join(words)}." for mark, words in told.items() if words)


class _Marks:
    """Appends to a text where its value comes from, when that is not a source that was read."""

    def __init__(self, protocol: Protocol) -> None:
        self._origins = Origins(protocol)
        self._sourced = bool(protocol.sources)

    def __call__(self, text: str, *at: str | int) -> str:
        mark = self.mark(at)
        return f"{text} ({mark})" if mark else text

    def mark(self, at: FieldPath) -> str:
        """The mark of the value at a place; empty for one that was read or computed."""
        origin = self._origins.of(at)
        if origin is None:
            return "no source" if self._sourced else ""
        if isinstance(origin, Assumption):
            return "assumed"
        return {"memory": "from memory", "secondary": "unreviewed page"}.get(origin.status, "")


def _design(protocol: Protocol, say: _Marks) -> tuple[tuple[str, str], ...]:
    rows = []
    if protocol.registry_id is not None:
        rows.append(("Registry", say(protocol.registry_id, "registry_id")))
    if protocol.phase is not None:
        rows.append(("Phase", say(protocol.phase, "phase")))
    rows.append(("Masking", say(MASKING_WORDS[protocol.masking], "masking")))
    rows.append(("Allocation", _allocation(protocol, say)))
    if protocol.sites is not None:
        rows.append(("Sites", say(str(protocol.sites), "sites")))
    rows.append(("Participants", str(sum(arm.planned for arm in protocol.arms))))
    if protocol.accrual_per_month is not None:
        rows.append(
            ("Accrual", say(f"{_number_of(protocol.accrual_per_month, 'participants')} per month", "accrual_per_month"))
        )
    rows.append(("Lead-in", say(_months(protocol.lead_in_months), "lead_in_months")))
    rows.append(("Follow-up", say(_months(protocol.follow_up_months), "follow_up_months")))
    fatal = ", ".join(event.replace("_", " ") for event in protocol.fatal_events)
    rows.append(("Survival ends with", say(fatal, "fatal_events", 0)))
    return tuple(rows)


def _months(months: float) -> str:
    return "none" if months == 0 else _number_of(months, "months")


def _number_of(number: float, things: str) -> str:
    """`2 days`, `1 day`; the word is given in the plural."""
    return f"1 {things.removesuffix('s')}" if number == 1 else f"{number:.10g} {things}"


def _duration(hours: float) -> str:
    """From three days on in days, where those are whole days or quarters."""
    return _number_of(hours / 24, "days") if hours >= 72 and hours % 6 == 0 else _number_of(hours, "hours")


def _allocation(protocol: Protocol, say: _Marks) -> str:
    if protocol.randomisation is None:
        return "one arm" if len(protocol.arms) == 1 else "not randomised"
    chosen = protocol.randomisation
    ratio = ":".join(str(share) for share in chosen.ratio.values())
    names = ":".join(chosen.ratio)
    text = say(f"randomised {ratio} ({names})", "randomisation", "ratio", next(iter(chosen.ratio)))
    when, field = (f"at {chosen.at}", "at") if chosen.day is None else (f"on day {chosen.day}", "day")
    text += ", " + say(when, "randomisation", field)
    if chosen.strata:
        text += ", " + say(f"stratified by {', '.join(chosen.strata)}".replace("_", " "), "randomisation", "strata", 0)
    if chosen.block_size is not None:
        text += ", " + say(f"in blocks of {chosen.block_size}", "randomisation", "block_size")
    return text


def _arms(protocol: Protocol, say: _Marks) -> tuple[tuple[str, str], ...]:
    rows = []
    for i, arm in enumerate(protocol.arms):
        planned = say(_number_of(arm.planned, "participants"), "arms", i, "planned")
        rows.append((arm.name, f"{arm.label}; {arm.role}; {planned}"))
        rows.extend(
            ("", _dose(arm, position, ("arms", i, "administrations", position), say))
            for position in range(len(arm.administrations))
        )
    return tuple(rows)


def _dose(arm: Arm, position: int, at: FieldPath, say: _Marks) -> str:
    dose: Administration = arm.administrations[position]
    parts = [say(f"day {dose.day}", *at, "day"), f"{dose.product}, {say(dose.route, *at, 'route')}"]
    parts.append("cells not said" if dose.cells is None else say(cells_words(dose.cells), *at, "cells", "amount"))
    if dose.volume is not None:
        parts.append(say(dose.volume, *at, "volume"))
    if dose.site is not None:
        parts.append(say(dose.site, *at, "site"))
    if dose.side is not None:
        parts.append(say("one side alone" if dose.side == "either" else f"{dose.side} side", *at, "side"))
    if dose.days_early or dose.days_late:
        window = f"window {window_words(dose.days_early, dose.days_late)} days"
        parts.append(say(window, *at, "days_late" if dose.days_late else "days_early"))
    return ", ".join(parts)


def cells_words(dose: CellDose) -> str:
    """`1 million cells per kg`; below a million the whole number."""
    amount = f"{dose.amount / 1e6:.10g} million" if dose.amount >= 1e6 else f"{dose.amount:,.0f}"
    return f"{amount} cells{' per kg' if dose.per == 'kg' else ''}"


def _products(protocol: Protocol, say: _Marks) -> tuple[tuple[str, str], ...]:
    rows = []
    for i, product in enumerate(protocol.products):
        rows.append((product.name, f"{product.label}: {_what_cells(product, ('products', i), say)}"))
        if product.manufacturing is not None:
            rows.append(("", _making(product.manufacturing, ("products", i, "manufacturing"), say)))
    return tuple(rows)


def _what_cells(product: Product, at: FieldPath, say: _Marks) -> str:
    parts = [say(f"{product.origin} {product.cell_type}", *at, "origin")]
    parts.append(
        "source tissue not said" if product.source_tissue is None else say(product.source_tissue, *at, "source_tissue")
    )
    if product.differentiation is not None:
        parts.append(say(product.differentiation, *at, "differentiation"))
    if product.suspended_in is not None:
        parts.append(say(f"given in {product.suspended_in}", *at, "suspended_in"))
    return ", ".join(parts)


def _making(made: Manufacturing, at: FieldPath, say: _Marks) -> str:
    parts = [
        say(_number_of(made.isolations, "isolations"), *at, "isolations"),
        say(f"{_number_of(made.expansion_days, 'days')} of expansion", *at, "expansion_days"),
    ]
    if made.passages is not None:
        parts.append(say(_number_of(made.passages, "passages"), *at, "passages"))
    if made.differentiation_days:
        parts.append(
            say(f"{_number_of(made.differentiation_days, 'days')} of differentiation", *at, "differentiation_days")
        )
    if made.release_tests:
        tests = ", ".join(made.release_tests).replace("_", " ")
        parts.append(say(f"released on {tests}", *at, "release_tests", 0))
    if made.release_days:
        parts.append(say(f"{_number_of(made.release_days, 'days')} for release tests", *at, "release_days"))
    if made.shelf_life_hours is not None:
        parts.append(say(f"keeps {_duration(made.shelf_life_hours)}", *at, "shelf_life_hours"))
    if made.cryopreserved is not None:
        parts.append(say("frozen" if made.cryopreserved else "not frozen", *at, "cryopreserved"))
    if made.repeats is not None:
        times = "not repeated" if made.repeats == 0 else "repeated once"
        times = f"repeated up to {made.repeats} times" if made.repeats > 1 else times
        parts.append(say(f"a failed culture is {times}", *at, "repeats"))
    if made.clean_room_slots is not None:
        parts.append(say(_number_of(made.clean_room_slots, "clean-room slots"), *at, "clean_room_slots"))
    return "; ".join(parts)


def _co_interventions(protocol: Protocol, say: _Marks) -> tuple[tuple[str, str], ...]:
    rows = []
    for i, co in enumerate(protocol.co_interventions):
        at: FieldPath = ("co_interventions", i)
        parts: list[str] = [] if co.kind == "other" else [co.kind]
        parts.extend(
            say(text, *at, field)
            for field, text in (("dose", co.dose), ("frequency", co.frequency))
            if text is not None
        )
        for j, way in enumerate(co.procedures):
            parts.append(say("tissue is taken" if way == "isolation" else f"{way} procedure", *at, "procedures", j))
        parts.append(
            f"on day{'s' if len(co.days) > 1 else ''} {', '.join(map(str, co.days))}" if co.days else "throughout"
        )
        parts.append(f"arm{'s' if len(co.arms) > 1 else ''} {', '.join(co.arms)}" if co.arms else "every arm")
        rows.append((co.name, ", ".join(parts)))
    return tuple(rows)


def _eligibility(protocol: Protocol, say: _Marks) -> tuple[tuple[str, str], ...]:
    measured = tuple(
        (_VARIABLES[criterion.variable][0], say(_bounds(criterion), "eligibility", "criteria", i, "variable"))
        for i, criterion in enumerate(protocol.eligibility.criteria)
    )
    judged = tuple(("", say(text, "eligibility", "other", i)) for i, text in enumerate(protocol.eligibility.other))
    return measured + judged


def _bounds(criterion: Criterion) -> str:
    unit = _VARIABLES[criterion.variable][1]
    if criterion.minimum is None:
        text = f"at most {criterion.maximum:g} {unit}"
    elif criterion.maximum is None:
        text = f"at least {criterion.minimum:g} {unit}"
    else:
        text = f"{criterion.minimum:g} to {criterion.maximum:g} {unit}"
    text = f"{text}, at {criterion.at}"
    if criterion.arms:
        text += f", arm{'s' if len(criterion.arms) > 1 else ''} {', '.join(criterion.arms)} only"
    return text


def _endpoints(protocol: Protocol, say: _Marks) -> tuple[tuple[str, str], ...]:
    rows = []
    for i, endpoint in enumerate(protocol.endpoints):
        text = endpoint.name
        if endpoint.months is not None:
            text += f", at {_months(endpoint.months)}"
        if endpoint.description is not None:
            text += f". {endpoint.description}"
        rows.append((endpoint.role.capitalize(), say(text, "endpoints", i, "role")))
    return tuple(rows)


def _plan(protocol: Protocol, say: _Marks) -> tuple[tuple[str, str], ...]:
    if protocol.plan is None:
        return ()
    rows = []
    for i, analysis in enumerate(protocol.plan.analyses):
        rows.append((analysis.role.capitalize(), say(_analysis(analysis), "plan", "analyses", i, "method")))
        if analysis.intercurrent_events or analysis.estimand is not None:
            rows.append(("", _estimand(analysis)))
    if protocol.plan.reference_arm is not None:
        rows.append(("Held against", f"arm {protocol.plan.reference_arm}"))
    if protocol.plan.multiplicity is not None:
        told = say(multiplicity_words(protocol.plan), "plan", "multiplicity", "procedure")
        rows.append(("Multiplicity", told))
    return tuple(rows)


def _analysis(analysis: PlannedAnalysis) -> str:
    parts: list[str] = [analysis.method if analysis.name is None else f"{analysis.name} ({analysis.method})"]
    if analysis.method in ("slope_change", "responders", "random_slope", "broken_stick"):
        measures = analysis.either_of or (analysis.measure,)
        parts.append(" or ".join(MEASURE_LABELS[measure].partition(",")[0] for measure in measures))
    elif analysis.measure != "alsfrs_r":
        parts.append(MEASURE_LABELS[analysis.measure].partition(",")[0])
    if analysis.method == "responders":
        parts.append(f"{', '.join(f'{rule:g}' for rule in analysis.relative)} % slower" if analysis.relative else "")
        parts.append(
            f"{', '.join(f'{rule:g}' for rule in analysis.absolute)} points per month slower"
            if analysis.absolute
            else ""
        )
    if analysis.share_baseline:
        parts.append("the baseline visit counts in both slopes")
    if analysis.month is not None:
        parts.append(f"month {analysis.month:g}")
    if analysis.arm is not None:
        parts.append(f"arm {analysis.arm}")
    for words, columns in (("adjusted for", analysis.covariates), ("within", analysis.strata)):
        if columns:
            parts.append(f"{words} {', '.join(columns)}".replace("_", " "))
    if analysis.rerandomisations is not None:
        parts.append(f"re-randomised {analysis.rerandomisations:,} times")
    if analysis.alpha != 0.05:
        parts.append(f"two-sided level {analysis.alpha:g}")
    if analysis.imputation is not None:
        given = analysis.imputation
        parts.append(f"missing visits imputed {given.imputations} times ({given.assumption.replace('_', ' ')})")
        if given.tipping_point:
            parts.append(f"tipping point from {min(given.tipping_point):g} to {max(0.0, *given.tipping_point):g}")
    return "; ".join(part for part in (*parts, *_settings(analysis)) if part)


def _settings(analysis: PlannedAnalysis) -> list[str]:
    """What else is set otherwise than by default: the model of the visits, the fatal events that count, stopping."""
    parts = []
    if analysis.covariance != "unstructured":
        parts.append(f"{analysis.covariance.replace('_', ' ')} covariance")
    if analysis.degrees_of_freedom != "satterthwaite":
        variant = " (linear)" if analysis.degrees_of_freedom == "kenward_roger_linear" else ""
        parts.append(f"Kenward-Roger{variant}")
    if analysis.fatal_events:
        parts.append(f"fatal events that count: {', '.join(analysis.fatal_events)}".replace("_", " "))
        parts.append("others compete")
    return parts + [_stopping(rule) for rule in analysis.stopping]


def _stopping(rule: StoppingRule) -> str:
    """`stopping rule (exact): serious related in more than 10 %, error at most 0.05, up to 30 treated`."""
    parts = [f"stopping rule ({rule.kind}): {rule.events} in more than {100 * rule.tolerated:g} %".replace("_", " ")]
    if rule.unacceptable is not None:
        parts.append(f"against {100 * rule.unacceptable:g} %")
    if rule.alpha is not None:
        parts.append(f"error at most {rule.alpha:g}")
    if rule.prior_mean is not None and rule.prior_weight is not None:
        parts.append(f"prior mean {100 * rule.prior_mean:g} % worth {rule.prior_weight:g} participants")
    if rule.certainty is not None:
        parts.append(f"certainty {rule.certainty:g}")
    if rule.first_look > 1:
        parts.append(f"from {rule.first_look} treated on")
    return ", ".join([*parts, f"up to {rule.participants} treated"])


def _estimand(analysis: PlannedAnalysis) -> str:
    """The estimand in its attributes, the intercurrent events last."""
    words = estimand_words(analysis)
    parts = [f"estimand: {words.treatment}", words.population, words.variable, words.summary]
    parts += [event_words(item.event, item.strategy, item.assumption) for item in analysis.intercurrent_events]
    return "; ".join(parts)


def _sources(protocol: Protocol) -> tuple[tuple[str, str], ...]:
    rows = []
    for source in protocol.sources:
        where = f"doi:{source.doi}" if source.doi is not None else source.url
        rows.append((source.id, f"{source.citation}. {where}" if where else f"{source.citation}."))
        for item in protocol.provenance:
            if item.source == source.id:
                note = f": {item.note}" if item.note else ""
                rows.append(("", f"{item.field} ({item.status}){note}"))
    return tuple(rows)
