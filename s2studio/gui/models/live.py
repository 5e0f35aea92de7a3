"""The newest ticks of the run that is under way, from the shared ring, reduced like those of a session."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.ticks import Pricer
from s2studio.analysis.view import Layout, Span, View, Viewer
from s2studio.app.shown import layout_of
from s2studio.chip.machine import Machine
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.bins import Bins, joined
from s2studio.session.ring import News, Ring, counts_of
from s2studio.sim.level import LevelPolicy
from s2studio.snn.network import ChipNetwork

KEPT_TICKS = 8192
KEPT_SPIKES = 1 << 21
_PIECES = 24


class LiveRun:
    """Holds the ring of one run and its last `KEPT_TICKS` ticks. `skipped` counts ticks that were never shown."""

    def __init__(
        self,
        ring: Ring,
        network: ChipNetwork,
        mapping: ChipMapping,
        machine: Machine,
        policy: LevelPolicy,
        tick_s: float,
    ) -> None:
        self.ring = ring
        self._pricer = Pricer(network, mapping, machine, policy, tick_s)
        self.layout: Layout = layout_of(network, mapping, len(self._pricer.traffic.links), tick_s)
        self._pieces: list[Bins] = []
        # What came since they were priced: only a view needs prices, and pricing many ticks costs little more than one.
        self._news: list[News] = []
        self._spikes: list[NDArray[np.void]] = []
        self.skipped = 0

    @property
    def start(self) -> int:
        """The first tick that is held."""
        if self._pieces:
            return self._pieces[0].start
        return self._news[0].start if self._news else 0

    @property
    def stop(self) -> int:
        """The tick after the newest."""
        if self._news:
            return self._news[-1].stop
        return self._pieces[-1].stop if self._pieces else 0

    def pull(self) -> bool:
        """Take what the engine wrote since the last call; return whether there was anything."""
        news = self.ring.read()
        self.skipped += news.skipped_ticks
        if len(news.spikes):
            self._keep_spikes(news.spikes)
        if not news.ticks:
            return False
        if news.start != self.stop:
            self._pieces, self._news = [], []  # ticks were skipped: what comes before the gap is in the session only
        self._news.append(news)
        if len(self._news) > _PIECES:
            self._price()
        return True

    def holds(self, span: Span) -> bool:
        """Whether all that ran of `span` is held."""
        return bool(self.stop) and self.start <= span.start

    def view(self, span: Span, has_raster: bool = True) -> View:
        """Return what happened in `span`; without raster and outputs where nobody needs them."""
        self._price()
        viewer = Viewer(span, self.layout)
        for piece in self._pieces:
            viewer.add(piece)
        for spikes in self._spikes if has_raster else ():
            viewer.add_spikes(spikes["tick"], spikes["population"], spikes["neuron"])
        return viewer.view()

    def close(self) -> None:
        """Let go of the ring; what is held stays."""
        self.ring.unlink()
        self.ring.close()

    def _price(self) -> None:
        if not self._news:
            return
        self._pieces.append(self._pricer.ticks(self._news[0].start, counts_of(self._news)))
        self._news = []
        if len(self._pieces) > _PIECES:
            self._pieces = [joined(self._pieces, KEPT_TICKS)]

    def _keep_spikes(self, spikes: NDArray[np.void]) -> None:
        self._spikes.append(spikes)
        if len(self._spikes) > _PIECES:
            self._spikes = [np.concatenate(self._spikes)[-KEPT_SPIKES:]]
