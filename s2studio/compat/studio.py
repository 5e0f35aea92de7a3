"""What one process of a script works with: the chip, the session, and the networks that are compiled already."""

from __future__ import annotations

import atexit
import os
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import Machine
from s2studio.compat.compiled import Compiled
from s2studio.compat.convert import convert, describe
from s2studio.compat.names import warn
from s2studio.compat.spinnaker2.snn import Network
from s2studio.compat.writer import SessionWriter
from s2studio.mapping.mapping import MappingOptions
from s2studio.session.manifest import State
from s2studio.session.recorder import InputFile, SessionHeader
from s2studio.sim.level import LevelPolicy
from s2studio.snn.validate import validate

# Networks that stay compiled: a sweep over weights must not fill the memory with all of them.
_KEPT = 4


@dataclass(frozen=True)
class StudioOptions:
    """What is decided outside of the script.

    session: where every run is stored, None: nowhere; overwrite: whether an earlier session may be replaced;
    script: the file that goes into the session; level: a level policy instead of the script's; rounding: `nearest` or
    `truncate`; chip, runtime, mapping: as everywhere.
    """

    session: Path | None = None
    overwrite: bool = False
    script: Path | None = None
    level: LevelPolicy | None = None
    rounding: str = "nearest"
    chip: str | Path = "spinnaker2"
    runtime: str | None = None
    mapping: MappingOptions = field(default_factory=MappingOptions)


class Studio:
    """Compiles each network once, as long as its content stays the same, and writes every run to one session."""

    # The API of py-spinnaker2 has no place for a handle: `hw.run(net)` must find it by itself.
    _installed: ClassVar[Studio | None] = None

    def __init__(self, options: StudioOptions) -> None:
        self.options = options
        self.compiled: OrderedDict[str, Compiled] = OrderedDict()
        self.runs = 0
        self._process = os.getpid()
        self._writer: SessionWriter | None = None

    @cached_property
    def machine(self) -> Machine:
        """The chip that scripts run on."""
        machine = make_machine(load_chip(self.options.chip), self.options.runtime)
        if self.options.level is not None:
            self.options.level.check(machine.spec)
        return machine

    def check(self, network: Network) -> None:
        """Raise NetworkError where the chip cannot hold `network`; warn of what rounding and clipping change."""
        described = describe(network, self.options.rounding)
        converted = convert(network, self.options.rounding, self.machine.spec, described)
        validate(converted.network, self.machine.spec)

    def compiled_for(self, key: str) -> Compiled | None:
        """Return what was compiled of a network with the content `key`."""
        found = self.compiled.get(key)
        if found is not None:
            self.compiled.move_to_end(key)
        return found

    def keep(self, key: str, compiled: Compiled) -> None:
        """Remember what was compiled, and forget what has not been used for longest."""
        self.compiled[key] = compiled
        self.compiled.move_to_end(key)
        while len(self.compiled) > _KEPT:
            self.compiled.popitem(last=False)

    def writer(self, network: str) -> SessionWriter | None:
        """Return the writer of the session, made for the first run; None where nothing is stored.

        Processes that a script forks store nothing: there is one writer for a session.
        """
        options = self.options
        if self._process != os.getpid():
            return None
        if self._writer is None and options.session is not None:
            files = (InputFile("script", options.script),) if options.script is not None else ()
            header = SessionHeader(
                options.script.stem if options.script is not None else network,
                options.mapping.seed,
                self.machine.spec,
                self.machine.runtime.name,
                options={"mapping": options.mapping, "rounding": options.rounding, "level": options.level},
                inputs=files,
            )
            self._writer = SessionWriter(options.session, header, options.overwrite)
        return self._writer

    def tell(self, notes: tuple[str, ...]) -> None:
        """Warn of `notes`, each with the line of the script."""
        for note in notes:
            warn(note)

    def close(self, state: State = "complete") -> None:
        """End the session; later runs are stored nowhere."""
        writer, self._writer = self._writer, None
        self.options = replace(self.options, session=None)
        if writer is not None:
            writer.close(state)

    @classmethod
    def begin(cls, options: StudioOptions) -> Studio:
        """Begin a new studio for this process and end the one before."""
        if cls._installed is None:
            atexit.register(cls._end)
        else:
            cls._installed.close()
        cls._installed = Studio(options)
        return cls._installed

    @classmethod
    def current(cls) -> Studio:
        """Return the studio of this process; one that stores nothing where none was begun."""
        return cls._installed if cls._installed is not None else cls.begin(StudioOptions())

    @classmethod
    def _end(cls) -> None:
        if cls._installed is not None:
            cls._installed.close()
