"""The chip that lowering tests lower for."""

from __future__ import annotations

import pytest

from s2studio.chip.loader import load_chip
from s2studio.chip.spec import ChipSpec


@pytest.fixture(scope="session")
def spec() -> ChipSpec:
    """Return the description of SpiNNaker2."""
    return load_chip()
