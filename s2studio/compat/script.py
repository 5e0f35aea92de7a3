"""Runs a script in this process as Python would, with `spinnaker2` meaning s2studio's."""

from __future__ import annotations

import linecache
import logging
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from s2studio.compat.install import install
from s2studio.compat.studio import Studio
from s2studio.errors import Cancelled, S2StudioError, SessionError

FAILED, CANCELLED = 1, 130
_OURS = Path(__file__).resolve().parent.parent


def run_script(script: Path, arguments: Sequence[str], **options: Any) -> int:
    """Run `script` with `arguments` in `sys.argv` and return the exit code; `options` are those of `install`.

    A script that raises is shown with its own traceback, without the frames of s2studio around it; the session then
    ends as crashed and keeps the runs before.
    """
    install(script=script, **options)
    _prepare(script, arguments)
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as end:
        code = _exit_code(end)
        return _close("crashed" if code else "complete") or code
    except (KeyboardInterrupt, Cancelled):
        sys.stderr.write("cancelled\n")
        return _close("cancelled") or CANCELLED
    except BaseException as problem:  # noqa: BLE001 - whatever a script raises is shown as Python shows it
        _show(problem, script)
        return _close("crashed") or FAILED
    return _close("complete")


def _prepare(script: Path, arguments: Sequence[str]) -> None:
    """Give the script the world it would have under `python SCRIPT`, and plots that need no display."""
    sys.argv = [str(script), *arguments]
    # `python -m` put the working directory first; `python -P` nothing.
    sys.path[: 0 if sys.flags.safe_path else 1] = [str(script.resolve().parent)]
    if not _has_display():
        os.environ.setdefault("MPLBACKEND", "Agg")
    # A script that logs everything means its own; numba would write pages for each kernel.
    logging.getLogger("numba").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _close(state: Any) -> int:
    """End the session and return 0, or say why it could not be written and return 1."""
    try:
        Studio.current().close(state)
    except SessionError as problem:
        sys.stderr.write(f"s2studio: {problem}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write("cancelled: runs that were not yet stored are lost\n")
        return CANCELLED
    return 0


def _exit_code(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    sys.stderr.write(f"{end.code}\n")
    return FAILED


def _show(problem: BaseException, script: Path) -> None:
    """Print the traceback from the first line of the script on; of a refusal only down to its last line."""
    trace = _from_script(problem.__traceback__, script)
    linecache.checkcache()
    shown = traceback.TracebackException(type(problem), problem, trace)
    if isinstance(problem, S2StudioError):
        frames = [frame for frame in shown.stack if not Path(frame.filename).is_relative_to(_OURS)]
        shown.stack = traceback.StackSummary.from_list(frames)
        shown.__cause__ = None
        shown.__suppress_context__ = True
    sys.stdout.flush()
    sys.stderr.write("".join(shown.format()))


def _from_script(trace: TracebackType | None, script: Path) -> TracebackType | None:
    """Return the part of `trace` that begins in the script, None where it never ran (a syntax error)."""
    start = trace
    while start is not None and Path(start.tb_frame.f_code.co_filename) != script:
        start = start.tb_next
    return start
