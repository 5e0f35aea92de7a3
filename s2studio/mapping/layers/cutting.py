"""The tiles that a layer may be cut into, by kind of layer; one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import ceil, log

import numpy as np

from s2studio.chip.layer_costs import LayerCosts
from s2studio.mapping.layers.candidates import Column, FloatColumn, Tiles
from s2studio.mapping.layers.work import OUTPUT_BYTES, Kind, LayerWork

_SUM_BYTES = 4
# Numbers of tiles that are tried: all up to the first, those that divide evenly up to the second, then ever fewer.
_EVERY, _EVEN, _GROWTH = 12, 1000, 1.12


def matmul_tiles(work: LayerWork, costs: LayerCosts, team_sizes: Iterable[int]) -> Tiles:
    """Return tiles of (rows x depth)(depth x columns) for the MAC array, which makes rows x columns at a time."""
    rows, columns, depth, team = _grid(
        cuts(work.m, costs.rows), cuts(work.n, costs.columns), pieces(work.k), tuple(team_sizes)
    )
    blocks = _ceil(rows, costs.rows) * _ceil(columns, costs.columns)
    all_depth = _ceil(work.k, depth)
    per_output = OUTPUT_BYTES if work.has_weights else 0
    input_bytes = rows * depth
    return _product(
        costs, rows, columns, depth, team, work.batch, _ceil(work.m, rows), _ceil(work.n, columns), all_depth,
        input_bytes, columns * (depth + per_output), blocks, costs.matmul_step_cycles,
        np.asarray(input_bytes * costs.reorder_cycles_per_byte, np.float64),
    )  # fmt: skip


def convolution_tiles(work: LayerWork, costs: LayerCosts, team_sizes: Iterable[int]) -> Tiles:
    """Return tiles of pixels x channels: 16 pixels of a row are the columns of the MAC array, channels its rows."""
    if work.image is None:
        raise ValueError("a convolution has an image")
    high, wide = work.image.output
    per_group = work.channels // work.batch
    grouped = work.batch > 1
    height, width, columns, depth, team = _grid(
        cuts(high, 1), cuts(wide, costs.columns),
        cuts(work.batch, 1) if grouped else cuts(work.n, costs.rows), (per_group,) if grouped else pieces(per_group),
        tuple(team_sizes),
    )  # fmt: skip
    images = work.m // (high * wide)
    across = height * _ceil(width, costs.columns)
    outputs, groups = (columns * work.n, columns) if grouped else (columns, np.ones_like(columns))
    blocks = across * groups * _ceil(work.n if grouped else columns, costs.rows)
    taps = work.k // per_group
    input_bytes = groups * depth * _span(height, work, 0) * _span(width, work, 1)
    all_columns = np.ones_like(columns) if grouped else _ceil(work.n, columns)
    return _product(
        costs, height * width, outputs, depth * taps, team, _ceil(work.batch, groups) if grouped else 1,
        images * _ceil(high, height) * _ceil(wide, width), all_columns, _ceil(per_group, depth),
        input_bytes, outputs * (depth * taps + OUTPUT_BYTES), blocks, costs.conv_step_cycles, 0.0, height, width,
    )  # fmt: skip


def values_tiles(work: LayerWork, costs: LayerCosts, team_sizes: Iterable[int]) -> Tiles:
    """Return tiles of whole rows for the ARM core; what rows share (a norm's scale) is fetched as weights."""
    rows, team = _grid(cuts(work.m, 1), tuple(team_sizes))
    made = rows * work.k
    overlap = work.image.extent[0] / work.image.stride[0] if work.image is not None else 1.0
    read = (sum(tensor.bytes for tensor in work.inputs) * max(1.0, overlap) + work.side_bytes) / (work.m * work.k)
    weights = work.weight_bytes if work.kind == "norm" else 0
    ones, per_value = np.ones_like(rows), _cycles_per_value(work, costs)
    return Tiles(
        rows=rows, depth=ones * work.k, columns=ones, height=0 * ones, width=0 * ones, team=team, all_batch=ones,
        all_rows=_ceil(work.m, rows), all_columns=ones, all_depth=ones,
        input_bytes=np.ceil(made * read).astype(np.int64), weight_bytes=ones * weights,
        output_bytes=made * value_bytes(work), sum_bytes=0 * ones,
        mla_cycles=np.zeros(len(rows)), reorder_cycles=np.zeros(len(rows)),
        arm_cycles=np.asarray(made * per_value, np.float64),
    )  # fmt: skip


def _cycles_per_value(work: LayerWork, costs: LayerCosts) -> float:
    if work.kind == "pool":
        return costs.pool_cycles * work.reads
    if work.kind == "movement":
        return costs.move_cycles * value_bytes(work)
    return float(getattr(costs, f"{work.kind}_cycles"))


def value_bytes(work: LayerWork) -> int:
    """Return what a value of the output takes."""
    return work.output.bytes // work.output.values


CUTTERS: Mapping[Kind, Callable[[LayerWork, LayerCosts, Iterable[int]], Tiles]] = {
    "matmul": matmul_tiles,
    "convolution": convolution_tiles,
    "elementwise": values_tiles,
    "exponential": values_tiles,
    "norm": values_tiles,
    "softmax": values_tiles,
    "pool": values_tiles,
    "movement": values_tiles,
}


def cuts(length: int, step: int) -> tuple[int, ...]:
    """Return lengths of tiles that cover `length` with little left over: whole steps, or all of it where that is less.

    One for each number of tiles, as long as that makes a difference of a few per cent.
    """
    steps = -(-length // step)
    counts = {round(_GROWTH**power) for power in range(ceil(log(steps, _GROWTH)) + 1)}
    counts |= set(range(1, min(steps, _EVERY) + 1))
    counts |= {count for count in range(1, min(steps, _EVEN) + 1) if steps % count == 0}
    return tuple(sorted({min(length, step * -(-steps // count)) for count in counts if count <= steps}))


def pieces(length: int) -> tuple[int, ...]:
    """Return `length` and what is left of it when it is halved again and again."""
    return tuple(sorted({-(-length // 2**power) for power in range(length.bit_length())}))


def _product(
    costs: LayerCosts,
    rows: Column,
    columns: Column,
    depth: Column,
    team: Column,
    all_batch: Column | int,
    all_rows: Column,
    all_columns: Column,
    all_depth: Column,
    input_bytes: Column,
    weight_bytes: Column,
    blocks: Column,
    step_cycles: float,
    reorder_cycles: FloatColumn | float,
    height: Column | int = 0,
    width: Column | int = 0,
) -> Tiles:
    ones = np.ones_like(rows)
    outputs = rows * columns
    is_cut = all_depth > 1
    return Tiles(
        rows=rows, depth=depth, columns=columns, height=height * ones, width=width * ones, team=team,
        all_batch=all_batch * ones, all_rows=all_rows, all_columns=all_columns, all_depth=all_depth,
        input_bytes=input_bytes, weight_bytes=weight_bytes, output_bytes=outputs,
        sum_bytes=np.where(is_cut, outputs * _SUM_BYTES, 0),
        mla_cycles=np.asarray(costs.mla_start_cycles + blocks * (depth * step_cycles + costs.block_cycles), np.float64),
        reorder_cycles=np.asarray(reorder_cycles * np.ones(len(rows)), np.float64),
        arm_cycles=np.asarray(np.where(is_cut, outputs * costs.partial_sum_cycles, 0.0), np.float64),
    )  # fmt: skip


def _span(length: Column, work: LayerWork, axis: int) -> Column:
    """Return how many pixels in `length` windows side by side cover."""
    if work.image is None:
        raise ValueError("a convolution has an image")
    covered = (length - 1) * work.image.stride[axis] + work.image.extent[axis]
    return np.minimum(covered, work.image.input[axis])


def _grid(*axes: tuple[int, ...]) -> list[Column]:
    """Return every combination of the axes' values, a column each."""
    return [column.ravel() for column in np.meshgrid(*(np.array(axis, np.int64) for axis in axes), indexing="ij")]


def _ceil(length: Column | int, step: Column | int) -> Column:
    return np.asarray(-(-np.asarray(length) // step))
