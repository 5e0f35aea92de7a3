"""How much each slice sends: from spikes per neuron that are stated or were counted in a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from s2studio.errors import UsageError
from s2studio.mapping.mapping import Slice
from s2studio.mapping.partition import Piece

FloatArray = NDArray[np.float64]
Rates = Mapping[str, float | FloatArray]
"""Spikes of a population's neurons: one number for each of them, or shape (size,). Missing: 1."""


def slice_traffic(pieces: Sequence[Piece | Slice], rates: Rates) -> FloatArray:
    """Return the spikes that each slice sends, shape (slices,). Raises UsageError for rates that cannot be."""
    totals = np.zeros(len(pieces))
    before = {name: _running_sum(name, rate) for name, rate in rates.items()}
    for index, piece in enumerate(pieces):
        rate = before.get(piece.population, 1.0)
        if isinstance(rate, float):
            totals[index] = rate * piece.size
        else:
            if piece.stop >= len(rate):
                found = f"{len(rate) - 1} rates, at least {piece.stop} neurons"
                raise UsageError(f"rates of '{piece.population}'", found, "one rate per neuron")
            totals[index] = rate[piece.stop] - rate[piece.start]
    return totals


def rates_of_run(slices: Sequence[Slice], spikes: NDArray[np.integer]) -> Rates:
    """Return the spikes per neuron of a run whose `slices` sent `spikes` (slices,), as even as they can be.

    The rates hold for any other way of cutting the populations.
    """
    rates: dict[str, list[FloatArray]] = {}
    for piece, sent in zip(slices, spikes.tolist(), strict=True):
        rates.setdefault(piece.population, []).append(np.full(piece.size, sent / piece.size))
    return {name: np.concatenate(parts) for name, parts in rates.items()}


def _running_sum(name: str, rate: float | FloatArray) -> float | FloatArray:
    """Return a single rate as it is, and of rates per neuron the sum of those before each, and of all."""
    values = np.asarray(rate, np.float64)
    if not np.all(np.isfinite(values)) or np.any(values < 0):
        raise UsageError(f"rates of '{name}'", "a rate is negative or no number", "spikes per neuron, at least 0")
    return float(values) if values.ndim == 0 else np.concatenate([[0.0], np.cumsum(values)])
