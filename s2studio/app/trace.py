"""From the answer to why a PE was late or lost packets to what can be drawn of it on the mesh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2studio.chip.machine import PE
from s2studio.draw.trace import Load, Trace, Way

if TYPE_CHECKING:
    from s2studio.analysis.forensics import Why


def trace_of(found: Why) -> Trace:
    """Return the ways of the packets that `found` tells of."""
    return Trace(
        tick=found.tick,
        receiver=PE.parse(found.pe),
        is_bad=found.late or found.packets_lost > 0,
        cause=found.cause,
        ways=tuple(
            Way(
                PE.parse(sender.pe),
                sender.population,
                sender.packets,
                tuple(crossed.link for crossed in sender.route.links),
                sender.route.unloaded_s,
                sender.route.waiting_s,
            )
            for sender in found.senders
        ),
        loads={
            crossed.link: Load(crossed.flits, crossed.waiting_s)
            for sender in found.senders
            for crossed in sender.route.links
        },
    )
