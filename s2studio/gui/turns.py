"""Panels draw in turn: in each picture those that waited longest, as many as there is time for."""

from __future__ import annotations

import time
from typing import Protocol

# Of each picture, panels may take so much processor time; one may always draw. What is replayed waits for nobody but
# them: with more time, a moved span is drawn in one picture or two.
BUDGET_S, REPLAY_BUDGET_S = 0.006, 0.014


class Drawing(Protocol):
    """What draws in turn."""

    def draw_news(self) -> None:
        """Draw what changed since the last time."""


class Turns:
    """Who waits to draw, and what each took when it drew: painting comes after drawing, and is most of it.

    A round begins with something new for all (`begin`) and is over (`are_over`) when all that waited then have drawn.
    """

    def __init__(self) -> None:
        self._waiting: dict[Drawing, None] = {}
        self._behind: set[Drawing] = set()
        self._cost_s: dict[Drawing, float] = {}
        self._drawn: list[Drawing] = []
        self._room_s = BUDGET_S
        self._since = time.thread_time()

    def wish(self, panel: Drawing) -> None:
        """Let `panel` draw when it is its turn."""
        self._waiting[panel] = None

    def begin(self) -> None:
        """Begin a round with those that wait now."""
        self._behind = set(self._waiting)

    @property
    def are_over(self) -> bool:
        """Whether all that waited when the round began have drawn; who came later does not count."""
        return not self._behind

    def draw(self, budget_s: float = BUDGET_S) -> None:
        """Let those that waited longest draw, for `budget_s` of processor time: called once per picture."""
        self._learn()
        self._room_s = budget_s
        self._drawn = []
        self.draw_on()

    def draw_on(self) -> None:
        """Let more of them draw in the same picture, as far as there is time left."""
        for panel in tuple(self._waiting):
            cost = self._cost_s.setdefault(panel, BUDGET_S)
            if self._drawn and cost > self._room_s:
                break
            self._room_s -= cost
            self._drawn.append(panel)
            del self._waiting[panel]
            self._behind.discard(panel)
            panel.draw_news()

    def _learn(self) -> None:
        """Share out what the last picture took among those that drew in it."""
        now = time.thread_time()
        spent, self._since = now - self._since, now
        expected = sum(self._cost_s[panel] for panel in self._drawn)
        for panel in self._drawn:
            self._cost_s[panel] *= (1 + min(2.0, spent / expected)) / 2
