"""The population that the tests of this room start from."""

from __future__ import annotations

import pytest

from leadin.disease.load import load_population


@pytest.fixture(scope="session")
def pro_act():
    return load_population("pro-act")
