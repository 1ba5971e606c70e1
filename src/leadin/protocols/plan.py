"""The analysis plan: its analyses in the order they are run."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from leadin.protocols.plan_problems import plan_problems
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.statement import Slug, Statement


class Plan(Statement):
    """The analyses in the order they are run, and the arm each other arm is held against (None: the protocol's
    control)."""

    reference_arm: Slug | None = Field(
        default=None, description="Arm that the others are held against; empty: the protocol's control."
    )
    analyses: tuple[PlannedAnalysis, ...] = Field(
        min_length=1, max_length=200, description="The analyses, in the order they are run."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = plan_problems(self.model_dump())
        if problems:
            text = "\n".join(problem.told() for problem in problems)
            raise PydanticCustomError("inconsistent", "{text}", {"text": text, "problems": problems})
        return self
