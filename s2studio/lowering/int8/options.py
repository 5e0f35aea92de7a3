"""How a deep network is brought to int8."""

from __future__ import annotations

from dataclasses import dataclass

from s2studio.lowering.int8.equalise import Equalise


@dataclass(frozen=True)
class Int8Options:
    """What may be done to the weights, and how many iterations the exponential unit makes.

    `per_output` gives each output of a layer its own step, else the layer has one. `equalise` and `correct_bias` None
    means all are tried, and what serves the calibration set best is taken. `wide` gives 16 bits to what no MAC array
    reads, and lets attention divide its sums of 32 bits.
    """

    per_output: bool = True
    equalise: Equalise | None = None
    correct_bias: bool | None = None
    wide: bool = True
    iterations: int = 16
