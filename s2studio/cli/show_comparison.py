"""What `compare` prints for people: the verdict on spikes, then numbers, populations and PEs that differ."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from s2studio.analysis.calibration import Calibration
from s2studio.analysis.compare import Comparison, PeDifference, PopulationDifference, Side
from s2studio.analysis.pe_ticks import Pair
from s2studio.cli.show_calibration import show_fit
from s2studio.cli.tables import new_console, print_table
from s2studio.marks import mark_of
from s2studio.units import counted, estimated, named, with_unit

# PEs that are listed, those whose time differs most first.
PES = 12


def show_comparison(comparison: Comparison, violated: Sequence[str], fit: Calibration | None = None) -> None:
    """Print how two runs differ, which conditions are violated, and the cycle costs that were fitted."""
    console = new_console()
    for letter, side in (("A", comparison.a), ("B", comparison.b)):
        console.print(_side(letter, side), markup=False)
    for note in comparison.notes:
        console.print(Text(f"note         {note}", style="yellow"))
    console.print(_verdict(comparison))
    console.print()
    _numbers(console, comparison)
    print_table(
        console,
        "Populations",
        ("name", ">spikes A", ">spikes B", ">only A", ">only B", "first difference", "voltages"),
        [_population(row) for row in comparison.populations],
    )
    _pes(console, comparison.pes)
    if fit is not None:
        show_fit(console, fit)
    for text in violated:
        console.print(Text(f"violated     {text}", style="bold red"))


def _side(letter: str, side: Side) -> str:
    measured = ", measured on a board" if side.origin == "measured" else ""
    return f"{letter}            {side.session}, run {side.run}: {side.network}, {side.ticks:,} ticks{measured}"


def _verdict(comparison: Comparison) -> Text:
    if comparison.spikes_equal is None:
        return Text("spikes       cannot be compared", style="yellow")
    if comparison.spikes_equal:
        how = "by their content hashes" if comparison.by_hash else "spike by spike"
        return Text(f"spikes       equal, {how}", style="bold green")
    first = comparison.first_tick
    where = "" if first is None else f", first in tick {first:,}"
    return Text(f"spikes       differ{where}", style="bold red")


def _sure(key: str, comparison: Comparison) -> str:
    marks = (mark_of(key.partition(".")[0], side.origin == "measured") for side in (comparison.a, comparison.b))
    return " and ".join(dict.fromkeys(marks))


def _numbers(console: Console, comparison: Comparison) -> None:
    numbers = comparison.numbers
    differing = comparison.differing
    if not differing:
        console.print(f"all {len(numbers)} numbers of the summaries are equal")
        console.print()
    print_table(
        console,
        f"Numbers that differ ({len(differing)} of {len(numbers)})",
        ("number", ">A", ">B", ">B - A", ">change", "how sure, A and B"),
        [
            (
                number.key,
                named(number.key, number.a),
                named(number.key, number.b),
                number.written_change,
                "" if number.relative is None else f"{number.relative:+.2%}",
                _sure(number.key, comparison),
            )
            for number in differing
        ],
    )


def _population(row: PopulationDifference) -> tuple[str, ...]:
    spikes, voltage = row.spikes, row.first_voltage
    first = spikes.first if spikes else None
    return (
        row.name,
        _count(row.spikes_a),
        _count(row.spikes_b),
        _count(spikes.only_a if spikes else None),
        _count(spikes.only_b if spikes else None),
        ("not kept" if spikes is None else "equal")
        if first is None
        else f"tick {first.tick:,}, neuron {first.neuron}: {first.a:g} and {first.b:g}",
        ("" if row.largest_v is None else "equal")
        if voltage is None
        else f"from tick {voltage.tick:,}, neuron {voltage.neuron}; up to {row.largest_v:.4g}",
    )


def _pes(console: Console, rows: Sequence[PeDifference]) -> None:
    known = [row for row in rows if row.time_done_mean_a_s is not None and row.time_done_mean_b_s is not None]
    differing = [row for row in known if _apart(row) or _packets_differ(row)]
    print_table(
        console,
        f"PEs that differ ({len(differing)} of {len(known)})",
        ("PE", "population", ">time_done A", ">B", ">mean A", ">B", ">packets A", ">B"),
        [
            (
                row.pe,
                ", ".join(row.populations),
                _time(row.time_done_max_a_s, row.time_done_max_ends_a_s),
                _time(row.time_done_max_b_s, row.time_done_max_ends_b_s),
                _time(row.time_done_mean_a_s, row.time_done_mean_ends_a_s),
                _time(row.time_done_mean_b_s, row.time_done_mean_ends_b_s),
                _count(row.packets_a),
                _count(row.packets_b),
            )
            for row in sorted(differing, key=_apart, reverse=True)[:PES]
        ],
    )
    alone = len(rows) - len(known)
    if alone:
        console.print(f"{counted(alone, 'PE')} of which only one run has the time")
        console.print()


def _apart(row: PeDifference) -> float:
    """Return how far the mean times of a PE are apart, in s."""
    return abs((row.time_done_mean_a_s or 0.0) - (row.time_done_mean_b_s or 0.0))


def _packets_differ(row: PeDifference) -> bool:
    return None not in (row.packets_a, row.packets_b) and row.packets_a != row.packets_b


def _time(value_s: float | None, ends_s: Pair | None) -> str:
    if value_s is None:
        return ""
    return with_unit(value_s, "s") if ends_s is None else estimated(value_s, *ends_s, "s")


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
