"""Which of several choices no other beats: as good in everything and better in something."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, ...]


def pareto(points: Sequence[Point | None], errors: Sequence[float] = ()) -> list[bool]:
    """Return which points no other beats, less being better in every coordinate; None takes no part.

    Differences of at most `errors` (one for each coordinate; missing: 0) are none.
    """
    given = [point for point in points if point is not None]
    return [point is not None and not any(_beats(other, point, errors) for other in given) for point in points]


def _beats(one: Point, other: Point, errors: Sequence[float]) -> bool:
    allowed = [*errors, *(0.0 for _ in one[len(errors) :])]
    better = any(a < b - error for a, b, error in zip(one, other, allowed, strict=True))
    return better and all(a <= b + error for a, b, error in zip(one, other, allowed, strict=True))
