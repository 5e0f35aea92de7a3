"""Files that are there whole or not at all, and what a user is told where they cannot be written."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from s2studio.errors import S2StudioError


def write_whole(path: Path, write: Callable[[Path], object], error: type[S2StudioError] = S2StudioError) -> None:
    """Let `write` fill a temporary file beside `path` and put it in its place; what was there stays until then.

    Raises `error` where it cannot be written; then nothing is left behind.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        write(unfinished)
        unfinished.replace(path)
    except OSError as problem:
        with suppress(OSError):
            unfinished.unlink()
        raise not_written(path, problem, error) from problem


def not_written(path: Path, problem: OSError, error: type[S2StudioError] = S2StudioError) -> S2StudioError:
    """Return the error that says why `path` cannot be written."""
    # pyarrow puts its own words around those of the system.
    reason = os.strerror(problem.errno) if problem.errno else str(problem)
    return error(str(path), f"cannot be written: {reason}", hint="free some space or choose another folder")
