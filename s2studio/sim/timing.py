"""How long each PE works in a tick: counts x cycle costs / clock."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.mapping.mapping import ChipMapping
from s2studio.sim.cost_bounds import COST_NAMES, feasible_costs
from s2studio.sim.counts import Counts
from s2studio.snn.network import ChipNetwork

FloatArray = NDArray[np.float64]
KINDS = ("neurons", "synapses", "packets", "recording")
SWITCHING = "switching"
# Of a tick: what rounding in cycles / clock may add to a time that fills it to the last cycle.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class SliceWork:
    """What a slice does the same way all through a run, one entry per slice: with counts, all that pricing needs.

    `models` is its neuron model, `recorded_voltages` the neurons whose voltage the board records each tick (int64),
    `packets_per_spike` the packets it sends for a spike (int64).
    """

    models: tuple[str, ...]
    recorded_voltages: NDArray[np.int64]
    packets_per_spike: NDArray[np.int64]


def slice_work(network: ChipNetwork, mapping: ChipMapping) -> SliceWork:
    """Return the constants of every slice of `mapping`."""
    models = {population.name: population.model for population in network.spiking.populations}
    record = mapping.demand.record
    return SliceWork(
        models=tuple(models[piece.population] for piece in mapping.slices),
        recorded_voltages=np.array(
            [piece.size if "v" in record.get(piece.population, ()) else 0 for piece in mapping.slices], dtype=np.int64
        ),
        packets_per_spike=np.array([route.packets for route in mapping.routes], dtype=np.int64),
    )


def occurrences(counts: Counts, work: SliceWork) -> Mapping[str, NDArray[np.integer]]:
    """Return how often each cost falls due, by its name in `COST_NAMES`, each broadcast to (samples, ticks, slices)."""
    shape = counts.packets.shape
    return {
        "tick": np.broadcast_to(np.int64(1), shape),
        "packet": counts.packets,
        "synaptic_event": counts.synaptic_events,
        "send": counts.spikes * work.packets_per_spike,
        "voltage_record": np.broadcast_to(work.recorded_voltages, shape),
        "neuron": np.broadcast_to(counts.updates, shape),
    }


def cycles_by_kind(counts: Counts, work: SliceWork, spec: ChipSpec) -> Mapping[str, FloatArray]:
    """Return the cycles each PE spends in each tick by what it does, each shape (samples, ticks, slices).

    neurons    cycles.tick + updates * models.*.cycles_per_neuron
    synapses   synaptic_events * cycles.synaptic_event
    packets    packets received * cycles.packet + packets sent * cycles.send
    recording  recorded voltages * cycles.voltage_record
    """
    costs, due = spec.cycles, occurrences(counts, work)
    per_neuron = np.array([spec.models[model].cycles_per_neuron for model in work.models], dtype=np.float64)
    return {
        "neurons": due["tick"] * costs.tick + due["neuron"] * per_neuron,
        "synapses": due["synaptic_event"] * costs.synaptic_event,
        "packets": due["packet"] * costs.packet + due["send"] * costs.send,
        "recording": due["voltage_record"] * costs.voltage_record,
    }


def by_level(values: Sequence[float], levels: NDArray[np.int8]) -> FloatArray:
    """Return the one of `values` at each of `levels`, to be read only: where all are equal, as they often are, one."""
    if levels.size and levels.min() == levels.max():
        return np.broadcast_to(np.float64(values[int(levels.flat[0])]), levels.shape)
    return np.array(values, np.float64)[levels]


def clocks_hz(levels: NDArray[np.int8], spec: ChipSpec) -> FloatArray:
    """Return the clock at each of `levels` (indices into `tuple(spec.levels)`), in Hz."""
    return by_level([level.clock_hz for level in spec.levels.values()], levels)


def switch_s(levels: NDArray[np.int8], spec: ChipSpec) -> FloatArray:
    """Return how long a PE changes to each of `levels` before it works, and back after it, in s: 0 at that of sleep."""
    return by_level([0.0 if name == spec.sleep_level else spec.switch_time_s for name in spec.levels], levels)


def is_switching(levels: NDArray[np.int8], spec: ChipSpec) -> bool:
    """Return whether any of `levels` is another than that of sleep."""
    asleep = tuple(spec.levels).index(spec.sleep_level)
    return bool(levels.size) and not levels.min() == levels.max() == asleep


def switch_ends(spec: ChipSpec) -> tuple[ChipSpec, ChipSpec]:
    """Return the chip with the least and with the most time that a change of level may take."""
    quantity = spec.quantities.get("level_switch.time")
    low, high = (1.0, 1.0) if quantity is None else quantity.factors
    return replace(spec, switch_time_s=spec.switch_time_s * low), replace(spec, switch_time_s=spec.switch_time_s * high)


def time_done_s(cycles: Mapping[str, FloatArray], levels: NDArray[np.int8], spec: ChipSpec) -> FloatArray:
    """Return when in its tick each PE has done all its work, in s, shape (samples, ticks, slices)."""
    done: FloatArray = sum(cycles.values(), np.zeros(levels.shape)) / clocks_hz(levels, spec)
    if is_switching(levels, spec):
        done += switch_s(levels, spec)
    return done


@dataclass(frozen=True)
class TimeBounds:
    """When each PE is done in its tick, in s, shape (samples, ticks, slices): an interval over the feasible costs.

    `nominal_s` is what the values of the chip file say, `low_s` and `pessimistic_s` the least and the most that any
    cycle costs say which agree with the ranges of the chip file and the published throughput.
    """

    low_s: FloatArray
    nominal_s: FloatArray
    pessimistic_s: FloatArray


def time_done_bounds_s(counts: Counts, work: SliceWork, spec: ChipSpec, levels: NDArray[np.int8]) -> TimeBounds:
    """Return the interval of every `time_done` at `levels`, which count from `choose_levels`."""
    clocks, cycles = clocks_hz(levels, spec), cycle_bounds(counts, work, spec)
    times = TimeBounds(cycles.low / clocks, cycles.nominal / clocks, cycles.pessimistic / clocks)
    if is_switching(levels, spec):
        least, most = switch_ends(spec)
        for found, end in ((times.low_s, least), (times.nominal_s, spec), (times.pessimistic_s, most)):
            np.add(found, switch_s(levels, end), out=found)
    return times


@dataclass(frozen=True)
class CycleBounds:
    """Cycles of each PE in each tick, shape (samples, ticks, slices): as the chip file says, and at least and most."""

    low: FloatArray
    nominal: FloatArray
    pessimistic: FloatArray


def cycle_bounds(counts: Counts, work: SliceWork, spec: ChipSpec) -> CycleBounds:
    """Return the interval of the cycles that `counts` take, over the cycle costs that agree with what is published."""
    feasible = feasible_costs(spec)
    low, nominal, most = (np.empty(counts.packets.shape) for _ in range(3))
    for model in dict.fromkeys(work.models):
        own = [number for number, name in enumerate(work.models) if name == model]
        part = slice(None) if len(own) == len(work.models) else own
        corners, values = feasible.corners(model), _cost_values(spec, model)
        found = _cycles_at(counts, work, part, np.vstack([corners.least, values, corners.most]))
        low[..., part], nominal[..., part] = found[0], found[1]
        most[..., part] = found[2:].max(axis=0)
    return CycleBounds(np.minimum(low, nominal), nominal, np.maximum(most, nominal))


def _cost_values(spec: ChipSpec, model: str) -> FloatArray:
    costs = [getattr(spec.cycles, name) for name in COST_NAMES[:-1]]
    return np.array([*costs, spec.models[model].cycles_per_neuron])


def _cycles_at(counts: Counts, work: SliceWork, part: slice | list[int], costs: FloatArray) -> FloatArray:
    """Return the cycles of the slices `part` at each of `costs` (n, COST_NAMES), shape (n, samples, ticks, slices)."""
    due = dict(zip(COST_NAMES, costs.T, strict=True))
    # The same in every tick.
    updates, voltages = np.broadcast_to(counts.updates, counts.packets.shape[-1:])[part], work.recorded_voltages[part]
    fixed = due["tick"][:, None] + due["neuron"][:, None] * updates + due["voltage_record"][:, None] * voltages
    sent = counts.spikes[..., part] * work.packets_per_spike[part]
    moving = np.stack([counts.packets[..., part], counts.synaptic_events[..., part], sent], dtype=np.float64)
    each = np.stack([due["packet"], due["synaptic_event"], due["send"]], axis=1)
    found = (each @ moving.reshape(3, -1)).reshape(len(costs), *moving.shape[1:])
    found += fixed[:, None, None, :]
    return found


def late(time_done: FloatArray, tick_s: float) -> NDArray[np.bool_]:
    """Return where a PE is still at work when the next tick starts."""
    return time_done > tick_s * (1 + _ROUNDING)


def smallest_safe_tick_s(time_done_max_s: float, spec: ChipSpec) -> float:
    """Return the shortest tick of whole timer periods in which a PE that needs `time_done_max_s` is not late."""
    return max(1, math.ceil(time_done_max_s * spec.timer_hz * (1 - _ROUNDING))) / spec.timer_hz


def fifo_overflow(packets: NDArray[np.integer], spec: ChipSpec) -> NDArray[np.bool_]:
    """Return where more packets wait for a PE than its spike FIFO holds, in the shape of `packets`."""
    return packets > spec.fifo_depth_packets
