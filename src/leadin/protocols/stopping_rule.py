"""A stopping rule: how many participants with harm, of those treated, stop the treatment."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from leadin.protocols.problems import Problem, shown
from leadin.protocols.statement import Statement

MonitoredEvents = Literal["serious_related", "serious", "grade_3_or_more", "related", "any"]
NEEDED = {
    "bayesian": ("prior_mean", "prior_weight", "certainty"),
    "exact": ("alpha",),
    "likelihood_ratio": ("unacceptable", "alpha"),
}
"""The settings of each kind of rule: all of them are said, and no other's."""


class StoppingRule(Statement):
    """One rule, judged after each participant treated, in each arm that is given cells.

    bayesian: stops when the posterior probability that the true share exceeds `tolerated` is above `certainty`, from a
    Beta prior with mean `prior_mean` that weighs as much as `prior_weight` participants. exact: stops when so many
    participants with the event are too improbable under `tolerated`, the same improbability at every look, set so that
    the probability of ever stopping under `tolerated` is at most `alpha`. likelihood_ratio: stops when the share
    `unacceptable` is too much likelier than `tolerated`, set likewise. No setting has a default that would move the
    boundary: a rule that nobody stated is no rule.
    """

    kind: Literal["bayesian", "exact", "likelihood_ratio"] = Field(description="How the boundary is made.")
    events: MonitoredEvents = Field(
        default="serious_related", description="The adverse events of which a participant has had at least one."
    )
    tolerated: float = Field(gt=0, lt=1, description="The share of participants with the event that is tolerated.")
    participants: int = Field(ge=1, le=500, description="The most participants that may be treated in one arm.")
    first_look: int = Field(
        default=1, ge=1, le=500, description="Participants treated before the rule may stop for the first time."
    )
    prior_mean: float | None = Field(
        default=None, gt=0, lt=1, description="Bayesian: mean of the prior of the share of participants with the event."
    )
    prior_weight: float | None = Field(
        default=None, gt=0, le=10_000, description="Bayesian: how many participants the prior weighs as much as."
    )
    certainty: float | None = Field(
        default=None, gt=0, lt=1, description="Bayesian: stops above this posterior probability of more than tolerated."
    )
    unacceptable: float | None = Field(
        default=None, gt=0, lt=1, description="Likelihood ratio: the share that must not be missed, above tolerated."
    )
    alpha: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Exact and likelihood ratio: largest probability of ever stopping while the share is tolerated.",
    )

    @model_validator(mode="after")
    def _settings_of_its_kind(self) -> Self:
        problems = tuple(self._problems())
        if problems:
            text = "\n".join(problem.told() for problem in problems)
            raise PydanticCustomError("inconsistent", "{text}", {"text": text, "problems": problems})
        return self

    def _problems(self) -> list[Problem]:
        needed = NEEDED[self.kind]
        every = dict.fromkeys(field for fields in NEEDED.values() for field in fields)
        said = {field: getattr(self, field) for field in every}
        problems = [
            Problem((field,), f"a number, which the kind {self.kind} needs", "nothing", f"Add '{field}:'.")
            for field in needed
            if said[field] is None
        ]
        problems += [
            Problem(
                (field,),
                f"only settings of the kind {self.kind} ({', '.join(needed)})",
                f"{field}: {shown(value)}",
                "Remove it, or change the kind.",
            )
            for field, value in said.items()
            if value is not None and field not in needed
        ]
        if self.first_look > self.participants:
            expected = f"at most {self.participants}, the most that may be treated"
            problems.append(Problem(("first_look",), expected, shown(self.first_look), "Lower it."))
        if self.unacceptable is not None and self.unacceptable <= self.tolerated:
            expected = f"a share above the one tolerated, {self.tolerated:g}"
            problems.append(Problem(("unacceptable",), expected, shown(self.unacceptable), "Raise it."))
        return problems
