"""Opens a session: its manifest and runs, every path and number in it checked, whatever wrote the folder."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from s2studio.chip.machine import Machine
from s2studio.chip.spec import ChipSpec
from s2studio.errors import SessionError
from s2studio.session.columns import Columns
from s2studio.session.content import ContentHash
from s2studio.session.manifest import FILE, Manifest, RunEntry, State, inside, read_manifest
from s2studio.session.provenance import is_being_written
from s2studio.session.rows import time_ns
from s2studio.session.run import Progress, Run, no_progress
from s2studio.session.stored import StoredTable
from s2studio.session.stored_run import StoredRun
from s2studio.session.tables import TABLES

if TYPE_CHECKING:
    from s2studio.session.layer_run import LayerRun

__all__ = ["Run", "Session", "open_session"]

# More PEs than any machine has: what a small manifest may make us allocate must stay bounded.
_MAX_PES = 1 << 24


def open_session(path: str | Path) -> Session:
    """Return the session in the folder `path`; raises SessionError where there is none, or it is damaged.

    A session that its process left behind opens as `crashed` with what is there; one that is being written opens as
    `running` with what is there now.
    """
    path = Path(path)
    manifest = read_manifest(path)
    _check_chip(path, manifest)
    return Session(path, manifest)


class Session:
    """A session on disk. `manifest` says what was run and from what, `runs` hold the data."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path, self.manifest = path, manifest
        self.machine = Machine(manifest.chip, manifest.chip.runtimes[manifest.runtime])
        self._is_written = manifest.state == "running" and is_being_written(manifest.provenance, path)
        self.state = self._state(manifest.state)
        self.all_runs: tuple[Run | LayerRun, ...] = tuple(
            self._run(number, entry) for number, entry in enumerate(manifest.runs)
        )

    def __repr__(self) -> str:
        return f"<Session {self.path}: {self.manifest.network}, {self.state}, {len(self.all_runs)} runs>"

    @property
    def chip(self) -> ChipSpec:
        """The chip it ran on, with its cost table."""
        return self.manifest.chip

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs of ticks."""
        return tuple(run for run in self.all_runs if isinstance(run, Run))

    @property
    def layer_runs(self) -> tuple[LayerRun, ...]:
        """The runs of layers."""
        return tuple(run for run in self.all_runs if not isinstance(run, Run))

    def any_run(self, number: int = 0) -> Run | LayerRun:
        """Return the run `number`, of ticks or of layers; raises SessionError where there is none."""
        if not 0 <= number < len(self.all_runs):
            there = f"runs 0 to {len(self.all_runs) - 1}" if self.all_runs else "no runs"
            raise SessionError(f"run {number} of {self.path}", "does not exist", f"the session has {there}")
        return self.all_runs[number]

    def run(self, number: int = 0) -> Run:
        """Return the run `number`, one of ticks; raises SessionError where there is none."""
        run = self.any_run(number)
        if not isinstance(run, Run):
            found, hint = "is one of layers: it has no ticks", "run, export, compare and advise take it"
            raise SessionError(f"run {number} of {self.path}", found, "a run of spikes is expected", hint)
        return run

    def _run(self, number: int, entry: RunEntry) -> Run | LayerRun:
        where = inside(self.path, entry.path), number, entry, self._state(entry.state), self.machine, self.path
        if entry.kind != "layers":
            return Run(*where)
        from s2studio.session.layer_run import LayerRun

        return LayerRun(*where)

    def verify(self, progress: Progress = no_progress) -> None:
        """Read everything and compare it with the hashes in the manifest; raises SessionError at what differs."""
        tables = [
            (run, entry, name)
            for run, entry in zip(self.all_runs, self.manifest.runs, strict=True)
            for name in entry.tables
        ]
        total = len(self.manifest.inputs) + len(tables)
        for done, (run, entry, name) in enumerate(tables):
            progress(done, total)
            _verify_table(run, entry, name, self.manifest.hashes == "runs")
        for done, copy in enumerate(self.manifest.inputs, len(tables)):
            progress(done, total)
            if _file_digest(inside(self.path, copy.path)) != copy.sha256:
                raise _differs(self.path / copy.path)
        progress(total, total)

    def _state(self, state: State) -> State:
        return "crashed" if state == "running" and not self._is_written else state


def _verify_table(run: StoredRun, entry: RunEntry, name: str, has_runs: bool) -> None:
    if name not in TABLES:
        raise SessionError(str(run.path), f"table '{name}'", "no such table", "the manifest was changed")
    stored, content = StoredTable(run.path / name, TABLES[name]), ContentHash(TABLES[name], has_runs)
    for chunk in stored.chunks:
        columns, texts = chunk.read()
        content.update(columns, texts)
        if isinstance(run, Run) and TABLES[name].has_ticks and not _is_timed(columns, run.tick_s):
            raise _differs(stored.folder)
    if (stored.rows, content.hexdigest()) != (entry.tables[name].rows, entry.tables[name].sha256):
        raise _differs(stored.folder)


def _is_timed(columns: Columns, tick_s: float) -> bool:
    """Return whether every time is that of its tick: it is in no hash."""
    return bool((columns["time_ns"] == time_ns(columns["tick"].astype(np.int64), tick_s)).all())


def _differs(path: Path) -> SessionError:
    return SessionError(str(path), "its content hash is not the one in the manifest", hint="the file was changed")


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as problem:
        raise SessionError(str(path), f"cannot be read: {problem.strerror or problem}") from problem


def _check_chip(path: Path, manifest: Manifest) -> None:
    """Refuse a chip with which counts cannot be priced."""
    chip = manifest.chip
    sound = (
        manifest.runtime in chip.runtimes
        and chip.sleep_level in chip.levels
        and chip.timer_hz > 0
        and all(level.clock_hz > 0 for level in chip.levels.values())
        and 0 < chip.pe_count <= _MAX_PES
    )
    if not sound:
        raise SessionError(str(path / FILE), "its chip contradicts itself", hint="the file was changed")
