"""How far to trust this: estimands, assumptions, what was missing, warnings, what was not planned, findings, assumed
values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from leadin.analysis.estimands import estimand_row
from leadin.analysis.methods import METHODS
from leadin.analysis.missing_data.imputed_ancova import is_imputed
from leadin.analysis.result import Result
from leadin.analysis.safety import UNADJUSTED
from leadin.reports.answers import Answers
from leadin.reports.numbers import plural
from leadin.reports.tables import Bullets, Column, Entries, Entry, Paragraph, Rows, Table
from leadin.reports.wording import ASSUMPTIONS, IMPUTATION, capital, measure_words, method_words
from leadin.trials.finding import Finding
from leadin.trials.trial import Trial
from leadin.trials.usable import LeftOut

if TYPE_CHECKING:
    from leadin.analysis.results import Results

SEVERITIES = ("error", "warning", "note")
MOST_WARNINGS = 6
SAID_UNDER_SAFETY = (
    "none seen in ",
    "fewer than half ",
    "no event in arm ",
    "expected at least one event in one of the two arms",
    "nobody of arm ",
    "boundary ",
    "the order ",
    UNADJUSTED,
)
"""How warnings begin that the section on safety tells in its own words."""


def estimands_table(trial: Trial, results: Results, answers: Answers) -> Table | None:
    """The estimand of every planned analysis in the attributes of ICH E9(R1); None where nothing was planned.

    trial: the usable part, whose participants are in an arm.
    """
    if results.plan is None:
        return None
    treated = [arm.name for arm in answers.arms if arm.name is not None and arm.name != results.reference]
    compared = f"arm {' and arm '.join(treated)} against arm {results.reference}" if treated else None
    rows = []
    for planned in results.plan.analyses:
        method = METHODS[planned.method]
        row = estimand_row(trial, planned, method.strategies, compared if len(answers.arms) > 1 else "one arm")
        about = "" if method.needs != "assessments" else f", {measure_words(planned.measure)}"
        name = f"{capital(method_words(planned.method))}{about} ({planned.role})"
        refused = "".join(f" Not as planned: {warning}." for warning in row.refused)
        words = (row.treatment, row.population, row.variable, f"{row.events}.{refused}", row.summary)
        rows.append((name, *map(capital, words)))
    titles = ("Analysis", "Treatment", "Population", "Variable", "Intercurrent events", "Summary")
    caption = "What each planned analysis estimates, in the attributes of ICH E9(R1)."
    return Table("estimands", caption, tuple(map(Column, titles)), (Rows(tuple(rows)),), wide=True)


def analyses_entries(answers: Answers) -> Entries | None:
    """One entry an analysis (method, endpoint, what tells it apart): estimand, assumptions, left out, warnings, planned
    or not.

    Where one analysis has many rows (arms, rules), the estimand is that of its first comparison between arms, else of
    its first row; the others differ by arm or rule alone.
    """
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for row in answers.rows:
        groups.setdefault((row.method, row.endpoint, answers.labels.get(row, "")), []).append(row)
    if not groups:
        return None
    return Entries(tuple(_entry(*group, rows, answers) for group, rows in groups.items()))


def _entry(method: str, endpoint: str, label: str, rows: list[Result], answers: Answers) -> Entry:
    roles = {answers.role(row) for row in rows}
    role = next(word for word in ("planned primary", "planned", "exploratory") if word in roles)
    about = "" if method == "safety" else f", {measure_words(endpoint)}"
    compared = [row for row in rows if answers.is_between(row)]
    estimand = next((row.estimand for row in (*compared, *rows) if row.estimand), None)
    lines = []
    if estimand is not None:
        alike = " The other rows alike, by arm or rule." if len({row.estimand for row in rows}) > 1 else ""
        lines.append(("Estimates", f"{estimand}{alike}"))
    imputed = [is_imputed(row.rule) for row in rows]
    taken = [] if all(imputed) else [ASSUMPTIONS.get(method, "")]
    taken += [IMPUTATION] if any(imputed) else []
    if any(taken):
        lines.append(("Takes for granted", " ".join(filter(None, taken))))
    lines.append(("Left out", _left_out(rows)))
    warnings = _warnings(method, rows)
    if warnings:
        lines.append(("Warnings", warnings))
    return Entry(f"{capital(method_words(method))}{about}{f', {label}' if label else ''} ({role})", tuple(lines))


def _warnings(method: str, rows: list[Result]) -> str:
    """Every warning once, but for what the section on safety says already: that nobody had an event, where a stopping
    rule stands."""
    said = dict.fromkeys(warning for row in rows for warning in row.warnings)
    kept = [w for w in said if not (method == "safety" and w.startswith(SAID_UNDER_SAFETY))]
    shown = [capital(warning.rstrip(".")) + "." for warning in kept[:MOST_WARNINGS]]
    if len(kept) > len(shown):
        shown.append(f"And {plural(len(kept) - len(shown), 'more warning')}, in the results file.")
    return " ".join(shown)


def _left_out(rows: list[Result]) -> str:
    counts = sorted({row.not_evaluable for row in rows if row.not_evaluable is not None})
    if not counts:
        return "Not known."
    if len(counts) == 1:
        return "Nobody." if counts[0] == 0 else f"{plural(counts[0], 'participant')}."
    return f"{counts[0]} to {plural(counts[-1], 'participant')}, by row."


def not_planned(answers: Answers, has_plan: bool) -> Paragraph:
    """What of the analyses was not planned, in a sentence."""
    unplanned = list(dict.fromkeys(method_words(row.method) for row in answers.rows if not row.planned))
    if not has_plan:
        return Paragraph("No analysis plan was given: every analysis here is exploratory.")
    if not unplanned:
        return Paragraph("Every analysis here stands in the plan.")
    return Paragraph(f"Not in the plan, and so exploratory: {', '.join(unplanned)}.")


def findings_blocks(findings: Sequence[Finding], left_out: Sequence[LeftOut]) -> tuple[Paragraph | Table, ...]:
    """The findings of the checks as a table, a row a check and table, and the rows that analyses leave out."""
    if not findings:
        return (Paragraph("The checks found nothing to remark in the tables."),)
    counts = {severity: sum(f.severity == severity for f in findings) for severity in SEVERITIES}
    said = ", ".join(plural(counts[severity], severity) for severity in SEVERITIES if counts[severity])
    lost = [f"{part.rows} of {part.of} rows of {part.table}" for part in left_out]
    out = f" Left out of the analyses: {'; '.join(lost)}." if lost else " No row was left out of the analyses."
    columns = (
        Column("Check"),
        Column("Severity"),
        Column("Table"),
        Column("Findings", numeric=True),
        Column("First of them"),
    )
    rows = tuple(
        (finding_id, severity, table, str(len(of)), of[0].message)
        for (severity, finding_id, table), of in _grouped(findings).items()
    )
    table = Table("findings", "Findings of the checks on the tables.", columns, (Rows(rows),), wide=True)
    return Paragraph(f"Findings of the checks: {said}.{out}"), table


def _grouped(findings: Iterable[Finding]) -> dict[tuple[str, str, str], list[Finding]]:
    """Findings by severity (worst first), check and table."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: SEVERITIES.index(f.severity)):
        groups.setdefault((finding.severity, finding.id, finding.table), []).append(finding)
    return groups


def assumed_blocks(trial: Trial) -> tuple[Bullets | Table | Paragraph, ...]:
    """Values of the protocol that no source gives, and those that rest on a source nobody could verify."""
    protocol = trial.protocol
    if protocol is None:
        return ()
    blocks: list[Bullets | Table | Paragraph] = []
    if protocol.assumed:
        columns = (Column("Value of the protocol"), Column("Why it was taken"))
        rows = tuple((breakable(item.field), item.reason) for item in protocol.assumed)
        caption = "Assumed: values of the protocol that no source gives."
        blocks.append(Table("assumed", caption, columns, (Rows(rows),), wide=True))
    unsure = [item for item in protocol.provenance if item.status in ("secondary", "memory")]
    if unsure:
        words = {"secondary": "from a secondary page", "memory": "from memory, unverified"}
        items = tuple(f"{item.field}: {words[item.status]}{'; ' + item.note if item.note else ''}" for item in unsure)
        blocks.append(Bullets(items, "Not verified: values of the protocol that were not seen in their source"))
    return tuple(blocks)


def breakable(path: str) -> str:
    """A dotted path with places where a line may break, after its dots and underscores."""
    return path.replace(".", ".\u200b").replace("_", "_\u200b")
