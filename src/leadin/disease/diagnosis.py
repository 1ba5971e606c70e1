"""What was found when ALS was diagnosed and prognosis depends on: certainty of the diagnosis, dementia, genotype."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from leadin.engine.draws import Draws
from leadin.protocols.statement import Statement

Flags = NDArray[np.bool_]


class Diagnosis(Statement):
    """Shares of those with definite ALS by the El Escorial criteria, with frontotemporal dementia, and with an
    expansion of C9orf72; independent of one another and of everything else."""

    definite_share: float = Field(ge=0, le=1)
    frontotemporal_dementia_share: float = Field(ge=0, le=1)
    c9orf72_share: float = Field(ge=0, le=1)


@dataclass(frozen=True)
class Findings:
    """What was found in n people, each (n,)."""

    definite: Flags
    frontotemporal_dementia: Flags
    c9orf72: Flags


def draw_findings(diagnosis: Diagnosis, draws: Draws, n: int) -> Findings:
    """The findings of the next n people."""
    return Findings(
        definite=draws.uniform("diagnosis/definite", n) < diagnosis.definite_share,
        frontotemporal_dementia=draws.uniform("diagnosis/frontotemporal_dementia", n)
        < diagnosis.frontotemporal_dementia_share,
        c9orf72=draws.uniform("diagnosis/c9orf72", n) < diagnosis.c9orf72_share,
    )
