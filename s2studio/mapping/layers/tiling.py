"""How one layer is cut: the tile that every PE takes, the grid of PEs, and the parts that follow one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Order = Literal["columns", "rows"]


@dataclass(frozen=True)
class Extent:
    """How many tiles side by side (or one after the other): over the batch, the rows, the columns and the depth."""

    batch: int
    rows: int
    columns: int
    depth: int = 1

    @property
    def count(self) -> int:
        """How many tiles there are."""
        return self.batch * self.rows * self.columns * self.depth


@dataclass(frozen=True)
class Sram:
    """What a tile takes in a PE's data memory, in bytes; `weights` once, or twice where the next ones are fetched."""

    config: int
    input: int
    weights: int
    sums: int
    output: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.config + self.input + self.weights + self.sums + self.output


@dataclass(frozen=True)
class Tiling:
    """A layer cut into tiles of (rows x depth)(depth x columns), all alike; those at the ends are padded.

    `image` is the height and width of a tile of pixels. A team of `team` PEs of one QPE shares weights and takes
    different rows. `teams` work at once, on `tiles` in all, in `parts` one after the other; `order` says what changes
    fastest: the columns (the input stays) or the rows (the weights stay). `prefetches` where the weights of the next
    part are fetched while the array works. The byte counts are of one tile, `cycles` what one tile takes: of the MAC
    array, of the ARM core to reorder an input, and of the ARM core per part. `estimate_s` is the time of the layer by
    the search's closed form.
    """

    rows: int
    depth: int
    columns: int
    image: tuple[int, int] | None
    team: int
    tiles: Extent
    teams: Extent
    parts: Extent
    order: Order
    prefetches: bool
    input_bytes: int
    weight_bytes: int
    output_bytes: int
    mla_cycles: float
    reorder_cycles: float
    arm_cycles: float
    sram: Sram
    estimate_s: float

    @property
    def workers(self) -> int:
        """How many PEs work."""
        return min(self.team, self.tiles.rows) * self.teams.count

    @property
    def weight_loads(self) -> int:
        """How often a worker fetches weights in an inference."""
        if self.parts.depth > 1:
            return self.parts.count
        if self.order == "columns":
            return self.parts.batch * (self.parts.rows * self.parts.columns if self.parts.columns > 1 else 1)
        return self.parts.batch * self.parts.columns

    @property
    def input_loads(self) -> int:
        """How often a worker fetches input in an inference."""
        if self.parts.depth > 1:
            return self.parts.count
        if self.order == "rows":
            return self.parts.batch * (self.parts.rows * self.parts.columns if self.parts.rows > 1 else 1)
        return self.parts.batch * self.parts.rows
