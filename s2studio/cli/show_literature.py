"""What `literature` prints for people: of each kind, the run's result apart, then what others published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from s2studio.analysis.beside import Simulated
from s2studio.analysis.literature import Figure
from s2studio.cli.tables import new_console, print_table


def show_literature(published: Mapping[str, Sequence[Figure]], results: Sequence[Simulated]) -> None:
    """Print a table for each kind."""
    console = new_console()
    for kind, figures in published.items():
        for one in results:
            if one.kind == kind:
                console.print(Text(f"this run     {one.text}, {one.what}   ({one.mark})", style="bold"))
        print_table(
            console,
            f"{kind.capitalize()}, published by others",
            ("what", "on", ">figure", "conditions", "source"),
            [
                (each.title, each.hardware, each.text, each.conditions, each.source + " (quoted)" * each.is_quoted)
                for each in figures
            ],
        )
    if results:
        console.print("Measured by others, on other networks: none of these figures is a result of this run.")
