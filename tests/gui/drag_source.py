"""A window of another program from which files are dragged: python -m tests.gui.drag_source PATH [X Y]."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel

SIZE_PX = 60
# The receiver asks for what was dropped only after the drop.
STAY_MS = 500


class DragSource(QLabel):
    """A label that stands for a file. Once the drag has ended, so has the program."""

    def __init__(self, path: Path, at: QPoint) -> None:
        super().__init__(path.suffix)
        self._path, self._at = path, QPointF()
        self.setWindowFlags(Qt.WindowType.BypassWindowManagerHint | Qt.WindowType.WindowStaysOnTopHint)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setGeometry(at.x(), at.y(), SIZE_PX, SIZE_PX)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Remember where the drag begins."""
        self._at = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Drag the file."""
        if (event.position() - self._at).manhattanLength() < QApplication.startDragDistance():
            return
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self._path))])
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)
        QTimer.singleShot(STAY_MS, QApplication.quit)


def main() -> int:
    """Show the label and say so, until it was dragged."""
    application = QApplication(sys.argv[:1])
    place = QPoint(int(sys.argv[2]), int(sys.argv[3])) if len(sys.argv) > 3 else QPoint(0, 0)
    source = DragSource(Path(sys.argv[1]), place)
    source.show()
    source.raise_()
    application.processEvents()
    sys.stdout.write("shown\n")
    sys.stdout.flush()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main())
