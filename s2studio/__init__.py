"""S2 Studio: networks on the SpiNNaker2 chip, lowered, mapped, simulated spike-exactly and profiled without a board."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from s2studio.version import __version__

if TYPE_CHECKING:
    from s2studio.app.api import load_stimulus, lower, map_network, simulate
    from s2studio.app.layer_api import map_layers, quantise, run_layers, time_layers
    from s2studio.app.loading import load_layers, load_network
    from s2studio.app.session_export import export
    from s2studio.chip.loader import load_chip
    from s2studio.network.readers.torch_module import load_module
    from s2studio.session.reader import open_session
    from s2studio.sim.lockstep import Simulator
    from s2studio.sim.program import compile_program

# Where each public name lives; a name is imported when it is first used, so that `import s2studio` costs nothing.
_PUBLIC = {
    "load_network": "s2studio.app.loading",
    "load_layers": "s2studio.app.loading",
    "load_module": "s2studio.network.readers.torch_module",
    "load_chip": "s2studio.chip.loader",
    "load_stimulus": "s2studio.app.api",
    "lower": "s2studio.app.api",
    "map_network": "s2studio.app.api",
    "simulate": "s2studio.app.api",
    "quantise": "s2studio.app.layer_api",
    "run_layers": "s2studio.app.layer_api",
    "map_layers": "s2studio.app.layer_api",
    "time_layers": "s2studio.app.layer_api",
    "compile_program": "s2studio.sim.program",
    "Simulator": "s2studio.sim.lockstep",
    "open_session": "s2studio.session.reader",
    "export": "s2studio.app.session_export",
}

__all__ = [
    "Simulator",
    "__version__",
    "compile_program",
    "export",
    "load_chip",
    "load_layers",
    "load_module",
    "load_network",
    "load_stimulus",
    "lower",
    "map_layers",
    "map_network",
    "open_session",
    "quantise",
    "run_layers",
    "simulate",
    "time_layers",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 's2studio' has no attribute '{name}'")
    return getattr(import_module(_PUBLIC[name]), name)
