"""The declarative trial: everything a protocol file says, as one frozen value."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from leadin.protocols.consistency import broken_paths, inconsistencies
from leadin.protocols.eligibility import Eligibility
from leadin.protocols.plan import Plan
from leadin.protocols.product import Administration, Product
from leadin.protocols.provenance import Assumption, Provenance, Source
from leadin.protocols.statement import DaysFromBaseline, Months, Slug, Statement
from leadin.protocols.visits import CoIntervention, Measure, Visit


class Arm(Statement):
    """One arm: how many participants are planned and what they are given. An arm without administrations gets no
    cells."""

    name: Slug = Field(description="Short name, used in tables.")
    label: str = Field(min_length=1, description="Name as people write it.")
    role: Literal["treatment", "control"] = Field(description="Whether it is treated or held against.")
    planned: int = Field(
        ge=0, le=100_000, description="Participants planned.", json_schema_extra={"unit": "participants"}
    )
    administrations: tuple[Administration, ...] = Field(
        default=(), max_length=200, description="Planned administrations of cells, in order of day; none: no cells."
    )


class Randomisation(Statement):
    """How participants reach their arms: allocation ratio by arm, stratification variables, block size.

    at: `screening` (start of the lead-in) or `baseline` (its end). day: a day of its own in between, for cells that are
    made after allocation and before time zero; it takes the place of `at`. block_size None: one block of everybody.
    """

    ratio: dict[Slug, Annotated[int, Field(ge=1, le=100)]] = Field(
        min_length=2, description="Share of each arm, by its name, e.g. {cells: 1, control: 1}."
    )
    strata: tuple[Literal["site", "onset_region", "sex", "riluzole"], ...] = Field(
        default=(), description="What allocation is stratified by."
    )
    block_size: int | None = Field(
        default=None,
        ge=2,
        le=1000,
        description="Participants in a block, a multiple of the ratio's sum; empty: one block of everybody.",
        json_schema_extra={"unit": "participants"},
    )
    at: Literal["screening", "baseline"] = Field(
        default="baseline", description="Randomised at the start of the lead-in, or at its end."
    )
    day: DaysFromBaseline | None = Field(
        default=None, ge=-3650, le=0, description="Day of allocation, at or before day 0, in place of `at`."
    )


class Endpoint(Statement):
    """What the trial set out to compare."""

    name: str = Field(min_length=1, description="The endpoint in words.")
    role: Literal["primary", "secondary", "exploratory", "safety"] = Field(description="Its place in the trial.")
    measure: Measure | None = Field(default=None, description="The measure it is made of, where leadin knows it.")
    months: Months | None = Field(default=None, description="When it is judged, counted from time zero.")
    description: str | None = Field(default=None, description="More words.")


class Protocol(Statement):
    """A trial as declared: pure data, computing nothing.

    Days are counted from time zero, the scheduled day of first administration (single-arm: the first administration
    itself). The lead-in runs from day `-lead_in_months * 30.4375` to 0, the follow-up from 0 to `follow_up_months`.
    """

    schema_version: Literal[1] = Field(default=1, description="Version of this format.")
    name: Slug = Field(description="Short name of the protocol.")
    title: str = Field(min_length=1, description="Title as people write it.")
    summary: str = Field(min_length=1, description="What is done, in two or three sentences.")
    registry_id: str | None = Field(default=None, description="Identifier in a trial registry, e.g. 'NCT01363401'.")
    phase: str | None = Field(default=None, description="Phase in words, e.g. '1', '2a', 'uncontrolled series'.")
    masking: Literal["open_label", "single_blind", "double_blind", "assessor_blind", "unknown"] = Field(
        description="Who does not know the arm."
    )
    sites: int | None = Field(default=None, ge=1, le=10_000, description="Number of sites; empty: not said.")
    accrual_per_month: float | None = Field(
        default=None,
        gt=0,
        le=10_000,
        description="Participants enrolled per month over all sites; empty: not said.",
        json_schema_extra={"unit": "participants per month"},
    )
    lead_in_months: Months = Field(ge=0, le=60, description="Observation before time zero; 0: none.")
    follow_up_months: Months = Field(gt=0, le=240, description="Observation after time zero.")
    products: tuple[Product, ...] = Field(default=(), max_length=50, description="The cell products.")
    arms: tuple[Arm, ...] = Field(min_length=1, max_length=50, description="The arms.")
    randomisation: Randomisation | None = Field(default=None, description="Empty: not randomised.")
    co_interventions: tuple[CoIntervention, ...] = Field(
        default=(), max_length=200, description="What participants also receive."
    )
    visits: tuple[Visit, ...] = Field(min_length=1, max_length=500, description="Scheduled visits, in order of day.")
    fatal_events: tuple[Literal["death", "tracheostomy", "permanent_ventilation"], ...] = Field(
        default=("death",), min_length=1, description="Events that end survival."
    )
    endpoints: tuple[Endpoint, ...] = Field(
        default=(), max_length=200, description="What the trial set out to compare."
    )
    eligibility: Eligibility = Field(default=Eligibility(), description="Entry criteria.")
    plan: Plan | None = Field(default=None, description="Analysis plan; empty: all analyses are exploratory.")
    notes: tuple[str, ...] = Field(default=(), description="What else a reader should know, a sentence or two each.")
    sources: tuple[Source, ...] = Field(
        default=(), max_length=500, description="Publications, registry entries and pages."
    )
    provenance: tuple[Provenance, ...] = Field(
        default=(), max_length=2000, description="Which value comes from which source."
    )
    assumed: tuple[Assumption, ...] = Field(
        default=(), max_length=2000, description="Which values are in no source, and the reason for each."
    )

    @property
    def randomised(self) -> bool:
        """True when participants are allocated at random."""
        return self.randomisation is not None

    @property
    def control_arm(self) -> Arm | None:
        """The first arm whose role is control; None in an uncontrolled trial."""
        return next((arm for arm in self.arms if arm.role == "control"), None)

    @property
    def baseline_visit(self) -> Visit | None:
        """The last visit at or before time zero; None when every visit is later."""
        return next((visit for visit in reversed(self.visits) if visit.day <= 0), None)

    @property
    def allocation_visit(self) -> Visit | None:
        """The last visit at or before the day of allocation; None when no day is named, or every visit is later."""
        day = None if self.randomisation is None else self.randomisation.day
        if day is None:
            return None
        return next((visit for visit in reversed(self.visits) if visit.day <= day), None)

    def arm(self, name: str) -> Arm:
        """The arm of that name; KeyError when there is none."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise KeyError(name)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        said = self.model_dump()
        problems = (*inconsistencies(said), *broken_paths(said))
        if problems:
            text = "\n".join(problem.told() for problem in problems)
            raise PydanticCustomError("inconsistent", "{text}", {"text": text, "problems": problems})
        return self
