"""`spinnaker2.neuron_models.common`: how the performance level of a PE is managed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from s2studio.compat.names import unknown_name


class PmgtMode(Enum):
    """Always at the low level, always at the high one, or by the packets that wait at the start of a tick."""

    PL_MODE_LOW = 0
    PL_MODE_HIGH = 1
    PL_MODE_AUTO = 2


@dataclass
class DVFSParams:
    """The mode, and for PL_MODE_AUTO the waiting packets from which on a tick runs high (None: the chip file's)."""

    mode: PmgtMode = PmgtMode.PL_MODE_LOW
    pl_threshold: int | None = None


__getattr__ = unknown_name("spinnaker2.neuron_models.common", ("DVFSParams", "PmgtMode"))
