"""`s2studio info`: what is in a model file, and whether it fits the chip."""

from __future__ import annotations

from s2studio.app.describe import describe_network
from s2studio.app.loading import LAYER_SUFFIXES, load_layers
from s2studio.app.project import Project, open_project
from s2studio.chip.loader import load_chip
from s2studio.cli.command import print_json, takes
from s2studio.cli.monitor import workbench
from s2studio.cli.options import LOWERING, MAPPING, STIMULUS, AsJson, Given, Model, apply


@takes(LOWERING, MAPPING, STIMULUS)
def info(model: Model, given: Given, as_json: AsJson = False) -> None:
    """Say what is in a model file, what the chip would need for it, and whether it fits."""
    project = open_project(model)
    if project.model.suffix in LAYER_SUFFIXES:
        _info_of_layers(apply(project, given), as_json)
        return
    with workbench(apply(project, given), quiet=as_json) as bench:
        about = describe_network(bench)
    if as_json:
        print_json(about)
    else:
        from s2studio.cli.show import show_network

        show_network(about)


def _info_of_layers(project: Project, as_json: bool) -> None:
    from s2studio.app.describe_layers import describe_layers

    about = describe_layers(load_layers(project.model), load_chip(project.chip))
    if as_json:
        print_json(about)
    else:
        from s2studio.cli.show_layers import show_layers

        show_layers(about)
