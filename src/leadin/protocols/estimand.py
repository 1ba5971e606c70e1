"""What an analysis is to estimate, in the five attributes of ICH E9(R1): treatment, population, variable, intercurrent
events with their strategies, population-level summary."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from leadin.protocols.statement import Statement

Strategy = Literal["treatment_policy", "hypothetical", "composite", "while_alive", "principal_stratum"]
IntercurrentEventKind = Literal["death", "ventilation", "non_invasive_ventilation", "other_therapy", "not_dosed"]
Words = Annotated[str, Field(min_length=1, max_length=500)]


class IntercurrentEvent(Statement):
    """An intercurrent event of ICH E9(R1) and the strategy that handles it.

    `ventilation` is tracheostomy or permanent ventilation. `while_alive` counts what was measured before the event, of
    events other than death too (what ICH E9(R1) calls while on treatment).
    """

    event: IntercurrentEventKind = Field(description="What happens after enrolment and touches the outcome.")
    strategy: Strategy = Field(description="How ICH E9(R1) calls the way it is handled.")
    assumption: Words | None = Field(
        default=None,
        description="What a hypothetical strategy assumes of those to whom the event happened; empty: what the method "
        "assumes, in its own words.",
    )


class Estimand(Statement):
    """The attributes of the estimand in the plan's own words; what is left empty is said in generated words. The
    intercurrent events stand beside it, in `intercurrent_events`."""

    treatment: Words | None = Field(default=None, description="The treatment conditions that are compared.")
    population: Words | None = Field(default=None, description="Whom the question is about.")
    variable: Words | None = Field(default=None, description="What is obtained from each participant.")
    summary: Words | None = Field(default=None, description="How the variable is summarised and compared.")
