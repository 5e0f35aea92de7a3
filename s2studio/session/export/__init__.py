"""Exports: a run of a session as files that other tools read; one table of formats."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from s2studio.documents import nearest
from s2studio.errors import SessionError, UsageError
from s2studio.session.export.chrome import CHROME_CHANNELS, chrome_rows, write_chrome
from s2studio.session.export.csv import write_csv
from s2studio.session.export.hdf5 import write_hdf5
from s2studio.session.export.json import write_json
from s2studio.session.export.layer_chrome import LAYER_CHROME_CHANNELS, write_layer_chrome
from s2studio.session.export.layer_part import LAYER_CHANNELS, LAYER_EXPORTS, LayerExport
from s2studio.session.export.nir import write_nir_export
from s2studio.session.export.parquet import write_parquet
from s2studio.session.export.part import COUNTED, EXPORT_TABLES, ON_REQUEST, SUMMARY, TABLE_CHANNELS, Part
from s2studio.session.export.size import Estimate, estimate_size
from s2studio.session.export.spinnaker2 import write_spinnaker2
from s2studio.session.layer_run import LayerRun
from s2studio.session.reader import Session, open_session
from s2studio.session.run import Progress, Run, no_progress
from s2studio.session.window import Window
from s2studio.units import NS_PER_S
from s2studio.whole_file import not_written

__all__ = ["EXPORTERS", "Estimate", "Exporter", "Part", "Window", "estimate", "export", "one_row"]


def _table_rows(part: Part) -> dict[str, int]:
    return {name: part.rows(name) if name in EXPORT_TABLES else 1 for name in part.channels}


def one_row(part: Part) -> dict[str, int]:
    """Return what a format that is written whole has of each channel."""
    return dict.fromkeys(part.channels, 1)


def _write_board_script(part: Part, folder: Path, progress: Progress) -> None:
    write_spinnaker2(part.run, folder, part.start, part.stop, progress)


def _write_network(part: Part, folder: Path, progress: Progress) -> None:
    write_nir_export(part.run, folder, part.start, part.stop, progress)


@dataclass(frozen=True)
class Exporter:
    """A format: `write(part, path, progress)` puts a part of a run into the empty folder `path`, or the file `path`.

    `suffix` is that of the file, empty for a folder; `channels` are what it can hold, and `rows(part)` tells how much
    of each a part has. `write_layers` does the same for runs of layers (None: it holds none), with `layer_channels`.
    """

    title: str
    write: Callable[[Part, Path, Progress], None]
    suffix: str = ""
    channels: tuple[str, ...] = TABLE_CHANNELS
    rows: Callable[[Part], Mapping[str, int]] = _table_rows
    write_layers: Callable[[LayerExport, Path, Progress], None] | None = None
    layer_channels: tuple[str, ...] = LAYER_CHANNELS


EXPORTERS: Mapping[str, Exporter] = {
    "csv": Exporter("CSV tables and summary.json in a folder", write_csv, write_layers=write_csv),
    "parquet": Exporter("Parquet tables and summary.json in a folder", write_parquet, write_layers=write_parquet),
    "hdf5": Exporter("HDF5 file of all tables", write_hdf5, ".h5", write_layers=write_hdf5),
    "json": Exporter(
        "JSON summary", write_json, ".json", (SUMMARY,), write_layers=write_json, layer_channels=(SUMMARY,)
    ),
    "spinnaker2": Exporter(
        "script for a board, in py-spinnaker2's API", _write_board_script, channels=("script",), rows=one_row
    ),
    "nir": Exporter("NIR file, and the project that lowers it", _write_network, channels=("network",), rows=one_row),
    "chrome": Exporter(
        "Chrome or Perfetto trace",
        write_chrome,
        ".json.gz",
        CHROME_CHANNELS,
        chrome_rows,
        write_layer_chrome,
        LAYER_CHROME_CHANNELS,
    ),
}


def export(
    session: Session | Path | str,
    path: Path | str,
    format_name: str = "csv",
    window: Window | None = None,
    run: int = 0,
    overwrite: bool = False,
    progress: Progress = no_progress,
    channels: Collection[str] = (),
    formats: Mapping[str, Exporter] = EXPORTERS,
) -> Path:
    """Write the run `run` of `session`, or the part of it in `window`, to `path`, a folder or a file, and return it.

    `channels` are some of those of the format (empty: all that the run has). Files appear once all are complete. A
    file, or a folder with files in it, is refused unless `overwrite`, which replaces files of the same names and leaves
    others alone. `progress` may raise Cancelled. `formats` is the table in which `format_name` is looked up.
    """
    exporter = _exporter(formats, format_name)
    source = _source(session, run)
    write: Callable[[Path], None]
    if isinstance(source, LayerRun):
        layers, write_layers = _chosen_layers(source, exporter, format_name, window, channels)
        write = lambda unfinished: write_layers(layers, unfinished, progress)  # noqa: E731
    else:
        part = _chosen(source, exporter, format_name, window, channels)
        write = lambda unfinished: exporter.write(part, unfinished, progress)  # noqa: E731
    return write_into(Path(path), overwrite, write, bool(exporter.suffix))


def write_into(path: Path, overwrite: bool, write: Callable[[Path], None], is_file: bool = False) -> Path:
    """Let `write` fill a folder, or the file, that is moved to `path` once it is complete; return `path`."""
    _check(path, overwrite, is_file)
    folder = path.parent if is_file else path
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    unfinished = folder / f".unfinished-{secrets.token_hex(4)}"
    try:
        unfinished.mkdir(parents=True)
        write(unfinished / path.name if is_file else unfinished)
        for file in sorted(unfinished.iterdir()):
            file.replace(folder / file.name)
        unfinished.rmdir()
    except BaseException as problem:
        with suppress(OSError):
            shutil.rmtree(made[-1] if made else unfinished)
        if isinstance(problem, OSError):
            raise not_written(path, problem, SessionError) from problem
        raise
    return path


def estimate(
    session: Session | Path | str,
    format_name: str = "csv",
    window: Window | None = None,
    run: int = 0,
    channels: Collection[str] = (),
    formats: Mapping[str, Exporter] = EXPORTERS,
    name: str = "",
) -> Estimate:
    """Return how large the export of the same arguments would be, where it is a file under `name` (empty: the usual).

    The name counts: a trace is compressed where it ends in `.gz`.
    """
    exporter = _exporter(formats, format_name)
    source, file = _source(session, run), (name or f"export{exporter.suffix}") if exporter.suffix else ""
    if not isinstance(source, LayerRun):
        part = _chosen(source, exporter, format_name, window, channels)
        return estimate_size(part, exporter.write, exporter.rows, file)
    layers, write = _chosen_layers(source, exporter, format_name, window, channels)
    with tempfile.TemporaryDirectory() as folder:
        write(layers, Path(folder, file) if file else Path(folder), no_progress)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*"))
    rows = {name: layers.rows(name) if name in LAYER_EXPORTS else 1 for name in layers.channels}
    return Estimate(rows, size, True)


def _exporter(formats: Mapping[str, Exporter], format_name: str) -> Exporter:
    if format_name not in formats:
        raise UsageError(f"format '{format_name}'", "not known", hint=nearest(format_name, formats))
    return formats[format_name]


def _source(session: Session | Path | str, run: int) -> Run | LayerRun:
    opened = session if isinstance(session, Session) else open_session(session)
    return opened.any_run(run)


def _check_channels(channels: Collection[str], known: Sequence[str], format_name: str) -> None:
    for name in channels:
        if name not in known:
            raise UsageError(f"channel '{name}'", f"is not in format '{format_name}'", hint=nearest(name, known))


def _chosen(
    source: Run, exporter: Exporter, format_name: str, window: Window | None, channels: Collection[str]
) -> Part:
    _check_channels(channels, exporter.channels, format_name)
    start, stop = (window or Window()).ticks(source.tick_s, source.ticks)
    unknown = () if channels else (*ON_REQUEST, *(COUNTED if source.is_measured else ()))
    chosen = tuple(name for name in exporter.channels if name not in unknown and (not channels or name in channels))
    return Part(source, start, stop, chosen)


def _chosen_layers(
    source: LayerRun, exporter: Exporter, format_name: str, window: Window | None, channels: Collection[str]
) -> tuple[LayerExport, Callable[[LayerExport, Path, Progress], None]]:
    if exporter.write_layers is None:
        fitting = ", ".join(name for name, other in EXPORTERS.items() if other.write_layers is not None)
        raise UsageError(f"format '{format_name}'", "holds no run of layers", f"{fitting} and report do")
    _check_channels(channels, exporter.layer_channels, format_name)
    # A window counts in ticks; those of a run of layers are nanoseconds.
    start, stop = (window or Window()).ticks(1 / NS_PER_S, int(source.costs["stop_ns"][-1]))
    chosen = tuple(name for name in exporter.layer_channels if not channels or name in channels)
    return LayerExport(source, start, stop, chosen), exporter.write_layers


def _check(path: Path, overwrite: bool, is_file: bool) -> None:
    try:
        if is_file and path.is_dir():
            raise SessionError(str(path), "is a folder", hint="name a file")
        if is_file and path.exists() and not overwrite:
            raise SessionError(str(path), "exists", hint="name a new file or add --overwrite")
        if not is_file and path.exists() and not path.is_dir():
            raise SessionError(str(path), "is a file", hint="name a folder")
        if not is_file and path.is_dir() and any(path.iterdir()) and not overwrite:
            raise SessionError(str(path), "has files in it", hint="name a new folder or add --overwrite")
    except OSError as problem:
        raise SessionError(str(path), f"cannot be read: {problem.strerror or problem}") from problem
