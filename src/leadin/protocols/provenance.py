"""Where each value of a protocol comes from, and which ones had to be assumed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from leadin.protocols.statement import Slug, Statement

Status = Literal["read", "computed", "secondary", "memory"]


class Source(Statement):
    """A publication, registry entry or page; how far its numbers were verified is said per value, in `Provenance`."""

    id: Slug = Field(description="Short name that `provenance` refers to.")
    citation: str = Field(min_length=1, description="Who, what, where.")
    url: str | None = Field(default=None, description="Address.")
    doi: str | None = Field(default=None, description="DOI without the resolver, e.g. '10.1002/ana.25302'.")
    year: int | None = Field(default=None, ge=1900, le=2100, description="Year of publication.")


class Provenance(Statement):
    """Says that the values at or under `field` (a dotted path such as `arms.cells.planned`) come from `source`.

    status: read (seen in the source), computed (derived from a read number), secondary (seen only in an unreviewed
    page), memory (unverified). Paths name list members by their `name`, `id`, `method`, `variable` or `event`, or by
    position: `arms.cells.administrations[0].day`; `visits` covers every visit, `visits.*.day` the day of each.
    Where several paths cover a value, the longest speaks.
    """

    field: str = Field(min_length=1, description="Path of the value, e.g. 'arms.cells.planned'.")
    source: Slug = Field(description="`id` of the source.")
    status: Status = Field(description="How far the value was verified.")
    note: str | None = Field(default=None, description="Disagreements and derivations, in words.")


class Assumption(Statement):
    """Says that the values at or under `field` are in no source, and why this value was taken."""

    field: str = Field(min_length=1, description="Path of the value, e.g. 'visits.*.days_early'.")
    reason: str = Field(min_length=10, description="Why this value.")
