"""Protocols and populations that the tests of this room build on."""

from __future__ import annotations

import pytest

from leadin.disease.load import load_population
from leadin.protocols.protocol import Protocol

MONTH = 30.4375


def monthly(
    lead_in: int = 3,
    follow_up: int = 9,
    *,
    planned: int = 60,
    criteria: tuple = (),
    doses: tuple = (),
    controlled: bool = False,
    window: int = 7,
    measures: tuple = ("alsfrs_r",),
    **changes: object,
) -> Protocol:
    """A protocol with a visit each month. doses: days of intrathecal cells in arm `cells`; without any, one arm `all`
    without cells; controlled: a second arm `control`, 1:1."""
    cells = [{"day": day, "product": "msc", "route": "intrathecal", "cells": {"amount": 1e6}} for day in doses]
    for dose in cells:
        dose.update(days_early=min(3, dose["day"]), days_late=5)
    arms = [{"name": "cells" if doses else "all", "label": "A", "role": "treatment", "planned": planned}]
    arms[0]["administrations"] = cells
    said = {
        "name": "monthly",
        "title": "Monthly visits",
        "summary": "A protocol for tests.",
        "masking": "open_label",
        "lead_in_months": lead_in,
        "follow_up_months": follow_up,
        "arms": arms,
        "visits": [
            {
                "name": f"month {m}",
                "day": round(m * MONTH),
                "days_early": window,
                "days_late": window if m else 0,
                "measures": measures,
            }
            for m in range(-lead_in, follow_up + 1)
        ],
        "eligibility": {"criteria": criteria},
    }
    if doses:
        made = {"isolations": len(doses), "expansion_days": 28}
        said["products"] = [
            {"name": "msc", "label": "MSC", "cell_type": "MSC", "origin": "autologous", "manufacturing": made}
        ]
    if controlled:
        arms.append({"name": "control", "label": "B", "role": "control", "planned": planned})
        said["randomisation"] = {"ratio": {arms[0]["name"]: 1, "control": 1}}
    return Protocol.model_validate(said | changes)


@pytest.fixture(scope="session")
def build():
    """Builds a protocol; see `monthly`."""
    return monthly


@pytest.fixture(scope="session")
def pro_act():
    return load_population("pro-act")


@pytest.fixture(scope="session")
def steady(pro_act):
    """pro-act where everybody stays and every visit is made on its day."""
    return pro_act.model_copy(
        update={
            "attendance": pro_act.attendance.model_copy(
                update={
                    "drop_out_per_month": 0.0,
                    "drop_out_per_month_intrathecal": 0.0,
                    "missed_visit_share": 0.0,
                    "visit_jitter_days": 0.0,
                    "administration_jitter_days": 0.0,
                }
            )
        }
    )
