"""Every way of cutting a layer that is considered, as columns of one table, and what each costs in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.layer_costs import LayerCosts
from s2studio.mapping.layers.tiling import Extent, Order, Sram, Tiling

Column = NDArray[np.int64]
FloatColumn = NDArray[np.float64]


@dataclass(frozen=True)
class Tiles:
    """Tiles of a layer, a row each; of one tile: bytes and cycles. `team` PEs share its weights.

    `all_batch`, `all_rows`, `all_columns`, `all_depth` say how many tiles make the layer. `sum_bytes` is what partial
    sums take where the depth is cut.
    """

    rows: Column
    depth: Column
    columns: Column
    height: Column
    width: Column
    team: Column
    all_batch: Column
    all_rows: Column
    all_columns: Column
    all_depth: Column
    input_bytes: Column
    weight_bytes: Column
    output_bytes: Column
    sum_bytes: Column
    mla_cycles: FloatColumn
    reorder_cycles: FloatColumn
    arm_cycles: FloatColumn

    def take(self, chosen: NDArray[Any]) -> Tiles:
        """Return the rows `chosen`."""
        return Tiles(**{field.name: getattr(self, field.name)[chosen] for field in fields(Tiles)})


@dataclass(frozen=True)
class Room:
    """What the PEs give: free bytes of each, and how many teams of 1, 2 and 4 there are, by size."""

    free_bytes: int
    teams: dict[int, int]
    clock_hz: float


@dataclass(frozen=True)
class _Arranged:
    """Tiles with the teams that take them and the order of parts, and what that costs."""

    tiles: Tiles
    teams: tuple[Column, Column, Column]
    parts: tuple[Column, Column, Column]
    order: Order
    prefetches: NDArray[np.bool_]
    seconds: FloatColumn
    sram: Column

    def tiling(self, row: int, config_bytes: int) -> Tiling:
        """Return the candidate `row`."""
        tiles = self.tiles
        one = {field.name: getattr(tiles, field.name)[row].item() for field in fields(Tiles)}
        doubled = 2 if self.prefetches[row] else 1
        sram = Sram(
            config_bytes, one["input_bytes"], doubled * one["weight_bytes"], one["sum_bytes"], one["output_bytes"]
        )
        return Tiling(
            rows=one["rows"], depth=one["depth"], columns=one["columns"],
            image=(one["height"], one["width"]) if one["height"] else None,
            team=one["team"],
            tiles=Extent(one["all_batch"], one["all_rows"], one["all_columns"], one["all_depth"]),
            teams=Extent(self.teams[0][row].item(), self.teams[1][row].item(), self.teams[2][row].item()),
            parts=Extent(
                self.parts[0][row].item(), self.parts[1][row].item(), self.parts[2][row].item(), one["all_depth"]
            ),
            order=self.order, prefetches=bool(self.prefetches[row]),
            input_bytes=one["input_bytes"], weight_bytes=one["weight_bytes"], output_bytes=one["output_bytes"],
            mla_cycles=one["mla_cycles"], reorder_cycles=one["reorder_cycles"], arm_cycles=one["arm_cycles"],
            sram=sram, estimate_s=self.seconds[row].item(),
        )  # fmt: skip


def best(tiles: Tiles, room: Room, costs: LayerCosts, is_resident: bool = False) -> Tiling | None:
    """Return the best way of cutting a layer into `tiles`, None where no tile fits.

    Among those within `costs.tiling_tolerance` of the fastest it is the one with the fewest parts, then the fastest.
    `is_resident` takes only those in which each PE keeps one tile of weights.
    """
    fitting = tiles.take((_bytes(tiles, costs) <= room.free_bytes) & (_most_teams(tiles, room) > 0))
    if not len(fitting.rows):
        return None
    found = [
        arranged
        for order in (("columns", "rows") if fitting.all_rows.max() > 1 else ("columns",))
        for teams in _grids(fitting, room)
        for prefetches in (False, True)
        if (arranged := _arranged(fitting, teams, order, prefetches, room, costs, is_resident)) is not None
    ]
    if not found:
        return None
    seconds = np.concatenate([arranged.seconds for arranged in found])
    near = np.flatnonzero(seconds <= seconds.min() * (1 + costs.tiling_tolerance))
    parts, sram = (
        np.concatenate(columns)[near] for columns in ([_parts(each) for each in found], [each.sram for each in found])
    )
    row = int(near[np.lexsort((sram, seconds[near], parts))[0]])
    for arranged in found:
        if row < len(arranged.seconds):
            return arranged.tiling(row, costs.config_bytes)
        row -= len(arranged.seconds)
    return None


def smallest_bytes(tiles: Tiles, costs: LayerCosts) -> int:
    """Return what the smallest tile takes in a PE."""
    return int(_bytes(tiles, costs).min())


def _bytes(tiles: Tiles, costs: LayerCosts) -> Column:
    return costs.config_bytes + tiles.input_bytes + tiles.weight_bytes + tiles.sum_bytes + tiles.output_bytes


def _parts(arranged: _Arranged) -> Column:
    batch, rows, columns = arranged.parts
    return batch * rows * columns * arranged.tiles.all_depth


def _most_teams(tiles: Tiles, room: Room) -> Column:
    most = np.zeros(len(tiles.rows), np.int64)
    for size, count in room.teams.items():
        most[tiles.team == size] = count
    return most


def _grids(tiles: Tiles, room: Room) -> list[tuple[Column, Column, Column]]:
    """Return ways to spread teams over batch, rows and columns: what comes first takes as many as it has use for."""
    most = _most_teams(tiles, room)
    wanted = (tiles.all_batch, -(-tiles.all_rows // tiles.team), tiles.all_columns)
    grids: list[tuple[Column, Column, Column]] = []
    for first in ((0, 2, 1), (0, 1, 2), (2, 1, 0), (1, 2, 0)):
        left, grid = most, [most, most, most]
        for axis in first:
            taken = np.minimum(wanted[axis], left)
            # As many parts as that takes, and no more teams than fill them evenly.
            grid[axis] = -(-wanted[axis] // -(-wanted[axis] // taken))
            left = np.maximum(1, left // grid[axis])
        grids.append((grid[0], grid[1], grid[2]))
    return grids


def _arranged(
    tiles: Tiles,
    teams: tuple[Column, Column, Column],
    order: Order,
    prefetches: bool,
    room: Room,
    costs: LayerCosts,
    is_resident: bool,
) -> _Arranged | None:
    """Return the candidates that fit, with their time by the closed form."""
    row_teams = -(-tiles.all_rows // tiles.team)
    whole = (tiles.all_batch, row_teams, tiles.all_columns)
    parts = tuple(-(-all_of // at_once) for all_of, at_once in zip(whole, teams, strict=True))
    input_loads, weight_loads = _loads(parts, tiles.all_depth, order)
    sram = _bytes(tiles, costs) + (tiles.weight_bytes if prefetches else 0)
    kept = sram <= room.free_bytes
    if prefetches:
        kept &= (weight_loads > 1) & (tiles.weight_bytes > 0)
    if is_resident:
        kept &= weight_loads == 1
    if not kept.any():
        return None
    seconds = _seconds(tiles, teams, parts, (input_loads, weight_loads), prefetches, room, costs)
    chosen = np.flatnonzero(kept)
    return _Arranged(
        tiles.take(chosen),
        _rows_of(teams, chosen),
        _rows_of(parts, chosen),
        order,
        np.full(len(chosen), prefetches),
        seconds[chosen],
        sram[chosen],
    )


def _rows_of(columns: Sequence[Column], chosen: NDArray[np.int64]) -> tuple[Column, Column, Column]:
    batch, rows, last = (column[chosen] for column in columns)
    return batch, rows, last


def _loads(parts: Sequence[Column], depth: Column, order: Order) -> tuple[Column, Column]:
    """Return how often a worker fetches input and weights: as `Tiling.input_loads` and `weight_loads`."""
    batch, rows, columns = parts
    every = batch * rows * columns
    if order == "columns":
        inputs, weights = batch * rows, np.where(columns > 1, every, batch)
    else:
        inputs, weights = np.where(rows > 1, every, batch), batch * columns
    is_cut = depth > 1
    return np.where(is_cut, every * depth, inputs), np.where(is_cut, every * depth, weights)


def _seconds(
    tiles: Tiles,
    teams: Sequence[Column],
    parts: Sequence[Column],
    loads: tuple[Column, Column],
    prefetches: bool,
    room: Room,
    costs: LayerCosts,
) -> FloatColumn:
    """Return the time of the layer: DRAM, array and ARM core one after the other, prefetched weights beside them."""
    batch, rows, columns = parts
    every = batch * rows * columns * tiles.all_depth
    again_input = loads[0] / (batch * rows * tiles.all_depth)
    again_weights = loads[1] / (batch * columns * tiles.all_depth)
    input_bytes = tiles.all_batch * tiles.all_rows * tiles.all_depth * tiles.input_bytes * again_input
    weight_bytes = tiles.all_batch * tiles.all_columns * tiles.all_depth * tiles.weight_bytes * again_weights
    output_bytes = tiles.all_batch * tiles.all_rows * tiles.all_columns * tiles.output_bytes
    own_rate, dram = costs.dma_bytes_per_cycle * room.clock_hz, costs.dram_bytes_per_s
    input_s = input_bytes / np.minimum(dram, own_rate * teams[0] * teams[1] * tiles.team)
    weights_s = weight_bytes / np.minimum(dram, own_rate * teams[0] * teams[2])
    output_s = output_bytes / np.minimum(dram, own_rate * teams[0] * teams[1] * teams[2] * tiles.team)
    part_s = (tiles.mla_cycles + tiles.arm_cycles) / room.clock_hz
    cycles = loads[0] * tiles.reorder_cycles + (loads[0] + loads[1] + every) * costs.dma_start_cycles
    handed = loads[0] * _relay(teams[2], tiles.input_bytes, costs) + loads[1] * _relay(
        teams[1], tiles.weight_bytes, costs
    )
    total = costs.layer_overhead_s + input_s + weights_s + output_s + every * part_s + cycles / room.clock_hz + handed
    if prefetches:
        later = (loads[1] - 1) / loads[1]
        total = total - later * np.minimum(weights_s, every * part_s)
    return np.asarray(total)


def _relay(takers: Column, bytes_each: Column, costs: LayerCosts) -> FloatColumn:
    """Return the time in s until the last of `takers` groups has a tile that the first fetched."""
    piece = np.minimum(bytes_each, costs.relay_piece_bytes)
    return np.asarray(np.maximum(0, takers - 1) * piece / costs.link_bytes_per_s)
