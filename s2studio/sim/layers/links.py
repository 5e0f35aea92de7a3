"""Which bytes of a layer cross which link of the mesh: from and to the DRAM, and handed on between teams."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from s2studio.chip.spec import ChipSpec
from s2studio.mapping.layers.mapping import LayerPlan
from s2studio.mapping.mapping import Link
from s2studio.mapping.route.paths import Mesh, links

Cell = tuple[int, int]


class LayerTraffic:
    """Ways over the mesh of one chip. The DRAM is reached through the cells of the periphery, in turn."""

    def __init__(self, spec: ChipSpec) -> None:
        self.mesh = Mesh(spec)
        self.doors = spec.periphery_cells or spec.router_cells

    def loads(self, plan: LayerPlan, fetches_weights: bool) -> dict[Link, float]:
        """Return the payload in bytes over each link while `plan` runs once."""
        loads: dict[Link, float] = {}
        for source, target, size in self._flows(plan, fetches_weights):
            for link in links((0, 0), self.mesh.path(source, target)) if source != target else ():
                loads[link] = loads.get(link, 0.0) + size
        return loads

    def _flows(self, plan: LayerPlan, fetches_weights: bool) -> Iterator[tuple[Cell, Cell, float]]:
        """Yield (from, to, bytes) of every tile that moves; to the PEs of a QPE a tile of weights goes once."""
        tiling, grid = plan.tiling, plan.tiling.teams
        members = min(tiling.team, tiling.tiles.rows)
        cells = [plan.workers[number * members].cell for number in range(grid.count)]
        tiles = tiling.tiles
        inputs = tiles.batch * tiles.rows * tiles.depth * tiling.input_bytes / (grid.batch * grid.rows)
        inputs *= tiling.input_loads / (tiling.parts.batch * tiling.parts.rows * tiling.parts.depth)
        weights = tiles.batch * tiles.columns * tiles.depth * tiling.weight_bytes / (grid.batch * grid.columns)
        weights *= tiling.weight_loads / (tiling.parts.batch * tiling.parts.columns * tiling.parts.depth)
        outputs = tiles.batch * tiles.rows * tiles.columns * tiling.output_bytes / grid.count
        for batch in range(grid.batch):
            first = batch * grid.rows * grid.columns
            for row in range(grid.rows):
                chain = [cells[first + row * grid.columns + column] for column in range(grid.columns)]
                yield from self._chain(chain, inputs)
            if fetches_weights and tiling.weight_bytes:
                for column in range(grid.columns):
                    chain = [cells[first + row * grid.columns + column] for row in range(grid.rows)]
                    yield from self._chain(chain, weights)
        for number, cell in enumerate(cells):
            yield cell, self.doors[number % len(self.doors)], outputs

    def _chain(self, cells: list[Cell], size: float) -> Iterator[tuple[Cell, Cell, float]]:
        yield self.doors[sum(cells[0]) % len(self.doors)], cells[0], size
        for source, target in pairwise(cells):
            yield source, target, size
