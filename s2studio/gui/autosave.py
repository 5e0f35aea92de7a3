"""Keeps what was not saved: after a crash the next window offers it again."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import platformdirs
from PySide6.QtCore import QObject, QTimer

from s2studio.errors import S2StudioError
from s2studio.gui.controller import Controller

EVERY_MS = 5_000
NAME = "project.yaml"


class Autosave(QObject):
    """Writes the project with its edits into a folder of this process, and removes it at an orderly end."""

    def __init__(self, controller: Controller, root: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.root = root or Path(platformdirs.user_state_dir("s2studio")) / "unsaved"
        self.folder = self.root / str(os.getpid())
        self._written: tuple[int, int] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.write)
        self._timer.start()

    def write(self) -> None:
        """Write what changed since the last time, if it is not saved."""
        studio = self._controller.studio
        state = (id(studio.project), id(studio.mapping))
        if studio.project is None or not self._controller.is_changed or state == self._written:
            return
        from s2studio.app.project_writer import write_project

        with suppress(S2StudioError):  # a full disk is no reason to stop working
            write_project(studio.project, self.folder / NAME, studio.mapping)
            self._written = state

    def left_behind(self) -> tuple[Path, ...]:
        """Return the projects of windows that ended without a word, newest first."""
        found = [path for path in self.root.glob(f"*/{NAME}") if not _is_alive(path.parent.name)]
        return tuple(sorted(found, key=lambda path: -path.stat().st_mtime))

    def discard(self) -> None:
        """Remove what this window kept."""
        self._timer.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def forget(path: Path) -> None:
        """Remove what another window left behind."""
        shutil.rmtree(path.parent, ignore_errors=True)


def _is_alive(name: str) -> bool:
    try:
        os.kill(int(name), 0)
    except (ValueError, ProcessLookupError):
        return False
    except OSError:
        return True
    return True
