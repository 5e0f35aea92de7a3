"""Does things one by one, with input handled between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

# What the last piece changed is painted before the next.
PAUSE_MS = 16


class OneByOne(QObject):
    """A queue of short pieces of work: one in each turn of the event loop."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._waiting: deque[Callable[[], object]] = deque()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._next)

    def add(self, do: Callable[[], object]) -> None:
        """Do `do` soon, after what waits already."""
        self._waiting.append(do)
        if self._timer.isActive():
            return
        self._timer.start(PAUSE_MS)

    def _next(self) -> None:
        do = self._waiting.popleft()
        if not self._waiting:
            self._timer.stop()
        do()
