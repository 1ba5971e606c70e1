"""The arms that a trial's tables hold, and the one that each other arm is held against.

A trial whose table names no arm at all has one arm without a name: None.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from leadin.errors import DataError, UsageError
from leadin.protocols.nearest import nearest
from leadin.trials.trial import Trial


def arms_of(trial: Trial) -> tuple[str | None, ...]:
    """Arms with at least one participant: in the protocol's order, then any others as they first appear in the table.

    (None,) where no participant has an arm.
    """
    seen = trial.participants["arm"].drop_nulls().unique(maintain_order=True).to_list()
    declared = [] if trial.protocol is None else [arm.name for arm in trial.protocol.arms]
    named = (*(name for name in declared if name in seen), *(name for name in seen if name not in declared))
    return named or (None,)


def in_arm(table: pl.DataFrame, arm: str | None) -> pl.DataFrame:
    """The rows of that arm of a table with a column `arm`; all rows where the arm has no name."""
    return table if arm is None else table.filter(pl.col("arm") == arm)


def of_arm(arm: str | None) -> str:
    """How an arm stands in a sentence after `participants`: `of arm cells`, or `of the trial`."""
    return "of the trial" if arm is None else f"of arm {arm}"


def has_control(trial: Trial) -> bool:
    """Whether any arm stands for what happens without the treatment: one of the protocol, else one of several."""
    if trial.protocol is not None:
        return trial.protocol.control_arm is not None
    return len(arms_of(trial)) > 1


def allocated(trial: Trial) -> Trial:
    """The trial with only participants who are in an arm; with everybody where nobody is.

    Raises DataError for a trial without participants.
    """
    people = trial.participants
    if people.height == 0:
        raise DataError("participants: expected at least one usable participant; got none. See the findings.")
    if people["arm"].null_count() == people.height:
        return trial
    return replace(trial, participants=people.filter(pl.col("arm").is_not_null()))


def reference_arm(trial: Trial, named: str | None = None, planned: str | None = None) -> str | None:
    """The reference arm: as named, else the plan's, else the protocol's control, else the first in the table.

    Raises UsageError when the one named, or planned, has no participant.
    """
    arms = [arm for arm in arms_of(trial) if arm is not None]
    for source, name in (("reference", named), ("plan.reference_arm", planned)):
        if name is None:
            continue
        if name not in arms:
            known = ", ".join(arms) or "no arm has a name"
            near = nearest(name, arms)
            hint = f" Did you mean {near!r}?" if near else ""
            raise UsageError(f"{source}: expected an arm of this trial ({known}); got {name!r}.{hint}")
        return name
    control = None if trial.protocol is None else trial.protocol.control_arm
    if control is not None and control.name in arms:
        return control.name
    return trial.participants["arm"].drop_nulls()[0] if arms else None
