"""A thread that works on what it is given, in order, and flushes when that has waited long enough."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Worker(Generic[T]):
    """Calls `work` with each item and `flush` about `flush_s` seconds after the first that was not flushed yet.

    Items of more than `most_bytes` (by `size_of`) in all do not wait: `give` blocks until there is room. What fails in
    the thread is raised at the next call of any method, and at all after it; nothing more is worked on then.
    """

    def __init__(
        self,
        work: Callable[[T], None],
        flush: Callable[[], None],
        size_of: Callable[[T], int],
        flush_s: float,
        most_bytes: int,
    ) -> None:
        self._work, self._flush, self._size_of = work, flush, size_of
        self._flush_s, self._most_bytes = flush_s, most_bytes
        self._waiting: deque[T] = deque()
        self._bytes = 0
        self._since: float | None = None
        self._is_urgent = self._is_ending = False
        self._failure: BaseException | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="s2studio recorder", daemon=True)
        self._thread.start()

    def give(self, item: T) -> None:
        """Have `item` worked on after all that were given before."""
        size = self._size_of(item)
        with self._changed:
            self._changed.wait_for(lambda: self._failure or not self._bytes or self._bytes + size <= self._most_bytes)
            self._raise()
            self._waiting.append(item)
            self._bytes += size
            self._since = self._since or time.monotonic()
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until all that was given is worked on and flushed."""
        with self._changed:
            self._is_urgent = self._since is not None
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._failure or not self._is_urgent)
            self._raise()

    def finish(self) -> None:
        """Wait until all is worked on, then end the thread. What is not flushed then is left so."""
        with self._changed:
            self._is_ending = True
            self._changed.notify_all()
        self._thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            while self._step():
                pass
        except BaseException as problem:  # noqa: BLE001 - raised again where the caller sees it
            with self._changed:
                self._failure = problem
                self._changed.notify_all()

    def _step(self) -> bool:
        """Work on one item, or flush; return whether there can be more to do."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_urgent or self._is_ending, self._patience_s())
            item = self._waiting[0] if self._waiting else None
            if item is None and self._is_ending:
                return False
            is_flush = self._patience_s() == 0.0 or (item is None and self._is_urgent)
        if item is not None:
            self._work(item)
        if is_flush:
            self._flush()
        with self._changed:
            self._done(item, is_flush)
        return True

    def _patience_s(self) -> float | None:
        """Return how long a flush can wait, None where there is nothing to flush."""
        return None if self._since is None else max(0.0, self._since + self._flush_s - time.monotonic())

    def _done(self, item: T | None, is_flushed: bool) -> None:
        if item is not None:
            self._waiting.popleft()
            self._bytes -= self._size_of(item)
        if is_flushed:
            self._is_urgent = self._is_urgent and bool(self._waiting)
            self._since = time.monotonic() if self._waiting else None
        self._changed.notify_all()
