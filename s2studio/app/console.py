"""A Python prompt on what is open, in a process of its own: what is typed can neither block nor break the window."""

from __future__ import annotations

import code
import contextlib
import importlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from s2studio.app.project import Project
from s2studio.app.remote import Emit
from s2studio.mapping.mapping import ChipMapping

WELCOME = (
    "Python on a copy of what is open: bench (the workbench), project, mapping, session, np, s2studio.\n"
    "Try: bench.map().pes_used, session.runs[0].summary(), session.runs[0].spikes()"
)


@dataclass(frozen=True)
class Answered:
    """What a line printed, and whether more lines are expected before it can run."""

    text: str
    is_open: bool


class Console:
    """Runs lines one after another in one namespace."""

    IMMEDIATE: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, emit: Emit) -> None:
        import numpy as np

        self._emit = emit
        # The public package is for users: this room does not import it, they get it by its name.
        self._names: dict[str, Any] = {"np": np, "s2studio": importlib.import_module("s2studio")}
        self._console = code.InteractiveConsole(self._names, "<console>")

    def look_at(self, project: Project | None, mapping: ChipMapping | None, session: Path | None) -> None:
        """Let the names stand for what is open now."""
        from s2studio.app.workbench import Workbench
        from s2studio.session.reader import open_session

        self._names["project"], self._names["mapping"] = project, mapping
        self._names["bench"] = None if project is None else Workbench(project)
        self._names["session"] = None if session is None else open_session(session)

    def push(self, line: str) -> Answered:
        """Run `line`, or add it to the lines before it."""
        written = io.StringIO()
        with contextlib.redirect_stdout(written), contextlib.redirect_stderr(written):
            try:
                is_open = self._console.push(line)
            except SystemExit:
                is_open = False
                written.write("To leave, close the panel.\n")
        return Answered(written.getvalue(), is_open)
