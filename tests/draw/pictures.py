"""What tests ask of a picture: where its texts are, after every group has moved and scaled them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from s2studio.draw.mesh import Box
from s2studio.draw.picture import Group, Item, Picture, Text
from s2studio.draw.text import width_px


def texts(picture: Picture) -> list[tuple[str, Box]]:
    """Return each text with the box it may take at most, in px of the picture."""
    return list(_texts(picture.items, 0.0, 0.0, 1.0))


def outside(picture: Picture) -> list[str]:
    """Return the texts that are cut off by the edges of the picture."""
    whole = Box(0, 0, picture.width, picture.height)
    return [text for text, box in texts(picture) if whole.around(box) != whole]


def overlapping(picture: Picture) -> list[tuple[str, str]]:
    """Return the pairs of texts that lie over each other."""
    return [
        (one, two)
        for (one, a), (two, b) in combinations(texts(picture), 2)
        if a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom
    ]


def _texts(items: tuple[Item, ...], x: float, y: float, scale: float) -> Iterator[tuple[str, Box]]:
    for item in items:
        if isinstance(item, Group):
            dx, dy = item.offset
            yield from _texts(item.items, x + scale * dx, y + scale * dy, scale * item.scale)
        elif isinstance(item, Text) and item.text:
            width = width_px(item.text, item.size, item.is_bold)
            left = item.at[0] - {"start": 0.0, "middle": 0.5, "end": 1.0}[item.anchor] * width
            box = Box(left, item.at[1] - 0.75 * item.size, width, 0.9 * item.size)
            yield item.text, Box(x + scale * box.x, y + scale * box.y, scale * box.width, scale * box.height)
