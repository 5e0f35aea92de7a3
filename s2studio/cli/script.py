"""`s2studio run SCRIPT.py`: the script in a process of its own, then what each of its runs found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from s2studio.cli.command import print_json
from s2studio.cli.options import Given
from s2studio.compat.process import run_in_child
from s2studio.errors import NetworkError, UsageError
from s2studio.session.target import check_target

# Options that hold for a script; what the others say is in the script.
_PASSED_ON = ("level", "rounding", "chip", "runtime", "placer", "seed")


def run_script(
    script: Path, arguments: Sequence[str], given: Given, target: Path, overwrite: bool, as_json: bool
) -> None:
    """Run `script`, write the session `target` and print its runs; ends the process with the script's exit code."""
    if not script.is_file():
        raise NetworkError(str(script), "no such file", hint="check the path")
    options = [*_passed_on(given), "-o", str(target), *(["--overwrite"] if overwrite else [])]
    check_target(target, overwrite)
    code = run_in_child(script, arguments, options, prints_to_stderr=as_json)
    if code:
        if as_json:
            print_json(NetworkError(script.name, f"the script ended with exit code {code}").as_dict())
        raise typer.Exit(code)
    _show(script, target, as_json)


def _passed_on(given: Given) -> list[str]:
    options: list[str] = []
    for name, value in given.items():
        if value is None or value == []:
            continue
        if name not in _PASSED_ON:
            known = ", ".join(f"--{each}" for each in _PASSED_ON)
            raise UsageError(f"--{name.replace('_', '-')}", "the script decides this", f"it takes {known}")
        for each in value if isinstance(value, list) else [value]:
            options += [f"--{name}", str(each)]
    return options


def _show(script: Path, target: Path, as_json: bool) -> None:
    from s2studio.session.reader import open_session

    runs = open_session(target).runs if (target / "manifest.json").is_file() else ()
    summaries = [run.summary() for run in runs]
    if as_json:
        print_json({"script": script.name, "session": str(target) if runs else None, "runs": summaries})
        return
    from s2studio.cli.show import show_run, show_runs

    if len(summaries) == 1:
        show_run(summaries[0])
    else:
        show_runs(summaries)
