"""What `import` prints for people: what the board recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s2studio.cli.tables import new_console, print_table
from s2studio.units import with_unit


def show_measured(summary: Mapping[str, Any]) -> None:
    """Print what a measured run holds: one screen."""
    console = new_console()
    print_table(
        console,
        "Populations, measured on a board",
        ("name", ">neurons", ">spikes", ">PEs"),
        [
            (row["name"], f"{row['size']:,}", "" if row["spikes"] is None else f"{row['spikes']:,}", str(row["pes"]))
            for row in summary["populations"]
        ],
    )
    console.print(f"chip         {summary['chip']}, {summary['pes_used']} PEs, level {summary['level']}")
    console.print(f"ran          {summary['steps']:,} ticks of {with_unit(summary['tick_s'], 's')}")
    if summary["time_done_max_s"] is not None:
        done, safe = with_unit(summary["time_done_max_s"], "s"), with_unit(summary["smallest_safe_tick_s"], "s")
        console.print(
            f"deadline     slowest of {summary['pes_with_time_done']} PEs done after {done}; "
            f"smallest safe tick {safe}; late ticks {summary['late_ticks']:,}"
        )
    if summary["power_mean_w"] is not None:
        mean, peak = with_unit(summary["power_mean_w"], "W"), with_unit(summary["power_peak_w"], "W")
        console.print(f"power        mean {mean}, peak {peak}, {summary['power_samples']:,} samples")
    console.print(f"session      {summary['session']}", markup=False)
