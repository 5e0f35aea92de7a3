"""The traffic of a placement: hops and link loads of slices on PEs, from the tables that the kernels keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE
from s2studio.mapping.place.kernels import Graph, Int32, Load, put
from s2studio.mapping.place.noc import Noc
from s2studio.mapping.place.task import Task


def graph_of(task: Task) -> Graph:
    """Return who sends how much to whom."""
    reached: NDArray[np.bool_] = np.zeros((len(task.slices), len(task.slices)), np.bool_)
    for source, targets in enumerate(task.targets):
        reached[source, list(targets)] = True
    return graph_of_matrix(reached, task.spikes)


def graph_of_matrix(reached: NDArray[np.bool_], spikes: NDArray[np.float64]) -> Graph:
    """Return the same from `reached` (slices, slices), whether a slice (row) sends to another, and its spikes."""
    first_target, targets = _joined(reached)
    first_source, sources = _joined(reached.T)
    return Graph(spikes * reached.any(axis=1), first_target, targets, first_source, sources)


def empty_load(noc: Noc, graph: Graph) -> Load:
    """Return the traffic of a chip that no slice of `graph` is on yet."""
    slices = len(graph.spikes)
    return Load(
        cell_of=np.full(slices, -1, np.int32),
        heard=np.zeros((slices, len(noc.cells)), np.int32),
        copies=np.zeros((slices, len(noc.ways.link_of)), np.int32),
        flits=np.zeros(len(noc.links)),
        hops=np.zeros(1),
    )


def load_of(noc: Noc, graph: Graph, pes: Mapping[int, PE]) -> Load:
    """Return the traffic of the slices (by index) on `pes`."""
    load, number = empty_load(noc, graph), {cell: index for index, cell in enumerate(noc.cells)}
    for index, pe in pes.items():
        put(index, number[pe.cell], load, graph, noc.ways)
    return load


def busiest_first(graph: Graph, slices: Sequence[int]) -> Int32:
    """Return `slices`, those that send and hear most first."""
    traffic = graph.spikes.copy()
    np.add.at(traffic, graph.targets, np.repeat(graph.spikes, np.diff(graph.first_target)))
    return np.array(sorted(slices, key=lambda index: (-traffic[index], index)), np.int32)


def _joined(present: NDArray[np.bool_]) -> tuple[Int32, Int32]:
    """Return where the entries of each row of `present` start, with the end of the last, and their columns."""
    first = np.concatenate([[0], np.cumsum(np.count_nonzero(present, axis=1))]).astype(np.int32)
    return first, np.nonzero(present)[1].astype(np.int32)
