"""King's clinical stages, estimated from the ALSFRS-R.

Stages 1 to 3 count the regions involved (bulbar, arms, legs), stage 4 is failure of nutrition (4A) or of breathing
(4B), stage 5 death. From the items:

    bulbar    any of speech (1), salivation (2), swallowing (3) below 4
    arms      handwriting (4) or cutting food (5) below 4
    legs      walking (8) below 4
    4A        a gastrostomy (the scale then asks item 5b in place of 5a; the items alone do not tell)
    4B        dyspnoea (10) at 0, or respiratory insufficiency (12) below 4: any use of ventilation

Both 4A and 4B: 4B is told. Stage 0: none of the regions by these items, as when only stairs or turning in bed is hard.

References: Roche et al. 2012, doi:10.1093/brain/awr351 (stages); Balendra et al. 2014,
doi:10.3109/21678421.2014.897357 (estimate from the scale). The item rules were read in two public programs that agree
on every one of them (rpavaneijk/Precision-ALS, src/ext_kings.R; yoonhohong/proact,
staging/estimate_king_mitos_alsfrs.R, which cites the latter); the article itself was not retrieved. The second program
counts stage 0 as stage 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.als.alsfrs_r import ITEM_MAXIMUM
from leadin.als.items import checked_items
from leadin.als.within import flags_or_missing

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

REGIONS: dict[str, tuple[int, ...]] = {"bulbar": (1, 2, 3), "arms": (4, 5), "legs": (8,)}
"""Items of each region; below 4 in one of them, the region is involved."""
DYSPNOEA, RESPIRATORY_INSUFFICIENCY = 10, 12
READ_ITEMS = (1, 2, 3, 4, 5, 8, 10, 12)
"""Items without which there is no stage."""
DEATH = 5


@dataclass(frozen=True)
class KingsStages:
    """stage (...): 0 to 4, NaN where it cannot be told. nutrition, breathing (...): whether 4A, 4B applies."""

    stage: Floats
    nutrition: Flags
    breathing: Flags

    def labels(self) -> NDArray[np.str_]:
        """`0` to `3`, `4A`, `4B` (also where both apply), and the empty text where the stage cannot be told."""
        number = np.where(np.isnan(self.stage), "", np.nan_to_num(self.stage).astype(np.int64).astype(str))
        four = np.where(self.breathing, "4B", "4A")
        return np.where(self.stage == 4, four, number)


def kings_stages(items: ArrayLike, gastrostomy: ArrayLike = False, ventilation: ArrayLike = False) -> KingsStages:
    """King's stages of the living, from items (..., 12).

    gastrostomy, ventilation (...): whether the patient had one, or was ventilated, by then, as far as it is known
    otherwise than from the items. NaN items that the rule reads give a NaN stage. DataError for impossible items or
    flags.
    """
    scores = checked_items(items)
    known = ~np.isnan(scores[..., [n - 1 for n in READ_ITEMS]]).any(axis=-1)
    fed = flags_or_missing("gastrostomy", gastrostomy) == 1.0
    ventilated = flags_or_missing("ventilation", ventilation) == 1.0
    breathing = (
        (scores[..., DYSPNOEA - 1] == 0) | (scores[..., RESPIRATORY_INSUFFICIENCY - 1] < ITEM_MAXIMUM) | ventilated
    )
    regions = [(scores[..., [n - 1 for n in read]] < ITEM_MAXIMUM).any(axis=-1) for read in REGIONS.values()]
    involved = np.sum(regions, axis=0, dtype=np.float64)
    stage = np.where(known, np.where(breathing | fed, 4.0, involved), np.nan)
    return KingsStages(stage, known & fed, known & breathing)
