"""Into how many pieces slices must be cut so that every PE is done within a tick, and mappings that do so."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.counted import CountedRun
from s2studio.mapping.edit import Editor, Refused
from s2studio.mapping.mapping import ChipMapping
from s2studio.sim.level import choose_levels
from s2studio.sim.timing import clocks_hz, cycle_bounds, cycles_by_kind, late, switch_ends, switch_s

IntArray = NDArray[np.int64]
Rerun = Callable[[ChipMapping], CountedRun]

# Cutting changes how many packets arrive and where, so it is measured again; each round cuts finer.
_ROUNDS = 6


class Cut(NamedTuple):
    """A mapping whose slices are cut finer, run again; `refused` says why it goes no further."""

    run: CountedRun
    refused: Refused | None = None


def pieces_needed(run: CountedRun, tick_s: float) -> IntArray:
    """Return into how many pieces each slice must be cut to be done within `tick_s`, shape (slices,).

    1 where it is in time now, 0 where no cutting helps: what its packets alone take is too much. A piece gets its share
    of the neurons' work, of synaptic events, spikes and recording, but every packet, and the tick's own cost.
    """
    needed = np.ones(len(run.mapping.slices), np.int64)
    for _, counts in run.blocks():
        levels = choose_levels(run.policy, counts.packets, run.work.models, run.spec)
        clocks, change_s = clocks_hz(levels, run.spec), switch_s(levels, switch_ends(run.spec)[1])
        kinds = cycles_by_kind(counts, run.work, run.spec)
        whole = sum(kinds.values(), np.zeros(clocks.shape))
        most = cycle_bounds(counts, run.work, run.spec).pessimistic
        kept = (run.spec.cycles.tick + counts.packets * run.spec.cycles.packet) * most / whole
        is_late = late(most / clocks + change_s, tick_s)
        room = (tick_s - change_s) * clocks - kept
        pieces = np.where(room > 0, np.ceil((most - kept) / np.where(room > 0, room, 1.0)), 0)
        here = np.where(is_late, pieces, 1).astype(np.int64)
        needed = np.where((here == 0).any(axis=(0, 1)) | (needed == 0), 0, np.maximum(needed, here.max(axis=(0, 1))))
    return needed


def cut_populations(run: CountedRun, editor: Editor, rerun: Rerun, tick_s: float) -> Cut:
    """Return `run` with every population that has a late slice cut evenly, until no PE is late in ticks of `tick_s`.

    Such a placement is one that the board's own tools can make.
    """

    def cut_once(now: CountedRun, pieces: IntArray) -> ChipMapping | Refused:
        mapping = now.mapping
        for population, count in _worst(now, pieces).items():
            largest = max(piece.size for piece in now.mapping.slices if piece.population == population)
            edited = editor.set_neurons_per_pe(mapping, population, max(1, largest // count))
            if isinstance(edited, Refused):
                return edited
            mapping = edited
        return mapping

    return _until_in_time(run, rerun, tick_s, cut_once)


def cut_slices(run: CountedRun, editor: Editor, rerun: Rerun, tick_s: float) -> Cut:
    """Return `run` with only its late slices cut, until no PE is late in ticks of `tick_s`."""

    def cut_once(now: CountedRun, pieces: IntArray) -> ChipMapping | Refused:
        mapping = now.mapping
        # From the last on, so that the numbers of those before do not change.
        for index in np.flatnonzero(pieces > 1).tolist()[::-1]:
            piece, count = now.mapping.slices[index], int(pieces[index])
            limits = {piece.start + piece.size * part // count for part in range(1, count)} - {piece.start}
            for at in sorted(limits, reverse=True):
                edited = editor.split(mapping, index, at)
                if isinstance(edited, Refused):
                    return edited
                mapping = edited
        return mapping

    return _until_in_time(run, rerun, tick_s, cut_once)


def _until_in_time(
    run: CountedRun, rerun: Rerun, tick_s: float, cut_once: Callable[[CountedRun, IntArray], ChipMapping | Refused]
) -> Cut:
    for _ in range(_ROUNDS):
        pieces = pieces_needed(run, tick_s)
        if (pieces == 1).all():
            return Cut(run)
        hopeless = _hopeless(run, pieces)
        if hopeless is not None:
            return Cut(run, hopeless)
        mapping = cut_once(run, pieces)
        if isinstance(mapping, Refused):
            return Cut(run, mapping)
        if len(mapping.slices) == len(run.mapping.slices):
            return Cut(run, Refused("the mapping", "finer cuts do not make it faster", "use a longer tick"))
        run = rerun(mapping)
    return Cut(run)


def _worst(run: CountedRun, pieces: IntArray) -> Mapping[str, int]:
    """Return the most pieces that a slice of each population needs, of populations that need more than one."""
    found: dict[str, int] = {}
    for piece, count in zip(run.mapping.slices, pieces.tolist(), strict=True):
        if count > 1:
            found[piece.population] = max(found.get(piece.population, 1), math.ceil(count))
    return found


def _hopeless(run: CountedRun, pieces: IntArray) -> Refused | None:
    """Return a slice that no cutting makes fast enough."""
    for piece, count in zip(run.mapping.slices, pieces.tolist(), strict=True):
        if count == 0 or count > piece.size:
            name, reason = f"'{piece.population}' on {piece.pe}", "its packets alone take longer than the tick"
            if count:
                reason = f"{count:,} pieces of {piece.size} neurons would be needed"
            return Refused(name, reason, "send it fewer spikes, run it at a faster level or use a longer tick")
    return None
