"""`s2studio open`, and `s2studio` without a command: the window."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.cli.command import takes
from s2studio.errors import UsageError

Paths = Annotated[
    list[Path] | None, typer.Argument(metavar="[PATH ...]", help="Networks, projects, sessions, stimuli, mappings.")
]


@takes()
def open_(paths: Paths = None) -> None:
    """Show the window, with PATHs opened in it; the same as s2studio without a command."""
    show_window(tuple(paths or ()))


def show_window(paths: tuple[Path, ...]) -> None:
    """Show the window until it is closed. Raises UsageError where Qt is not installed or there is no display."""
    try:
        from s2studio.gui.main import has_display, run_window
    except ImportError as error:
        raise UsageError("the window", f"{error.name} is not installed", hint="pip install 's2studio[gui]'") from error
    if not has_display():
        raise UsageError("the window", "there is no display", hint="see `s2studio --help` for what works without one")
    raise typer.Exit(run_window(paths))
