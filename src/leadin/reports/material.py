"""What a page is made of, gathered once: the usable part of the trial, its arms, each participant's course, the
results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leadin.analysis.arms import allocated
from leadin.analysis.kaplan_meier import SurvivalCurve, survival_curves
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.reports.answers import Answers
from leadin.reports.arms import ReportArm, report_arms
from leadin.reports.courses import Course, courses
from leadin.reports.model_means import FITS, ModelMeans, adjusted_means, model_means
from leadin.trials.trial import Trial
from leadin.trials.usable import LeftOut, left_out, usable_trial

if TYPE_CHECKING:
    from leadin.analysis.results import Results
    from leadin.designs.chance import Chance

MMRM = "mmrm"


@dataclass(frozen=True)
class Material:
    """trial: without the rows that carry an error finding; `came` is the trial as it was given. people: everybody's
    course, in table order. means: model means by measure. curves: by name of the arm. chance: what the same design
    shows with no treatment, None where nobody computed it."""

    came: Trial
    trial: Trial
    results: Results
    arms: tuple[ReportArm, ...]
    answers: Answers
    people: tuple[Course, ...]
    means: Mapping[str, ModelMeans]
    curves: Mapping[str | None, SurvivalCurve]
    left_out: tuple[LeftOut, ...]
    chance: Chance | None

    @property
    def in_arms(self) -> tuple[Course, ...]:
        """Courses of the participants who are in an arm."""
        members = frozenset().union(*(arm.members for arm in self.arms))
        return tuple(course for course in self.people if course.participant_id in members)

    @property
    def share_baseline(self) -> bool:
        """Whether the slopes of ALSFRS-R that were analysed share the baseline visit."""
        used = (
            a for a in self.results.analyses if a.method in ("slope_change", "responders") and a.measure == "alsfrs_r"
        )
        return next((analysis.share_baseline for analysis in used), False)


def gather(trial: Trial, results: Results, chance: Chance | None) -> Material:
    """The material of one page."""
    usable = usable_trial(trial)
    arms = report_arms(usable, results.reference)
    return Material(
        came=trial,
        trial=usable,
        results=results,
        arms=arms,
        answers=Answers.of(results, arms),
        people=courses(usable),
        means=_means(allocated(usable), results, arms),
        curves=survival_curves(allocated(usable)),
        left_out=left_out(trial),
        chance=chance,
    )


def _means(trial: Trial, results: Results, arms: tuple[ReportArm, ...]) -> dict[str, ModelMeans]:
    """For each measure the mean of the model that is planned primary, else of the first (broken stick, random slope,
    then the model of visits) that gave an estimate."""
    found: dict[tuple[str, str], PlannedAnalysis] = {}
    for analysis, row in zip(results.analyses, results.rows, strict=True):
        if row.method in (*FITS, MMRM) and row.converged and row.estimate is not None:
            found.setdefault((row.endpoint, row.method), analysis)
    means: dict[str, ModelMeans] = {}
    for endpoint in dict.fromkeys(endpoint for endpoint, _ in found):
        choices = [found[endpoint, method] for method in (*FITS, MMRM) if (endpoint, method) in found]
        for analysis in sorted(choices, key=lambda each: each.role != "primary"):
            made = (
                adjusted_means(results.rows_of(analysis), arms)
                if analysis.method == MMRM
                else model_means(trial, analysis, arms, results.reference)
            )
            if made is not None:
                means[endpoint] = made
                break
    return means
