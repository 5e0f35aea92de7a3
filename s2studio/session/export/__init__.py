"""Exports: a run of a session as files that other tools read; one table of formats."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from s2studio.documents import nearest
from s2studio.errors import SessionError, UsageError
from s2studio.session.export.csv import write_csv
from s2studio.session.export.nir import write_nir_export
from s2studio.session.export.spinnaker2 import write_spinnaker2
from s2studio.session.files import not_written
from s2studio.session.reader import Session, open_session
from s2studio.session.run import Progress, Run, no_progress
from s2studio.session.window import Window

__all__ = ["EXPORTERS", "Exporter", "Window", "export"]


@dataclass(frozen=True)
class Exporter:
    """A format: `write(run, folder, start, stop, progress)` puts ticks `start` to `stop` of a run into a new folder."""

    title: str
    write: Callable[[Run, Path, int, int, Progress], None]


EXPORTERS: Mapping[str, Exporter] = {
    "csv": Exporter("CSV tables and summary.json", write_csv),
    "spinnaker2": Exporter("script for a board, in py-spinnaker2's API", write_spinnaker2),
    "nir": Exporter("NIR file, and the project that lowers it", write_nir_export),
}


def export(
    session: Session | Path | str,
    folder: Path | str,
    format_name: str = "csv",
    window: Window | None = None,
    run: int = 0,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> Path:
    """Write the run `run` of `session`, or the part of it in `window`, into `folder`, and return the folder.

    Files appear in `folder` once all are complete. A folder with files in it is refused unless `overwrite`, which
    replaces files of the same names and leaves others alone. `progress` may raise Cancelled.
    """
    if format_name not in EXPORTERS:
        raise UsageError(f"format '{format_name}'", "not known", hint=nearest(format_name, EXPORTERS))
    folder = Path(folder)
    opened = session if isinstance(session, Session) else open_session(session)
    source = opened.run(run)
    start, stop = (window or Window()).ticks(source.tick_s, source.ticks)
    write = EXPORTERS[format_name].write
    return write_into(folder, overwrite, lambda unfinished: write(source, unfinished, start, stop, progress))


def write_into(folder: Path, overwrite: bool, write: Callable[[Path], None]) -> Path:
    """Let `write` fill a folder that is moved into `folder` once it is complete; return `folder`."""
    _check(folder, overwrite)
    made = not folder.exists()
    unfinished = folder / f".unfinished-{secrets.token_hex(4)}"
    try:
        unfinished.mkdir(parents=True)
        write(unfinished)
        for file in sorted(unfinished.iterdir()):
            file.replace(folder / file.name)
        unfinished.rmdir()
    except BaseException as problem:
        with suppress(OSError):
            shutil.rmtree(folder if made else unfinished)
        if isinstance(problem, OSError):
            raise not_written(folder, problem) from problem
        raise
    return folder


def _check(folder: Path, overwrite: bool) -> None:
    try:
        if folder.exists() and not folder.is_dir():
            raise SessionError(str(folder), "is a file", hint="name a folder")
        if folder.is_dir() and any(folder.iterdir()) and not overwrite:
            raise SessionError(str(folder), "has files in it", hint="name a new folder or add --overwrite")
    except OSError as problem:
        raise SessionError(str(folder), f"cannot be read: {problem.strerror or problem}") from problem
