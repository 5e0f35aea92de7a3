"""What `why` prints for people."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from s2studio.analysis.forensics import PHASES, Sender, Why
from s2studio.cli.tables import new_console, print_table
from s2studio.sim.noc_delay import ERROR, ERROR_AT_THE_LIMIT, FULL_LOAD
from s2studio.units import estimated, with_unit

# Senders and neurons that are listed.
_SENDERS, _NEURONS = 12, 6


def show_why(found: Why) -> None:
    """Print the cause first, then what it rests on."""
    console = new_console()
    style = "bold red" if found.late or found.packets_lost else "bold green"
    console.print(Text(found.cause, style=style))
    place = f"{found.population}, slice {found.slice} of {found.slices}"
    console.print(f"tick         {found.tick:,} of {with_unit(found.tick_s, 's')}, engine {found.engine}")
    console.print(f"PE           {found.pe}, {place}, level {found.level}", markup=False)
    lost = f", {found.packets_lost:,} lost" if found.packets_lost else ""
    late = f", {found.packets_late:,} of other ticks" if found.packets_late else ""
    queue = f"{found.packets:,} packets read (room for {found.fifo_depth:,}){lost}{late}"
    console.print(f"queue        {queue}; {found.synaptic_events:,} synaptic events")
    done = estimated(found.time_done_s, found.time_done_low_s, found.time_done_pessimistic_s, "s")
    console.print(f"done         after {done}   (estimate)")
    print_table(
        console,
        "Where the time went   (estimate)",
        ("phase", ">time", ">share"),
        [
            (PHASES[row.kind], estimated(row.time_s, row.time_low_s, row.time_high_s, "s"), f"{row.share:.1%}")
            for row in found.phases
        ],
    )
    _senders(console, found)
    print_table(
        console,
        f"Lost packets, {len(found.lost)} of {found.packets_lost:,}",
        ("population", ">neuron", ">sent in tick", ">arrived at"),
        [
            (row.population, f"{row.neuron}", f"{row.sent_tick:,}", f"{row.arrival_s * 1e3:.6f} ms")
            for row in found.lost
        ],
    )


def _senders(console: Console, found: Why) -> None:
    title = f"Who sent to it in tick {found.tick - 1:,}" if found.tick else "Who sent to it"
    print_table(
        console,
        title,
        ("population", ">slice", "PE", ">packets", "neurons", "route", ">under way", "busiest link"),
        [_sender(row) for row in found.senders[:_SENDERS]],
    )
    if found.senders:
        console.print(f"             {_error()}")


def _error() -> str:
    """Return how far the time under way can be off."""
    return (
        f"time under way within {ERROR:.0%} of a model that moves every flit, within {ERROR_AT_THE_LIMIT:.0%} where a "
        f"link is more than {FULL_LOAD:.0%} full"
    )


def _sender(row: Sender) -> tuple[str, ...]:
    neurons = ", ".join(str(one.neuron) if one.spikes == 1 else f"{one.neuron} x{one.spikes}" for one in row.neurons)
    shown = ", ".join(neurons.split(", ")[:_NEURONS]) + (" ..." if len(row.neurons) > _NEURONS else "")
    hops = len(row.route.links)
    way = f"{hops} hop{'' if hops == 1 else 's'}{' by the router' if row.route.through_router else ''}"
    delay = f"{with_unit(row.route.unloaded_s, 's')} + {with_unit(row.route.waiting_s, 's')}"
    busiest = "" if row.route.busiest is None else f"{row.route.busiest}: {row.route.busiest_flits:,} flits"
    return row.population, f"{row.slice}", row.pe, f"{row.packets:,}", shown, way, delay, busiest
