"""Slices one by one, the busiest first, each where it adds the least traffic to what is placed already."""

from __future__ import annotations

import numpy as np

from s2studio.chip.machine import PE
from s2studio.mapping.place.kernels import Int64, place_next
from s2studio.mapping.place.noc import Noc, noc
from s2studio.mapping.place.task import Task
from s2studio.mapping.place.traffic import busiest_first, graph_of, load_of


def place_greedy(task: Task) -> tuple[PE, ...]:
    """Return a PE for each slice: of those free, one on the QPE where traffic-weighted hops are then fewest."""
    mesh, graph = noc(task.machine.spec, task.options.routing), graph_of(task)
    load = load_of(mesh, graph, task.pinned)
    room = np.array([len(pes) for pes in free_by_cell(task, mesh)], np.int64)
    place_next(busiest_first(graph, task.open_slices), room, load, graph, mesh.ways)
    task.progress(1, 1)
    return pes_in(load.cell_of, task, mesh)


def free_by_cell(task: Task, mesh: Noc) -> list[list[PE]]:
    """Return the free PEs on each QPE of `mesh.cells`."""
    free: dict[tuple[int, int], list[PE]] = {cell: [] for cell in mesh.cells}
    for pe in task.free_pes:
        free[pe.cell].append(pe)
    return list(free.values())


def pes_in(cells: Int64, task: Task, mesh: Noc) -> tuple[PE, ...]:
    """Return the PE of each slice, by its QPE: the slices there take its free PEs in order."""
    free = [iter(pes) for pes in free_by_cell(task, mesh)]
    return task.pes_of({index: next(free[cells[index]]) for index in task.open_slices})
