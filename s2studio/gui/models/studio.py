"""The state of the window: the project, what was made from it, the run that is shown, and what is going on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from psygnal import Signal

from s2studio.errors import S2StudioError

if TYPE_CHECKING:
    from s2studio.app.engine import Prepared
    from s2studio.app.project import Project
    from s2studio.app.shown import RunShown
    from s2studio.chip.machine import Machine
    from s2studio.mapping.mapping import ChipMapping
    from s2studio.snn.network import ChipNetwork

RunState = Literal["none", "running", "paused"]
Level = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Busy:
    """What the engine works on: `done` of `total` units, total 0 where that is not known."""

    what: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Said:
    """A line of the log, in plain words. `error` is the refusal it tells of; `trace` is for a report of a fault.

    `path` is a file or session in its text that can be opened, `action` the command that helps, by its name.
    """

    level: Level
    text: str
    error: S2StudioError | None = None
    trace: str = ""
    path: Path | None = None
    action: str = ""


class Studio:
    """Holds one project. Whoever shows something connects to its event; each event carries the new value."""

    prepared_changed = Signal(object)
    mapping_changed = Signal(object)
    shown_changed = Signal(object)
    summary_changed = Signal(object)
    busy_changed = Signal(object)
    busy_progressed = Signal(object)
    run_state_changed = Signal(str)
    unfit_changed = Signal(str)
    said = Signal(object)

    def __init__(self) -> None:
        self._prepared: Prepared | None = None
        self._mapping: ChipMapping | None = None
        self._shown: RunShown | None = None
        self._summary: Mapping[str, Any] | None = None
        self._busy: Busy | None = None
        self._run_state: RunState = "none"
        self._unfit = ""
        self.log: list[Said] = []

    @property
    def prepared(self) -> Prepared | None:
        """The project that is open, lowered; None before anything was opened."""
        return self._prepared

    @prepared.setter
    def prepared(self, value: Prepared | None) -> None:
        self._prepared = value
        self.prepared_changed.emit(value)

    @property
    def project(self) -> Project | None:
        """The project that is open."""
        return None if self._prepared is None else self._prepared.project

    @property
    def network(self) -> ChipNetwork | None:
        """The network in the chip's terms: of the project, or of the session that is shown where none is open."""
        if self._prepared is not None:
            return self._prepared.network
        return None if self._shown is None else self._shown.network

    @property
    def machine(self) -> Machine | None:
        """The machine of the project, or of the session that is shown."""
        if self._prepared is not None:
            return self._prepared.machine
        return None if self._shown is None else self._shown.machine

    @property
    def mapping(self) -> ChipMapping | None:
        """The placement that is edited and that the next run takes."""
        return self._mapping

    @mapping.setter
    def mapping(self, value: ChipMapping | None) -> None:
        self._mapping = value
        self.mapping_changed.emit(value)

    @property
    def unfit(self) -> str:
        """Why what is asked for does not fit the chip, in words; empty where it does."""
        return self._unfit

    @unfit.setter
    def unfit(self, value: str) -> None:
        self._unfit = value
        self.unfit_changed.emit(value)

    @property
    def shown(self) -> RunShown | None:
        """The run whose numbers are shown: running, or recorded."""
        return self._shown

    @shown.setter
    def shown(self, value: RunShown | None) -> None:
        self._shown = value
        self.shown_changed.emit(value)

    @property
    def summary(self) -> Mapping[str, Any] | None:
        """What `s2studio run --json` says of the run that is shown, once it has ended."""
        return self._summary

    @summary.setter
    def summary(self, value: Mapping[str, Any] | None) -> None:
        self._summary = value
        self.summary_changed.emit(value)

    @property
    def busy(self) -> Busy | None:
        """What the engine works on now."""
        return self._busy

    @busy.setter
    def busy(self, value: Busy | None) -> None:
        self._busy = value
        self.busy_changed.emit(value)

    def progressed(self, done: int, total: int) -> None:
        """Say how far it is with what it works on."""
        if self._busy is not None:
            self._busy = Busy(self._busy.what, done, total)
            self.busy_progressed.emit(self._busy)

    @property
    def run_state(self) -> RunState:
        """Whether a run is under way."""
        return self._run_state

    @run_state.setter
    def run_state(self, value: RunState) -> None:
        self._run_state = value
        self.run_state_changed.emit(value)

    def say(
        self,
        level: Level,
        text: str,
        error: S2StudioError | None = None,
        trace: str = "",
        path: Path | None = None,
        action: str = "",
    ) -> None:
        """Add a line to the log."""
        line = Said(level, text, error, trace, path, action)
        self.log.append(line)
        self.said.emit(line)
