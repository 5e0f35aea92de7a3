"""Brings the sums of an accumulator back to few bits: bias, shift, cut, and the largest magnitude that was seen."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import kernel


@kernel
def requantise(
    sums: NDArray[Any],
    bias: NDArray[np.int32],
    shift: NDArray[np.uint8],
    limits: tuple[int, int],
    out: NDArray[Any],
    place: tuple[int, int, int],
) -> int:
    """Write clip((sums + bias) >> shift) of `sums` (outputs, places), return the largest |sums + bias|.

    `out` is flat; `place` says where in it the first value goes, and the steps from output to output and from place
    to place. The sums are whole numbers in floats, below 2^53.
    """
    start, along_outputs, along_places = place
    least, most = limits
    largest = np.int64(0)
    for output in range(sums.shape[0]):
        added, places = np.int64(bias[output]), np.int64(shift[output])
        at = start + output * along_outputs
        for column in range(sums.shape[1]):
            total = np.int64(sums[output, column]) + added
            largest = max(largest, abs(total))
            out[at + column * along_places] = min(max(total >> places, least), most)
    return int(largest)
