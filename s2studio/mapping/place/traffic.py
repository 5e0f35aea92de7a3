"""The traffic of a placement: hops and link loads of slices on PEs, from the tables that the kernels keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE
from s2studio.mapping.place.kernels import Graph, Int64, Load, put_all
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
    heard = np.ascontiguousarray(reached.T)
    first_source = np.concatenate([[0], np.cumsum(np.count_nonzero(heard, axis=1))])
    return Graph(spikes * reached.any(axis=1), first_source, np.nonzero(heard)[1])


def empty_load(noc: Noc, graph: Graph) -> Load:
    """Return the traffic of a chip that no slice of `graph` is on yet."""
    slices = len(graph.spikes)
    return Load(
        cell_of=np.full(slices, -1, np.int64),
        heard=np.zeros((slices, len(noc.cells)), np.int32),
        copies=np.zeros((slices, len(noc.ways.link_of)), np.int32),
        flits=np.zeros(len(noc.links)),
        hops=np.zeros(1),
    )


def load_of(noc: Noc, graph: Graph, pes: Mapping[int, PE]) -> Load:
    """Return the traffic of the slices (by index) on `pes`."""
    number = {cell: index for index, cell in enumerate(noc.cells)}
    return load_on(noc, graph, {index: number[pe.cell] for index, pe in pes.items()})


def load_on(noc: Noc, graph: Graph, cells: Mapping[int, int]) -> Load:
    """Return the traffic of the slices (by index) on QPEs (by their number in `noc`)."""
    load, on = empty_load(noc, graph), np.full(len(graph.spikes), -1, np.int64)
    on[list(cells)] = list(cells.values())
    put_all(on, load, graph, noc.ways)
    return load


def busiest_first(graph: Graph, slices: Sequence[int]) -> Int64:
    """Return `slices`, those that send and hear most first."""
    hears = np.repeat(np.arange(len(graph.spikes)), np.diff(graph.first_source))
    heard = np.bincount(hears, graph.spikes[graph.sources], minlength=len(graph.spikes))
    traffic = (graph.spikes + heard).tolist()
    return np.array(sorted(slices, key=lambda index: (-traffic[index], index)), np.int64)
