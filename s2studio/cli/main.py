"""The program `s2studio`: its commands in the order in which a user meets them."""

from __future__ import annotations

import sys
from collections.abc import Collection
from importlib import import_module
from typing import Annotated

import typer

# Name of the command, and the module and function behind it.
COMMANDS = (
    ("open", "open", "open_"),
    ("info", "info", "info"),
    ("lower", "lower", "lower_command"),
    ("map", "map", "map_command"),
    ("stimulus", "stimulus", "stimulus"),
    ("estimate", "estimate", "estimate"),
    ("run", "run", "run"),
    ("evaluate", "evaluate", "evaluate"),
    ("sweep", "sweep", "sweep"),
    ("advise", "advise", "advise"),
    ("levels", "levels", "levels"),
    ("race", "race", "race"),
    ("compare", "compare", "compare"),
    ("import", "import_", "import_results"),
    ("why", "why", "why_command"),
    ("calibrate", "calibrate", "calibrate"),
    ("export", "export", "export"),
    ("render", "render", "render"),
    ("chip", "chip", "chip"),
    ("literature", "literature", "literature"),
    ("demo", "run", "demo"),
)
NAMES = tuple(name for name, _, _ in COMMANDS)


def make_app(names: Collection[str] = NAMES) -> typer.Typer:
    """Return the program with the commands `names`; the modules of others are not imported."""
    app = typer.Typer(
        name="s2studio",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for name, module, function in COMMANDS:
        if name in names:
            app.command(name)(getattr(import_module(f"s2studio.cli.commands.{module}"), function))
    return app


def _version(asked: bool) -> None:
    if asked:
        from s2studio import __version__

        typer.echo(f"s2studio {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Networks on the SpiNNaker2 chip: does it fit, where does it sit, what does it do, what does it cost."""


def main() -> None:
    """Run the command line (the window without a command); exit codes: 0 done, 1 refused, 2 usage, 130 cancelled."""
    words = sys.argv[1:] or ["open"]
    # Where the first word is a command, only that one is imported: the user waits for every import.
    make_app([words[0]] if words[0] in (*NAMES, "--version") else NAMES)(words)
