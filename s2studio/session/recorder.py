"""Writes a session: the manifest, copies of the inputs, and one recorder for each run."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from s2studio.chip.machine import Machine
from s2studio.chip.spec import ChipSpec
from s2studio.errors import SessionError
from s2studio.mapping.board import board_class
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.about import Variables
from s2studio.session.about_writer import about_run
from s2studio.session.chunks import TableContent
from s2studio.session.manifest import InputEntry, Manifest, Origin, RunEntry, RunKind, State, Texts, write_manifest
from s2studio.session.network_file import network_path, write_network
from s2studio.session.plain import to_plain
from s2studio.session.provenance import provenance_now
from s2studio.session.run_recorder import RunRecorder, ended_by
from s2studio.session.target import Target
from s2studio.sim.level import LevelPolicy
from s2studio.snn.network import ChipNetwork
from s2studio.version import __version__
from s2studio.whole_file import not_written


@dataclass(frozen=True)
class InputFile:
    """A file that the run is made from; a copy goes into the session. `role` is model, stimulus, project and so on."""

    role: str
    path: Path


@dataclass(frozen=True)
class SessionHeader:
    """What a session says of itself before its first run.

    `options` is what the user asked for: dataclasses, mappings and scalars, stored as JSON.
    """

    network: str
    seed: int
    chip: ChipSpec
    runtime: str
    options: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[InputFile, ...] = ()
    origin: Origin = "simulated"


class Recorder:
    """Writes the session `target`; raises SessionError where that cannot be.

    With `overwrite` an existing session stays until the new one is complete; until then the new one is written beside
    it. In a `with` statement the session ends as complete, as cancelled after Cancelled or KeyboardInterrupt, else as
    crashed. `path` is where the session is: after `close` its final place.
    """

    def __init__(self, target: Path, header: SessionHeader, overwrite: bool = False) -> None:
        self._started = time.monotonic()
        self._target = Target(target, overwrite)
        self._runs: list[RunRecorder] = []
        self._texts: Texts = {}
        self._closed = False
        try:
            self._manifest = Manifest(
                version=__version__,
                state="running",
                network=header.network,
                seed=header.seed,
                options=to_plain(header.options),
                runtime=header.runtime,
                inputs=tuple(_copied(header.inputs, self.path / "inputs")),
                runs=(),
                provenance=provenance_now(),
                chip=header.chip,
                origin=header.origin,
            )
            self._save()
        except SessionError:
            self._target.discard()
            raise

    @property
    def path(self) -> Path:
        """The folder of the session."""
        return self._target.folder

    def start_run(
        self,
        network: ChipNetwork,
        mapping: ChipMapping,
        policy: LevelPolicy,
        tick_s: float,
        steps: int,
        recorded: Variables,
        observed: Variables,
        samples: int = 1,
        lowering: Sequence[Mapping[str, Any]] = (),
        notes: Sequence[str] = (),
        engine: str = "lockstep",
        fifo: str = "",
    ) -> RunRecorder:
        """Return the recorder of the next run: `steps` ticks of `tick_s` seconds on the chip, `samples` in the batch.

        `recorded` and `observed` map population names to variables (`spikes`, `v`); spikes and voltages of either are
        stored. Counts of PEs are stored too, or follow from spikes, those of all other populations included.
        `lowering` is the report of lowering, a row of JSON values for each population, `notes` what it warned of: both
        appear in the run's summary. `engine` is what will run it, `fifo` its policy where a FIFO is full.
        """
        about = about_run(network, mapping, policy, tick_s, steps, samples, recorded, observed)
        machine = Machine(self._manifest.chip, self._manifest.chip.runtimes[self._manifest.runtime])
        board = board_class(mapping, machine, network.spiking)
        about = replace(about, lowering=tuple(lowering), notes=tuple(notes), board=board, engine=engine, fifo=fifo)
        number, folder = self._new_run()
        self.keep_network(network, mapping.network_digest)
        run = RunRecorder(folder, about, network, mapping, lambda entry: self._keep(number, entry))
        self._runs.append(run)
        self._save()
        return run

    def add_run(self, ticks: int, write: Callable[[Path], Mapping[str, TableContent]], kind: RunKind = "ticks") -> None:
        """Add a run of `ticks` ticks, or inferences, whose tables `write` puts into a folder, all at once."""
        number, folder = self._new_run()
        self._save()
        self._keep(number, RunEntry(f"runs/{folder.name}", "complete", ticks, write(folder), kind))

    def keep_network(self, network: ChipNetwork, digest: str) -> None:
        """Write `network`, whose digest that is, unless it is there already."""
        path = network_path(self.path, digest)
        if path.exists():
            return
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as problem:
            raise not_written(path.parent, problem, SessionError) from problem
        write_network(path, network)

    def close(self, state: State = "complete") -> Path:
        """End the session and return where it is.

        A cancelled session keeps what it has. One that crashed while it would have overwritten another, or before its
        first tick, is removed.
        """
        if self._closed:
            return self.path
        self._closed = True
        for run in self._runs:
            run.finish(state)
        duration = round(time.monotonic() - self._started, 3)
        self._manifest = replace(
            self._manifest, state=state, provenance=replace(self._manifest.provenance, duration_s=duration)
        )
        self._save()
        if state == "complete":
            self._target.keep()
        elif state == "crashed" and (self._target.replaces or not any(run.ticks for run in self._runs)):
            self._target.discard()
        return self.path

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            try:
                self.close()
            except SessionError:
                self._abandon()
                raise
        else:
            # What went wrong before matters more than what goes wrong while it is put down.
            with suppress(SessionError):
                self.close(ended_by(kind))

    def _abandon(self) -> None:
        self._closed = False
        with suppress(SessionError):
            self.close("crashed")

    def _new_run(self) -> tuple[int, Path]:
        """Return number and folder of another run, entered as running."""
        number = len(self._manifest.runs)
        folder = self.path / "runs" / f"{number:04d}"
        self._manifest = replace(
            self._manifest, runs=(*self._manifest.runs, RunEntry(f"runs/{folder.name}", "running"))
        )
        try:
            folder.mkdir(parents=True)
        except OSError as problem:
            raise SessionError(str(folder), f"cannot be created: {problem.strerror or problem}") from problem
        return number, folder

    def _keep(self, number: int, entry: RunEntry) -> None:
        runs = list(self._manifest.runs)
        runs[number] = entry
        self._manifest = replace(self._manifest, runs=tuple(runs))
        self._save()

    def _save(self) -> None:
        write_manifest(self.path, self._manifest, self._texts)


def _copied(files: tuple[InputFile, ...], folder: Path) -> list[InputEntry]:
    entries: list[InputEntry] = []
    for file in files:
        taken = {entry.path for entry in entries}
        name, number = file.path.name, 1
        while f"inputs/{name}" in taken:
            number += 1
            name = f"{number}-{file.path.name}"
        size, digest = _copy(file.path, folder / name)
        entries.append(InputEntry(file.role, f"inputs/{name}", size, digest))
    return entries


def _copy(source: Path, target: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as reading, target.open("wb") as writing:
            while piece := reading.read(1 << 20):
                digest.update(piece)
                size += len(piece)
                writing.write(piece)
    except OSError as problem:
        raise SessionError(
            str(source), f"cannot be copied into the session: {problem.strerror or problem}", hint=f"to {target}"
        ) from problem
    return size, digest.hexdigest()
