"""The section on function: scores over time, slope against slope, responders, and what no treatment gives."""

from __future__ import annotations

import math
from collections.abc import Mapping

import polars as pl

from leadin.analysis.arms import allocated
from leadin.analysis.intercurrent_events import handled
from leadin.analysis.joint_rank import joint_ranks
from leadin.analysis.measures import measure_name, measure_unit
from leadin.analysis.methods import METHODS
from leadin.analysis.responders import WILSON
from leadin.analysis.slope_change import participant_slopes
from leadin.errors import DataError
from leadin.reports.answers import Answers
from leadin.reports.arms import ReportArm, arm_called
from leadin.reports.change_distribution import change_distribution_figure, changes_at
from leadin.reports.joint_rank import RankedTrial, joint_rank_figure
from leadin.reports.limb_strength import limb_courses, limb_strength_figure
from leadin.reports.material import Material
from leadin.reports.no_treatment import cloud_of, full_rule, shares_of
from leadin.reports.page import Block
from leadin.reports.responders import ResponderShare, responders_figure
from leadin.reports.slopes import SlopePairs, slopes_figure
from leadin.reports.tables import Paragraph
from leadin.reports.trajectories import ALSFRS_R, Measured, trajectories_figure
from leadin.reports.wording import capital, method_words
from leadin.trials.trial import Trial

BREATHING = (
    Measured("svc_percent", "SVC", "SVC (% predicted)", "% predicted"),
    Measured("fvc_percent", "FVC", "FVC (% predicted)", "% predicted"),
)
AT_A_VISIT = ("mmrm", "ancova")
"""Methods whose month is that of a visit."""
NO_SLOPES = (
    "Slopes before and after time zero cannot be compared, and responders cannot be judged: nobody has three visits "
    "before time zero and three after it."
)


def function_blocks(material: Material) -> tuple[Block, ...]:
    """The figures of the section; whatever the tables do not carry is said in a sentence."""
    pairs = slope_pairs(material.trial, material.arms, material.share_baseline)
    compared: tuple[Block, ...] = (Paragraph(NO_SLOPES),)
    if pairs:
        compared = (slopes_figure(material.arms, pairs, cloud_of(material.chance)), *_responders(material))
    return (
        *_trajectories(material, ALSFRS_R),
        *compared,
        *_distribution(material),
        *_joint_rank(material),
        *(
            block
            for measured in BREATHING
            if _recorded(material, measured)
            for block in _trajectories(material, measured)
        ),
        *_strength(material),
    )


def _distribution(material: Material) -> tuple[Block, ...]:
    """The distribution of the change of ALSFRS-R; at the month of the first analysis that plans one, the primary before
    the others, else at the last visit."""
    if not _recorded(material, ALSFRS_R):
        return ()
    planned = sorted(material.results.analyses, key=lambda analysis: analysis.role != "primary")
    months = [a.month for a in planned if a.measure == ALSFRS_R.measure and a.method in AT_A_VISIT]
    try:
        changes = changes_at(material.trial, material.arms, ALSFRS_R.measure, months[0] if months else None)
    except DataError as error:
        return (Paragraph(f"The distribution of the change from baseline is not drawn. {error}"),)
    if not changes.by_arm:
        return (Paragraph("The distribution of the change from baseline is not drawn: nobody has a change."),)
    return (change_distribution_figure(material.arms, changes),)


def _joint_rank(material: Material) -> tuple[Block, ...]:
    """The picture of the first joint ranking that came to anything; no picture of one arm, where nothing is ranked
    against anything."""
    made = zip(material.results.analyses, material.results.rows, strict=True)
    ranked = (analysis for analysis, row in made if row.method == "joint_rank" and row.converged)
    planned = next(ranked, None)
    if planned is None or len(material.arms) < 2:
        return ()
    given = handled(allocated(material.trial), planned, METHODS[planned.method].strategies)
    ranks = joint_ranks(given.trial, given.planned)
    trial = RankedTrial(
        participant_id=ranks.participant_id,
        arm=ranks.arm,
        score=tuple(ranks.score.tolist()),
        rank=tuple(ranks.rank.tolist()),
        months=tuple(ranks.months.tolist()),
        event=tuple(ranks.event.tolist()),
        change=tuple(None if math.isnan(change) else change for change in ranks.change.tolist()),
        by_survival=ranks.by_survival,
        by_function=ranks.by_function,
        tied=ranks.tied,
        origin=ranks.origin,
    )
    return (joint_rank_figure(material.arms, trial, _measured(planned.measure)),)


