"""The analysis plan: its analyses in the order they are run."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from leadin.protocols.multiplicity import Multiplicity, family_positions
from leadin.protocols.plan_problems import plan_problems
from leadin.protocols.planned_analysis import PlannedAnalysis
from leadin.protocols.statement import Slug, Statement


class Plan(Statement):
    """The analyses in the order they are run, the arm each other arm is held against (None: the protocol's control),
    and how the level is held over several of them (None: each is judged by itself)."""

    reference_arm: Slug | None = Field(
        default=None, description="Arm that the others are held against; empty: the protocol's control."
    )
    analyses: tuple[PlannedAnalysis, ...] = Field(
        min_length=1, max_length=200, description="The analyses, in the order they are run."
    )
    multiplicity: Multiplicity | None = Field(
        default=None, description="How the familywise level is held; empty: every analysis is judged by itself."
    )

    @property
    def tested(self) -> tuple[PlannedAnalysis, ...]:
        """The analyses that the multiplicity procedure tests, in its order; none without a procedure."""
        if self.multiplicity is None:
            return ()
        said = [analysis.model_dump() for analysis in self.analyses]
        return tuple(self.analyses[i] for i in family_positions(said, self.multiplicity.analyses))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = plan_problems(self.model_dump())
        if problems:
            text = "\n".join(problem.told() for problem in problems)
            raise PydanticCustomError("inconsistent", "{text}", {"text": text, "problems": problems})
        return self
