"""A small valid protocol to change, and files to write it to."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from leadin.protocols.protocol import Protocol

SMALL: dict[str, Any] = {
    "name": "small",
    "title": "A small trial",
    "summary": "Two arms, one product.",
    "masking": "open_label",
    "lead_in_months": 3,
    "follow_up_months": 3,
    "products": [
        {
            "name": "msc",
            "label": "MSC",
            "cell_type": "stem cells",
            "origin": "autologous",
            "source_tissue": "bone marrow",
            "manufacturing": {"isolations": 2, "expansion_days": 28, "shelf_life_hours": 24},
        }
    ],
    "arms": [
        {
            "name": "cells",
            "label": "Cells",
            "role": "treatment",
            "planned": 10,
            "administrations": [
                {"day": 0, "product": "msc", "route": "intrathecal", "cells": {"amount": 1e6, "per": "kg"}},
                {"day": 26, "product": "msc", "route": "intrathecal", "cells": {"amount": 1e6, "per": "kg"}},
            ],
        },
        {"name": "control", "label": "Control", "role": "control", "planned": 10},
    ],
    "randomisation": {"ratio": {"cells": 1, "control": 1}, "at": "screening"},
    "visits": [
        {"name": "screening", "day": -91, "measures": ["alsfrs_r", "weight_kg"]},
        {"name": "lead-in", "day": -45, "measures": ["alsfrs_r"]},
        {"name": "baseline", "day": 0, "measures": ["alsfrs_r"]},
        {"name": "month 1", "day": 30, "measures": ["alsfrs_r"]},
        {"name": "month 2", "day": 61, "measures": ["alsfrs_r"]},
        {"name": "month 3", "day": 91, "measures": ["alsfrs_r"]},
    ],
    "plan": {"analyses": [{"method": "broken_stick", "role": "primary"}]},
}


@pytest.fixture
def small() -> dict[str, Any]:
    """What a small valid protocol says, as plain data that a test may change."""
    return copy.deepcopy(SMALL)


@pytest.fixture
def protocol(small) -> Protocol:
    return Protocol.model_validate(small)


@pytest.fixture
def yaml_file(tmp_path) -> Callable[[str | bytes], Any]:
    """Writes text or bytes to trial.yaml and gives its path."""

    def write(content: str | bytes) -> Any:
        path = tmp_path / "trial.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write
