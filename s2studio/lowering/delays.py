"""Delays in seconds as the delay field of synapses, and what the 4-bit weights cost that delayed synapses have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from s2studio.lowering.factors import Ends
from s2studio.lowering.refusal import NodeError
from s2studio.lowering.synapses import Delays
from s2studio.network.layers import Delay, FloatArray, Layer

# A delay this close to a whole number of ticks, relative to a tick, is one: 3e-3 / 1e-3 misses 3.
_ROUNDING_ERROR = 1e-6


def delay_nodes(layers: Mapping[str, Layer], path: Sequence[str]) -> tuple[str, ...]:
    """Return the Delay nodes of `path`."""
    return tuple(node for node in path if isinstance(layers[node], Delay))


def in_ticks(nodes: Sequence[str], ends: Ends, dt_s: float, longest: int) -> tuple[Delays, tuple[str, ...]]:
    """Return the delays of a chain in ticks, in front of its weights and behind, with warnings about rounding.

    `nodes` are its Delay nodes, `longest` the largest delay field. Delays that are all the same come as one value.
    Raises NodeError where the field, round(delay / dt), is not 0 to `longest`.
    """
    if not nodes:
        return (np.zeros(1), np.zeros(1)), ()
    before, behind = ends.delay_before / dt_s, ends.delay_behind / dt_s
    least, most = (float(pick(before) + pick(behind)) for pick in (np.min, np.max))
    if np.rint(least) < 0 or np.rint(most) > longest:
        wrong = least if np.rint(least) < 0 else most
        raise NodeError(
            nodes[0],
            f"a delay of {wrong * dt_s:g} s is {wrong:,.6g} ticks of {dt_s:g} s",
            f"the chip's delay field is 0 to {longest}",
            "take a larger --dt, or train with shorter delays",
        )
    off = max(float(np.abs(values - np.rint(values)).max()) for values in (before, behind))
    warnings = (
        (f"delays of '{', '.join(nodes)}' are rounded to ticks of {dt_s:g} s, by up to {off * dt_s:.3g} s",)
        if off > _ROUNDING_ERROR
        else ()
    )
    return (_once(before), _once(behind)), warnings


@dataclass(frozen=True)
class DelayLoss:
    """What the range of delayed synapses costs: the signal to noise of the weights with it and without, in dB.

    None is no error at all.
    """

    snr_db: float | None
    snr_db_without_delays: float | None

    @property
    def lost_db(self) -> float | None:
        """The difference, None where one of the two has no error."""
        if self.snr_db is None or self.snr_db_without_delays is None:
            return None
        return self.snr_db_without_delays - self.snr_db

    @property
    def text(self) -> str:
        """The warning that says so."""
        now, better = (
            "no error" if snr is None else f"{snr:.1f} dB" for snr in (self.snr_db, self.snr_db_without_delays)
        )
        if self.lost_db is None:
            return f"delays leave 4 bits to its weights: {now}, {better} without delays"
        return f"delays leave 4 bits to its weights: {now}, {self.lost_db:.1f} dB lost against 7 bits without delays"


def _once(values: FloatArray) -> FloatArray:
    return values[:1] if np.all(values == values[0]) else values
