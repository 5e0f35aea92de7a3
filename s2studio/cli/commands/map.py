"""`s2studio map`: cut a network into slices and place them on the chip's PEs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.describe import describe_mapping
from s2studio.app.project import open_project
from s2studio.cli.command import print_json, takes
from s2studio.cli.layers import DATA, DEEP, is_deep, map_deep, refuse_deep_options
from s2studio.cli.monitor import workbench
from s2studio.cli.options import LOWERING, MAPPING, RUN, STIMULUS, AsJson, Given, Model, apply
from s2studio.errors import UsageError
from s2studio.mapping.file import write_mapping

Output = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="M.yaml", help="Save the mapping, to edit or run.")
]


@takes(LOWERING, MAPPING, STIMULUS, {"level": RUN["level"]}, DEEP, DATA)
def map_command(model: Model, given: Given, output: Output = None, as_json: AsJson = False) -> None:
    """Map a network onto the chip: which slice on which PE, memory by region, routes and their load."""
    if is_deep(model):
        if output is not None:
            raise UsageError("-o", "a mapping of layers is no file to edit", hint="run keeps it in its session")
        map_deep(model, given, as_json)
        return
    refuse_deep_options(given)
    with workbench(apply(open_project(model), given), quiet=as_json) as bench:
        mapping = bench.map(assume=True)
        if output is not None:
            write_mapping(mapping, output)
        about = describe_mapping(bench, mapping)
    if as_json:
        print_json(about)
    else:
        from s2studio.cli.show import show_mapping

        show_mapping(about, output)
