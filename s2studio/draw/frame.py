"""What every picture has around it: margins, title and subtitle, axes with units, legends, tables of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from s2studio.draw.colours import ColourMap
from s2studio.draw.mesh import Box
from s2studio.draw.picture import Group, Image, Item, Line, Picture, Rect, Text
from s2studio.draw.scale import Scale, axis_unit, powers, round_steps, round_up, written
from s2studio.draw.text import fitted, width_px
from s2studio.draw.theme import (
    BODY_PX,
    FAR_PX,
    LARGE_PX,
    MARGIN_PX,
    NEAR_PX,
    SMALL_PX,
    SPACE_PX,
    TIGHT_PX,
    TITLE_PX,
    Theme,
)
from s2studio.errors import UsageError
from s2studio.units import estimated, with_unit

SMALLEST, LARGEST = (640, 480), (16384, 16384)
ROW_PX = 20
_TICK_PX, _MARK_PX = 90, 48
# Of a table: what a column of words may take, the first one aside.
_TEXT_SHARE = 0.34
_FIRST_PX = 90


@dataclass(frozen=True)
class Look:
    """How a picture is to look: its palette and its size in px."""

    theme: Theme
    width: int = 1280
    height: int = 800

    def __post_init__(self) -> None:
        size = (self.width, self.height)
        if not all(low <= side <= high for low, side, high in zip(SMALLEST, size, LARGEST, strict=True)):
            limit = f"{SMALLEST[0]}x{SMALLEST[1]} to {LARGEST[0]}x{LARGEST[1]} px can be drawn"
            raise UsageError(f"size {self.width}x{self.height}", "cannot be drawn", limit)

    @property
    def scale(self) -> float:
        """How much larger type and spacing are than at 1280 x 800; of a larger picture, part goes to more room."""
        return math.sqrt(max(1.0, min(self.width / 1280, self.height / 800)))


def framed(look: Look, title: str, subtitle: str, items: Iterable[Item]) -> Picture:
    """Return the picture of `items` under a title; they belong into `content(look)`."""
    theme, width = look.theme, content(look).width
    top = MARGIN_PX + TITLE_PX
    head = (
        Text((MARGIN_PX, top), fitted(title, width, TITLE_PX, True), theme.text, TITLE_PX, is_bold=True),
        Text((MARGIN_PX, top + FAR_PX), fitted(subtitle, width, BODY_PX), theme.muted),
    )
    all_items = Group((*head, *items), scale=look.scale)
    return Picture(look.width, look.height, theme.surface, (all_items,), f"{title}: {subtitle}")


def content(look: Look) -> Box:
    """Return what is left of a picture below its title, in px before `look.scale`."""
    top = MARGIN_PX + TITLE_PX + 2 * FAR_PX
    return Box(MARGIN_PX, top, look.width / look.scale - 2 * MARGIN_PX, look.height / look.scale - top - MARGIN_PX)


def heading(theme: Theme, x: float, y: float, text: str, note: str = "", room: float = math.inf) -> list[Item]:
    """Return the heading of a part of a picture, its baseline at `y`, and a note beside it if both fit in `room` px."""
    items: list[Item] = [Text((x, y), text, theme.text, BODY_PX, is_bold=True)]
    start = width_px(text, BODY_PX, True) + NEAR_PX
    if note and start + width_px(note, SMALL_PX) <= room:
        items.append(Text((x + start, y), note, theme.muted, SMALL_PX))
    return items


def time_axis(theme: Theme, box: Box, scale: Scale, labelled: bool = True) -> list[Item]:
    """Return marks along the bottom of `box` for a scale in seconds, and rules through it."""
    steps = round_steps(scale.low, scale.high, max(2, int(box.width / _TICK_PX)))
    factor, unit = axis_unit(max(abs(scale.low), abs(scale.high)), "s")
    step = (steps[1] - steps[0]) / factor if len(steps) > 1 else 1.0
    items: list[Item] = []
    for moment in steps:
        x = scale.px(moment)
        items.append(Line((x, box.y), (x, box.bottom), theme.grid))
        if labelled:
            text = written(moment / factor, step)
            anchor = "end" if x > box.right - 12 else "middle"
            items.append(Text((x, box.bottom + SMALL_PX + NEAR_PX), text, theme.muted, SMALL_PX, anchor))
    if labelled:
        below = (box.x + box.width / 2, box.bottom + 2 * SMALL_PX + 2 * NEAR_PX)
        items.append(Text(below, f"chip time in {unit}", theme.muted, SMALL_PX, "middle"))
    return items


def upward(box: Box, highest: float) -> Scale:
    """Return the scale from 0 at the bottom of `box` to the first mark of its axis that is at least `highest`."""
    count = _marks(box)
    return Scale(0.0, round_up(round_up(highest, count), count), box.bottom, box.y)


def _marks(box: Box) -> int:
    return max(2, int(box.height / _MARK_PX))


def value_axis(theme: Theme, box: Box, scale: Scale, unit: str) -> list[Item]:
    """Return marks along the left of `box`, rules through it, and the unit above them."""
    factor, name = axis_unit(max(abs(scale.low), abs(scale.high)), unit)
    items: list[Item] = []
    if scale.is_log:
        marks = [(value, f"{value / factor:g}") for value in powers(scale.low, scale.high)]
    else:
        steps = round_steps(scale.low, scale.high, _marks(box))
        step = (steps[1] - steps[0]) / factor if len(steps) > 1 else 1.0
        marks = [(value, written(value / factor, step)) for value in steps]
    for value, text in marks:
        items += _mark(theme, box, scale.px(value), text)
    anchor = "end" if width_px(name, SMALL_PX) < box.x else "start"
    items.append(Text((box.x - NEAR_PX, box.y - NEAR_PX), name, theme.muted, SMALL_PX, anchor))
    return items


def _mark(theme: Theme, box: Box, y: float, text: str) -> list[Item]:
    return [
        Line((box.x, y), (box.right, y), theme.grid),
        Text((box.x - NEAR_PX, y + SMALL_PX * 0.36), text, theme.muted, SMALL_PX, "end"),
    ]


def colour_bar(theme: Theme, box: Box, table: ColourMap, low: str, high: str) -> list[Item]:
    """Return a colour map from left to right, with what its ends stand for below."""
    below = box.bottom + SMALL_PX + TIGHT_PX
    return [
        Image(box, table[None]),
        Rect(box, stroke=theme.border),
        Text((box.x, below), low, theme.muted, SMALL_PX),
        Text((box.right, below), high, theme.muted, SMALL_PX, "end"),
    ]


def swatch(x: float, y: float, colour: str) -> Rect:
    """Return a square of `colour` in front of a text with its baseline at `y`."""
    return Rect(Box(x, y - 9, 10, 10), colour, radius=2)


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, its texts, and whether they are numbers, which end in line.

    `short` stands for the texts where there is no room for them: numbers without their error bands.
    """

    title: str
    texts: Sequence[str]
    is_number: bool = True
    short: Sequence[str] = ()


