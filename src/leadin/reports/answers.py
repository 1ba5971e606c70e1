"""The results as the page reads them: in order, with the arms they speak of, the planned primary ones, their levels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from leadin.analysis.result import Result
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.reports.arms import ReportArm, arm_called, reference_arm
from leadin.reports.numbers import percent

if TYPE_CHECKING:
    from leadin.analysis.multiplicity import FamilyOfTests
    from leadin.analysis.results import Results
    from leadin.protocols.planned_analysis import PlannedAnalysis

ALPHA = 0.05
COURSE_OF_ONE_ARM = ("random_slope", "mmrm", "ancova", "potency")
"""Methods that in a trial of one arm tell how it went since baseline: everybody declines, so that is no comparison;
and `potency`, whose before and after are those of cells in the laboratory."""
PLACES = ("planned, primary", "planned, secondary", "planned, safety", "exploratory")
"""Places in a plan, in the order in which figures show them."""


@dataclass(frozen=True)
class Answers:
    """rows: all results in their order. primary: the answers of the planned primary analyses. alphas: the two-sided
    level of each row whose analysis is known; others have 0.05. made_by: the analysis of each row, where known. labels:
    what tells it apart from others of one method and measure, where anything needs to. family: what is shown at the
    familywise level."""

    rows: tuple[Result, ...]
    arms: tuple[ReportArm, ...]
    primary: tuple[Result, ...] = ()
    alphas: Mapping[Result, float] = field(default_factory=dict)
    made_by: Mapping[Result, PlannedAnalysis] = field(default_factory=dict)
    labels: Mapping[Result, str] = field(default_factory=dict)
    family: FamilyOfTests | None = None

    @classmethod
    def of(cls, results: Results, arms: tuple[ReportArm, ...]) -> Answers:
        """From the results of one analysis."""
        made_by = dict(zip(results.rows, results.analyses, strict=True))
        alphas = {row: analysis.alpha for row, analysis in made_by.items()}
        labels: dict[Result, str] = {}
        for row, label in zip(results.rows, results.labels, strict=True):
            if label is not None:  # two analyses that came to the very same row share it
                labels[row] = label if row not in labels else f"{labels[row]}; {label}"
        return cls(results.rows, arms, results.primary, alphas, made_by, labels, results.multiplicity)

    def of_method(self, *methods: str) -> tuple[Result, ...]:
        """The rows of these methods."""
        return tuple(row for row in self.rows if row.method in methods)

    def alpha(self, row: Result) -> float:
        """The two-sided level of a row."""
        return self.alphas.get(row, ALPHA)

    def interval(self, row: Result) -> str:
        """What the interval of a row is called: `95 % interval`."""
        return f"{level_words(self.alpha(row))} interval"

    def is_between(self, row: Result) -> bool:
        """The row holds an arm against the reference arm."""
        reference = reference_arm(self.arms)
        return reference is not None and row.contrast == f"{row.arm} - {reference.name}"

    def compares(self, row: Result) -> bool:
        """The estimate is a comparison: with the reference arm, or, in a trial of one arm, a change at time zero.

        Of one arm the methods of COURSE_OF_ONE_ARM give its course, which compares nothing.
        """
        if len(self.arms) > 1:
            return self.is_between(row)
        return row.contrast is not None and row.method not in COURSE_OF_ONE_ARM

    def contrast_words(self, row: Result) -> str:
        """What is compared, with the arms' labels instead of their names."""
        arm, reference = arm_called(self.arms, row.arm), reference_arm(self.arms)
        if row.contrast is None:
            return arm.label if arm is not None else "all participants"
        if arm is not None and reference is not None and self.is_between(row):
            return f"{arm.label} − {reference.label}"
        contrast = row.contrast.replace(" - ", " − ")
        return f"{contrast}, {arm.label}" if arm is not None and len(self.arms) > 1 else contrast

    def role(self, row: Result) -> str:
        """`planned primary`, `planned` or `exploratory`."""
        if not row.planned:
            return "exploratory"
        return "planned primary" if row in self.primary else "planned"

    def place(self, row: Result) -> str:
        """The place of a row's analysis in the plan, as figures group by it: one of PLACES. An analysis planned as
        exploratory stands with those that were not planned."""
        made_by = self.made_by.get(row)
        if not row.planned or (made_by is not None and made_by.role == "exploratory"):
            return PLACES[3]
        if row in self.primary or (made_by is not None and made_by.role == "primary"):
            return PLACES[0]
        return PLACES[2] if made_by is not None and made_by.role == "safety" else PLACES[1]

    def judged(self, rows: Sequence[Result]) -> tuple[Result, ...]:
        """Of rows that differ by their month alone one: the planned primary answer, else that of the planned month,
        else the last."""
        alike: dict[tuple[object, ...], list[Result]] = {}
        chosen = {id(row) for row in rows if row.time_months is None}
        for row in (row for row in rows if row.time_months is not None):
            # Within one arm the contrast itself names the visit: `month 6 - baseline`.
            contrast = row.contrast if self.is_between(row) else None
            key = (self.made_by.get(row), row.method, row.endpoint, row.arm, contrast, row.rule, row.unit)
            alike.setdefault(key, []).append(row)
        chosen |= {id(self._judged(each)) for each in alike.values()}
        return tuple(row for row in rows if id(row) in chosen)

    def _judged(self, rows: Sequence[Result]) -> Result:
        primary = [row for row in rows if row in self.primary]
        if primary:
            return primary[0]
        made_by = self.made_by.get(rows[0])
        months = [row.time_months or 0.0 for row in rows]
        wanted = made_by.month if made_by is not None and made_by.month is not None else max(months)
        return min(zip(rows, months, strict=True), key=lambda pair: abs(pair[1] - wanted))[0]


def level_words(alpha: float) -> str:
    """The confidence that goes with a level: `95 %`."""
    share = 1 - alpha
    return percent(share, 0 if abs(100 * share - round(100 * share)) < 1e-9 else 1)
