"""Tables on the terminal: where they go, and how wide."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from s2studio.errors import printable

UNWRAPPED = 200


class _Console(Console):
    """A console that prints names of strangers as they are: no markup in them, no escape sequences."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print texts with what a terminal would obey written out, and anything else as it is."""
        super().print(*map(_harmless, objects), **options)


def new_console() -> Console:
    """Return where tables go: as wide as the terminal, or as wide as they need where there is none."""
    width = None if sys.stdout.isatty() else UNWRAPPED
    return _Console(width=width, soft_wrap=True, markup=False, emoji=False)


def print_table(console: Console, title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; a column whose head begins with `>` stands right-justified."""
    if not rows:
        return
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in head:
        justify: JustifyMethod = "right" if column.startswith(">") else "left"
        table.add_column(column.removeprefix(">"), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    console.print(table)
    console.print()


def _harmless(item: Any) -> Any:
    if isinstance(item, Text):
        return Text(printable(item.plain), item.style)
    return printable(item) if isinstance(item, str) else item
