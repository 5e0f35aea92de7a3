"""`spinnaker2.hardware`: the boards; whatever addresses one is accepted and ignored."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any, ClassVar

from s2studio.compat.names import unknown_name, warn
from s2studio.compat.run import Asked, run_network
from s2studio.compat.spinnaker2.snn import Network
from s2studio.compat.studio import Studio
from s2studio.mapping.mapping import ChipMapping

_LOG = logging.getLogger("spinnaker2")
# What else py-spinnaker2's `run` takes: all of it is about the board or about building its programs.
_ABOUT_A_BOARD = frozenset(
    {
        *("reset_board", "make_clean", "iterative_mapping", "keep_running", "record_on_dram", "timeout", "async_start"),
        *("clean", "verbose", "board_ip", "run_id"),
    }
)


class Hardware:
    """What all boards share. The arguments that address one have no effect."""

    notes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *_address: Any, **_options: Any) -> None:
        self.experiment_backend = SimpleNamespace()
        self.mapping: ChipMapping | None = None

    def run(
        self,
        net: Network,
        timesteps: int,
        sys_tick_in_s: float = 1e-3,
        debug: bool = False,
        mapping_only: bool = False,
        record_power: bool = False,  # noqa: ARG002 - a session holds the power of every tick anyway
        **options: Any,
    ) -> None:
        """Map `net` and simulate `timesteps` ticks of `sys_tick_in_s` seconds; `mapping_only` stops after mapping.

        `debug` logs where each slice sits. Raises NetworkError and MappingError, which say what does not fit.
        """
        unknown = sorted(set(options) - _ABOUT_A_BOARD)
        if unknown:
            warn(f"hw.run({', '.join(f'{name}=' for name in unknown)}) has no effect here")
        asked = Asked(int(timesteps), float(sys_tick_in_s), bool(mapping_only), self.notes_on(net))
        self.mapping = run_network(Studio.current(), net, asked)
        if debug:
            for piece in self.mapping.slices:
                used = sum(piece.bytes.values())
                _LOG.info("%s: %s[%d:%d], %s B", piece.pe, piece.population, piece.start, piece.stop, f"{used:,}")

    def notes_on(self, net: Network) -> tuple[str, ...]:  # noqa: ARG002 - other hardware looks at the network
        """Return what the user must know of running `net` here."""
        return self.notes


class SpiNNaker2Chip(Hardware):
    """The board with one chip."""


class SpiNNcloud48NodeBoard(Hardware):
    """The board with 48 chips, of which one is simulated."""

    notes = ("SpiNNcloud48NodeBoard: the network is put on one chip, since routes between chips are not covered yet",)


__getattr__ = unknown_name("spinnaker2.hardware", ("SpiNNaker2Chip", "SpiNNcloud48NodeBoard"))
