"""The first screen: what happened to function, to survival and breathing, to safety, each with its interval in plain
words.

In a trial without control a further sentence says what the same design shows with no treatment. No claims: an interval
that holds both directions is told as both, and `significant` is said of a planned primary analysis only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leadin.analysis.kaplan_meier import SurvivalCurve
from leadin.analysis.result import Result
from leadin.engine.intervals import clopper_pearson
from leadin.reports.answers import COURSE_OF_ONE_ARM, Answers
from leadin.reports.arms import ReportArm, arm_called, reference_arm
from leadin.reports.estimate_words import shown_value
from leadin.reports.models import first_reason
from leadin.reports.numbers import decimals_for_interval, interval, number, p_phrase, percent, percent_interval, plural
from leadin.reports.safety_table import kind_rows
from leadin.reports.wording import BREATHING, measure_words, method_words, rule_words

MODELS = ("broken_stick", "random_slope", "slope_change", "mmrm", "ancova")
"""Methods that answer for function, the first that has an estimate before the others."""
AT_A_VISIT = ("mmrm", "ancova")
"""Of these the methods that compare the measure itself at a visit, not its rate of decline."""
JOINT = ("joint_rank", "win_ratio")
"""Methods that answer for function and survival at once; the first screen tells them where they are planned primary."""
NO_EVENTS = "The tables hold no events, so nothing can be said of survival: none recorded is not none happened."
UNCONTROLLED = (
    "There is no control arm, so this trial alone cannot tell an effect from what would have happened anyway."
)


@dataclass(frozen=True)
class Sentence:
    """What it is about, and the sentence or two."""

    about: str
    text: str


def function_sentence(answers: Answers, controlled: bool = True) -> Sentence:
    """What happened to ALSFRS-R: the planned primary analysis of it, else the model that can be estimated.

    controlled: the trial has a control arm; without one the sentence says what that means.
    """
    rows = _model_rows(answers, ("alsfrs_r",))
    if not rows:
        failed = [row for row in answers.of_method(*MODELS) if row.endpoint == "alsfrs_r" and row.warnings]
        why = f" ({first_reason(failed[0])})" if failed else ""
        return Sentence("Function", f"No change of ALSFRS-R could be estimated from these data{why}.")
    said = [_row_sentence(row, answers) for row in rows]
    said += [_significance(row, answers) for row in rows if row in answers.primary and row.p is not None]
    if not controlled:
        said.append(UNCONTROLLED)
    return Sentence("Function", " ".join(said))


def _model_rows(answers: Answers, endpoints: Sequence[str]) -> list[Result]:
    """The rows that answer for an endpoint: those of the first method that has an estimate, a planned primary first;
    every planned primary of that method, and of a comparison that has none the first."""
    alone = len(answers.arms) == 1
    usable = [
        row
        for row in answers.judged(answers.of_method(*MODELS, *JOINT))
        if row.endpoint in endpoints
        and row.converged
        and row.estimate is not None
        and (None not in (row.ci_low, row.ci_high) or (row in answers.primary and row.p is not None))
        and (answers.compares(row) or (alone and row.method in COURSE_OF_ONE_ARM and row.contrast is not None))
    ]
    for method in [row.method for row in usable if row in answers.primary] + list(MODELS):
        rows = sorted((row for row in usable if row.method == method), key=lambda row: row not in answers.primary)
        if rows:
            return rows[:1] if alone else _told_once([row for row in rows if row.endpoint == rows[0].endpoint], answers)
    return []


def _told_once(rows: Sequence[Result], answers: Answers) -> list[Result]:
    """Primary ones at several months each; of a comparison told in several ways (adjusted and not) the first."""
    told: dict[tuple[str | None, float | None], Result] = {}
    for row in rows:
        if row in answers.primary:
            told.setdefault((row.contrast, row.time_months), row)
        elif all(contrast != row.contrast for contrast, _ in told):
            told[row.contrast, None] = row
    return list(told.values())


def _row_sentence(row: Result, answers: Answers) -> str:
    if row.method in JOINT:
        return _joint_sentence(row, answers)
    return _visit_sentence(row, answers) if row.method in AT_A_VISIT else _rate_sentence(row, answers)


def _visit_sentence(row: Result, answers: Answers) -> str:
    """`At month 6 ALSFRS-R was 1.2 points higher with cells than with control (95 % interval 0.3 to 2.1; ...).`"""
    what, unit = measure_words(row.endpoint), row.unit or ""
    decimals = decimals_for_interval(row.standard_error, row.ci_low, row.ci_high)
    value, low, high = float(row.estimate or 0.0), float(row.ci_low or 0.0), float(row.ci_high or 0.0)
    size, level = f"{number(abs(value), decimals)} {unit}", answers.interval(row)
    used = f"{_named(row)}, {plural(row.n or 0, 'participant')}"
    arm, reference = arm_called(answers.arms, row.arm), reference_arm(answers.arms)
    month = number(row.time_months, 1).removesuffix(".0")
    if arm is None or reference is None:
        moved, spread = "fell" if value < 0 else "rose", spread_words(low, high, decimals, "down", "up")
        return f"{what} {moved} by {size} from baseline to month {month} ({level} {spread}; {used})."
    way, spread = "higher" if value >= 0 else "lower", spread_words(low, high, decimals, "lower", "higher")
    return (
        f"At month {month} {what} was {size} {way} with {arm.label} than with {reference.label} ({level} {spread}; "
        f"{used})."
    )


def _joint_sentence(row: Result, answers: Answers) -> str:
    """Of the joint rank how much higher one arm ranks; of wins how many times as often as it loses one arm wins."""
    arm, reference = arm_called(answers.arms, row.arm), reference_arm(answers.arms)
    with_arm, than = (each.label if each is not None else "the other arm" for each in (arm, reference))
    value, error, low, high, unit = shown_value(row)
    decimals = decimals_for_interval(error, low, high)
    told = number(value, 1 if decimals is None else decimals)
    if row.method == "win_ratio":
        spread = f"{answers.interval(row)} {interval(low, high, decimals)}; "
        used = f"{_named(row)}, {plural(row.n or 0, 'participant')}"
        return (
            f"Each participant with {with_arm} held against each with {than}, by survival first and function next: "
            f"{unit} {told} ({spread}{used})."
        )
    spread = ""
    if low is not None and high is not None:
        spread = f"{answers.interval(row)} {spread_words(low, high, decimals, 'lower', 'higher')}; "
    used = f"{_named(row)}, {rule_words(row.rule or '')}, {plural(row.n or 0, 'participant')}"
    size = number(abs(float(value or 0.0)), 1 if decimals is None else decimals)
    way = "higher" if float(value or 0.0) >= 0 else "lower"
    return (
        f"In one ranking by survival first and function next, participants with {with_arm} ranked {way} than those "
        f"with {than}, by {size} ranks on average ({spread}{used})."
    )


def _rate_sentence(row: Result, answers: Answers) -> str:
    """`ALSFRS-R declined slower with cells than with control, by 0.31 points a month (95 % interval 0.02 to 0.60;
    ...).`"""
    what, unit = measure_words(row.endpoint), (row.unit or "").replace(" per month", " a month")
    decimals = decimals_for_interval(row.standard_error, row.ci_low, row.ci_high)
    value, low, high = float(row.estimate or 0.0), float(row.ci_low or 0.0), float(row.ci_high or 0.0)
    size, level = f"{number(abs(value), decimals)} {unit}", answers.interval(row)
    used = f"{method_words(row.method)}, {plural(row.n or 0, 'participant')}"
    if len(answers.arms) == 1 and row.method == "random_slope":
        spread = spread_words(low, high, decimals, "down", "up")
        return f"{what} {'fell' if value < 0 else 'rose'} by {size} from time zero on ({level} {spread}; {used})."
    way, spread = "slower" if value >= 0 else "faster", spread_words(low, high, decimals, "faster", "slower")
    arm, reference = arm_called(answers.arms, row.arm), reference_arm(answers.arms)
    if arm is not None and reference is not None:
        return (
            f"{what} declined {way} with {arm.label} than with {reference.label}, by {size} ({level} {spread}; {used})."
        )
    return f"{what} declined {way} after time zero than before, by {size} ({level} {spread}; {used})."


def spread_words(low: float, high: float, decimals: int | None, down: str, up: str) -> str:
    """`0.02 to 0.60`, or, where the interval holds both directions, `from 0.20 faster to 0.42 slower`."""
    if low * high > 0:
        return interval(min(abs(low), abs(high)), max(abs(low), abs(high)), decimals)
    return f"from {number(abs(low), decimals)} {down} to {number(abs(high), decimals)} {up}"


def _significance(row: Result, answers: Answers) -> str:
    several = row.time_months is not None and len(answers.primary) > 1
    month = f", month {number(row.time_months, 1).removesuffix('.0')}" if several else ""
    which = _named(row) + month + (f", {answers.contrast_words(row)}" if len(answers.arms) > 2 else "")
    hypothesis = None if answers.family is None else answers.family.of(row)
    if answers.family is not None and hypothesis is not None:
        verdict, level = "is" if hypothesis.rejected else "is not", _level(answers.family.alpha)
        return (
            f"The planned primary analysis ({which}) {verdict} significant at the familywise "
            f"{level} level ({p_phrase(row.p)}, adjusted for multiplicity {p_phrase(hypothesis.adjusted_p)})."
        )
    alpha = answers.alpha(row)
    verdict, level = "is" if row.p is not None and row.p < alpha else "is not", _level(alpha)
    return f"The planned primary analysis ({which}) {verdict} significant at the {level} level ({p_phrase(row.p)})."


def _named(row: Result) -> str:
    """The method within brackets: `repeated-measures model, MMRM`, without brackets of its own."""
    return method_words(row.method).replace(" (", ", ").replace(")", "")


def _level(alpha: float) -> str:
    return percent(alpha, 0 if abs(100 * alpha - round(100 * alpha)) < 1e-9 else 1)


def survival_sentence(
    answers: Answers, curves: Mapping[str | None, SurvivalCurve], fatal: str = "died", recorded: bool = True
) -> Sentence:
    """Deaths by arm with the hazard ratio, or in one arm survival at its end; then breathing, where a model tells of
    it.

    fatal: what happened to those with a fatal event, `died` or `died or had a tracheostomy`. recorded: the tables hold
    events at all.
    """
    said = _deaths(answers, curves, fatal) if recorded else [NO_EVENTS]
    breathing = _model_rows(answers, BREATHING)
    said += [_row_sentence(row, answers) for row in breathing]
    return Sentence("Survival and breathing" if breathing else "Survival", " ".join(said))


def _deaths(answers: Answers, curves: Mapping[str | None, SurvivalCurve], fatal: str) -> list[str]:
    arms = answers.arms
    counted = [(arm_called(arms, name), int(c.deaths.sum()), int(c.at_risk[0])) for name, c in curves.items()]
    if not counted:
        return ["Nothing can be said of survival: nobody was at risk."]
    if not any(deaths for _, deaths, _ in counted):
        return [f"Nobody {fatal}: {_by_arm([(arm, zero_words(n)) for arm, _, n in counted], arms)}."]
    several = len(arms) > 1
    told = [
        (arm, f"{deaths} of {n}" if several else f"{deaths} of {plural(n, 'participant')}")
        for arm, deaths, n in counted
    ]
    said = [f"{_by_arm(told, arms)} {fatal}."]
    for row in answers.of_method("cox"):
        said += _hazard_words(row, answers, fatal)
    for row in answers.judged(answers.of_method("restricted_mean")):
        said += _mean_survival_words(row, answers)
    for row in answers.of_method("cox", "log_rank", "restricted_mean"):
        if row in answers.primary and row.p is not None:
            said.append(_significance(row, answers))
    return said if several else said + _last_survival(answers)


def _by_arm(told: list[tuple[ReportArm | None, str]], arms: tuple[ReportArm, ...]) -> str:
    """`5 of 33 with cells and 4 of 31 with control`; one arm: `3 of 8 participants`."""
    if len(arms) == 1:
        return told[0][1]
    words = [f"{text} with {arm.label if arm is not None else 'no arm'}" for arm, text in told]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def zero_words(n: int) -> str:
    """`0 of 33 (95 % interval 0 to 11 %)`: what none seen leaves open."""
    return f"0 of {n} (95 % interval {percent_interval(0.0, float(clopper_pearson(0, n).high))})"


def _hazard_words(row: Result, answers: Answers, fatal: str) -> list[str]:
    arm, reference = arm_called(answers.arms, row.arm), reference_arm(answers.arms)
    if arm is None or reference is None:
        return []
    value, error, low, high, _ = shown_value(row)
    if not row.converged or value is None:
        return [f"No hazard ratio of {arm.label} to {reference.label}: {first_reason(row)}."]
    decimals = decimals_for_interval(error, low, high)
    of = "death" if fatal == "died" else "a fatal event"
    return [
        f"The hazard of {of} with {arm.label} was {number(value, decimals)} times that with {reference.label} "
        f"({answers.interval(row)} {interval(low, high, decimals)})."
    ]


def _mean_survival_words(row: Result, answers: Answers) -> list[str]:
    """`Up to month 12 those with cells lived 0.4 months longer on average than those with control (...).`"""
    arm, reference = arm_called(answers.arms, row.arm), reference_arm(answers.arms)
    if arm is None or reference is None or row.unit != "months" or not answers.is_between(row):
        return []
    if row.estimate is None or row.ci_low is None or row.ci_high is None:
        return []
    decimals = decimals_for_interval(row.standard_error, row.ci_low, row.ci_high)
    way, month = "longer" if row.estimate >= 0 else "shorter", number(row.time_months, 1).removesuffix(".0")
    spread = spread_words(row.ci_low, row.ci_high, decimals, "shorter", "longer")
    return [
        f"Up to month {month} those with {arm.label} lived {number(abs(row.estimate), decimals)} months {way} on "
        f"average than those with {reference.label} ({answers.interval(row)} {spread})."
    ]


def _last_survival(answers: Answers) -> list[str]:
    """Survival at the last landmark that has an interval."""
    told = [row for row in answers.of_method("kaplan_meier") if row.rule is None]
    rows = [row for row in told if row.estimate is not None and row.ci_low is not None]
    if not rows:
        return []
    row = max(rows, key=lambda each: each.time_months or 0.0)
    spread = percent_interval(float(row.ci_low or 0.0), float(row.ci_high or 0.0))
    month = number(row.time_months, 1).removesuffix(".0")
    return [f"At month {month}, {percent(row.estimate)} were alive by Kaplan-Meier ({answers.interval(row)} {spread})."]


def safety_sentence(answers: Answers, recorded: bool = True, serious_known: bool = True) -> Sentence:
    """Participants with at least one serious, and with at least one, adverse event, from the rows of `safety`.

    recorded: the tables hold adverse events at all. serious_known: they say which of them were serious.
    """
    if not recorded:
        return Sentence(
            "Safety",
            "The tables hold no adverse events, so nothing can be said of harm: none recorded is not none happened.",
        )
    serious, every = kind_rows(answers.rows, "serious"), kind_rows(answers.rows, "any")
    if not every or not serious:
        return Sentence("Safety", "Adverse events are recorded; the analyses that were asked for do not count them.")
    first = (
        f"At least one serious adverse event: {_shares(serious, answers)}."
        if serious_known
        else "Which adverse events were serious is not recorded."
    )
    return Sentence("Safety", f"{first} At least one adverse event of any kind: {_shares(every, answers)}.")


def _shares(rows: Sequence[Result], answers: Answers) -> str:
    return _by_arm([(arm_called(answers.arms, row.arm), _share(row, answers)) for row in rows], answers.arms)


def _share(row: Result, answers: Answers) -> str:
    if row.statistic is None or row.ci_low is None or row.ci_high is None:
        return "0 of 0 participants"
    spread = percent_interval(row.ci_low, row.ci_high)
    return f"{row.statistic:.0f} of {row.n} ({percent(row.estimate)}, {answers.interval(row)} {spread})"
