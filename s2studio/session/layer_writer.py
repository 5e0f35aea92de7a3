"""Writes a run of layers: its timelines, costs and outputs as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from s2studio.mapping.mapping import Node
from s2studio.session.about_writer import link_columns, pe_columns
from s2studio.session.chunks import TableContent, TableWriter
from s2studio.session.layer_about import LayersAbout, write_layers_about
from s2studio.session.tables import (
    CHIP_POWER,
    DRAM,
    INFERENCES,
    LAYER_LINKS,
    LAYER_TABLES,
    LAYERS,
    OUTPUTS,
    STAGES,
)
from s2studio.sim.channels import channels_of
from s2studio.sim.layers.timeline import LayerTimeline

Rows = dict[str, NDArray[Any]]
Outputs = Sequence[Mapping[str, NDArray[Any]]]


class Timelines(NamedTuple):
    """The first inference, and one of those after it, which are all alike."""

    first: LayerTimeline
    later: LayerTimeline


def write_layers(
    folder: Path, about: LayersAbout, timelines: Timelines, outputs: Outputs
) -> Mapping[str, TableContent]:
    """Write the run into `folder` and return the content of its tables; `outputs` are of each inference by tensor."""
    write_layers_about(folder, about)
    maker = _Maker(about, timelines, outputs)
    content = {}
    for table in LAYER_TABLES:
        writer = TableWriter(folder / table.name, table, maker.texts)
        for rows in maker.rows(table.name):
            writer.append(rows)
        content[table.name] = writer.finish()
    return content


class _Maker:
    """Turns timelines and outputs into rows, text as indices into `texts`."""

    def __init__(self, about: LayersAbout, timelines: Timelines, outputs: Outputs) -> None:
        self._about, self._outputs = about, outputs
        first, later = timelines
        self._last_start_ns = first.end_ns + later.end_ns * (about.inferences - 1)
        # One of each: where it begins on the chip's clock.
        self._kept = [(0, 0, first)] + ([(1, first.end_ns, later)] if about.inferences > 1 else [])
        links = {link for _, _, timeline in self._kept for link in timeline.links}
        self._nodes: tuple[Node, ...] = tuple(sorted({node for link in links for node in link}))
        nodes = tuple(str(node) for node in self._nodes)
        layers = about.mapping.layers
        self.texts: Mapping[str, Sequence[str]] = {
            "name": tuple(plan.work.name for plan in layers),
            "operator": tuple(plan.work.operator for plan in layers),
            "stage": first.stages,
            "source": nodes,
            "target": nodes,
            "tensor": tuple(tensor.name for tensor in about.outputs),
        }

    def rows(self, table: str) -> Iterator[Rows]:
        """Yield the rows of a table in pieces."""
        if table == INFERENCES.name:
            yield self._inferences()
        elif table == OUTPUTS.name:
            yield from self._output_rows()
        else:
            make = {
                STAGES.name: self._stages, LAYERS.name: self._layers, LAYER_LINKS.name: self._links,
                DRAM.name: self._dram, CHIP_POWER.name: self._power,
            }[table]  # fmt: skip
            for number, start, timeline in self._kept:
                rows = make(timeline, start)
                count = len(next(iter(rows.values())))
                yield {"inference": np.full(count, number, np.int32), **rows}

    def _stages(self, timeline: LayerTimeline, start: int) -> Rows:
        pes = {name: values[timeline.pe] for name, values in pe_columns(timeline.pes).items()}
        return {
            "layer": timeline.layer, **pes, "stage": timeline.stage.astype(np.int32),
            "start_ns": timeline.start_ns + start, "stop_ns": timeline.stop_ns + start,
        }  # fmt: skip

    def _layers(self, timeline: LayerTimeline, start: int) -> Rows:
        totals, number = timeline.totals, np.arange(len(timeline.layers), dtype=np.int32)
        measured = {channel.column: getattr(totals, channel.column) for channel in channels_of("layer", "layered")}
        return {
            "layer": number, "name": number, "operator": number,
            "start_ns": totals.start_ns + start, "stop_ns": totals.stop_ns + start, **measured,
            "snr_db": np.array(self._about.snr_db, np.float64),
        }  # fmt: skip

    def _links(self, timeline: LayerTimeline, start: int) -> Rows:  # noqa: ARG002 - one signature for all
        layer, link = np.nonzero(timeline.link_bytes)
        ends = link_columns(self._nodes, timeline.links)
        rows = {name: values[link] for name, values in ends.items()}
        return {"layer": layer.astype(np.int32), **rows, "bytes": timeline.link_bytes[layer, link]}

    def _dram(self, timeline: LayerTimeline, start: int) -> Rows:
        return {"time_ns": timeline.dram_ns + start, "bytes_per_s": timeline.dram_rates}

    def _power(self, timeline: LayerTimeline, start: int) -> Rows:
        return {"time_ns": timeline.power_ns + start, "power_w": timeline.power_w}

    def _inferences(self) -> Rows:
        first, later = self._kept[0][2], self._kept[-1][2]
        count = self._about.inferences
        length = np.array([first.end_ns] + [later.end_ns] * (count - 1), np.int64)
        stop = np.cumsum(length)
        return {
            "inference": np.arange(count, dtype=np.int32), "start_ns": stop - length, "stop_ns": stop,
            "energy_j": np.array([first.energy_j] + [later.energy_j] * (count - 1)),
            "dram_energy_j": np.array([first.dram_energy_j] + [later.dram_energy_j] * (count - 1)),
        }  # fmt: skip

    def _output_rows(self) -> Iterator[Rows]:
        for number, made in enumerate(self._outputs):
            for place, tensor in enumerate(self._about.outputs):
                values = np.asarray(made[tensor.name]).reshape(-1)
                yield {
                    "inference": np.full(len(values), number, np.int32),
                    "tensor": np.full(len(values), place, np.int32),
                    "index": np.arange(len(values), dtype=np.int64),
                    "value": values.astype(np.int32),
                }
