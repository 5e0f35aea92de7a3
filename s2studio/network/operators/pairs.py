"""QuantizeLinear with the DequantizeLinear behind it: what a quantised file says of the steps of a tensor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from s2studio.network.operators.operator import Operator, Values

INT8 = np.iinfo(np.int8)


@dataclass(frozen=True)
class QuantisePair(Operator):
    """y = scale (clip(round(x / scale) + zero_point, least, most) - zero_point), halves rounded to even."""

    scale: float
    zero_point: int
    least: int
    most: int

    def compute(self, *inputs: Values) -> Values:
        """Return y."""
        scale = np.float32(self.scale)
        steps = np.clip(np.rint(inputs[0] / scale), self.least - self.zero_point, self.most - self.zero_point)
        return np.asarray(steps * scale, np.float32)

    @property
    def exponent(self) -> int | None:
        """The exponent at which a tensor of int8 holds the same values, None where none does."""
        mantissa, power = np.frexp(self.scale)
        is_int8 = (self.zero_point, self.least, self.most) == (0, INT8.min, INT8.max)
        return int(1 - power) if is_int8 and mantissa == 0.5 else None

    @property
    def range(self) -> tuple[float, float]:
        """The least and the largest y."""
        return (self.least - self.zero_point) * self.scale, (self.most - self.zero_point) * self.scale
