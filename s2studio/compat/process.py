"""A script in a process of its own: what it does to its interpreter, and how it ends, touches nobody else."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

_STDERR = 2


def run_in_child(script: Path, arguments: Sequence[str], options: Sequence[str], prints_to_stderr: bool) -> int:
    """Run `python -m s2studio.compat OPTIONS SCRIPT ARGUMENTS` and return its exit code.

    Standard input, output and error are this process's; with `prints_to_stderr` what the script prints goes to the
    standard error. Ctrl-C reaches the child by itself, and SIGTERM is passed on; the child then ends its session.
    """
    command = [sys.executable, "-m", "s2studio.compat", "--quiet", *options, str(script), *arguments]
    child = subprocess.Popen(command, stdout=_STDERR if prints_to_stderr else None)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    handlers: dict[int, Any] = {signal.SIGTERM: pass_on, signal.SIGINT: lambda number, frame: None}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code
