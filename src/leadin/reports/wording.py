"""The page's words for methods, measures, events and contrasts, so that one thing has one name on the whole page."""

from __future__ import annotations

import re
from collections.abc import Mapping

METHODS: Mapping[str, str] = {
    "slope_change": "change of slope",
    "responders": "responders",
    "random_slope": "random-slope model",
    "broken_stick": "broken-stick model",
    "mmrm": "repeated-measures model (MMRM)",
    "ancova": "analysis of covariance",
    "joint_rank": "joint rank (CAFS)",
    "win_ratio": "win statistics",
    "kaplan_meier": "Kaplan-Meier",
    "log_rank": "log-rank test",
    "cox": "Cox model",
    "restricted_mean": "restricted mean survival",
    "paired_side": "treated against untreated side",
    "potency": "potency of the cells",
    "safety": "adverse events",
}
SHORT_METHODS: Mapping[str, str] = {
    "mmrm": "MMRM",
    "ancova": "ANCOVA",
    "joint_rank": "joint rank",
    "win_ratio": "wins over all pairs",
    "restricted_mean": "restricted mean",
    "paired_side": "side against side",
}
"""Methods in the words of a figure that has no room for more."""
ASSUMPTIONS: Mapping[str, str] = {
    "slope_change": (
        "Each participant declines in a straight line before and after time zero; those with too few visits are like "
        "the others. The t test takes the mean change as normal, the Wilcoxon test its distribution as symmetric. "
        "Without a control arm nothing tells an effect from regression to the mean."
    ),
    "responders": (
        "A slope from a few visits is taken as known; its error makes responders on its own. Those who could not be "
        "judged are counted or left out by the stated rule."
    ),
    "random_slope": (
        "Decline in a straight line from time zero on; intercepts and slopes vary normally between participants; the "
        "arms are equal at time zero; visits are missing at random given those that were made."
    ),
    "broken_stick": (
        "Decline in two straight lines that meet at time zero; intercepts, slopes and changes vary normally between "
        "participants; whatever else changes at time zero changes alike in every arm; visits are missing at random "
        "given those that were made."
    ),
    "mmrm": (
        "Scores at the visits vary together normally, by the stated covariance; each visit has its own mean in each "
        "arm; visits are missing at random given those that were made, and those who died are taken as if they had "
        "lived on unless the plan says otherwise."
    ),
    "ancova": (
        "Those who were seen at the visit stand for all; the change goes with baseline in a straight line, alike in "
        "every arm; what is left varies alike. Nothing is said of those who died before."
    ),
    "joint_rank": (
        "Death outweighs any loss of function. Those who leave are like those who stay, in survival and in function; "
        "pairs are compared at the last visit that both made, however early."
    ),
    "win_ratio": (
        "As for the joint rank; the figures hold for the length of follow-up of this trial. Intervals are normal "
        "approximations."
    ),
    "kaplan_meier": "Those who leave are at the same risk as those who stay (independent censoring).",
    "log_rank": (
        "Those who leave are at the same risk as those who stay; the test sees most where hazards are proportional."
    ),
    "cox": "The ratio of the hazards is the same at every time; those who leave are at the risk of those who stay.",
    "restricted_mean": (
        "Those who leave are at the same risk as those who stay; nothing is taken for granted of the hazards. It "
        "speaks of survival up to the stated month and of nothing after it."
    ),
    "paired_side": (
        "The two sides of a participant would have gone alike without the cells; what acts on both sides does not "
        "show; differences vary normally between participants."
    ),
    "potency": (
        "A participant's lots are alike but for chance. What the cells secrete in the laboratory stands for what they "
        "do in the body: nobody has shown that, and an association is no effect."
    ),
    "safety": (
        "Events are counted as they were recorded; what nobody wrote down is not there. Rates of all events take those "
        "of one participant as independent; time to the first takes those who leave or die to be at the risk of the "
        "others."
    ),
}
IMPUTATION = (
    "Where values are imputed: baseline, visits and covariates vary normally together; those seen no more go on as "
    "the named assumption says, and nothing in the tables can tell whether they do."
)
MEASURES: Mapping[str, str] = {
    "alsfrs_r": "ALSFRS-R",
    "svc_percent": "SVC",
    "fvc_percent": "FVC",
    "weight_kg": "body weight",
    "strength.left": "strength, left",
    "strength.right": "strength, right",
    "survival": "survival",
    "strength": "limb strength",
    "secretion": "secretion",
    "adverse_events": "adverse events",
}
VARIABLES = (
    ("alsfrs_r_lost_in_lead_in", "ALSFRS-R points lost in the lead-in,"),
    ("alsfrs_r", "ALSFRS-R"),
    ("svc_percent", "SVC (% predicted)"),
    ("fvc_percent", "FVC (% predicted)"),
    ("age_years", "age (years)"),
    ("months_since_onset", "months since onset"),
    ("weight_kg", "weight (kg)"),
)
BREATHING = ("svc_percent", "fvc_percent")
EVENTS: Mapping[str, str] = {
    "death": "death",
    "tracheostomy": "tracheostomy",
    "permanent_ventilation": "permanent ventilation",
    "non_invasive_ventilation": "non-invasive ventilation",
    "gastrostomy": "gastrostomy",
    "other_therapy": "other therapy",
    "not_dosed": "not dosed",
    "withdrawal": "withdrawal",
    "lost_to_follow_up": "lost to follow-up",
    "end_of_follow_up": "followed to the end",
}
FATAL: Mapping[str, str] = {
    "death": "died",
    "tracheostomy": "had a tracheostomy",
    "permanent_ventilation": "received permanent ventilation",
}


def reason_words(reason: str) -> str:
    """A reason as people read it: names of variables become words, `not met: ` goes."""
    text = reason.removeprefix("not met: ")
    for variable, words in VARIABLES:
        text = re.sub(rf"\b{re.escape(variable)}\b", words, text)
    return text


def fatal_words(kinds: tuple[str, ...]) -> str:
    """What those with a fatal event did: `died`, `died or had a tracheostomy`."""
    return " or ".join(FATAL.get(kind, kind.replace("_", " ")) for kind in kinds)


def method_words(method: str) -> str:
    """The method as it stands in a table: `broken-stick model`."""
    return METHODS.get(method, method.replace("_", " "))


def short_method(method: str) -> str:
    """The method as it stands in a figure: `MMRM`."""
    return SHORT_METHODS.get(method, method_words(method))


def measure_words(endpoint: str) -> str:
    """The endpoint as it stands in a sentence; joined endpoints stay joined: `ALSFRS-R or SVC`."""
    parts = re.split(r"( or | and )", endpoint)
    return "".join(part if k % 2 else MEASURES.get(part, part.replace("_", " ")) for k, part in enumerate(parts))


def capital(text: str) -> str:
    """The text with a capital first letter, nothing else changed."""
    return text[:1].upper() + text[1:]


def rule_words(rule: str) -> str:
    """A rule as it is printed: `≥ 50 % slower`."""
    return rule.replace(">= ", "≥\u00a0").replace(" %", "\u00a0%").replace("points/month", "points a month")
