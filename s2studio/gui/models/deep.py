"""The deep network that is shown: its layers on the chip in time, the layer that is selected, the span looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psygnal import Signal

from s2studio.gui.models.timeline import Timeline

if TYPE_CHECKING:
    from s2studio.app.deep import DeepShown

# A tick of the deep network's timeline: fine enough to zoom to single transfers.
STEP_S = 1e-8
STEP_NS = 10


class Deep:
    """Holds what is shown; each event carries the new value. `timeline` counts in steps of 10 ns."""

    shown_changed = Signal(object)
    layer_changed = Signal(object)

    def __init__(self) -> None:
        self._shown: DeepShown | None = None
        self._layer: int | None = None
        self.timeline = Timeline()

    @property
    def shown(self) -> DeepShown | None:
        """The deep network that is open; None where there is none."""
        return self._shown

    @shown.setter
    def shown(self, value: DeepShown | None) -> None:
        before, self._shown = self._shown, value
        if value is not None:
            steps = -(-value.timeline.end_ns // STEP_NS)
            if before is None or before.timeline.end_ns != value.timeline.end_ns:
                self.timeline.begin(steps, STEP_S, steps)
                self.timeline.move(0)
        self._layer = None
        self.shown_changed.emit(value)
        self.layer_changed.emit(None)

    @property
    def layer(self) -> int | None:
        """The layer that is selected, by its place in the order of layers."""
        return self._layer

    def select(self, layer: int | None) -> None:
        """Select a layer."""
        if layer != self._layer:
            self._layer = layer
            self.layer_changed.emit(layer)

    def look_at(self, layer: int) -> None:
        """Show the time of one layer, with a little before and after."""
        if self._shown is None:
            return
        totals = self._shown.timeline.totals
        start, stop = (int(moment[layer]) // STEP_NS for moment in (totals.start_ns, totals.stop_ns))
        room = max(1, (stop - start) // 20)
        self.timeline.look(start - room, stop + room)
