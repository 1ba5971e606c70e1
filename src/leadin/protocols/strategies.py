"""How each method can handle intercurrent events (ICH E9(R1)): what a plan may ask of it."""

from __future__ import annotations

from collections.abc import Mapping

from leadin.protocols.estimand import IntercurrentEventKind, Strategy
from leadin.protocols.planned_analysis import Method

Strategies = Mapping[IntercurrentEventKind, tuple[Strategy, ...]]
"""For each intercurrent event the strategies that a method knows; the first is what it does where a plan says
nothing."""

_OBSERVED: Strategies = {
    "ventilation": ("treatment_policy", "hypothetical", "while_alive"),
    "non_invasive_ventilation": ("treatment_policy", "hypothetical", "while_alive"),
    "other_therapy": ("treatment_policy", "hypothetical", "while_alive"),
    "not_dosed": ("treatment_policy", "principal_stratum"),
}
_SLOPES: Strategies = {"death": ("while_alive",), **_OBSERVED}
_MODELS: Strategies = {"death": ("hypothetical",), **_OBSERVED}
# One visit: nothing there of those who died before it, unless the plan lets a value stand.
_AT_A_VISIT: Strategies = {
    "death": ("hypothetical", "while_alive", "composite"),
    "ventilation": ("treatment_policy", "hypothetical", "while_alive", "composite"),
    "non_invasive_ventilation": ("treatment_policy", "hypothetical", "while_alive", "composite"),
    "other_therapy": ("treatment_policy", "hypothetical", "while_alive", "composite"),
    "not_dosed": ("treatment_policy", "principal_stratum"),
}
_COMPOSITE: Strategies = {"death": ("composite",), **_OBSERVED}
_RESPONDERS: Strategies = {"death": ("composite", "while_alive"), **_OBSERVED}
# Death is the outcome itself; so is ventilation where the protocol counts it as fatal.
_SURVIVAL: Strategies = {
    "death": ("composite", "treatment_policy"),
    "ventilation": ("treatment_policy",),
    "not_dosed": ("treatment_policy", "principal_stratum"),
}
_SAFETY: Strategies = {"death": ("while_alive",), "not_dosed": ("principal_stratum",)}

STRATEGIES: Mapping[Method, Strategies] = {
    "slope_change": _SLOPES,
    "responders": _RESPONDERS,
    "random_slope": _MODELS,
    "broken_stick": _MODELS,
    "mmrm": _MODELS,
    "ancova": _AT_A_VISIT,
    "joint_rank": _COMPOSITE,
    "win_ratio": _COMPOSITE,
    "kaplan_meier": _SURVIVAL,
    "log_rank": _SURVIVAL,
    "cox": _SURVIVAL,
    "restricted_mean": _SURVIVAL,
    "paired_side": _SLOPES,
    "potency": _SLOPES,
    "safety": _SAFETY,
}
"""The strategies of each method."""


def known_strategies(method: Method, event: IntercurrentEventKind) -> tuple[Strategy, ...]:
    """What the method can do about the event, its own way first; an event it does not look at changes nothing."""
    return STRATEGIES[method].get(event, ("treatment_policy",))
