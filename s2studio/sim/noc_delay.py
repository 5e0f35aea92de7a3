"""How long packets are under way on the NoC: hops, look-ups, and a first-order model of waiting for one another.

Of a link or router that n packets use in a tick, sent within a window w and served in s each, a packet waits on average

    (n - 1) s / 2 * min(1, (s / w) / (1 - r)),    r = (n - 1) s / w

which is exact where all come at once (w = 0), and the queue M/D/1 (r s / 2 (1 - r)) where they are spread at random and
few. Left out: back-pressure of full buffers, packets of a PE that follow each other evenly, and arbitration.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.mapping.mapping import ChipMapping, Link, Node, Route
from s2studio.sim.counts import Counts
from s2studio.sim.timing import SliceWork, clocks_hz
from s2studio.sim.traffic import Traffic, flits

# Of the mean latency: what the model is off by at most beside one that moves every flit, up to such a load of the
# busiest link, and beyond (tests/sim/test_noc_delay.py).
ERROR, ERROR_AT_THE_LIMIT = 0.02, 0.25
FULL_LOAD = 0.9

FloatArray = NDArray[np.float64]
Way = tuple[Link, ...]


@dataclass(frozen=True)
class NocTimes:
    """Times of the NoC in s: a hop, a flit on a link, a look-up from in to out, and between two look-ups."""

    hop_s: float
    flit_s: float
    lookup_s: float
    between_lookups_s: float


@dataclass(frozen=True)
class NocLoad:
    """What a span of ticks puts on the NoC, of one sample: shape (ticks, links), or (ticks,) of the event router.

    `window_s` is how long the sending of a tick takes; `*_wait_s` how long a packet waits on average.
    """

    links: tuple[Link, ...]
    times: NocTimes
    flits: NDArray[np.int64]
    lookups: NDArray[np.int64]
    window_s: FloatArray
    link_wait_s: FloatArray
    router_wait_s: FloatArray

    def delay_s(self, tick: int, way: Way) -> float:
        """Return how long a packet that goes `way` in the tick number `tick` of the span is under way."""
        column = {link: index for index, link in enumerate(self.links)}
        waits = sum(float(self.link_wait_s[tick, column[link]]) for link in way)
        return unloaded_s(way, self.times) + waits + is_routed(way) * float(self.router_wait_s[tick])


def noc_times(spec: ChipSpec) -> NocTimes:
    """Return the times that the chip file says."""
    clock_hz, router_hz = _number(spec, "clocks.noc") * 1e6, _number(spec, "clocks.event_router") * 1e6
    return NocTimes(
        hop_s=_number(spec, "noc.cycles_per_hop") / clock_hz,
        flit_s=_number(spec, "noc.payload_bits") / (_number(spec, "noc.link_payload_rate") * 1e9),
        lookup_s=_number(spec, "event_router.latency") * 1e-9,
        between_lookups_s=1 / (_number(spec, "event_router.engines") * router_hz),
    )


def mean_wait_s(packets: NDArray[np.integer], window_s: FloatArray | float, service_s: float) -> FloatArray:
    """Return how long a packet waits on average for others before it, in the shape of `packets` (see the module)."""
    others = np.maximum(packets - 1, 0).astype(np.float64)
    window = np.broadcast_to(np.asarray(window_s, np.float64), others.shape)
    free = np.maximum(window - others * service_s, 0.0)
    share = np.where(free > service_s, service_s / np.maximum(free, service_s), 1.0)
    wait: FloatArray = others * service_s / 2 * share
    return wait


def sending_window_s(counts: Counts, work: SliceWork, spec: ChipSpec, levels: NDArray[np.int8]) -> FloatArray:
    """Return how long the sending of each tick takes, in s, shape (samples, ticks): the longest phase of neurons."""
    per_neuron = np.array([spec.models[model].cycles_per_neuron for model in work.models])
    sending = counts.spikes * (work.packets_per_spike * spec.cycles.send)
    cycles = np.where(sending > 0, counts.updates * per_neuron + sending, 0.0)
    longest: FloatArray = (cycles / clocks_hz(levels, spec)).max(axis=2, initial=0.0)
    return longest


def noc_load(
    counts: Counts, work: SliceWork, routes: Traffic, spec: ChipSpec, levels: NDArray[np.int8], sample: int = 0
) -> NocLoad:
    """Return the load and the waiting of every link and of the event router in the ticks of `counts`."""
    times = noc_times(spec)
    window = sending_window_s(counts, work, spec, levels)[sample]
    over = flits(counts.spikes[sample], routes.flits)
    lookups = (counts.spikes[sample] * routes.router_lookups).sum(axis=1)
    return NocLoad(
        links=routes.links,
        times=times,
        flits=over,
        lookups=lookups,
        window_s=window,
        link_wait_s=mean_wait_s(over, window[:, None], times.flit_s),
        router_wait_s=mean_wait_s(lookups, window, times.between_lookups_s),
    )


def is_routed(way: Way) -> bool:
    """Return whether `way` leads through the event router."""
    return any(link.target.is_router for link in way)


def unloaded_s(way: Way, times: NocTimes) -> float:
    """Return how long a packet needs that nothing is in the way of; to its own QPE it crosses the switch, one hop."""
    return max(1, len(way)) * times.hop_s + is_routed(way) * times.lookup_s


def route_ways(mapping: ChipMapping, number: int) -> Mapping[int, Way]:
    """Return the links over which a packet of the slice `number` goes to each of its targets."""
    nodes = [Node(piece.pe.chip_x, piece.pe.chip_y, piece.pe.x, piece.pe.y) for piece in mapping.slices]
    ways = _ways(mapping.routes[number], nodes[number])
    return {target: ways.get(nodes[target], ()) for target in mapping.routes[number].targets}


def route_latencies_s(mapping: ChipMapping, spec: ChipSpec) -> FloatArray:
    """Return how long a packet is under way from the row's slice to the column's PE where nothing is in its way, in s.

    Shape (slices, slices), NaN where none goes.
    """
    times = noc_times(spec)
    table = np.full((len(mapping.slices), len(mapping.slices)), np.nan)
    for number in range(len(mapping.slices)):
        for target, way in route_ways(mapping, number).items():
            table[number, target] = unloaded_s(way, times)
    return table


def _ways(route: Route, source: Node) -> Mapping[Node, Way]:
    """Return the way to every node of `route`; behind the event router, which every packet of its kind visits."""
    beyond: dict[Node, list[Node]] = {}
    for link in route.flits:
        beyond.setdefault(link.source, []).append(link.target)
    inward = _walk(beyond, source)
    if not route.router_lookups:
        return inward
    router = next(node for node in inward if node.is_router)
    # The tree of copies may pass cells of the way in: what counts is the way through the router.
    return {node: (*inward[router], *way) for node, way in _walk(beyond, router).items()}


def _walk(beyond: Mapping[Node, Sequence[Node]], start: Node) -> dict[Node, Way]:
    ways: dict[Node, Way] = {start: ()}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for near in beyond.get(node, ()):
            if near not in ways:
                ways[near] = (*ways[node], Link(node, near))
                waiting.append(near)
    return ways


def _number(spec: ChipSpec, key: str) -> float:
    return float(str(spec.quantities[key].value))
