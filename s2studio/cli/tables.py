"""Tables on the terminal: where they go, and how wide."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

UNWRAPPED = 200


def new_console() -> Console:
    """Return where tables go: as wide as the terminal, or as wide as they need where there is none."""
    return Console(soft_wrap=True) if sys.stdout.isatty() else Console(width=UNWRAPPED, soft_wrap=True)


def print_table(console: Console, title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; a column whose head begins with `>` stands right-justified."""
    if not rows:
        return
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in head:
        justify: JustifyMethod = "right" if column.startswith(">") else "left"
        table.add_column(column.removeprefix(">"), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    console.print()
