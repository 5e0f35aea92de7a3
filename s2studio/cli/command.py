"""How a command is made: shared options collected into one argument, refusals printed, exit codes kept."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

import typer

from s2studio.errors import Cancelled, S2StudioError, UsageError
from s2studio.marks import marks_in

REFUSED, WRONG_USAGE, VIOLATED, CANCELLED = 1, 2, 3, 130


def takes(*groups: Mapping[str, Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of `groups`, {name: annotated type}, which reach it as its argument `given`.

    A refusal of the command is printed without a traceback, as JSON where `--json` was given, and ends the process with
    1 (refused), 2 (wrong usage) or 130 (cancelled).
    """
    shared = {name: kind for group in groups for name, kind in group.items()}

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(function, include_extras=True)
        own = [parameter for name, parameter in inspect.signature(function).parameters.items() if name != "given"]

        def command(**values: Any) -> None:
            given = {name: values.pop(name) for name in shared}
            try:
                function(**values, **({"given": given} if shared else {}))
            except S2StudioError as error:
                refuse(error, bool(values.get("as_json")))
                raise typer.Exit(WRONG_USAGE if isinstance(error, UsageError) else REFUSED) from error
            except (Cancelled, KeyboardInterrupt) as stop:
                typer.echo("cancelled", err=True)
                raise typer.Exit(CANCELLED) from stop

        command.__name__, command.__doc__ = function.__name__, function.__doc__
        command.__annotations__ = {parameter.name: hints[parameter.name] for parameter in own} | shared
        parameters = [
            parameter.replace(annotation=hints[parameter.name], kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in own
        ]
        parameters += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in shared.items()
        ]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return command

    return decorate


def refuse(error: S2StudioError, as_json: bool) -> None:
    """Print a refusal: JSON on standard output where asked for, else words on standard error."""
    if as_json:
        print_json(error.as_dict())
        return
    typer.echo(f"s2studio: {error}", err=True)
    for violation in error.violations:
        typer.echo(f"  {violation}", err=True)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output, with the `marks` of its numbers where it has none."""
    if "error" not in value and "marks" not in value:
        value = {**value, "marks": marks_in(value)}
    json.dump(value, sys.stdout, indent=2, allow_nan=False)
    sys.stdout.write("\n")
