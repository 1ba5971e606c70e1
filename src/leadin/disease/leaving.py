"""Who leaves for other reasons than death: at a constant hazard from enrolment on, more often where spinal fluid is
punctured again and again."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from leadin.disease.population import Attendance

Floats = NDArray[np.float64]


def drop_out_hazard(attendance: Attendance, routes: Iterable[str]) -> float:
    """Hazard per month of leaving a trial whose administrations go by these routes."""
    return attendance.drop_out_per_month_intrathecal if "intrathecal" in routes else attendance.drop_out_per_month


def months_until_leaving(hazard: float, exponentials: Floats) -> Floats:
    """Months from enrolment (n,) until each would leave; infinite when the hazard is 0."""
    return exponentials / hazard if hazard > 0 else np.full(exponentials.shape, np.inf)
