"""Nothing is lost: engines and readers that are killed at any work, questions before closing, windows that crashed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from s2studio.app.project import open_project
from s2studio.gui.processes import MOST_FAILURES, Client
from s2studio.gui.window import Window
from s2studio.resources import resource_path
from s2studio.session.reader import open_session
from s2studio.session.window import Window as Part
from tests.gui.conftest import Until

LIF = resource_path("sample_projects", "lif_neuron", "project.yaml")
posix = pytest.mark.skipif(os.name != "posix", reason="kills a process by signal")


def opened(window: Window, until: Until, path: Path = LIF) -> None:
    """Open `path` and wait until it is mapped."""
    window.open_paths([path])
    until(lambda: window.controller.studio.mapping is not None and window.controller.studio.busy is None)


def ran(window: Window, until: Until) -> None:
    """Run what is open and wait until its session is shown."""
    window.controller.running.start()
    until(lambda: window.controller.studio.summary is not None and window.controller.source.live is None)
    until(lambda: window.controller.source.view is not None)


@contextmanager
def killed_meanwhile(window: Window, until: Until, client: Client) -> Iterator[None]:
    """Hold the process behind `client` while something is asked of it, then kill it: it cannot have answered."""
    pid = client.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    yield
    os.kill(pid, signal.SIGKILL)
    until(lambda: client.pid != pid and window.controller.studio.busy is None)
    assert any("killed by signal 9" in line.text for line in window.controller.studio.log)
    window.controller.studio.log.clear()


@posix
def test_that_an_engine_killed_while_it_loads_leaves_a_window_that_loads(window: Window, until: Until) -> None:
    with killed_meanwhile(window, until, window.controller.engine):
        window.open_paths([LIF])
    assert window.controller.studio.project is None
    opened(window, until)

    assert window.controller.studio.project is not None


@posix
def test_that_an_engine_killed_while_it_maps_leaves_the_placement_and_its_history(window: Window, until: Until) -> None:
    opened(window, until)
    controller = window.controller
    controller.place()
    until(lambda: controller.undo.count() == 1)
    before = controller.studio.mapping
    with killed_meanwhile(window, until, controller.engine):
        controller.place()
    assert controller.studio.mapping is before
    controller.place()
    until(lambda: controller.undo.count() == 2)
    controller.undo.undo()

    assert controller.studio.mapping is before


@posix
def test_that_an_engine_killed_while_it_exports_leaves_the_recording_and_no_half_file(
    window: Window, until: Until, tmp_path: Path
) -> None:
    opened(window, until)
    ran(window, until)
    controller, target = window.controller, tmp_path / "exported.json"
    shown = controller.studio.shown
    assert shown is not None
    with killed_meanwhile(window, until, controller.engine):
        controller.questions.export("json", target, Part())
    assert not target.exists()
    assert controller.studio.shown is shown
    assert open_session(shown.session).runs[0].ticks == 600
    controller.questions.export("json", target, Part())
    until(target.exists)


@posix
def test_that_a_killed_session_reader_is_replaced_and_the_run_looked_at_again(window: Window, until: Until) -> None:
    opened(window, until)
    ran(window, until)
    controller = window.controller
    with killed_meanwhile(window, until, controller.sessions):
        controller.timeline.look(10, 40)
        controller.pull()
    controller.timeline.look(20, 60)
    until(lambda: controller.source.view is not None and controller.source.view.span.start == 20)

    assert controller.source.view is not None
    assert controller.source.view.ticks_seen == 40


def test_that_a_process_that_never_answers_is_not_started_for_ever(application: QApplication, until: Until) -> None:
    client = Client("parrot", "tests.gui.test_recovery:no_such_service", None)
    told: list[str] = []
    refused: list[object] = []
    client.ended.connect(told.append)

    def pulled(found: list[Any], count: int) -> bool:
        client.pull()
        return len(found) >= count

    try:
        until(lambda: pulled(told, MOST_FAILURES))
        assert "try again" in told[-1]
        client.request("say", failed=refused.append)
        until(lambda: pulled(refused, 1))
    finally:
        client.close()


@posix
def test_that_two_windows_on_one_project_write_two_sessions_and_ask_before_one_undoes_what_the_other_saved(
    window: Window, application: QApplication, until: Until, tmp_path: Path
) -> None:
    other = Window(QSettings(str(tmp_path / "other.ini"), QSettings.Format.IniFormat))
    try:
        other.controller.session_folder = window.controller.session_folder
        other.asks_before_closing = False
        windows = (window, other)
        path = own_copy(tmp_path)
        for one in windows:
            opened(one, until, path)
        for one in windows:
            one.controller.running.start()
        for one in windows:
            until(lambda one=one: one.controller.studio.summary is not None)  # type: ignore[misc]
        sessions = sorted(window.controller.session_folder.glob("*.s2s"))
        assert len(sessions) == 2
        for session in sessions:
            open_session(session).verify()
        for one in windows:
            one.controller.place()
            until(lambda one=one: one.controller.undo.count() == 1)  # type: ignore[misc]
        assert window.save()
        until(lambda: not window.controller.is_changed)
        theirs = path.read_bytes()
        assert "Another window" in answered(QMessageBox.StandardButton.Cancel, other.save)
        assert other.controller.is_changed
        assert path.read_bytes() == theirs
        answered(QMessageBox.StandardButton.Yes, other.save)
        until(lambda: not other.controller.is_changed)
        assert not other.controller.is_changed_elsewhere
        assert open_project(path).model.exists()
        opened(window, until, path)
    finally:
        other.close()
        other.deleteLater()


def own_copy(tmp_path: Path) -> Path:
    """Return a project that may be written."""
    folder = tmp_path / "own"
    folder.mkdir()
    for source in LIF.parent.iterdir():
        if source.is_file():
            (folder / source.name).write_bytes(source.read_bytes())
    return folder / LIF.name


def answered(button: QMessageBox.StandardButton, do: Callable[[], object]) -> str:
    """Do something that asks a question, answer it with `button`, and return what was asked."""
    asked: list[str] = []

    def answer() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):  # on a busy machine the question takes its time
            QTimer.singleShot(50, answer)
            return
        asked.append(box.text())
        box.button(button).click()

    QTimer.singleShot(50, answer)
    do()
    return asked[0]


def edited(window: Window, until: Until, path: Path) -> None:
    """Open a project and place it anew."""
    opened(window, until, path)
    window.controller.place()
    until(lambda: window.controller.undo.count() == 1)
    window.asks_before_closing = True


def test_that_closing_asks_about_what_is_not_saved_and_cancel_keeps_the_window(
    window: Window, until: Until, tmp_path: Path
) -> None:
    edited(window, until, own_copy(tmp_path))
    asked = answered(QMessageBox.StandardButton.Cancel, window.close)

    assert "not saved" in asked
    assert window.isVisible()
    assert window.controller.is_changed
    window.asks_before_closing = False


def test_that_discarding_closes_and_leaves_the_file_as_it_was(window: Window, until: Until, tmp_path: Path) -> None:
    path = own_copy(tmp_path)
    before = path.read_bytes()
    edited(window, until, path)
    answered(QMessageBox.StandardButton.Discard, window.close)

    assert not window.isVisible()
    assert path.read_bytes() == before
    assert not window.autosave.folder.exists()


def test_that_saving_writes_the_placement_and_then_closes(window: Window, until: Until, tmp_path: Path) -> None:
    path = own_copy(tmp_path)
    edited(window, until, path)
    answered(QMessageBox.StandardButton.Save, window.close)
    until(lambda: not window.isVisible())

    assert open_project(path).mapping_file is not None


def crashed(window: Window, until: Until, path: Path) -> Path:
    """Leave behind what a window that crashed leaves, and return it."""
    edited(window, until, path)
    window.autosave.folder = window.autosave.root / "999999999"  # no process has this number
    window.autosave.write()
    return window.autosave.folder / "project.yaml"


def test_that_what_a_crashed_window_left_is_offered_and_stays_until_it_is_saved(
    window: Window, until: Until, tmp_path: Path
) -> None:
    kept = crashed(window, until, own_copy(tmp_path))
    assert kept.exists()
    after = Window(QSettings(str(tmp_path / "after.ini"), QSettings.Format.IniFormat))
    try:
        after.autosave.root, after.autosave.folder = window.autosave.root, window.autosave.root / "1"
        after.show()
        asked = answered(QMessageBox.StandardButton.Open, after.recover)
        until(lambda: after.controller.studio.mapping is not None and after.controller.studio.busy is None)

        assert "before its project was saved" in asked
        mapping, before = after.controller.studio.mapping, window.controller.studio.mapping
        assert mapping is not None
        assert before is not None
        assert [piece.pe for piece in mapping.slices] == [piece.pe for piece in before.slices]
        assert "not saved" in answered(QMessageBox.StandardButton.Cancel, after.close)
        assert kept.exists()
        after.controller.save_project(tmp_path / "rescued.yaml")
        until((tmp_path / "rescued.yaml").exists)
        until(lambda: not kept.exists())
    finally:
        window.asks_before_closing = after.asks_before_closing = False
        after.close()
        after.deleteLater()


def test_that_what_a_crashed_window_left_can_be_discarded(window: Window, until: Until, tmp_path: Path) -> None:
    kept = crashed(window, until, own_copy(tmp_path))
    window.autosave.folder = window.autosave.root / "0"
    answered(QMessageBox.StandardButton.Discard, window.recover)
    window.asks_before_closing = False

    assert not kept.exists()
    assert window.autosave.left_behind() == ()
