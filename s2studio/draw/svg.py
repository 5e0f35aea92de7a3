"""A picture as SVG: one file that needs nothing beside it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from s2studio.draw.picture import Curve, Group, Image, Item, Line, Picture, Polyline, Rect, Text
from s2studio.draw.png import png
from s2studio.draw.theme import FONT_FAMILY

# What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_svg(picture: Picture, background: bool = True) -> str:
    """Return `picture` as an SVG document; without `background` what lies behind it shows through."""
    size = f'width="{picture.width}" height="{picture.height}" viewBox="0 0 {picture.width} {picture.height}"'
    ground = f'<rect width="100%" height="100%" fill="{picture.background}"/>' if background else ""
    title = f"<title>{_words(picture.title)}</title>" if picture.title else ""
    style = f"font-family={quoteattr(FONT_FAMILY)} style={quoteattr('font-variant-numeric: tabular-nums')}"
    body = _Writer().items(picture.items)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>{title}{ground}\n{body}\n</svg>\n'


class _Writer:
    """Writes items; each clip gets a name of its own, unlikely to be that of another picture on the same page."""

    def __init__(self) -> None:
        self._clips: Iterator[int] = count()

    def items(self, items: tuple[Item, ...]) -> str:
        return "\n".join(self._item(item) for item in items)

    def _item(self, item: Item) -> str:
        if isinstance(item, Group):
            return self._group(item)
        return _WRITERS[type(item)](item)

    def _group(self, group: Group) -> str:
        (x, y), scale = group.offset, group.scale
        moved = f' transform="translate({_n(x)} {_n(y)}) scale({_n(scale)})"' if (x, y, scale) != (0, 0, 1) else ""
        inside = f"<g{moved}>{self.items(group.items)}</g>"
        if group.clip is None:
            return inside
        name = f"clip-{next(self._clips)}-{id(group):x}"
        return f'<clipPath id="{name}"><rect {_box(group.clip)}/></clipPath><g clip-path="url(#{name})">{inside}</g>'


def _rect(item: Rect) -> str:
    radius = f' rx="{_n(item.radius)}"' if item.radius else ""
    opacity = f' opacity="{_n(item.opacity)}"' if item.opacity < 1 else ""
    look = f"{_fill(item.fill)}{_stroke(item.stroke, item.width)}{radius}{opacity}"
    return _noted("rect", f"{_box(item.box)}{look}", item.note)


def _line(item: Line) -> str:
    (x1, y1), (x2, y2) = item.start, item.stop
    dash = f' stroke-dasharray="{" ".join(map(_n, item.dash))}"' if item.dash else ""
    ends = f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
    return _noted("line", f"{ends}{_stroke(item.stroke, item.width)}{dash}", item.note)


def _polyline(item: Polyline) -> str:
    points = " ".join(f"{_n(x)},{_n(y)}" for x, y in item.points.tolist())
    opacity = f' opacity="{_n(item.opacity)}"' if item.opacity < 1 else ""
    kind = "polygon" if item.fill else "polyline"
    look = f'{_fill(item.fill)}{_stroke(item.stroke, item.width)} stroke-linejoin="round"{opacity}'
    return f'<{kind} points="{points}"{look}/>'


def _curve(item: Curve) -> str:
    parts = "".join("C" + " ".join(f"{_n(x)},{_n(y)}" for x, y in part) for part in item.parts)
    path = f"M{_n(item.start[0])},{_n(item.start[1])}{parts}"
    return _noted("path", f'd="{path}"{_fill(None)}{_stroke(item.stroke, item.width)}', item.note)


def _text(item: Text) -> str:
    (x, y), anchor = item.at, f' text-anchor="{item.anchor}"' if item.anchor != "start" else ""
    turned = f' transform="rotate({_n(-item.turned)} {_n(x)} {_n(y)})"' if item.turned else ""
    bold = ' font-weight="600"' if item.is_bold else ""
    look = f'fill="{item.colour}" font-size="{_n(item.size)}"{anchor}{bold}{turned}'
    return f'<text x="{_n(x)}" y="{_n(y)}" {look}>{_words(item.text)}</text>'


def _image(item: Image) -> str:
    data = base64.b64encode(png(item.pixels)).decode("ascii")
    look = 'preserveAspectRatio="none" style="image-rendering: pixelated"'
    return _noted("image", f'{_box(item.box)} {look} href="data:image/png;base64,{data}"', item.note)


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    Rect: _rect,
    Line: _line,
    Polyline: _polyline,
    Curve: _curve,
    Text: _text,
    Image: _image,
}


def _noted(element: str, attributes: str, note: str) -> str:
    if not note:
        return f"<{element} {attributes}/>"
    return f"<{element} {attributes}><title>{_words(note)}</title></{element}>"


def _box(box: tuple[float, float, float, float]) -> str:
    x, y, width, height = box
    return f'x="{_n(x)}" y="{_n(y)}" width="{_n(max(0.0, width))}" height="{_n(max(0.0, height))}"'


def _fill(colour: str | None) -> str:
    return f' fill="{colour or "none"}"'


def _stroke(colour: str | None, width: float) -> str:
    return f' stroke="{colour}" stroke-width="{_n(width)}"' if colour else ""


def _words(text: str) -> str:
    return escape(_FORBIDDEN.sub("�", text))


def _n(number: float) -> str:
    """Return a number to a thousandth of a px, as short as can be."""
    return f"{round(number, 3) + 0.0:g}" if abs(number) < 1000 else f"{number:.1f}"
