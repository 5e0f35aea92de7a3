"""How large an export will be, from samples of it written by its own exporter."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from s2studio.session.export.part import Part
from s2studio.session.run import Progress, no_progress

# Enough rows to show how they compress, few enough to be written in a fraction of a second.
_SAMPLE_ROWS, _SAMPLES = 60_000, 3


@dataclass(frozen=True)
class Estimate:
    """How many rows, or events, each channel has and about how many bytes all take; `is_exact` if all was written."""

    rows: Mapping[str, int]
    bytes: int
    is_exact: bool


def estimate_size(
    part: Part, write: Callable[[Part, Path, Progress], None], rows: Callable[[Part], Mapping[str, int]], file: str
) -> Estimate:
    """Return the size of `part`: spans of each channel from its beginning, middle and end, scaled by their rows.

    `file` is the name of the file that `write` makes, empty where it fills a folder.
    """
    found = rows(part)
    total, is_exact = 0.0, len(found) == 1
    for channel, count in found.items():
        alone = replace(part, channels=(channel,))
        spans = _spans(alone, count)
        if not spans:
            total += _written(alone, write, file)
            continue
        is_exact = False
        halves = [replace(span, stop=(span.start + span.stop + 1) // 2) for span in spans]
        sizes, half_sizes = ([_written(each, write, file) for each in some] for some in (spans, halves))
        counts, half_counts = (sum(rows(each)[channel] for each in some) for some in (spans, halves))
        # What a file takes beside its rows must not be multiplied with them.
        each_row = (sum(sizes) - sum(half_sizes)) / max(1, counts - half_counts)
        total += sum(sizes) / _SAMPLES + max(0.0, each_row) * (count - counts / _SAMPLES)
    return Estimate(dict(found), round(total), is_exact)


def _spans(part: Part, rows: int) -> list[Part]:
    """Return spans at the beginning, middle and end of `part`; none where it is best written whole."""
    ticks = part.stop - part.start
    width = max(2, ticks * _SAMPLE_ROWS // (_SAMPLES * max(1, rows)))
    if rows <= _SAMPLE_ROWS or width * _SAMPLES >= ticks:
        return []
    starts = [part.start + number * (ticks - width) // (_SAMPLES - 1) for number in range(_SAMPLES)]
    return [replace(part, start=start, stop=start + width) for start in starts]


def _written(part: Part, write: Callable[[Part, Path, Progress], None], file: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        write(part, Path(folder, file) if file else Path(folder), no_progress)
        return sum(path.stat().st_size for path in Path(folder).rglob("*"))
