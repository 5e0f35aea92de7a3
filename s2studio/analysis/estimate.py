"""Size, traffic, time and energy of a network before any run, from how often its neurons are said to spike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from s2studio.analysis.counted import CountedRun
from s2studio.analysis.timed import Outcome, timed
from s2studio.marks import marks_in
from s2studio.sim.traffic import flits
from s2studio.snn.structure import longest_path_populations

Origin = Literal["given", "stimulus", "model", "assumed"]


# What is counted, but of spikes that were drawn at rates.
_DRAWN = ("spikes", "packets_received", "synaptic_events", "flit_hops", "fifo_needed")


@dataclass(frozen=True)
class RateRow:
    """How often the neurons of a population spike, in Hz of model time, and whence that is known."""

    population: str
    neurons: int
    rate_hz: float
    origin: Origin


@dataclass(frozen=True)
class Size:
    """What the network takes of the chip, memory in bytes; `fullest` is the slice with most of it."""

    pes_used: int
    pes_available: int
    memory_bytes: int
    fullest: str
    fullest_bytes: int
    pe_bytes: int
    router_entries: int


@dataclass(frozen=True)
class Estimate:
    """What `estimate` answers for `ticks` ticks: counts of the whole run, times in s, `outcome` with the energies.

    `time_low_s` to `time_pessimistic_s` is the interval of the longest tick of any PE: at the low end of the cycle
    costs where neurons spike independently, at the high end where they spike together, `bursts` times as many in a
    tick; the safe tick, late ticks and the `fifo_needed` packets that wait at once are of the same end. `latency_ticks`
    is how many ticks a spike takes from input to output at least, `latency_s` that at the project's tick,
    `latency_safe_s` at the smallest safe one.
    """

    network: str
    chip: str
    ticks: int
    rates: tuple[RateRow, ...]
    size: Size
    spikes: int
    packets_received: int
    synaptic_events: int
    neuron_updates: int
    flit_hops: int
    time_low_s: float
    time_nominal_s: float
    time_pessimistic_s: float
    fifo_depth: int
    fifo_needed: int
    latency_ticks: int
    latency_s: float
    latency_safe_s: float
    outcome: Outcome
    bursts: Mapping[str, float]
    assumed: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what `estimate --json` prints."""
        found = asdict(self)
        return found | {"marks": marks_in(found) | dict.fromkeys(_DRAWN, "derived")}


def estimate(
    run: CountedRun,
    together: CountedRun,
    bursts: Mapping[str, float],
    rates: Sequence[RateRow],
    assumed: Sequence[str],
) -> Estimate:
    """Return what `run`, whose counts were drawn at `rates`, takes; in `together` they are `bursts` times as high."""
    found, worst = timed(run), timed(together)
    outcome = replace(found.outcome, safe_tick_s=worst.outcome.safe_tick_s, late_ticks=worst.outcome.late_ticks)
    slowest = int(found.longest_s.argmax())
    path = longest_path_populations(run.network.spiking)
    counts = run.counts
    return Estimate(
        network=run.network.name,
        chip=run.spec.name,
        ticks=run.ticks,
        rates=tuple(rates),
        size=_size(run),
        spikes=int(counts.spikes.sum(dtype=np.int64)),
        packets_received=int(counts.packets.sum(dtype=np.int64)),
        synaptic_events=int(counts.synaptic_events.sum(dtype=np.int64)),
        neuron_updates=int(counts.updates.sum(dtype=np.int64)) * run.ticks,
        flit_hops=sum(int(flits(block.spikes, run.traffic.flits).sum()) for _, block in run.blocks()),
        time_low_s=float(found.low_s[slowest]),
        time_nominal_s=float(found.nominal_s[slowest]),
        time_pessimistic_s=float(worst.longest_s.max()),
        fifo_depth=run.spec.fifo_depth_packets,
        fifo_needed=int(worst.most_packets.max(initial=0)),
        latency_ticks=path,
        latency_s=path * run.tick_s,
        latency_safe_s=path * outcome.safe_tick_s,
        outcome=outcome,
        bursts=dict(bursts),
        assumed=tuple(assumed),
    )


def _size(run: CountedRun) -> Size:
    used = [sum(piece.bytes.values()) for piece in run.mapping.slices]
    fullest = int(np.argmax(used))
    piece = run.mapping.slices[fullest]
    return Size(
        pes_used=run.mapping.pes_used,
        pes_available=len(run.machine.usable_pes),
        memory_bytes=sum(used),
        fullest=f"neurons {piece.start} to {piece.stop - 1} of '{piece.population}' on {piece.pe}",
        fullest_bytes=used[fullest],
        pe_bytes=run.spec.memory.data_bytes,
        router_entries=run.mapping.routing_entries,
    )
