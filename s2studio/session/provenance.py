"""Where and when a session was made, and whether the process that writes it is still there."""

from __future__ import annotations

import os
import platform
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("numpy", "numba", "pyarrow")
# A session of another host counts as crashed when nothing was written to it for so long.
_SILENCE_S = 60.0


@dataclass(frozen=True)
class Provenance:
    """What differs between two runs of the same thing. `process` tells a process from a later one of the same `pid`."""

    started: str
    duration_s: float | None
    host: str
    platform: str
    pid: int
    process: str | None
    versions: Mapping[str, str]


def provenance_now() -> Provenance:
    """Return the provenance of a session that this process starts now."""
    return Provenance(
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        duration_s=None,
        host=socket.gethostname(),
        platform=platform.platform(),
        pid=os.getpid(),
        process=_process_mark(os.getpid()),
        versions={"python": platform.python_version()} | {name: _version(name) for name in _PACKAGES},
    )


def is_being_written(provenance: Provenance, folder: Path) -> bool:
    """Return whether the process that started the session at `folder` is still at work, as far as one can tell."""
    if provenance.host == socket.gethostname():
        return _is_alive(provenance.pid) and _process_mark(provenance.pid) == provenance.process
    newest = max((path.stat().st_mtime for path in [folder, *folder.glob("runs/*/*")]), default=0.0)
    return time.time() - newest < _SILENCE_S


def _is_alive(pid: int) -> bool:
    if sys.platform == "win32":
        # os.kill would end the process there.
        import ctypes

        handle = ctypes.windll.kernel32.OpenProcess(0x1000, False, pid)
        if handle:
            ctypes.windll.kernel32.CloseHandle(handle)
        return bool(handle)
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError, ValueError):
        return False
    return True


def _process_mark(pid: int) -> str | None:
    """Return when the process started, in the kernel's own clock ticks since boot, where the system tells (Linux)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
