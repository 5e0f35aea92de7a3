"""What the window leaves behind, and what it can be used with: nothing, and everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QWidget

from s2studio.gui.window import Window
from s2studio.resources import resource_path
from tests.gui.conftest import Until

LIF = resource_path("sample_projects", "lif_neuron", "project.yaml")
SHARED_MEMORY = Path("/dev/shm")
# A window that runs something, tells the ids of its processes and waits.
SCRIPT = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication
from s2studio.gui.main import prepare
from s2studio.gui.window import Window

if __name__ == "__main__":
    application = QApplication(["s2studio"])
    prepare(application)
    scratch = Path(sys.argv[2])
    window = Window(QSettings(str(scratch / "settings.ini"), QSettings.Format.IniFormat))
    window.controller.session_folder = scratch / "sessions"
    window.autosave.root = window.autosave.folder = scratch / "unsaved"
    window.show()
    window.open_paths([Path(sys.argv[1])])

    def look():
        studio, timeline = window.controller.studio, window.controller.timeline
        if studio.mapping is not None and studio.busy is None and studio.run_state == "none":
            window.controller.running.step(5)
        if timeline.length == 5:
            print(window.controller.engine.pid, window.controller.sessions.pid, flush=True)
            timer.stop()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(20)
    application.exec()
"""
PATIENCE_S = 20.0


def is_alive(pid: int) -> bool:
    """Return whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="looks into Linux's folders")
def test_that_a_killed_window_leaves_no_process_and_no_shared_memory(tmp_path: Path) -> None:
    script = tmp_path / "window.py"
    script.write_text(SCRIPT)
    before = set(SHARED_MEMORY.iterdir())
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    window = subprocess.Popen(
        [sys.executable, str(script), str(LIF), str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert window.stdout is not None
    pids = [int(word) for word in window.stdout.readline().split()]
    assert len(pids) == 2
    assert all(is_alive(pid) for pid in pids)
    os.kill(window.pid, signal.SIGKILL)
    window.wait()
    window.stdout.close()
    end = time.monotonic() + PATIENCE_S
    while any(is_alive(pid) for pid in pids) and time.monotonic() < end:
        time.sleep(0.05)

    assert not any(is_alive(pid) for pid in pids)
    left = {path for path in SHARED_MEMORY.iterdir() if path.name.startswith("psm_")} - before
    assert [path for path in left if is_orphan(path)] == []


def is_orphan(path: Path) -> bool:
    """Return whether the memory is there and no process has it: those that have one are other tests."""
    for process in Path("/proc").glob("[0-9]*/maps"):
        try:
            if str(path) in process.read_text():
                return False
        except OSError:
            continue
    return path.exists()


def test_that_a_closed_window_leaves_no_process_and_no_shared_memory(window: Window, until: Until) -> None:
    before = set(SHARED_MEMORY.glob("psm_*"))
    window.open_paths([LIF])
    until(lambda: window.controller.studio.mapping is not None and window.controller.studio.busy is None)
    window.controller.running.step(5)
    until(lambda: window.controller.timeline.length == 5)
    pids = (window.controller.engine.pid, window.controller.sessions.pid)
    window.close()

    until(lambda: not any(is_alive(pid) for pid in pids if pid is not None))
    assert [path for path in set(SHARED_MEMORY.glob("psm_*")) - before if is_orphan(path)] == []


def test_that_every_input_has_a_name_for_those_who_hear_it(window: Window, until: Until) -> None:
    window.open_paths([LIF])
    until(lambda: window.controller.studio.mapping is not None and window.controller.studio.busy is None)
    for dock in window.docks.values():
        dock.ensure()
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QAbstractItemView)
    nameless = [described(widget) for kind in kinds for widget in window.findChildren(kind) if is_nameless(widget)]

    assert nameless == []


def is_nameless(widget: QWidget) -> bool:
    """Return whether a widget of ours (Qt names its own `qt_...`, and those inside a spin box) has no name at all."""
    if widget.objectName().startswith("qt_") or isinstance(widget.parent(), QAbstractSpinBox | QAbstractItemView):
        return False
    above = widget.parent()
    while above is not None:
        if isinstance(above, QComboBox):
            return False
        above = above.parent()
    text = widget.text() if isinstance(widget, QAbstractButton) else ""
    return not (widget.accessibleName() or text or widget.toolTip())


def described(widget: QWidget) -> str:
    """Say which widget it is."""
    return " < ".join(type(each).__name__ for each in (widget, widget.parent()) if each is not None)


def test_that_the_window_starts_without_torch_and_other_heavy_packages(tmp_path: Path) -> None:
    code = (
        "import sys, s2studio.gui.models.live; from s2studio.gui.main import prepare, Window\n"
        "from PySide6.QtWidgets import QApplication\n"
        "application = QApplication([]); prepare(application); window = Window(); window.show()\n"
        "application.processEvents()\n"
        "heavy = ('torch', 'numba', 'h5py', 'nir', 'pyarrow', 'pyqtgraph')\n"
        "print([name for name in heavy if name in sys.modules]); window.close()"
    )
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
    }
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)

    assert found.stdout.strip() == "[]"


def test_that_menus_are_reached_by_keyboard(window: Window) -> None:
    titles = [action.text() for action in window.menuBar().actions()]
    letters = [title[title.index("&") + 1].lower() for title in titles]

    assert len(set(letters)) == len(letters) == 6


def test_that_two_windows_on_one_project_keep_their_own_unsaved_edits(window: Window, until: Until) -> None:
    window.open_paths([LIF])
    until(lambda: window.controller.studio.mapping is not None and window.controller.studio.busy is None)
    window.controller.place()
    until(lambda: window.controller.undo.count() == 1)
    window.autosave.write()
    other = window.autosave.root / "999999999"
    other.mkdir(parents=True)
    (other / "project.yaml").write_text("s2studio: project/1\nmodel: model.yaml\n")

    assert (window.autosave.folder / "project.yaml").exists()
    assert other / "project.yaml" in window.autosave.left_behind()
    window.autosave.discard()
    assert not window.autosave.folder.exists()
    assert (other / "project.yaml").exists()
