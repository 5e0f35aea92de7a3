"""The processes behind the window: requests with callbacks, answered on the thread of the window."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from s2studio.app.remote import Ended, Message, Refusal, Remote, Reply, Stopped, Told
from s2studio.errors import SimulationError
from s2studio.gui.translation import tr

# Messages are handled for so long per picture; what is left waits for the next.
BUDGET_S = 0.006
# A process that ended so often without a single answer is started again only when something is asked of it.
MOST_FAILURES = 3
# Of the memory of this machine, what each process may take.
MEMORY_SHARE = 0.7


@dataclass(frozen=True)
class _Waiting:
    command: str
    done: Callable[[Any], None]
    failed: Callable[[Refusal], None]
    stopped: Callable[[], None]


class Client(QObject):
    """One service. When its process ends unasked, all requests fail, `ended` is emitted and a new one is started."""

    told = Signal(int, object)
    refused = Signal(object)
    ended = Signal(str)

    def __init__(self, title: str, service: str, memory_bytes: int | None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self._service, self._memory_bytes = service, memory_bytes
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._waiting: dict[int, _Waiting] = {}
        self._failures, self._is_running = 0, True
        self._remote = self._start()

    @property
    def pid(self) -> int | None:
        """The process id of the service."""
        return self._remote.pid

    def request(
        self,
        command: str,
        *arguments: Any,
        done: Callable[[Any], None] = lambda value: None,
        failed: Callable[[Refusal], None] | None = None,
        stopped: Callable[[], None] = lambda: None,
    ) -> int:
        """Ask for `command`; one of the callbacks is called later. Without `failed`, `refused` is emitted."""
        if not self._is_running:
            self._remote, self._is_running = self._start(), True
        number = self._remote.request(command, *arguments)
        self._waiting[number] = _Waiting(command, done, failed or self.refused.emit, stopped)
        return number

    def pull(self) -> None:
        """Handle the messages that came."""
        until = time.perf_counter() + BUDGET_S
        while time.perf_counter() < until:
            try:
                self._handle(self._messages.get_nowait())
            except queue.Empty:
                return

    def close(self) -> None:
        """End the process."""
        self._waiting.clear()
        self._remote.close()

    def _start(self) -> Remote:
        return Remote(self._service, self._messages.put, self._memory_bytes)

    def _handle(self, message: Message) -> None:
        match message:
            case Reply(number, value):
                self._failures = 0
                self._waiting.pop(number).done(value)
            case Refusal(number):
                self._failures = 0
                self._waiting.pop(number).failed(message)
            case Stopped(number):
                self._waiting.pop(number).stopped()
            case Told(number, event):
                self.told.emit(number, event)
            case Ended(exit_code):
                self._restart(exit_code)

    def _restart(self, exit_code: int | None) -> None:
        lost = self._waiting
        self._waiting = {}
        self._remote.close()
        self._failures += 1
        self._is_running = self._failures < MOST_FAILURES
        if self._is_running:
            self._remote = self._start()
        how = (
            tr("killed by signal {number}", number=-exit_code)
            if exit_code is not None and exit_code < 0
            else tr("exit code {exit_code}", exit_code=exit_code)
        )
        error = SimulationError(
            tr("the {process}", process=self.title),
            tr("ended unexpectedly ({how})", how=how),
            hint=tr("a new one was started; what was recorded is kept")
            if self._is_running
            else tr(
                "it ended {times} times without an answer: look into the log, then try again", times=self._failures
            ),
        )
        self.ended.emit(str(error))
        for number, waiting in lost.items():
            waiting.failed(Refusal(number, error))


def memory_bytes() -> int | None:
    """Return what a process behind the window may take, None where the machine does not tell its memory."""
    try:
        return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * MEMORY_SHARE)
    except (AttributeError, OSError, ValueError):
        return None
