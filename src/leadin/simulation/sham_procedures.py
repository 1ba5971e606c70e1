"""Sham and placebo procedures: punctures, injections and tissue samples without cells, which harm as real ones do."""

from __future__ import annotations

import numpy as np

from leadin.protocols.protocol import Protocol
from leadin.simulation.administrations import Procedures, joined, procedures
from leadin.simulation.participants import SimulatedArrays

ISOLATION = "isolation"


def sham_procedures(protocol: Protocol, arrays: SimulatedArrays) -> tuple[Procedures, Procedures]:
    """Injections and tissue samples that the protocol's co-interventions declare, on their planned days, in those of
    their arms who are enrolled by then and still there."""
    injections: list[Procedures] = []
    isolations: list[Procedures] = []
    for co in protocol.co_interventions:
        arms = [position for position, arm in enumerate(protocol.arms) if not co.arms or arm.name in co.arms]
        mine = np.isin(arrays.arm, arms)
        for day in co.days:
            rows = np.flatnonzero(mine & (arrays.enrolment_day <= day) & (day < arrays.last_day))
            for kind in co.procedures:
                done = procedures(rows, np.full(rows.size, float(day)), "" if kind == ISOLATION else kind)
                (isolations if kind == ISOLATION else injections).append(done)
    return joined(injections), joined(isolations)
