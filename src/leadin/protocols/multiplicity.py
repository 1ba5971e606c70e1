"""How a plan keeps the risk of any false positive over several analyses: procedure, level, which analyses, weights."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from leadin.protocols.statement import Slug, Statement

Procedure = Literal["fixed_sequence", "holm", "hochberg", "graphical"]
Share = Annotated[float, Field(ge=0, le=1)]
WITHOUT_TEST = ("kaplan_meier", "safety")
"""Methods that test nothing, so that a procedure has nothing to adjust."""
ROUNDING = 1e-9
"""By so much shares that are written with few digits may add up to more than 1."""


class Multiplicity(Statement):
    """A procedure that holds the familywise two-sided level over several analyses of the plan.

    analyses: by name; none named: the primary analyses and then the secondary ones, in the plan's order, without those
    of methods that test nothing. weights, transitions: of the graphical procedure alone (Bretz et al. 2009,
    doi:10.1002/sim.3495), in the order of the analyses; row i of transitions is what analysis i passes on of its share
    of the level once its hypothesis is rejected, to each of the others.
    """

    procedure: Procedure = Field(description="How the level is shared out.")
    alpha: float = Field(default=0.05, gt=0, lt=1, description="Familywise two-sided level.")
    analyses: tuple[Slug, ...] = Field(
        default=(),
        max_length=50,
        description="Names of the analyses, in the order they are tested; empty: the primary ones, then the secondary.",
    )
    weights: tuple[Share, ...] = Field(
        default=(), max_length=50, description="Graphical: share of the level that each analysis starts with."
    )
    transitions: tuple[tuple[Share, ...], ...] = Field(
        default=(),
        max_length=50,
        description="Graphical: of each analysis, the share that every other gets once it is rejected.",
    )


def family_positions(analyses: list[dict[str, Any]], names: tuple[str, ...]) -> tuple[int, ...]:
    """Positions of the analyses that a procedure tests, in the order of testing; analyses are plain data of a plan
    with `name`, `role` and `method`. Names that no analysis has are left out."""
    if names:
        at = {analysis.get("name"): i for i, analysis in enumerate(analyses)}
        return tuple(at[name] for name in names if name in at)
    tested = [(i, each) for i, each in enumerate(analyses) if each.get("method") not in WITHOUT_TEST]
    roles = ("primary", "secondary")
    return tuple(i for role in roles for i, each in tested if each.get("role", "secondary") == role)
