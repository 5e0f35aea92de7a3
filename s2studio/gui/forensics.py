"""Why a PE was late or lost packets: asked of the session, told in the log, and traced over the mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from s2studio.app.trace import trace_of
from s2studio.draw.scale import quantity
from s2studio.draw.trace import Trace
from s2studio.gui.models.sure import about
from s2studio.gui.translation import tr
from s2studio.units import estimated, with_unit

if TYPE_CHECKING:
    from s2studio.analysis.forensics import Lost, Sender, Why
    from s2studio.chip.machine import PE
    from s2studio.gui.controller import Controller

# Of what arrived, and of who sent it, so many are named in the log.
SENDERS = 5


class Forensics(QObject):
    """Holds the `trace` of the last answer until it is cleared, and of which `way` alone it is looked at."""

    changed = Signal()

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self.trace: Trace | None = None
        self.way: int | None = None
        controller.studio.shown_changed.connect(lambda _shown: self.clear())

    @property
    def can_ask(self) -> bool:
        """Whether a run is shown that has ended."""
        studio = self._controller.studio
        return studio.shown is not None and studio.run_state == "none"

    @property
    def selected_pe(self) -> PE | None:
        """The PE of the one slice that is selected, where the run that is shown had a slice on it."""
        shown, pes = self._controller.studio.shown, self._controller.selection.now.pes
        if shown is None or len(pes) != 1:
            return None
        return next((piece.pe for piece in shown.mapping.slices if piece.pe in pes), None)

    @property
    def seen(self) -> Trace | None:
        """What of the trace is looked at."""
        return None if self.trace is None else self.trace.only(self.way)

    def ask(self, pe: PE | None = None) -> None:
        """Say why `pe`, else the PE with most trouble, took as long as it did in the tick at the cursor."""
        shown = self._controller.studio.shown
        if shown is not None and self.can_ask:
            arguments = (shown.session, shown.number, self._controller.timeline.cursor, pe)
            self._controller.sessions.request("why", *arguments, done=self._answered)

    def choose(self, way: int | None) -> None:
        """Look at one way of the trace alone, None: at all."""
        if self.trace is not None and way != self.way:
            self.way = way
            self.changed.emit()

    def clear(self) -> None:
        """Trace nothing."""
        if self.trace is not None:
            self.trace = self.way = None
            self.changed.emit()

    def _answered(self, found: Why) -> None:
        self._tell(found)
        self.trace, self.way = trace_of(found), None
        self.changed.emit()

    def _tell(self, found: Why) -> None:
        say = self._controller.studio.say
        say("warning" if found.late else "info", _summary(found))
        for sender in found.senders[:SENDERS]:
            say("info", _of_sender(sender))
        for packet in found.lost[:SENDERS]:
            say("warning", _of_lost(packet))


def _summary(found: Why) -> str:
    return tr(
        "Tick {tick:,}: {pe}, '{population}' slice {slice} of {slices}, works for {time_done_s} "
        "at level {level} ({phases}): {packets:,} packets, {synaptic_events:,} synaptic events. "
        "{cause}",
        tick=found.tick,
        pe=found.pe,
        population=found.population,
        slice=found.slice,
        slices=found.slices,
        time_done_s=about(estimated(found.time_done_s, found.time_done_low_s, found.time_done_pessimistic_s, "s")),
        level=found.level,
        phases=", ".join(f"{phase.kind} {quantity(phase.share, '%')}" for phase in found.phases),
        packets=found.packets,
        synaptic_events=found.synaptic_events,
        cause=found.cause,
    )


def _of_sender(sender: Sender) -> str:
    most = ", ".join(f"{one.neuron} ({one.spikes}×)" for one in sender.neurons[:SENDERS])
    return tr(
        "   {packets:,} packets from '{population}' on {pe}{most}; on the way over {hops} links "
        "{unloaded_s}, waiting {waiting}, busiest link {busiest}",
        packets=sender.packets,
        population=sender.population,
        pe=sender.pe,
        hops=len(sender.route.links),
        most=tr(", neurons {most}", most=most) if most else "",
        unloaded_s=with_unit(sender.route.unloaded_s, "s"),
        waiting=with_unit(sender.route.waiting_s, "s"),
        busiest=sender.route.busiest or tr("none"),
    )


def _of_lost(packet: Lost) -> str:
    return tr(
        "   lost: a packet of '{population}' neuron {neuron:,}, sent in tick {sent:,}, arrived at {arrival}",
        population=packet.population,
        neuron=packet.neuron,
        sent=packet.sent_tick,
        arrival=about(with_unit(packet.arrival_s, "s", 7)),
    )
