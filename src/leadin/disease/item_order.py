"""What a population says of the order in which the twelve items of the ALSFRS-R are lost."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from leadin.protocols.statement import Statement

Levels = Annotated[float, Field(ge=-12, le=12)]
TwelveLevels = tuple[
    Levels, Levels, Levels, Levels, Levels, Levels, Levels, Levels, Levels, Levels, Levels, Levels
]  # fmt: skip


class Items(Statement):
    """How the points lost are spread over the twelve items (see `disease/items.py`). The unit of every value but
    `arm_onset_share` is the level: the distance between two scores of one item.

    arm_onset_share: of those whose onset is not bulbar, the share whose arms were first (fine motor items), the others
    their legs (gross motor items). bulbar_lead: how far the bulbar items are ahead after bulbar onset, limb_lead: those
    of arms or legs after onset there. bulbar_lag, limb_lag: how far bulbar items are behind after limb onset, and limb
    items after bulbar onset. respiratory_lag: how far the respiratory items are behind in everybody. item_lag: how far
    each of the twelve items is behind the others of its domain. region_sd: SD between people of the place of each
    region (bulbar, limbs, breathing); arm_leg_sd: of arms and of legs within the limbs; item_sd_bulbar, _motor (arms
    and legs), _respiratory: of a single item within its region. visit_sd: SD between visits of a single item of one
    person.
    """

    arm_onset_share: float = Field(ge=0, le=1)
    bulbar_lead: Levels
    limb_lead: Levels
    bulbar_lag: Levels
    limb_lag: Levels
    respiratory_lag: Levels
    item_lag: TwelveLevels
    region_sd: float = Field(ge=0, le=12)
    arm_leg_sd: float = Field(ge=0, le=12)
    item_sd_bulbar: float = Field(ge=0, le=12)
    item_sd_motor: float = Field(ge=0, le=12)
    item_sd_respiratory: float = Field(ge=0, le=12)
    visit_sd: float = Field(ge=0, le=12)