def table(
    theme: Theme, x: float, y: float, width: float, columns: Sequence[Column], colours: Sequence[str] = ()
) -> list[Item]:
    """Return a table `width` px wide whose headings have their baseline at `y`; `colours` mark its rows.

    The first column takes the room that the others leave. Where that is too little, columns are shown short, then it
    is cut, and where even that is not enough other columns of words are left out.
    """
    indent = SPACE_PX + TIGHT_PX if colours else 0
    widths = _widths(columns, width - indent)
    needed = max(_FIRST_PX, *(width_px(text, BODY_PX) for text in columns[0].texts))
    if widths[0] < needed and any(column.short for column in columns):
        return table(theme, x, y, width, [_shortened(column) for column in columns], colours)
    words = [index for index, column in enumerate(columns[1:], 1) if not column.is_number]
    if words and widths[0] < _FIRST_PX:
        rest = [column for index, column in enumerate(columns) if index != words[-1]]
        return table(theme, x, y, width, rest, colours)
    items: list[Item] = [swatch(x, y + ROW_PX * (row + 1), colour) for row, colour in enumerate(colours)]
    right = x + width
    for column, wide in reversed(list(zip(columns, widths, strict=True))):
        is_first = column is columns[0]
        at = x + indent if is_first else (right if column.is_number else right - wide)
        anchor = "end" if column.is_number and not is_first else "start"
        items.append(Text((at, y), fitted(column.title, wide, SMALL_PX), theme.muted, SMALL_PX, anchor))
        for row, text in enumerate(column.texts, 1):
            shown = fitted(text, wide, BODY_PX) if is_first or not column.is_number else text
            items.append(Text((at, y + row * ROW_PX), shown, theme.text, BODY_PX, anchor))
        right -= wide + SPACE_PX
    return items


def estimates(rows: Sequence[tuple[float, float, float, str]]) -> Column:
    """Return a column of estimates, each its value, both ends and unit."""
    shown = [estimated(value, low, high, unit) for value, low, high, unit in rows]
    return Column("", shown, short=[with_unit(value, unit) for value, _, _, unit in rows])


def _shortened(column: Column) -> Column:
    return replace(column, texts=column.short or column.texts, short=())


def _widths(columns: Sequence[Column], width: float) -> list[float]:
    """Return the width of each column: what its texts need, of words at most a share, of the first what is left."""
    widest = [
        max(width_px(column.title, SMALL_PX), *(width_px(text, BODY_PX) for text in column.texts), 0.0)
        for column in columns
    ]
    others = [
        wide if column.is_number else min(wide, _TEXT_SHARE * width)
        for column, wide in zip(columns[1:], widest[1:], strict=True)
    ]
    return [max(0.0, width - sum(others) - SPACE_PX * len(others)), *others]


def empty(look: Look, title: str, subtitle: str, reason: str) -> Picture:
    """Return a picture that says why there is nothing to see."""
    area = content(look)
    middle = (area.x + area.width / 2, area.y + area.height / 2)
    words = Text(middle, fitted(reason, area.width, LARGE_PX), look.theme.muted, LARGE_PX, "middle")
    return framed(look, title, subtitle, (words,))
