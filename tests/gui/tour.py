"""The whole journey in a real window on an X server of its own, with real mouse and keys, leaving screenshots.

python -m tests.gui.tour [--size 1280x800] [--theme dark]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.gui.journey import Files
from tests.gui.x_server import x_server

SIZES, THEMES = ("1280x800", "2560x1440"), ("dark", "light")
ROOT = Path(__file__).parents[2]
OUT = ROOT / "build" / "tour"
# The N-MNIST network and recording that the field shares, where they are.
SHARED = Path(os.environ.get("S2STUDIO_CONFORMANCE", ROOT.parent / "shared" / "conformance")) / "nmnist"


def main() -> int:
    """Walk in every size and theme; return how many walks failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--size", choices=SIZES, action="append")
    parser.add_argument("--theme", choices=THEMES, action="append")
    parser.add_argument("--walk", action="store_true", help="walk in the display there is: what this program starts")
    asked = parser.parse_args()
    sizes, themes = asked.size or SIZES, asked.theme or THEMES
    if asked.walk:
        walk(sizes[0], themes[0])
        return 0
    failed = 0
    for size in sizes:
        for theme in themes:
            started = time.monotonic()
            with x_server(size) as display:
                command = [sys.executable, "-m", "tests.gui.tour", "--walk", "--size", size, "--theme", theme]
                environment = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "QT_SCALE_FACTOR": "1"}
                code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
            failed += code != 0
            word = "walked" if code == 0 else "FAILED"
            _say(f"{word}: {size}, {theme}, {time.monotonic() - started:.0f} s")
    _say(f"Screenshots are in {OUT}.")
    return failed


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def walk(size: str, theme: str) -> None:
    """Walk by mouse, then by keys, in a window as large as the screen."""
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from s2studio.gui.main import prepare
    from s2studio.gui.window import Window
    from tests.gui.hands import XHand, settler
    from tests.gui.journey import Journey

    application = QApplication(["s2studio"])
    prepare(application)
    settle = settler(application)
    folder = OUT / f"{size}-{theme}"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    camera = Camera(folder)
    width, height = map(int, size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        for way in ("mouse", "keys"):
            window = Window(QSettings(str(scratch / f"{way}.ini"), QSettings.Format.IniFormat))
            window.controller.session_folder = scratch / "sessions"
            window.autosave.root = scratch / "unsaved"
            window.autosave.folder = window.autosave.root / way
            window.asks_before_closing = False
            window.themes.choose(theme)
            window.setGeometry(0, 0, width, height)
            window.show()
            window.activateWindow()
            settle(0.3)
            os.environ["HOME"] = name  # where exports go unless told otherwise
            journey = Journey(window, XHand(settle), settle, camera.picture)
            try:
                (journey.by_mouse if way == "mouse" else journey.by_keys)(_files())
            except BaseException:
                camera.picture("failed")
                raise
            finally:
                window.close()
                window.deleteLater()
                settle(0.1)


class Camera:
    """Takes numbered pictures of the whole screen, dialogs and menus included."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._count = folder, 0

    def picture(self, name: str) -> None:
        """Write `NN-name.png`."""
        from PySide6.QtGui import QGuiApplication

        self._count += 1
        path = self._folder / f"{self._count:02}-{name}.png"
        if not QGuiApplication.primaryScreen().grabWindow(0).save(str(path)):
            raise OSError(f"{path} could not be written")


def _files() -> Files:
    """Return the files to bring."""
    model, recording = SHARED / "cnn_sinabs.nir", SHARED / "sample_nmnist.bin"
    if model.is_file() and recording.is_file():
        return Files(model, recording)
    return Files.shipped()


if __name__ == "__main__":
    sys.exit(main())
