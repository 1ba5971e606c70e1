"""Multiplicity of a plan: the p of each named analysis, adjusted by the procedure, and what is shown by it.

An analysis enters with the p of the row that answers for it (see `answer`): of several arms the first against the
reference, of several visits the planned one, of several rules the first. Intervals are not adjusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leadin.analysis.result import Result
from leadin.analysis.results_table import p_text
from leadin.engine import multiplicity as procedures
from leadin.engine.multiplicity import FamilyTest
from leadin.months import month_words
from leadin.protocols.multiplicity import Multiplicity
from leadin.protocols.plan import Plan
from leadin.protocols.planned_analysis import PlannedAnalysis

NOT_RUN = "it was not run, since only some methods were asked for"
NO_TEST = "it gives no p value here"
COUNTS_AS_ONE = "so its p counts as 1"


@dataclass(frozen=True)
class Hypothesis:
    """One hypothesis of the family: the analysis and its row (None: it made none), the level it was last held against,
    its adjusted p, and whether it is rejected; None: it could not be tested, for the `reason`, and counted as p = 1."""

    analysis: PlannedAnalysis
    row: Result | None
    level: float
    adjusted_p: float
    rejected: bool | None
    reason: str | None = None

    @property
    def p(self) -> float | None:
        """The p that entered; None where there was none."""
        return None if self.row is None or self.rejected is None else self.row.p

    def to_dict(self) -> dict[str, object]:
        """As in results.json."""
        row = self.row
        return {
            "name": self.analysis.name,
            "method": self.analysis.method,
            "endpoint": self.analysis.measure if row is None else row.endpoint,
            "contrast": None if row is None else row.contrast,
            "time_months": None if row is None else row.time_months,
            "rule": None if row is None else row.rule,
            "p": self.p,
            "level": self.level,
            "adjusted_p": self.adjusted_p,
            "rejected": self.rejected,
            "reason": self.reason,
        }


@dataclass(frozen=True)
class FamilyOfTests:
    """A procedure, its familywise two-sided level, and its hypotheses in the order of testing."""

    procedure: str
    alpha: float
    hypotheses: tuple[Hypothesis, ...]

    @property
    def references(self) -> tuple[str, ...]:
        """Where the procedure is described."""
        return procedures.REFERENCES[self.procedure]

    def of(self, row: Result) -> Hypothesis | None:
        """The hypothesis that a row answers for; None when it answers for none."""
        return next((each for each in self.hypotheses if each.row is row), None)

    def to_dict(self) -> dict[str, object]:
        """As in results.json."""
        return {
            "procedure": self.procedure,
            "alpha": self.alpha,
            "hypotheses": [hypothesis.to_dict() for hypothesis in self.hypotheses],
        }


PROCEDURES = {
    "fixed_sequence": "fixed sequence",
    "holm": "Holm",
    "hochberg": "Hochberg",
    "graphical": "graphical procedure",
}


def verdict(hypothesis: Hypothesis) -> str:
    """`shown`, `not shown`, or why it could not be tested."""
    if hypothesis.rejected is None:
        return f"not testable: {hypothesis.reason}"
    if hypothesis.rejected:
        return "shown"
    return "not shown" if hypothesis.level > 0.0 else "not reached"


def about(hypothesis: Hypothesis) -> str:
    """Which analysis it is, and of what: `main (mmrm), alsfrs_r: cells - control, month 6`."""
    analysis, row = hypothesis.analysis, hypothesis.row
    name = analysis.method if analysis.name is None else f"{analysis.name} ({analysis.method})"
    if row is None:
        return f"{name}, {analysis.measure}"
    when = [f"month {month_words(row.time_months)}"] if row.time_months is not None else []
    parts = [row.contrast or row.arm or "all", *when]
    return f"{name}, {row.endpoint}: {', '.join([*parts, *([row.rule] if row.rule else [])])}"


def family_lines(family: FamilyOfTests) -> list[str]:
    """The family as lines of plain text: the procedure and its level, then one line a hypothesis."""
    head = (
        f"Multiplicity: {PROCEDURES[family.procedure]}, familywise two-sided level {family.alpha:g}. Intervals are not "
        "adjusted."
    )
    lines = [head]
    for each in family.hypotheses:
        p = "" if each.p is None else f" (p {p_text(each.p)}, adjusted {p_text(each.adjusted_p)})"
        lines.append(f"  {about(each)}: {verdict(each)}{p}")
    return lines


def family_of_tests(plan: Plan | None, answers: Sequence[Result | None]) -> FamilyOfTests | None:
    """The plan's multiplicity, from the answer of each of `plan.tested` (None: it was not run); None without one."""
    if plan is None or plan.multiplicity is None:
        return None
    said = plan.multiplicity
    reasons = [_reason(row) for row in answers]
    p = [1.0 if row is None or row.p is None or why else row.p for row, why in zip(answers, reasons, strict=True)]
    test = _procedure(said, p)
    return FamilyOfTests(
        said.procedure,
        said.alpha,
        tuple(
            Hypothesis(
                analysis=analysis,
                row=row,
                level=float(test.level[i]),
                adjusted_p=float(test.adjusted[i]),
                rejected=bool(test.rejected[i]) if reasons[i] is None else None,
                reason=reasons[i],
            )
            for i, (analysis, row) in enumerate(zip(plan.tested, answers, strict=True))
        ),
    )


def _procedure(said: Multiplicity, p: list[float]) -> FamilyTest:
    if said.procedure == "graphical":
        return procedures.graphical(p, said.weights, said.transitions, said.alpha)
    simple = {"fixed_sequence": procedures.fixed_sequence, "holm": procedures.holm, "hochberg": procedures.hochberg}
    return simple[said.procedure](p, said.alpha)


def _reason(row: Result | None) -> str | None:
    """Why a row has no p to enter with; None where it has one."""
    if row is None:
        return f"{NOT_RUN}; {COUNTS_AS_ONE}"
    if row.p is not None and row.converged:
        return None
    why = row.warnings[0].rstrip(".") if not row.converged and row.warnings else NO_TEST
    return f"{why}; {COUNTS_AS_ONE}"
