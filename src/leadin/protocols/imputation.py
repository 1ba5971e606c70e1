"""How values that were not observed are drawn, again and again, before the complete tables are analysed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from leadin.protocols.statement import Statement

ImputationAssumption = Literal["missing_at_random", "jump_to_reference", "copy_increments", "copy_reference"]
Shift = Annotated[float, Field(ge=-1000, le=1000)]


class Imputation(Statement):
    """Multiple imputation of missing visits.

    assumption: how participants go on after their last visit. missing_at_random: as those of their own arm with the
    same values so far. jump_to_reference: at once at the mean of the reference arm. copy_increments: from where they
    were, with the mean changes of the reference arm. copy_reference: as if they had been in the reference arm all
    along. Values missing between two visits are always imputed as missing at random.
    """

    assumption: ImputationAssumption = Field(
        default="missing_at_random", description="How participants go on after their last visit."
    )
    imputations: int = Field(default=200, ge=5, le=2000, description="How many completed tables are drawn.")
    seed: int = Field(default=1, ge=0, le=2**63 - 1, description="Seed of the draws; the same seed, the same result.")
    covariance: Literal["common", "by_arm"] = Field(
        default="common", description="One covariance of the visits in all arms, or one in each."
    )
    tipping_point: tuple[Shift, ...] = Field(
        default=(),
        max_length=25,
        description="Points added to values imputed after the last visit, for a tipping-point analysis: every pair of "
        "one for the arm and one for the reference arm; zero is always among them.",
    )
