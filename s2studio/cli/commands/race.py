"""`s2studio race`: placers and seeds side by side, and the best placement kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.project import open_project
from s2studio.cli.command import print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import LOWERING, MAPPING, RUN, SETTINGS, STIMULUS, AsJson, Given, Model, apply
from s2studio.mapping.file import write_mapping

_MAPPING = {name: kind for name, kind in MAPPING.items() if name not in ("placer", "traffic")}
_RUN = {name: RUN[name] for name in ("tick", "level")}

Placers = Annotated[
    str | None, typer.Option("--placers", metavar="A,B,...", help="Placers to try (default: all there are).")
]
Seeds = Annotated[int, typer.Option("--seeds", metavar="N", help="Seeds to try of placers that draw, from --seed on.")]
Jobs = Annotated[int | None, typer.Option("--jobs", metavar="N", help="Placements at once (default: one per core).")]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="BEST.yaml", help="Save the best mapping, to edit or run.")
]


@takes(LOWERING, _MAPPING, STIMULUS, _RUN, SETTINGS)
def race(
    model: Model,
    given: Given,
    placers: Placers = None,
    seeds: Seeds = 4,
    jobs: Jobs = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Try placers and seeds in parallel on the traffic of one run: time, energy, worst link, router entries."""
    names = [name.strip() for name in (placers or "").split(",") if name.strip()]
    with workbench(apply(open_project(model), given), quiet=as_json) as bench:
        found = bench.race(names, seeds, os.cpu_count() or 1 if jobs is None else jobs)
    saved = None
    if output is not None and found.winner is not None and found.winner.mapping is not None:
        write_mapping(found.winner.mapping, output)
        saved = output
    if as_json:
        print_json(found.as_dict() | {"written": None if saved is None else str(saved)})
    else:
        from s2studio.cli.show_race import show_race

        show_race(found, saved)
