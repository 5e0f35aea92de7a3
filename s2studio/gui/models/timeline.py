"""The moment and the span of chip time that every panel shows, live and in replay alike."""

from __future__ import annotations

from dataclasses import dataclass

from psygnal import Signal

from s2studio.gui.translation import tr

# While a run is followed, so many of its newest ticks are shown.
FOLLOWED_TICKS = 1000


@dataclass(frozen=True)
class Mark:
    """A span that the user marked, in ticks."""

    start: int
    stop: int
    label: str


class Timeline:
    """`start` to `stop` (ticks, excluded) is shown, `cursor` is the moment that is looked at.

    `length` is how many ticks there are so far, `tick_s` how long one is. While `is_following`, span and cursor go with
    the newest tick. `is_inside`: the span was a tick and was zoomed into, so that the tick at the cursor is looked at
    from within. `changed` says that any of it changed.
    """

    changed = Signal()
    marks_changed = Signal(object)

    def __init__(self) -> None:
        self.start, self.stop, self.cursor = 0, 1, 0
        self.length, self.expected, self.tick_s = 0, 0, 1e-3
        self.is_following, self.is_inside = True, False
        self.is_playing, self.speed = False, 1.0
        self.marks: tuple[Mark, ...] = ()

    def begin(self, expected: int, tick_s: float, length: int = 0) -> None:
        """Show a run of `expected` ticks from its beginning."""
        self.length, self.expected, self.tick_s = length, expected, tick_s
        self.is_playing, self.is_following, self.is_inside = False, length == 0, False
        self.start, self.stop = 0, max(1, min(expected, FOLLOWED_TICKS) if self.is_following else length)
        self.cursor = max(0, length - 1)
        self.marks = ()
        self.marks_changed.emit(self.marks)
        self.changed.emit()

    def grow(self, length: int) -> None:
        """Tell that there are `length` ticks now."""
        if length == self.length:
            return
        self.length = length
        if self.is_following:
            width = self.stop - self.start
            self.stop = max(width, length)
            self.start, self.cursor = self.stop - width, max(0, length - 1)
        self.changed.emit()

    def look(self, start: int, stop: int) -> None:
        """Show the ticks `start` to `stop`; what lies outside the run is cut off."""
        end = max(self.length, self.expected if self.is_following else 0, 1)
        start = max(0, min(start, end - 1))
        stop = max(start + 1, min(stop, end))
        if (start, stop) != (self.start, self.stop) or self.is_inside:
            self.start, self.stop, self.is_inside = start, stop, False
            self.changed.emit()

    def look_at_all(self) -> None:
        """Show the whole run."""
        self.look(0, max(self.length, 1))

    def zoom(self, factor: float, around: int | None = None) -> None:
        """Show `factor` times as many ticks, `around` (None: the cursor) staying where it is.

        Where a single tick is shown, zooming in looks into it, and zooming out looks at it from outside again.
        """
        around, before = self.cursor if around is None else around, self.stop - self.start
        if self.is_inside or (factor < 1 and before == 1):
            self.look_inside(factor < 1)
            return
        share = (around - self.start) / before
        width = max(
            1, min(before - 1, round(before * factor)) if factor < 1 else max(before + 1, round(before * factor))
        )
        start = round(around - share * width)
        if 0 <= share < 1:  # what is seen stays in sight, whatever is rounded
            start = max(around - width + 1, min(start, around))
        start = max(0, min(start, max(0, self.length - width)))
        self.look(start, start + width)

    def look_inside(self, is_inside: bool) -> None:
        """Look at the tick at the cursor, or where one tick is shown at that, from within, or at the span again."""
        if is_inside == self.is_inside:
            return
        self.is_inside = is_inside
        self.move(self.start if is_inside and self.stop - self.start == 1 else self.cursor)

    def move(self, cursor: int) -> None:
        """Look at the tick `cursor`, and no longer follow the newest; the span goes along."""
        cursor = max(0, min(cursor, max(0, self.length - 1)))
        self.is_following = False
        width = self.stop - self.start
        if not self.start <= cursor < self.stop:
            self.start = max(0, min(cursor - width // 2, self.length - width))
            self.stop = self.start + width
        self.cursor = cursor
        self.changed.emit()

    def follow(self, is_following: bool = True) -> None:
        """Go with the newest tick, or stay."""
        self.is_following = is_following
        self.is_playing = False
        if is_following:
            width = self.stop - self.start
            self.stop = max(width, self.length)
            self.start, self.cursor = self.stop - width, max(0, self.length - 1)
        self.changed.emit()

    def play(self, is_playing: bool = True) -> None:
        """Let the cursor run, `speed` times as fast as the chip."""
        self.is_playing = is_playing and self.length > 0
        if self.is_playing:
            self.is_following = False
            if self.cursor >= self.length - 1:
                self.move(0)
        self.changed.emit()

    def mark_shown(self) -> None:
        """Mark the span that is shown."""
        self.mark(self.start, self.stop, tr("mark {marks}", marks=len(self.marks) + 1))

    def clear_marks(self) -> None:
        """Remove all marks."""
        self.marks = ()
        self.marks_changed.emit(self.marks)

    def mark(self, start: int, stop: int, label: str) -> None:
        """Mark a span."""
        self.marks = (*self.marks, Mark(start, stop, label))
        self.marks_changed.emit(self.marks)
