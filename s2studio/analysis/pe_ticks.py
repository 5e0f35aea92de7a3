"""What each used PE did over a span of ticks, by simulation or by measurement, in one form for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from s2studio.session.run import Run
from s2studio.session.tables import N_PACKETS, TIME_DONE
from s2studio.session.time_ends import TimeEnds

Pair = tuple[float, float]


@dataclass(frozen=True)
class PeTotals:
    """A PE's longest and mean `time_done` in s and its packets; None where the board did not record them.

    The ends of the times are None where they were measured.
    """

    population: str
    time_done_max_s: float | None
    time_done_mean_s: float | None
    packets: int | None
    time_done_max_ends_s: Pair | None = None
    time_done_mean_ends_s: Pair | None = None


def pe_totals(run: Run, ticks: int) -> Mapping[str, PeTotals]:
    """Return what every used PE did in the first `ticks` ticks, by its name; no PE where there are no ticks."""
    if run.is_measured:
        return _measured(run, ticks)
    slices = run.mapping.slices
    # By their values, the low and the pessimistic end.
    longest, total = np.zeros((3, len(slices))), np.zeros((3, len(slices)))
    packets, ends = np.zeros(len(slices), np.int64), TimeEnds(run)
    for block in run.priced_blocks(0, ticks):
        own = ends.of(block)
        for place, done_s in enumerate((block.priced.time_done_s, own.done_low_s, own.done_pessimistic_s)):
            longest[place] = np.maximum(longest[place], done_s.max(axis=(0, 1)))
            total[place] += done_s.sum(axis=(0, 1))
        packets += block.counts.packets.sum(axis=(0, 1), dtype=np.int64)
    mean = total / max(1, ticks * run.about.samples)
    return {
        str(piece.pe): PeTotals(
            piece.population,
            float(longest[0, number]),
            float(mean[0, number]),
            int(packets[number]),
            (float(longest[1, number]), float(longest[2, number])),
            (float(mean[1, number]), float(mean[2, number])),
        )
        for number, piece in enumerate(slices)
        if ticks
    }


def _measured(run: Run, ticks: int) -> Mapping[str, PeTotals]:
    population = {str(piece.pe): piece.population for piece in run.mapping.slices}
    done, packets = run.measured(TIME_DONE), run.measured(N_PACKETS)
    found = {}
    for pe in dict.fromkeys((*done, *packets) if ticks else ()):
        times = done[pe][:ticks] if pe in done else None
        found[pe] = PeTotals(
            population.get(pe, ""),
            None if times is None else float(times.max()),
            None if times is None else float(times.mean()),
            int(packets[pe][:ticks].sum()) if pe in packets else None,
        )
    return found
