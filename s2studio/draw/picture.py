"""A picture as data: rectangles, lines, curves, texts and images in px, in the order in which they are painted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.draw.mesh import Box
from s2studio.draw.theme import BODY_PX

Point = tuple[float, float]


@dataclass(frozen=True)
class Rect:
    """A rectangle; `fill` and `stroke` are `#rrggbb` or None for nothing, `note` is shown under the mouse."""

    box: Box
    fill: str | None = None
    stroke: str | None = None
    width: float = 1.0
    radius: float = 0.0
    opacity: float = 1.0
    note: str = ""


@dataclass(frozen=True)
class Line:
    """A straight line; `dash` are the lengths in px of what is drawn and what is left out, in turn."""

    start: Point
    stop: Point
    stroke: str
    width: float = 1.0
    dash: tuple[float, ...] = ()
    note: str = ""


@dataclass(frozen=True, eq=False)
class Polyline:
    """Straight lines through `points` (n, 2) float64; with `fill` the area they enclose."""

    points: NDArray[np.float64]
    stroke: str | None = None
    width: float = 1.5
    fill: str | None = None
    opacity: float = 1.0


@dataclass(frozen=True)
class Curve:
    """Cubic Bézier curves from `start`, each two control points and an end."""

    start: Point
    parts: tuple[tuple[Point, Point, Point], ...]
    stroke: str
    width: float = 1.5
    note: str = ""


@dataclass(frozen=True)
class Text:
    """One line of text; `at` is where its baseline starts, has its middle or ends, as `anchor` says.

    `turned` is the angle in degrees, counter-clockwise, around `at`.
    """

    at: Point
    text: str
    colour: str
    size: float = BODY_PX
    anchor: str = "start"
    is_bold: bool = False
    turned: float = 0.0


@dataclass(frozen=True, eq=False)
class Image:
    """`pixels` (rows, columns, 3) uint8 spread over `box`, with hard edges between them."""

    box: Box
    pixels: NDArray[np.uint8]
    note: str = ""


@dataclass(frozen=True)
class Group:
    """Items that are scaled, then moved by `offset`, and shown inside `clip` (in px of the picture) only."""

    items: tuple[Item, ...]
    offset: Point = (0.0, 0.0)
    scale: float = 1.0
    clip: Box | None = None


Item = Rect | Line | Polyline | Curve | Text | Image | Group


@dataclass(frozen=True)
class Picture:
    """`items` on a `background`, `width` x `height` px; `title` says in words what it shows."""

    width: int
    height: int
    background: str
    items: tuple[Item, ...]
    title: str = ""
