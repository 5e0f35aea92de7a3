"""Spikes as columns, as files hold them, on their way to a stimulus."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.network.layers import Shape

# Some 5 GB on their way through the program.
MAX_SPIKES = 10**8


class Columns(NamedTuple):
    """One entry per spike: `step`, `neuron`, and where the file has it the name of the `population` (objects).

    `line` is where a spike stands in a text file, None in others; `shape` that of the neurons where the file has it.
    """

    step: NDArray[np.int64]
    neuron: NDArray[np.int64]
    population: NDArray[Any] | None = None
    line: NDArray[np.int64] | None = None
    shape: Shape | None = None
