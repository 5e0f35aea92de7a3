"""Files that are code, after a clear yes, in processes of their own: scripts for the board, networks of torch."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QObject, QProcess
from PySide6.QtWidgets import QMessageBox, QWidget

from s2studio.gui.controller import Controller
from s2studio.gui.translation import tr

SHOWN_LINES = 40


class ScriptRunner(QObject):
    """Runs one script at a time with `python -m s2studio.compat`, and shows the session it leaves behind."""

    def __init__(self, controller: Controller, parent: QWidget) -> None:
        super().__init__(parent)
        self._controller, self._window = controller, parent
        self._process: QProcess | None = None
        self._session = Path()
        controller.script_wanted.connect(self.ask)

    def ask(self, path: Path) -> None:
        """Ask whether to run the code in `path`, for the board or for the network in it, and do it after a yes."""
        is_script = path.suffix == ".py"
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle(tr("Run a script") if is_script else tr("Import a program"))
        what = tr("This is a Python script.") if is_script else tr("This is an exported program of torch.")
        box.setText(what + " " + tr("Reading it runs its code, which may do anything on this computer."))
        box.setInformativeText(str(path.resolve()))
        run = None
        if is_script:
            text = path.read_text(encoding="utf-8", errors="replace")
            box.setDetailedText("\n".join(text.splitlines()[:SHOWN_LINES]))
            run = box.addButton(tr("Run the code"), QMessageBox.ButtonRole.AcceptRole)
        take = box.addButton(tr("Import its deep network"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.exec()
        if box.clickedButton() is take:
            self._controller.deep_work.import_code(path)
        elif run is not None and box.clickedButton() is run:
            self.run(path)

    def run(self, path: Path) -> None:
        """Run the script at `path`, whose user has said yes."""
        from s2studio.session.target import free_path

        say = self._controller.studio.say
        if self._process is not None:
            say("warning", tr("A script is running: wait until it ends, or stop it."), action="stop_script")
            return
        self._session = free_path(self._controller.session_folder / f"{path.stem}.s2s")
        self._session.parent.mkdir(parents=True, exist_ok=True)
        self._process = process = QProcess(self)
        process.setWorkingDirectory(str(path.resolve().parent))
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        say("info", tr("Running {path} …", path=path))
        process.start(
            sys.executable, ["-m", "s2studio.compat", "--quiet", "-o", str(self._session), str(path.resolve())]
        )

    @property
    def is_running(self) -> bool:
        """Whether a script runs."""
        return self._process is not None

    def stop(self) -> None:
        """End the script that runs."""
        if self._process is not None:
            self._process.kill()

    def _read(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardOutput().data()).decode(errors="replace")
            for line in text.splitlines():
                self._controller.studio.say("info", line)

    def _finished(self, code: int) -> None:
        self._read()
        self._process = None
        if code:
            self._controller.studio.say("error", tr("The script ended with exit code {code}.", code=code))
        if self._session.is_dir():
            self._controller.open_session(self._session)
