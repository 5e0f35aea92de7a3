"""Exports of a session: the formats of `session.export`, and the one that draws pictures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from s2studio.app.report import write_report
from s2studio.documents import nearest
from s2studio.errors import UsageError
from s2studio.session.export import EXPORTERS, export
from s2studio.session.run import Progress, no_progress
from s2studio.session.window import Window

REPORT = "report"
# Every format by name, with what it is for people.
FORMATS: Mapping[str, str] = {
    **{name: exporter.title for name, exporter in EXPORTERS.items()},
    REPORT: "HTML report with pictures, in one file",
}


def export_session(
    session: Path,
    path: Path,
    format_name: str,
    window: Window | None = None,
    run: int = 0,
    overwrite: bool = False,
    progress: Progress = no_progress,
    channels: Collection[str] = (),
) -> Path:
    """Write the run `run` of `session`, or the part of it in `window`, to `path` and return it.

    `channels` are some of those of the format (empty: all); a report has all.

    Raises UsageError for a format that is not in `FORMATS`.
    """
    if format_name not in FORMATS:
        raise UsageError(f"format '{format_name}'", "not known", hint=nearest(format_name, FORMATS))
    if format_name == REPORT:
        return write_report(session, path, window, run, overwrite, progress)
    return export(session, path, format_name, window, run, overwrite, progress, channels)
