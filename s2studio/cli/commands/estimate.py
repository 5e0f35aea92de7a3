"""`s2studio estimate`: size, energy and latency of a network before any run, from rates."""

from __future__ import annotations

from typing import Annotated

import typer

from s2studio.app.project import open_project
from s2studio.cli.command import print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import LOWERING, MAPPING, RUN, SETTINGS, STIMULUS, AsJson, Given, Model, apply
from s2studio.errors import UsageError

_RUN = {name: RUN[name] for name in ("mapping", "tick", "level")}

Rate = Annotated[
    list[str] | None,
    typer.Option("--rate", metavar="[POP=]HZ", help="How often neurons spike, in Hz of model time (repeatable)."),
]
Burst = Annotated[
    float | None,
    typer.Option("--burst", metavar="F", help="Spikes in the busiest tick, as a multiple of what chance makes them."),
]


@takes(LOWERING, MAPPING, STIMULUS, _RUN, SETTINGS)
def estimate(model: Model, given: Given, rate: Rate = None, burst: Burst = None, as_json: AsJson = False) -> None:
    """Estimate size, traffic, time, energy and latency from rates, without a run."""
    rates = dict(map(_rate, rate or ()))
    with workbench(apply(open_project(model), given), quiet=as_json) as bench:
        found = bench.estimate(rates, burst)
    if as_json:
        print_json(found.as_dict())
    else:
        from s2studio.cli.show_estimate import show_estimate

        show_estimate(found)


def _rate(text: str) -> tuple[str | None, float]:
    name, equals, number = text.rpartition("=")
    try:
        return (name.strip() if equals else None), float(number)
    except ValueError:
        raise UsageError(
            f"--rate {text}", "a number of Hz is expected", hint="for example --rate 5 or --rate out=20"
        ) from None
