"""Milano-Torino stages (MiToS): the number of domains in which independence is lost.

    movement        walking (8) or dressing and hygiene (6) at 1 or below
    swallowing      swallowing (3) at 1 or below
    communicating   speech (1) and handwriting (4) both at 1 or below
    breathing       dyspnoea (10) at 1 or below, or respiratory insufficiency (12) at 2 or below

Stage 0: none; 1 to 4: so many; 5: death. Reference: Chio et al. 2015, doi:10.1136/jnnp-2013-306589; the rules were read
in its table 1. Some public programs join speech and handwriting by "or", which the table does not.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from leadin.als.items import checked_items

Floats = NDArray[np.float64]

DOMAINS_OF_INDEPENDENCE = ("movement", "swallowing", "communicating", "breathing")
DEATH = 5


def independence_lost(items: ArrayLike) -> Floats:
    """Whether (1 or 0) independence is lost in each of `DOMAINS_OF_INDEPENDENCE` (..., 4), from items (..., 12).

    NaN where an item that the rule of that domain reads is missing. DataError for impossible items.
    """
    score = np.moveaxis(checked_items(items), -1, 0)
    speech, swallowing, writing, dressing = score[0], score[2], score[3], score[5]
    walking, dyspnoea, insufficiency = score[7], score[9], score[11]
    lost = [
        ((walking <= 1) | (dressing <= 1), walking + dressing),
        (swallowing <= 1, swallowing),
        ((speech <= 1) & (writing <= 1), speech + writing),
        ((dyspnoea <= 1) | (insufficiency <= 2), dyspnoea + insufficiency),
    ]
    return np.stack([np.where(np.isnan(read), np.nan, is_lost) for is_lost, read in lost], axis=-1)


def mitos_stages(items: ArrayLike) -> Floats:
    """MiToS stages (...), 0 to 4, of the living, from items (..., 12).

    NaN where an item that the rule reads is missing. DataError for impossible items.
    """
    stage: Floats = independence_lost(items).sum(axis=-1)
    return stage
