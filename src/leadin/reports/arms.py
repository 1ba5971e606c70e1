"""The arms of a trial as the page shows them: who is in each, what it is called, how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from leadin.reports.palette import Look, look
from leadin.trials.trial import Trial

EVERYBODY = "All participants"


@dataclass(frozen=True)
class ReportArm:
    """One arm. name None: the tables name no arm, and everybody is in this one. participants: ids in table order.

    reference: the arm that the others are held against. look: the same in every figure of a page.
    """

    name: str | None
    label: str
    participants: tuple[str, ...]
    reference: bool
    look: Look

    @cached_property
    def members(self) -> frozenset[str]:
        """The participants as a set."""
        return frozenset(self.participants)

    @property
    def n(self) -> int:
        """Participants in the arm."""
        return len(self.participants)


def report_arms(trial: Trial, reference: str | None = None) -> tuple[ReportArm, ...]:
    """Arms in the order of the protocol, then of the table; those without a participant are left out.

    reference: name of the arm the others are held against; None: the protocol's control, else the first in the table.
    Participants without an arm (screen failures) belong to none, unless the whole table names no arm.
    """
    table = trial.participants.select("participant_id", "arm")
    named = table.drop_nulls("arm")
    if named.is_empty():
        everybody = tuple(table["participant_id"].drop_nulls().to_list())
        return (ReportArm(None, _only_label(trial), everybody, False, look(0)),)
    names = _ordered_names(trial, named["arm"].unique(maintain_order=True).to_list())
    chosen = _reference(trial, named["arm"].to_list(), reference) if len(names) > 1 else None
    spare = iter(position for position in range(len(names) + 1) if position != 1)
    return tuple(
        ReportArm(
            name=name,
            label=_label(trial, name),
            participants=tuple(named.filter(pl.col("arm") == name)["participant_id"].to_list()),
            reference=name == chosen,
            look=look(1 if name == chosen else next(spare)),
        )
        for name in names
    )


def treated_arms(arms: tuple[ReportArm, ...]) -> tuple[ReportArm, ...]:
    """The arms that are not the reference; the only arm of a one-arm trial is among them."""
    return tuple(arm for arm in arms if not arm.reference)


def reference_arm(arms: tuple[ReportArm, ...]) -> ReportArm | None:
    """The arm that the others are held against; None in a trial of one arm."""
    return next((arm for arm in arms if arm.reference), None)


def arm_called(arms: tuple[ReportArm, ...], name: str | None) -> ReportArm | None:
    """The arm of that name, or the only arm when there is one; else None."""
    if len(arms) == 1:
        return arms[0]
    return next((arm for arm in arms if arm.name == name), None)


def label_called(arms: tuple[ReportArm, ...], name: str | None) -> str:
    """The label of the arm of that name; the name itself where there is no such arm."""
    arm = arm_called(arms, name)
    return arm.label if arm is not None else str(name)


def _ordered_names(trial: Trial, present: list[str]) -> list[str]:
    declared = [arm.name for arm in trial.protocol.arms] if trial.protocol is not None else []
    return [name for name in declared if name in present] + [name for name in present if name not in declared]


def _reference(trial: Trial, present: list[str], asked: str | None) -> str:
    control = trial.protocol.control_arm if trial.protocol is not None else None
    for candidate in (asked, control.name if control is not None else None):
        if candidate is not None and candidate in present:
            return candidate
    return present[0]


def _label(trial: Trial, name: str) -> str:
    if trial.protocol is not None:
        for arm in trial.protocol.arms:
            if arm.name == name:
                return arm.label
    return name


def _only_label(trial: Trial) -> str:
    if trial.protocol is not None and len(trial.protocol.arms) == 1:
        return trial.protocol.arms[0].label
    return EVERYBODY
