"""Which neurons each of several threads advances, all of a sample shared out among them."""

from __future__ import annotations

import os

import numpy as np

from s2studio.sim.arrays import starts
from s2studio.sim.kernels.lif import GROUP
from s2studio.sim.kernels.sorting import split_rows
from s2studio.sim.program import Program
from s2studio.sim.rows import CONVOLUTION, DENSE, SPARSE_DELAYS, Rows
from s2studio.snn.fan_out import IntArray
from s2studio.snn.models.model import Update

# Threads meet after each tick, which takes as long as updating some hundred neurons: with fewer than this for each
# thread, one is as fast as two (docs/performance.md).
_LEAST_NEURONS = 8192
# A population with fewer neurons stays in one piece: what a thread reads of a row is then not too short.
LEAST_TO_SPLIT = 4096
# Shares are a multiple of so many neurons: what the kernels update at once.
UNIT = GROUP
# Of a population's synapses so many count as much as a neuron: the share of neurons that spikes in a tick, or so.
_SYNAPSES_PER_NEURON = 32
_SPLITS = (int(Update.LIF), int(Update.LIF_CURR_EXP))


def free_processors() -> int:
    """Return how many processors this process may use that are not busy, as far as the system says; at least 1."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, count - round(os.getloadavg()[0])) if hasattr(os, "getloadavg") else count


def sensible_threads(program: Program) -> int:
    """Return with how many threads a sample of `program` is done soonest, as far as sizes and the load say.

    Threads that share one sample wait for each other after every tick: where processors are busy, one alone is faster.
    So one is left to what records the spikes.
    """
    return max(1, min(free_processors() - 1, int(program.populations.first_neuron[-1]) // _LEAST_NEURONS))


def shares(program: Program, threads: int) -> IntArray:
    """Return the neurons (first, and behind the last) of each population for each thread: (threads, populations, 2).

    Large populations are cut; others go to one thread, the one that has least to do so far.
    """
    populations = program.populations
    sizes = np.diff(populations.first_neuron)
    cuts = np.zeros((threads + 1, len(sizes)), np.int64)
    work, done = _work(program), np.zeros(threads)
    for p in np.argsort(-work, kind="stable"):
        if populations.update[p] in _SPLITS and sizes[p] >= LEAST_TO_SPLIT:
            unit = _unit(program, int(p))
            cuts[:-1, p] = sizes[p] // unit * np.arange(threads) // threads * unit
            cuts[-1, p] = sizes[p]
        else:
            thread = int(done.argmin())
            cuts[thread + 1 :, p] = sizes[p]
            done[thread] += work[p]
    return np.stack([cuts[:-1], cuts[1:]], axis=2)


def _work(program: Program) -> IntArray:
    """Return about how much there is to do for each population in a tick, counted in neurons."""
    rows, sizes = program.rows, np.diff(program.populations.first_neuron)
    work = sizes.copy()
    for p, (first, last) in enumerate(zip(rows.first_of[:-1], rows.first_of[1:], strict=True)):
        for j in range(first, last):
            work[rows.post[j]] += _synapses(rows, j, int(sizes[p]), int(sizes[rows.post[j]])) // _SYNAPSES_PER_NEURON
    return work


def _synapses(rows: Rows, j: int, sources: int, targets: int) -> int:
    """Return how many synapses projection `j` has; of a convolution none, whose target is large or has few."""
    if rows.kind[j] == CONVOLUTION:
        return 0
    if rows.kind[j] == DENSE:
        return sources * targets
    first = rows.start[j]
    return int(rows.row_start[first + sources * rows.row_step[j]] - rows.row_start[first])


def _unit(program: Program, p: int) -> int:
    """Return of how many neurons a share must be a multiple: rows of pixels, or what the kernels take at once."""
    rows = program.rows
    behind = np.flatnonzero((rows.post == p) & (rows.kind == CONVOLUTION))
    return int(rows.geometry[behind[0], 4]) if len(behind) else UNIT


def shared_rows(program: Program, cuts: IntArray) -> Rows:
    """Return the rows of `program` with sparse ones divided among the threads of `cuts`, made by `shares`."""
    rows, threads = program.rows, len(cuts)
    if threads == 1:
        return rows
    sizes = np.diff(program.populations.first_neuron)
    pre = np.repeat(np.arange(len(sizes)), np.diff(rows.first_of))
    is_sparse = rows.kind <= SPARSE_DELAYS
    first = starts(np.where(is_sparse, sizes[pre] * threads + 1, 0))
    row_start = np.zeros(int(first[-1]), np.int64)
    for j in np.flatnonzero(is_sparse):
        size, post = int(sizes[pre[j]]), int(rows.post[j])
        whole = rows.row_start[rows.start[j] : rows.start[j] + size + 1]
        split_rows(whole, rows.target, int(sizes[post]), cuts[:, post, 0], row_start[first[j] : first[j + 1]])
    return rows._replace(
        row_start=row_start,
        row_step=np.where(is_sparse, threads, rows.row_step),
        start=np.where(is_sparse, first[:-1], rows.start),
    )
