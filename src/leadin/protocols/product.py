"""The cell product: what the cells are, how they are made, how many are given."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from leadin.protocols.statement import Days, DaysFromBaseline, Hours, Slug, Statement

Origin = Literal["autologous", "allogeneic", "xenogeneic"]
Route = Literal["intrathecal", "intravenous", "intramuscular", "intraspinal", "intracerebral", "intraventricular"]
ReleaseTest = Literal[
    "cell_count", "viability", "sterility", "endotoxin", "mycoplasma", "identity", "karyotype", "secretion"
]


class Manufacturing(Statement):
    """How one lot is made.

    isolations: tissue samples taken from (or for) one participant in one cycle. With as many isolations as dosing
        days each dosing day has its own isolation; with fewer, the last lot made serves the remaining days.
    expansion_days: days from isolation to harvest. differentiation_days: days of directed differentiation after
    harvest. release_days: days for release tests after that, 0 when their results are there with the cells.
    shelf_life_hours: from release to the latest administration; fresh cells have hours, frozen ones months.
    clean_room_slots: cultures that can run at one time; with none free an isolation waits. repeats: how often a failed
    culture is started again, from a new isolation, for one dose.
    """

    isolations: int = Field(default=1, ge=1, le=12, description="Tissue samples taken for one participant.")
    expansion_days: Days = Field(ge=1, le=365, description="Days in culture from isolation to harvest.")
    passages: int | None = Field(default=None, ge=0, le=50, description="Passages in culture; empty: not said.")
    clean_room_slots: int | None = Field(
        default=None, ge=1, le=10_000, description="Cultures that can run at one time; empty: as many as needed."
    )
    repeats: int | None = Field(
        default=None, ge=0, le=10, description="Times a failed culture is started again; empty: not said."
    )
    differentiation_days: Days = Field(
        default=0, ge=0, le=120, description="Days of directed differentiation after harvest; 0: none."
    )
    release_days: Days = Field(
        default=0, ge=0, le=120, description="Days from the end of culture until the tests release the lot."
    )
    release_tests: tuple[ReleaseTest, ...] = Field(default=(), description="Tests a lot must pass before it is given.")
    shelf_life_hours: Hours | None = Field(
        default=None, gt=0, le=876_600, description="Hours from release to the latest administration."
    )
    cryopreserved: bool | None = Field(default=None, description="Whether lots are kept frozen; empty: not said.")


class Product(Statement):
    """A cell product. `source_tissue` None: the source does not say. Off-the-shelf cells have no `manufacturing`."""

    name: Slug = Field(description="Short name that administrations refer to.")
    label: str = Field(min_length=1, description="Name as people write it.")
    cell_type: str = Field(min_length=1, description="What the cells are, in words.")
    origin: Origin = Field(description="Whose cells: the participant's own, another person's, another species'.")
    source_tissue: str | None = Field(default=None, description="Tissue they come from, e.g. 'bone marrow'.")
    differentiation: str | None = Field(default=None, description="What they are differentiated into, in words.")
    suspended_in: str | None = Field(default=None, description="Fluid they are given in, in words.")
    manufacturing: Manufacturing | None = Field(
        default=None, description="How a lot is made; empty for cells off the shelf, or where no source says it."
    )


class CellDose(Statement):
    """Cells in one administration: `amount` in total, or per kg of body weight."""

    amount: float = Field(gt=0, le=1e12, description="Number of cells.", json_schema_extra={"unit": "cells"})
    per: Literal["administration", "kg"] = Field(
        default="administration", description="In one administration, or per kg of body weight."
    )


class Administration(Statement):
    """One planned administration on a day counted from time zero (the scheduled day of first administration)."""

    day: DaysFromBaseline = Field(ge=-3650, le=3650, description="Scheduled day, counted from the first one (day 0).")
    product: Slug = Field(description="Name of the product given.")
    route: Route = Field(description="Way into the body.")
    cells: CellDose | None = Field(default=None, description="How many cells; empty: no source says.")
    volume: str | None = Field(default=None, description="Volume with its unit, in words.")
    site: str | None = Field(default=None, description="Place of the injection, in words.")
    side: Literal["left", "right", "either"] | None = Field(
        default=None, description="Side treated, where it is one alone; `either`: it differs between participants."
    )
    days_early: Days = Field(default=0, ge=0, le=60, description="The window opens this many days before `day`.")
    days_late: Days = Field(default=0, ge=0, le=60, description="The window closes this many days after `day`.")
