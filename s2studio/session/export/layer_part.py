"""What is exported of a run of layers: its tables in a form for other tools, as far as they lie in a window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE
from s2studio.session.export.part import SUMMARY, ExportColumn, Rows
from s2studio.session.layer_run import Columns, LayerRun
from s2studio.session.run import Progress
from s2studio.session.tables import (
    CHIP_POWER,
    DRAM,
    INFERENCES,
    LAYER_LINKS,
    LAYERS,
    OUTPUTS,
    PE_COLUMNS,
    STAGES,
    Column,
    Table,
)
from s2studio.units import unit_of

_PE = Column("pe", "text", "", "PE(x, y, p)")
_ENDS = (Column("from", "text", "", "QPE(x, y) or ROUTER"), Column("to", "text", "", "QPE(x, y) or ROUTER"))
LAYER_EXPORTS: Mapping[str, Table] = {
    "stages": STAGES,
    "layers": LAYERS,
    "links": LAYER_LINKS,
    "dram": DRAM,
    "power": CHIP_POWER,
    "inferences": INFERENCES,
    "outputs": OUTPUTS,
}
# What stands beside the columns of a table: both ends of these numbers of `LayerEnds`, in s and J.
_BANDS: Mapping[str, Mapping[str, str]] = {
    "layers": {"time_s": "time_s", "energy_j": "layer_energy_j", "dram_energy_j": "layer_dram_energy_j"},
    "inferences": {"time_s": "latency_s", "energy_j": "energy_j", "dram_energy_j": "dram_energy_j"},
}
LAYER_CHANNELS = (*LAYER_EXPORTS, SUMMARY)
# In which moment a row belongs, where it is none of an interval; a layer's links belong to the layer.
_MOMENTS = ("start_ns", "time_ns")


@dataclass(frozen=True)
class LayerExport:
    """What of `run` starts from `start` to `stop` (excluded) ns of chip time, and which `channels` are wanted."""

    run: LayerRun
    start: int
    stop: int
    channels: tuple[str, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables among the channels."""
        return tuple(name for name in LAYER_EXPORTS if name in self.channels)

    def columns(self, name: str) -> tuple[Column, ...]:
        """Return the columns of a table; PEs and links are named in words."""
        table = LAYER_EXPORTS[name]
        if table is STAGES:
            return (*table.columns[:2], _PE, *table.columns[2 + len(PE_COLUMNS) :])
        if table is LAYER_LINKS:
            return (*table.columns[:2], *_ENDS, table.columns[-1])
        return (*table.columns, *map(_band_column, self._bands(name, 0)))

    def blocks(self, name: str, progress: Progress) -> Iterator[Rows]:
        """Return the rows of a table, all at once."""
        progress(self.channels.index(name), len(self.channels))
        columns, texts = self.run.rows(LAYER_EXPORTS[name])
        kept = self._in_window(name, columns)
        rows: dict[str, ExportColumn] = {
            column: (texts[column], values[kept]) if column in texts else values[kept]
            for column, values in columns.items()
        }
        if name == "stages":
            rows["pe"] = _pes(columns, kept)
        if name == "links":
            rows["from"], rows["to"] = rows["source"], rows["target"]
        is_later = columns["inference"][kept] > 0
        first, later = (self._bands(name, number) for number in (0, -1))
        place = columns["layer"][kept] if name == "layers" else np.zeros(len(is_later), np.int64)
        rows |= {key: np.where(is_later, later[key][place], first[key][place]) for key in first}
        yield {column.name: rows[column.name] for column in self.columns(name)}

    def rows(self, name: str) -> int:
        """Return how many rows a table has."""
        return int(self._in_window(name, self.run.rows(LAYER_EXPORTS[name])[0]).sum())

    def summary(self, progress: Progress) -> dict[str, Any]:  # noqa: ARG002 - it takes no time
        """Return the summary of the run, whole."""
        return self.run.summary()

    def _bands(self, name: str, number: int) -> Mapping[str, NDArray[np.float64]]:
        """Return both ends of what a table says of the inference `number` of those kept, by column, by layer."""
        found: dict[str, NDArray[np.float64]] = {}
        for key, field in _BANDS.get(name, {}).items():
            stem, _, unit = key.rpartition("_")
            low, high = getattr(self.run.ends[number], field)
            found |= {f"{stem}_low_{unit}": np.atleast_1d(low), f"{stem}_high_{unit}": np.atleast_1d(high)}
        return found

    def _in_window(self, name: str, columns: Columns) -> NDArray[np.bool_]:
        moment = next((columns[column] for column in _MOMENTS if column in columns), None)
        if moment is None and name == "links":
            starts, _ = self.run.rows(LAYERS)
            first = dict(zip(zip(starts["inference"], starts["layer"], strict=True), starts["start_ns"], strict=True))
            pairs = zip(columns["inference"], columns["layer"], strict=True)
            moment = np.array([first.get(pair, -1) for pair in pairs], np.int64)
        elif moment is None:
            moment = self.run.costs["start_ns"][columns["inference"]]
        return np.asarray((moment >= self.start) & (moment < self.stop))


def _band_column(name: str) -> Column:
    return Column(name, "float64", unit_of(name), f"the {'low' if '_low_' in name else 'high'} end of it")


def _pes(columns: Columns, kept: NDArray[np.bool_]) -> ExportColumn:
    rows = np.stack([columns[name][kept] for name in PE._fields], axis=1)
    unique, back = np.unique(rows, axis=0, return_inverse=True)
    return [str(PE(*row)) for row in unique.tolist()], back.reshape(-1)
