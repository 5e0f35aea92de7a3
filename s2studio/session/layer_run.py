"""One run of layers of a session, read lazily: what every PE did, what each layer cost, what came out."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE
from s2studio.errors import SessionError, UsageError
from s2studio.mapping.mapping import Link, Node
from s2studio.session.layer_about import LayersAbout, read_layers_about
from s2studio.session.stored_run import StoredRun
from s2studio.session.tables import CHIP_POWER, DRAM, INFERENCES, LAYER_LINKS, LAYERS, OUTPUTS, STAGES, Table
from s2studio.sim.channels import channels_of
from s2studio.sim.layers.ends import LayerEnds, layer_ends
from s2studio.sim.layers.power import energies_j
from s2studio.sim.layers.stages import STAGES as STAGE_NAMES
from s2studio.sim.layers.timeline import LayerTimeline, LayerTotals

Columns = dict[str, NDArray[Any]]


class LayerRun(StoredRun):
    """A run of layers. What happens in an inference is there of the first, 0, and of a later one, 1."""

    @cached_property
    def about(self) -> LayersAbout:
        """What was run: mapping, inferences, outputs."""
        about = read_layers_about(self.path)
        beside, pes = about.mapping.options.beside, set(about.mapping.pes)
        pes |= {pe for plan in about.mapping.layers for pe in plan.workers}
        if beside is not None:
            pes |= set(beside.pes)
        if not pes <= set(self.machine.usable_pes):
            raise SessionError(str(self.path), "does not fit the chip in the manifest", hint="the session was changed")
        return about

    @property
    def inferences(self) -> int:
        """How many inferences were run."""
        return self.about.inferences

    @property
    def kept(self) -> tuple[int, ...]:
        """The inferences whose intervals are there."""
        return (0, 1) if self.inferences > 1 else (0,)

    def outputs(self, inference: int) -> dict[str, NDArray[Any]]:
        """Return the tensors that an inference made, whole numbers of their shapes."""
        if not 0 <= inference < self.inferences:
            raise UsageError(f"inference {inference}", "not there", f"there are 0 to {self.inferences - 1}")
        columns, texts = self.rows(OUTPUTS)
        own = columns["inference"] == inference
        found = {}
        for tensor in self.about.outputs:
            code = texts["tensor"].index(tensor.name) if tensor.name in texts["tensor"] else -1
            values = columns["value"][own & (columns["tensor"] == code)]
            if len(values) != tensor.values:
                raise self.stored(OUTPUTS.name).damaged()
            found[tensor.name] = values.reshape(tensor.shape)
        return found

    @cached_property
    def costs(self) -> Columns:
        """Start, stop and energies of every inference."""
        columns, _ = self.rows(INFERENCES)
        if len(columns["inference"]) != self.inferences:
            raise self.stored(INFERENCES.name).damaged()
        return columns

    def timeline(self, inference: int = 0) -> LayerTimeline:
        """Return what happened in an inference; those after the second are as the second."""
        number = min(inference, self.kept[-1])
        start = int(self.costs["start_ns"][number])
        end = int(self.costs["stop_ns"][number]) - start
        stages, texts = self._own(STAGES, number)
        layers, _ = self._own(LAYERS, number)
        dram, _ = self._own(DRAM, number)
        power, _ = self._own(CHIP_POWER, number)
        pes, place = self._pes(stages)
        names = tuple(plan.work.name for plan in self.about.mapping.layers)
        order = np.array([STAGE_NAMES.index(text) if text in STAGE_NAMES else -1 for text in texts["stage"]])
        stage = order[stages["stage"]] if len(stages["stage"]) else np.zeros(0, np.int64)
        out_of_range = np.abs(stages["layer"]).max(initial=0) > len(names)
        if len(layers["layer"]) != len(names) or not len(stage) or (stage < 0).any() or out_of_range:
            raise self.stored(STAGES.name).damaged()
        links, link_bytes = self._links(number, len(names))
        lasts_s = (stages["stop_ns"] - stages["start_ns"]) / 1e9
        stage_j, always_on_j, noc_j = energies_j(
            self.about.mapping, self.machine, (stage, lasts_s), len(pes), end, link_bytes
        )
        totals = LayerTotals(
            start_ns=layers["start_ns"] - start,
            stop_ns=layers["stop_ns"] - start,
            **{channel.column: layers[channel.column] for channel in channels_of("layer", "layered")},
        )
        return LayerTimeline(
            network=self.about.network, level=self.about.mapping.options.level, is_first=number == 0, layers=names,
            pes=pes, layer=stages["layer"], pe=place, stage=stage.astype(np.int8),
            start_ns=stages["start_ns"] - start, stop_ns=stages["stop_ns"] - start, end_ns=end, totals=totals,
            dram_ns=dram["time_ns"] - start, dram_rates=dram["bytes_per_s"], links=links, link_bytes=link_bytes,
            power_ns=power["time_ns"] - start, power_w=power["power_w"], stage_energy_j=stage_j,
            always_on_j=always_on_j, noc_j=noc_j, dram_energy_j=float(totals.dram_energy_j.sum()),
        )  # fmt: skip

    @cached_property
    def ends(self) -> tuple[LayerEnds, ...]:
        """Both ends of the inferences whose intervals are there, in their order: layers are simulated again."""
        return tuple(layer_ends(self.timeline(number), self.about.mapping, self.machine) for number in self.kept)

    def summary(self) -> dict[str, Any]:
        """Return what `run --json` prints (see `session.layer_summary`)."""
        from s2studio.session.layer_summary import summarize_layers

        return summarize_layers(self)

    def rows(self, table: Table) -> tuple[Columns, dict[str, list[str]]]:
        """Return all rows of a table, text as indices into the texts beside them."""
        pieces = [chunk.read() for chunk in self.stored(table.name).chunks]
        if len(pieces) == 1:
            return dict(pieces[0][0]), {name: list(texts) for name, texts in pieces[0][1].items()}
        vocabulary: dict[str, list[str]] = {}
        columns: dict[str, list[NDArray[Any]]] = {column.name: [] for column in table.columns}
        for rows, texts in pieces:
            for name, values in rows.items():
                if name in texts:
                    known = vocabulary.setdefault(name, [])
                    known.extend(text for text in texts[name] if text not in known)
                    values = np.array([known.index(text) for text in texts[name]], np.int32)[values]  # noqa: PLW2901
                columns[name].append(values)
        return {name: np.concatenate(values) for name, values in columns.items()}, vocabulary

    def _own(self, table: Table, inference: int) -> tuple[Columns, dict[str, list[str]]]:
        columns, texts = self.rows(table)
        own = columns["inference"] == inference
        return {name: values[own] for name, values in columns.items()}, texts

    def _pes(self, columns: Columns) -> tuple[tuple[PE, ...], NDArray[np.int32]]:
        pes = self.about.mapping.pes
        number = {pe: place for place, pe in enumerate(pes)}
        rows = np.stack([columns[name] for name in PE._fields], axis=1)
        unique, back = np.unique(rows, axis=0, return_inverse=True)
        places = [number.get(PE(*row), -1) for row in unique.tolist()]
        if -1 in places:
            raise self.stored(STAGES.name).damaged()
        return pes, np.array(places, np.int32)[back.reshape(-1)]

    def _links(self, inference: int, layers: int) -> tuple[tuple[Link, ...], NDArray[np.float64]]:
        columns, _ = self._own(LAYER_LINKS, inference)
        ends = [
            [Node(*row) for row in zip(*(columns[f"{end}_{name}"].tolist() for name in Node._fields), strict=True)]
            for end in ("source", "target")
        ]
        each = [Link(source, target) for source, target in zip(*ends, strict=True)]
        links = tuple(sorted(set(each)))
        number = {link: place for place, link in enumerate(links)}
        loads = np.zeros((layers, len(links)))
        if each and not 0 <= columns["layer"].min() <= columns["layer"].max() < layers:
            raise self.stored(LAYER_LINKS.name).damaged()
        np.add.at(loads, (columns["layer"], np.array([number[link] for link in each], np.int64)), columns["bytes"])
        return links, loads
