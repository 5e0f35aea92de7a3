"""A window on a run: from one moment of chip time to another, which decides the ticks that are looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass

from s2studio.errors import UsageError

# Of a tick: what rounding may put a moment, given in decimal seconds, beside the start of its tick.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Window:
    """From `start_s` to `stop_s` (excluded) in seconds of chip time; None: from the first, to the last tick."""

    start_s: float | None = None
    stop_s: float | None = None

    def ticks(self, tick_s: float, ticks: int) -> tuple[int, int]:
        """Return the first tick and the one after the last that start in the window, of a run of `ticks` ticks.

        Raises UsageError where the window holds none of them.
        """
        start = 0 if self.start_s is None else self._tick(self.start_s, tick_s)
        stop = ticks if self.stop_s is None else min(ticks, self._tick(self.stop_s, tick_s))
        whole = self.start_s is None and self.stop_s is None
        if start >= stop and not whole:
            raise UsageError(f"window {self}", "holds no tick of the run", f"the run lasts {ticks * tick_s:g} s")
        return start, stop

    def __str__(self) -> str:
        start = "the start" if self.start_s is None else f"{self.start_s:g} s"
        return f"from {start} to {'the end' if self.stop_s is None else f'{self.stop_s:g} s'}"

    def _tick(self, moment_s: float, tick_s: float) -> int:
        if not 0 <= moment_s < math.inf:
            raise UsageError(f"window {self}", f"{moment_s:g} s", "a moment of chip time is at least 0 s")
        return math.ceil(moment_s / tick_s - _ROUNDING)
