"""What `estimate` prints for people: rates, size, traffic, time, energy and latency."""

from __future__ import annotations

from s2studio.analysis.estimate import Estimate
from s2studio.cli.tables import new_console, print_table
from s2studio.units import estimated, with_unit


def show_estimate(found: Estimate) -> None:
    """Print `found`: one screen."""
    console = new_console()
    print_table(
        console,
        "Rates",
        ("population", ">neurons", ">rate", "known from"),
        [(row.population, f"{row.neurons:,}", with_unit(row.rate_hz, "Hz"), row.origin) for row in found.rates],
    )
    size, after = found.size, found.outcome
    console.print(
        f"size         {size.pes_used} of {size.pes_available} PEs, {size.router_entries} router entries, "
        f"{size.memory_bytes:,} B; fullest {size.fullest_bytes:,} of {size.pe_bytes:,} B: {size.fullest}   "
        "(bytes are estimates)",
        markup=False,
    )
    console.print(
        f"traffic      {found.spikes:,} spikes in {found.ticks:,} ticks, {found.packets_received:,} packets received, "
        f"{found.synaptic_events:,} synaptic events, {found.flit_hops:,} flit-hops; "
        f"FIFO {found.fifo_needed:,} of {found.fifo_depth:,} packets   (derived from the rates)"
    )
    longest = estimated(found.time_nominal_s, found.time_low_s, found.time_pessimistic_s, "s")
    console.print(
        f"time         longest tick {longest}; smallest safe tick {with_unit(after.safe_tick_s, 's')}; "
        f"{after.late_ticks:,} late at {with_unit(after.tick_s, 's')}   (estimate)"
    )
    above = estimated(after.energy_dynamic_j, after.energy_dynamic_low_j, after.energy_dynamic_high_j, "J")
    console.print(
        f"energy       {estimated(after.energy_j, after.energy_low_j, after.energy_high_j, 'J')}   (estimate)"
    )
    console.print(f"above idle   {above}   (estimate)")
    console.print(
        f"latency      {found.latency_ticks} ticks from input to output at least: {with_unit(found.latency_s, 's')}, "
        f"{with_unit(found.latency_safe_s, 's')} at the smallest safe tick (estimate)"
    )
    for note in found.assumed:
        console.print(f"assumed      {note}", markup=False)
