"""Ctrl-C while compiled code runs: held back until Python can take it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_HELD = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_signals() -> Iterator[Callable[[], None]]:
    """Hold SIGINT and SIGTERM back; yield a function that lets those which came do what they would have done.

    A handler that raises in the middle of a compiled call leaves a SystemError of the compiler instead. Handlers of
    the script are obeyed; where there are none, or outside of the main thread, nothing is held.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in _HELD}
    handlers = {number: handler for number, handler in before.items() if callable(handler)}

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    def let_go() -> None:
        while came:
            number = came.pop(0)
            handlers[number](number, None)

    for number in handlers:
        signal.signal(number, note)
    try:
        yield let_go
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    let_go()