def _measured(measure: str) -> Measured:
    known = {each.measure: each for each in (ALSFRS_R, *BREATHING)}
    name, unit = measure_name(measure), measure_unit(measure)
    return known.get(measure, Measured(measure, capital(name), f"{capital(name)} ({unit})", unit))


def _strength(material: Material) -> tuple[Block, ...]:
    courses = limb_courses(material.trial, material.arms)
    return (limb_strength_figure(material.arms, courses),) if courses else ()


def _recorded(material: Material, measured: Measured) -> bool:
    table = material.trial.assessments
    return not table.filter(pl.col("measure") == measured.measure).drop_nulls("value").is_empty()


def _followed(material: Material, measured: Measured) -> bool:
    table = material.trial.assessments
    after = table.filter((pl.col("measure") == measured.measure) & (pl.col("day") > 0)).drop_nulls("value")
    return not after.is_empty()


def _trajectories(material: Material, measured: Measured) -> tuple[Block, ...]:
    if not _recorded(material, measured):
        return (Paragraph(f"No {measured.title} is recorded in these tables."),)
    if not _followed(material, measured):
        return (Paragraph(f"{measured.title} is recorded up to time zero only, so no course of it is drawn."),)
    means = material.means.get(measured.measure)
    figure = trajectories_figure(
        material.arms,
        material.trial.assessments,
        measured,
        means.curves if means is not None else None,
        method_words(means.method) if means is not None else "model",
        name=f"trajectories-{measured.measure.replace('.', '-').replace('_', '-')}",
    )
    return (figure,)


def slope_pairs(
    trial: Trial, arms: tuple[ReportArm, ...], share_baseline: bool = False
) -> Mapping[str | None, SlopePairs]:
    """Lead-in and follow-up slopes of ALSFRS-R of the evaluable participants, by name of the arm."""
    slopes = participant_slopes(trial, share_baseline=share_baseline).filter(pl.col("evaluable"))
    pairs: dict[str | None, SlopePairs] = {}
    for arm in arms:
        own = slopes.filter(pl.col("participant_id").is_in(list(arm.participants)))
        if own.height:
            pairs[arm.name] = SlopePairs(tuple(own["lead_in"]), tuple(own["follow_up"]))
    return pairs


def responder_shares(answers: Answers, several: bool) -> tuple[ResponderShare, ...]:
    """The shares with exact interval that the results hold, in their order. several: rules are told with their
    endpoint."""
    shares = []
    for row in answers.of_method("responders"):
        if row.contrast is not None or row.rule is None or row.rule.endswith(WILSON):
            continue
        if row.statistic is None or row.n is None or row.ci_low is None or row.ci_high is None:
            continue
        arm = arm_called(answers.arms, row.arm)
        name = arm.name if arm is not None else row.arm
        rule = full_rule(row.endpoint, row.rule, several)
        shares.append(ResponderShare(rule, name, round(row.statistic), row.n, row.ci_low, row.ci_high))
    return tuple(shares)


def _responders(material: Material) -> tuple[Block, ...]:
    several = len({row.endpoint for row in material.answers.of_method("responders")}) > 1
    shares = responder_shares(material.answers, several)
    if not shares:
        return (Paragraph("No responders are counted: it was not asked for, or nobody could be judged."),)
    chance = shares_of(material.chance, material.arms, several)
    return (responders_figure(material.arms, shares, chance, material.results.interval),)
