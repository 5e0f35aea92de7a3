"""`s2studio compare`: how two sessions differ, for people, for programs and for continuous integration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from s2studio.app.project import Project
from s2studio.cli.command import VIOLATED, print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import AsJson

if TYPE_CHECKING:
    from s2studio.analysis.layer_compare import LayerComparison

A = Annotated[Path, typer.Argument(metavar="A.s2s", help="A session.")]
B = Annotated[Path, typer.Argument(metavar="B.s2s", help="The session to compare it with.")]
RunA = Annotated[int, typer.Option("--run-a", metavar="N", help="Which run of A.")]
RunB = Annotated[int, typer.Option("--run-b", metavar="N", help="Which run of B.")]
FailIf = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-if", metavar="CONDITION", help="End with 3 if it holds: 'energy>+5%', 'late_ticks>0', 'spikes'."
    ),
]
Fit = Annotated[
    Path | None,
    typer.Option(
        "--fit", metavar="CHIP.yaml", help="Fit the chip's cycle costs to a measured session; keep them as a chip file."
    ),
]


@takes()
def compare(
    a: A,
    b: B,
    run_a: RunA = 0,
    run_b: RunB = 0,
    fail_if: FailIf = None,
    fit: Fit = None,
    as_json: AsJson = False,
) -> None:
    """Say how run B differs from run A: numbers, spikes, voltages, and each PE's time and packets."""
    from s2studio.analysis.chip_file import check_target
    from s2studio.analysis.condition import parse_condition, violated

    if fit is not None:
        check_target(fit)
    conditions = [parse_condition(text) for text in fail_if or ()]
    with workbench(Project(a), quiet=as_json) as bench:
        layers = bench.layers.compare(a, b, run_a, run_b) if fit is None else None
        if layers is not None:
            _show_layers(layers, violated(conditions, layers), as_json)
            return
        comparison = bench.compare(a, b, run_a, run_b)
        found = None if fit is None else bench.calibrate(a, b, run_a, run_b, comparison.first_tick, fit)
    broken = violated(conditions, comparison)
    if as_json:
        print_json(comparison.as_dict() | {"violated": list(broken), "fit": found and found.as_dict()})
    else:
        from s2studio.cli.show_comparison import show_comparison

        show_comparison(comparison, broken, found)
    if broken:
        raise typer.Exit(VIOLATED)


def _show_layers(comparison: LayerComparison, broken: Sequence[str], as_json: bool) -> None:
    if as_json:
        print_json(comparison.as_dict() | {"violated": list(broken)})
    else:
        from s2studio.cli.show_layer_runs import show_layer_comparison

        show_layer_comparison(comparison, broken)
    if broken:
        raise typer.Exit(VIOLATED)
