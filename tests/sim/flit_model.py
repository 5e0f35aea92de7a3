"""A cycle-accurate model of the NoC, flit by flit: buffers, credits, arbitration, the router's engines. Slow."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from s2studio.mapping.mapping import Link, Node

# Published nowhere: how many flits an input of a switch holds.
BUFFER = 4


@dataclass(frozen=True)
class Packet:
    """Enters at `source` in the NoC cycle `cycle` and goes along all `ways` (shared first links are one flit)."""

    cycle: int
    source: Node
    ways: tuple[tuple[Link, ...], ...]


@dataclass
class _Flit:
    """A flit at the head of a way of `done` links: it still has to be copied to the links `left`."""

    packet: Packet
    number: int
    done: tuple[Link, ...]
    ready: float
    left: set[Link] = field(default_factory=set)


class FlitModel:
    """Moves flits cycle by cycle: a link takes one flit a cycle and brings it to the next switch `hop` cycles later.

    Every input of a switch holds BUFFER flits; a flit starts only where there is room for it at the other end. Outputs
    serve their inputs in turn. In the event router each of `engines` takes a look-up every `between` cycles, which is
    done `lookup` cycles later.
    """

    def __init__(self, hop: int, lookup: float, engines: int, between: float) -> None:
        self.hop, self.lookup, self.between = hop, lookup, between
        self.engines = [0.0] * engines
        self.inputs: dict[object, deque[_Flit]] = defaultdict(deque)
        self.turn: dict[Link, int] = defaultdict(int)
        self.arrived: dict[tuple[int, Node], int] = {}

    def run(self, packets: Sequence[Packet]) -> dict[tuple[int, Node], int]:
        """Return the latency in cycles of each (packet, node at the end of a way)."""
        waiting = deque(sorted(enumerate(packets), key=lambda row: row[1].cycle))
        now = 0
        while waiting or any(self.inputs.values()):
            while waiting and waiting[0][1].cycle <= now:
                number, packet = waiting.popleft()
                self._enter(("in", packet.source), _Flit(packet, number, (), now))
            self._move(now)
            now += 1
            if not any(self.inputs.values()) and waiting:
                now = max(now, waiting[0][1].cycle)
        return self.arrived

    def _enter(self, place: object, flit: _Flit) -> None:
        length = len(flit.done)
        on = [way for way in flit.packet.ways if way[:length] == flit.done]
        flit.left = {way[length] for way in on if len(way) > length}
        self.inputs[place].append(flit)

    def _move(self, now: int) -> None:
        outputs: dict[Link, list[object]] = defaultdict(list)
        for place, flits in list(self.inputs.items()):
            while flits and flits[0].ready <= now and not flits[0].left:
                flits.popleft()
            if flits and flits[0].ready <= now:
                for link in flits[0].left:
                    outputs[link].append(place)
        for link, places in outputs.items():
            if len(self.inputs[link]) < BUFFER + self.hop:
                places.sort(key=repr)
                place = places[self.turn[link] % len(places)]
                self.turn[link] += 1
                self._start(link, self.inputs[place][0], now)

    def _start(self, link: Link, flit: _Flit, now: int) -> None:
        flit.left.discard(link)
        ready: float = now + self.hop
        done = (*flit.done, link)
        if done in flit.packet.ways:
            self.arrived[flit.number, link.target] = int(ready) - flit.packet.cycle
        if link.target.is_router:
            engine = min(range(len(self.engines)), key=lambda number: self.engines[number])
            begins = max(ready, self.engines[engine])
            self.engines[engine] = begins + self.between
            ready = math.ceil(begins + self.lookup)
        self._enter(link, _Flit(flit.packet, flit.number, done, ready))
