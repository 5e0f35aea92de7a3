"""How a deep network is brought to int8."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Int8Options:
    """What may be done to the weights, and how many iterations the exponential unit makes.

    `per_output` gives each output of a layer its own step, else the layer has one. `equalise` and `correct_bias` None
    means both are tried, and what serves the calibration set best is taken. `wide` gives 16 bits to what no MAC array
    reads.
    """

    per_output: bool = True
    equalise: bool | None = None
    correct_bias: bool | None = None
    wide: bool = True
    iterations: int = 16
