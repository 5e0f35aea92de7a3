"""What `race` prints for people: every placement, the best first, and what the model cannot tell apart."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from s2studio.analysis.race import Race, RaceRow
from s2studio.cli.tables import new_console, print_table
from s2studio.units import estimated, interval, with_unit


def show_race(race: Race, saved: Path | None) -> None:
    """Print `race`: one screen."""
    console = new_console()
    done = [row for row in race.rows if row.measured is not None]
    print_table(
        console,
        "Placements by the traffic of the run",
        (
            "placer",
            ">seed",
            ">longest tick",
            ">energy (estimates)",
            ">worst link",
            ">flit-hops",
            ">entries",
            "",
            "search",
        ),
        [_row(row, race) for row in sorted(done, key=lambda row: (not row.is_pareto, _exact(row)))],
    )
    for row in race.rows:
        if row.reason:
            console.print(Text(f"refused      {row.runner.name}: {row.reason}", style="red"))
    time, energy = race.errors["time_done_max_s"], race.errors["energy_j"]
    console.print(
        f"equal        times that differ by less than {with_unit(time, 's')}, energies by less than "
        f"{with_unit(energy, 'J')}: the model cannot tell them apart   (estimate)"
    )
    if race.winner is not None:
        console.print(f"best         {race.winner.runner.name}", markup=False)
    if saved is not None:
        console.print(f"saved        {saved}", markup=False)


def _exact(row: RaceRow) -> tuple[float, ...]:
    found = row.measured
    return () if found is None else (found.worst_link_flits, found.router_entries, found.flit_hops)


def _row(row: RaceRow, race: Race) -> tuple[str, ...]:
    found = row.measured
    if found is None:
        return ()
    is_winner = race.winner is not None and row.runner == race.winner.runner
    return (
        row.runner.placer,
        str(row.runner.seed),
        interval(found.time_done_low_s, found.time_done_max_s, "s"),
        estimated(found.energy_j, found.energy_low_j, found.energy_high_j, "J"),
        f"{found.worst_link_flits:,} flits",
        f"{found.flit_hops:,}",
        f"{found.router_entries:,}",
        "best" if is_winner else "equal" if row.equal else "Pareto" if row.is_pareto else "",
        f"{row.curve[0][1]:,.0f} to {row.curve[-1][1]:,.0f}" if row.curve else "",
    )
