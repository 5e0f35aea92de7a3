"""Updates a population by a tick: which neuron kernel, with which parameters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel
from s2studio.sim.kernels.lif import Float32, Value, update_lif
from s2studio.sim.kernels.lif_curr_exp import update_lif_curr_exp
from s2studio.sim.kernels.poisson_process import stream, update_poisson
from s2studio.sim.program import Parameters, Populations
from s2studio.snn.models.model import Update

POISSON, LIF = int(Update.POISSON), int(Update.LIF)


class State(NamedTuple):
    """The state, (samples, neurons) and `sums` (samples, sums), in the engine's order: changed in place."""

    v: Float32
    i_exc: Float32
    i_inh: Float32
    ready: NDArray[np.int32]
    sums: NDArray[np.int32]


class Values(NamedTuple):
    """The parameters of some neurons: arrays, or numbers that all of them share."""

    alpha_decay: Value
    i_offset: Value
    threshold: Value
    v_reset: Value
    exc_decay: Value
    inh_decay: Value
    t_refrac: NDArray[np.int32] | np.int32


@inner_kernel
def update(
    tick: int,
    p: int,
    first: int,
    last: int,
    seed: int,
    sample: int,
    populations: Populations,
    parameters: Parameters,
    state: State,
    fired: NDArray[np.int32],
) -> int:
    """Advance the neurons `first` to `last` of population `p`, counted in the engine's order, by a tick.

    Writes who fired to `fired`, ascending, and returns how many did; `fired` has room for GROUP more. Neurons of a
    Poisson process are advanced all together.
    """
    start = populations.first_neuron[p]
    neurons = slice(start + first, start + last)
    if populations.update[p] == POISSON:
        key = stream(seed, parameters.seed[p], p, sample)
        return update_poisson(key, tick, parameters.p[neurons], fired)
    if parameters.alike[p]:
        return integrate(tick, p, first, last, populations, parameters, value_of(parameters, start), state, fired)
    return integrate(tick, p, first, last, populations, parameters, values_of(parameters, neurons), state, fired)


@inner_kernel
def slot_of(tick: int, p: int, populations: Populations) -> tuple[int, int]:
    """Return where the sums that arrive at population `p` in `tick` begin, and how many they are."""
    width = (populations.first_sum[p + 1] - populations.first_sum[p]) // populations.slots[p]
    first = populations.first_sum[p] + tick % populations.slots[p] * width
    return first, width


@inner_kernel
def value_of(parameters: Parameters, i: int) -> Values:
    """Return the parameters of neuron `i`."""
    return Values(
        parameters.alpha_decay[i],
        parameters.i_offset[i],
        parameters.threshold[i],
        parameters.v_reset[i],
        parameters.exc_decay[i],
        parameters.inh_decay[i],
        parameters.t_refrac[i],
    )


@inner_kernel
def values_of(parameters: Parameters, neurons: slice) -> Values:
    """Return the parameters of `neurons`."""
    return Values(
        parameters.alpha_decay[neurons],
        parameters.i_offset[neurons],
        parameters.threshold[neurons],
        parameters.v_reset[neurons],
        parameters.exc_decay[neurons],
        parameters.inh_decay[neurons],
        parameters.t_refrac[neurons],
    )


@inner_kernel
def integrate(
    tick: int,
    p: int,
    first: int,
    last: int,
    populations: Populations,
    parameters: Parameters,
    values: Values,
    state: State,
    fired: NDArray[np.int32],
) -> int:
    """Advance those neurons of population `p`, of a model that integrates, and return how many fired."""
    start = populations.first_neuron[p]
    neurons = slice(start + first, start + last)
    slot, width = slot_of(tick, p, populations)
    sums = state.sums[slot + first : slot + last]
    if populations.update[p] == LIF:
        return update_lif(
            first,
            state.v[neurons],
            sums,
            values.alpha_decay,
            values.i_offset,
            values.threshold,
            values.v_reset,
            parameters.subtracts[p],
            fired,
        )
    half = slot + width // 2
    return update_lif_curr_exp(
        tick,
        first,
        state.v[neurons],
        state.i_exc[neurons],
        state.i_inh[neurons],
        state.ready[neurons],
        sums,
        state.sums[half + first : half + last],
        values.exc_decay,
        values.inh_decay,
        values.alpha_decay,
        values.i_offset,
        values.threshold,
        values.v_reset,
        values.t_refrac,
        parameters.subtracts[p],
        fired,
    )
