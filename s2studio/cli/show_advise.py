"""What `advise` prints for people: the deadline, the fullest PEs and what to change, in the order to try it."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.text import Text

from s2studio.analysis.advise import PHASES, Advice, Deadline, Fix, Room
from s2studio.cli.tables import new_console, print_table
from s2studio.units import counted, estimated, with_unit

# PEs that are shown; --json has all.
_ROWS = 8


def show_advice(advice: Advice, is_applicable: bool, applied: int | None, written: Path | None) -> None:
    """Print `advice`: one screen. `is_applicable` says whether there is a project to change."""
    console = new_console()
    for violation in advice.violations[:1]:
        console.print(Text(f"does not fit {violation}", style="red"))
    print_table(
        console,
        "Fullest PEs, the longest time of each at the pessimistic end of its interval",
        (
            "slice",
            "on",
            ">neurons",
            ">longest",
            ">in tick",
            ">head-room",
            ">late",
            ">packets",
            ">free memory (estimate)",
        ),
        [_room(room) for room in advice.rooms[:_ROWS]],
    )
    print_table(
        console,
        "What to change, the first first; times are pessimistic ends, energies estimates",
        (">", "change", "because", ">safe tick", ">at tick", ">late", ">energy", ">saves", ">PEs"),
        [_fix(number, fix) for number, fix in enumerate(advice.fixes, 1)],
    )
    _deadline(console, advice, advice.deadline)
    console.print(f"FIFO         {advice.fifo_needed:,} of {advice.fifo_depth:,} packets needed")
    for note in advice.notes:
        console.print(f"note         {note}", markup=False)
    if applied is not None:
        console.print(f"written      {written} with fix {applied}", markup=False)
    elif advice.fixes and is_applicable:
        console.print("apply        add --apply 1 -o PROJECT.yaml for the first of them")


def _deadline(console: Console, advice: Advice, found: Deadline) -> None:
    now = advice.now
    total = sum(found.cycles.values())
    shares = ", ".join(f"{kind} {cycles / total:.0%}" for kind, cycles in found.cycles.items() if cycles)
    late = counted(now.late_ticks, "late PE tick") if now.late_ticks else "none late"
    wanted = "" if advice.wanted_tick_s is None else f", wanted {with_unit(advice.wanted_tick_s, 's')}"
    console.print(
        f"deadline     smallest safe tick {with_unit(now.safe_tick_s, 's')} at level {now.level}; "
        f"ticks of {with_unit(now.tick_s, 's')}: {late}{wanted}   (estimate)"
    )
    console.print(
        f"set by       {found.slice} on {found.pe} in tick {found.tick:,}, {PHASES[found.phase]}: "
        f"{counted(found.packets, 'packet')}, {counted(found.synaptic_events, 'synaptic event')}; "
        f"{estimated(found.nominal_s, found.low_s, found.pessimistic_s, 's')}; "
        f"{shares}",
        markup=False,
    )


def _room(room: Room) -> tuple[str, ...]:
    return (
        room.slice,
        room.pe,
        f"{room.neurons:,}",
        with_unit(room.pessimistic_s, "s"),
        f"{room.tick:,}",
        with_unit(room.headroom_s, "s"),
        f"{room.late_ticks:,}",
        f"{room.most_packets:,}",
        f"{room.free_bytes:,} B",
    )


def _fix(number: int, fix: Fix) -> tuple[str, ...]:
    return (
        str(number),
        fix.title,
        fix.why,
        with_unit(fix.after.safe_tick_s, "s"),
        with_unit(fix.tick_s, "s"),
        f"{fix.after.late_ticks:,}",
        estimated(fix.after.energy_j, fix.after.energy_low_j, fix.after.energy_high_j, "J"),
        estimated(fix.saved_j, *fix.saved_ends_j, "J"),
        f"{fix.after.pes_used:,}",
    )
