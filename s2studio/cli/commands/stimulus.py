"""`s2studio stimulus`: what is in a stimulus file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s2studio.app.preview import describe_stimulus
from s2studio.cli.command import print_json, takes
from s2studio.cli.options import EVENTS, AsJson, Given, event_options
from s2studio.network.stimulus.events import EventOptions

File = Annotated[Path, typer.Argument(metavar="FILE", help="A recording of events, or spikes in steps.")]


@takes(EVENTS)
def stimulus(file: File, given: Given, as_json: AsJson = False) -> None:
    """Say what is in a stimulus file: events, rate over time, size after binning."""
    about = describe_stimulus(file, event_options(EventOptions(), given))
    if as_json:
        print_json(about)
    else:
        from s2studio.cli.show import show_stimulus

        show_stimulus(about)
