"""Trained weights as int8 times a power of two, which the MAC array undoes by a shift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.network.operators.operator import FloatArray

INT8 = np.iinfo(np.int8)
# Exponents that are tried, from one below that at which nothing is clipped: more clip nearly everything.
FINER = 4


@dataclass(frozen=True)
class Int8Weights:
    """w = values 2^-exponent: `values` (outputs, ...) int8, `exponents` one per output, all equal per tensor."""

    values: NDArray[np.int8]
    exponents: NDArray[np.int64]

    def as_float(self) -> FloatArray:
        """Return the weights that the integers stand for."""
        scale = np.ldexp(np.float32(1), -self.exponents).reshape(-1, *(1,) * (self.values.ndim - 1))
        return np.asarray(self.values * scale, np.float32)


@dataclass(frozen=True)
class WeightReport:
    """What rounding did to the weights of a layer.

    `snr_db` is 10 log10(sum w^2 / sum (w - w')^2), None where nothing was lost. `largest_sum` is the largest magnitude
    that the products of one output can add up to, whatever int8 comes in: below 2^(bits - 1) an accumulator of that
    many bits never overflows. It is without the bias.
    """

    exponent_least: int
    exponent_most: int
    snr_db: float | None
    clipped_share: float
    largest_sum: int


def quantise_weights(weight: FloatArray, per_output: bool = True, most: NDArray[np.int64] | None = None) -> Int8Weights:
    """Return `weight` (outputs, ...) as int8, rounded to nearest, the exponent that with the least squared error.

    An exponent is chosen for each output, or one for all of them, at most that of the output in `most`. Outputs without
    weights other than 0 have the largest exponent of the others.
    """
    rows = weight.reshape(len(weight) if per_output else 1, -1).astype(np.float64)
    largest = np.abs(rows).max(axis=1)
    # 128 2^-e >= largest: the finest exponent at which at most the largest weight is cut, from 128 to 127.
    coarsest = np.where(largest > 0, np.floor(np.log2(-float(INT8.min) / np.where(largest > 0, largest, 1))), 0)
    candidates = np.array([coarsest + finer for finer in range(-1, FINER)], np.int64)
    errors = np.array([_squared_error(rows, exponents) for exponents in candidates])
    chosen = np.take_along_axis(candidates, errors.argmin(axis=0)[None], 0)[0]
    chosen = np.where(largest > 0, chosen, chosen[largest > 0].max() if largest.any() else 0)
    if most is not None:
        chosen = np.minimum(chosen, most if per_output else most.min())
    values = _rounded(rows, chosen).astype(np.int8).reshape(weight.shape)
    return Int8Weights(values, np.broadcast_to(chosen, (len(weight),)).copy())


def report_weights(weight: FloatArray, quantised: Int8Weights) -> WeightReport:
    """Return what became of `weight`."""
    exact = weight.astype(np.float64)
    noise, signal = float(((exact - quantised.as_float()) ** 2).sum()), float((exact**2).sum())
    rows = quantised.values.reshape(len(weight), -1).astype(np.int64)
    scaled = exact.reshape(len(weight), -1) * np.ldexp(1.0, quantised.exponents)[:, None]
    return WeightReport(
        exponent_least=int(quantised.exponents.min()),
        exponent_most=int(quantised.exponents.max()),
        snr_db=None if noise == 0 else float(10 * np.log10(signal / noise)),
        clipped_share=float(np.mean((np.rint(scaled) < INT8.min) | (np.rint(scaled) > INT8.max))),
        largest_sum=int(np.abs(rows).sum(axis=1).max()) * -int(INT8.min),
    )


def _rounded(rows: NDArray[np.float64], exponents: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return `rows` in units of 2^-exponent, rounded and clipped to int8."""
    return np.asarray(np.clip(np.rint(np.ldexp(rows, exponents[:, None])), INT8.min, INT8.max))


def _squared_error(rows: NDArray[np.float64], exponents: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what rounding to `exponents` costs each row."""
    back = np.ldexp(_rounded(rows, exponents), -exponents[:, None])
    return np.asarray(((rows - back) ** 2).sum(axis=1))
