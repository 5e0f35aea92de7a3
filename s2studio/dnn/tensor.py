"""A tensor of whole numbers between two layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from s2studio.network.operators.operator import Shape, size

Integers = NDArray[Any]
Dtype = Literal["int8", "int16", "int32"]
DTYPES: dict[int, Dtype] = {8: "int8", 16: "int16", 32: "int32"}


@dataclass(frozen=True)
class Tensor:
    """x = q 2^-exponent with q of `dtype`; the exponent of what is no quantity (tokens) is None."""

    name: str
    shape: Shape
    exponent: int | None
    dtype: Dtype = "int8"

    @property
    def values(self) -> int:
        """How many numbers it holds."""
        return size(self.shape)

    @property
    def bytes(self) -> int:
        """How much memory it takes, without padding."""
        return self.values * np.dtype(self.dtype).itemsize

    def to_float(self, values: Integers) -> NDArray[Any]:
        """Return what the whole numbers `values` of this tensor stand for."""
        return values if self.exponent is None else np.ldexp(values.astype(np.float32), -self.exponent)

    def to_integers(self, values: NDArray[Any]) -> Integers:
        """Return `values` in steps of this tensor, rounded to nearest and clipped; tokens as they are."""
        if self.exponent is None:
            return values.astype(self.dtype)
        return quantised(values, self.exponent, self.dtype)


def quantised(values: NDArray[Any], exponent: int, dtype: Dtype = "int8") -> Integers:
    """Return `values` in steps of 2^-exponent, rounded to nearest and clipped to what `dtype` holds."""
    limits = np.iinfo(dtype)
    return np.clip(np.rint(np.ldexp(values.astype(np.float64), exponent)), limits.min, limits.max).astype(dtype)
