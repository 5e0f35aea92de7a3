"""The machine that mapping tests map onto."""

from __future__ import annotations

import pytest

from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import Machine


@pytest.fixture(scope="session")
def machine() -> Machine:
    """Return one SpiNNaker2 chip under py-spinnaker2."""
    return make_machine(load_chip())
