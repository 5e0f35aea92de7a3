"""Who decides how far a running simulation may go: pause, step, stop and speed, from any thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# How long a run that waits sleeps before it looks whether it was cancelled.
WAIT_S = 0.05
# At a given speed, the ticks of so much time are run at once.
PACE_S = 0.016


class RunControl:
    """Grants ticks to one run. It runs freely until told otherwise."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_paused = False
        self._steps = 0
        self._is_stopped = False
        self._speed_hz: float | None = None
        self._paced_from, self._paced = 0.0, 0

    @property
    def is_stopped(self) -> bool:
        """Whether the run was told to end."""
        return self._is_stopped

    def pause(self) -> None:
        """Let the run wait after the ticks that it is working on."""
        with self._changed:
            self._is_paused = True

    def resume(self) -> None:
        """Let the run go on."""
        with self._changed:
            self._is_paused, self._steps = False, 0
            self._paced_from = 0.0
            self._changed.notify_all()

    def step(self, ticks: int = 1) -> None:
        """Pause, but for `ticks` more."""
        with self._changed:
            self._is_paused = True
            self._steps += ticks
            self._changed.notify_all()

    def stop(self) -> None:
        """End the run; it keeps the ticks that it made."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def set_speed(self, ticks_per_s: float | None) -> None:
        """Run at most `ticks_per_s` (None: as fast as possible)."""
        with self._changed:
            self._speed_hz, self._paced_from = ticks_per_s, 0.0
            self._changed.notify_all()

    def grant(self, wanted: int, waiting: Callable[[], None] = lambda: None) -> int:
        """Return how many ticks, at most `wanted`, may run now: waits until there are any, 0 when the run shall end.

        `waiting` is called now and then meanwhile, and may raise Cancelled.
        """
        while True:
            with self._changed:
                if self._is_stopped:
                    return 0
                granted, pause_s = self._now(wanted)
                if granted:
                    return granted
                self._changed.wait(pause_s)
            waiting()

    def _now(self, wanted: int) -> tuple[int, float]:
        """Return the ticks that may run now, and how long to wait where there are none."""
        if self._is_paused:
            granted = min(wanted, self._steps)
            self._steps -= granted
            return granted, WAIT_S
        if self._speed_hz is None:
            return wanted, 0.0
        now = time.monotonic()
        if not self._paced_from:
            self._paced_from, self._paced = now - PACE_S, 0
        due = int((now - self._paced_from) * self._speed_hz) - self._paced
        granted = max(0, min(wanted, due))
        self._paced += granted
        return granted, min(WAIT_S, max(PACE_S, 1.0 / self._speed_hz))
