"""What the mesh shows of a deep network: the scheduler and the workers, each coloured by what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from s2studio.draw.colours import apply, colour_map
from s2studio.draw.stages import stage_colours
from s2studio.draw.theme import Theme, hex_colour
from s2studio.gui.models.sure import about
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.mesh_scene import NO_SLICE, Legend, MeshScene, Tile
from s2studio.sim.layers.stages import DRAM_STAGES, MLA, SLEEP, STAGES, TITLES
from s2studio.units import NS_PER_S, estimated, with_unit

if TYPE_CHECKING:
    from s2studio.app.deep import DeepShown
    from s2studio.chip.machine import PE
    from s2studio.mapping.mapping import Link
    from s2studio.sim.layers.timeline import LayerTimeline

Floats = NDArray[np.float64]
ROLE = "role"
PERCENT = "%"


@dataclass(frozen=True)
class LayerMetric:
    """A heat map of the PEs: `values` makes it of the time in s of each PE in each stage, (pes, stages)."""

    name: str
    title: str
    unit: str
    values: Callable[[Floats, DeepShown], Floats]

    def text(self, value: float) -> str:
        """Return `value` as people read it, with its unit."""
        return f"{value:.3g} %" if self.unit == PERCENT else with_unit(value, self.unit)


def _share(time_s: Floats, stages: tuple[int, ...]) -> Floats:
    total = time_s.sum(axis=1)
    return np.asarray(100 * time_s[:, list(stages)].sum(axis=1) / np.where(total > 0, total, 1.0))


def _awake(time_s: Floats, _shown: DeepShown) -> Floats:
    return _share(time_s, tuple(stage for stage in range(len(STAGES)) if stage != SLEEP))


def _energy(time_s: Floats, shown: DeepShown) -> Floats:
    return np.asarray(time_s @ shown.stage_power_w)


LAYER_METRICS = {
    metric.name: metric
    for metric in (
        LayerMetric("awake", marked("Time awake"), PERCENT, _awake),
        LayerMetric("mla", marked("MAC array at work"), PERCENT, lambda time_s, _shown: _share(time_s, (MLA,))),
        LayerMetric("dram", marked("At the DRAM"), PERCENT, lambda time_s, _shown: _share(time_s, DRAM_STAGES)),
        LayerMetric("layer_energy", marked("Energy"), "J", _energy),
    )
}


def stage_times_s(timeline: LayerTimeline, layer: int | None) -> Floats:
    """Return how long each PE is in each stage, in s, shape (pes, stages): in `layer`, or in all."""
    kept = slice(None) if layer is None else timeline.layer == layer
    pe, stage = timeline.pe[kept].astype(np.int64), timeline.stage[kept].astype(np.int64)
    lasted = (timeline.stop_ns[kept] - timeline.start_ns[kept]) / NS_PER_S
    size = (len(timeline.pes), len(STAGES))
    return np.bincount(pe * size[1] + stage, lasted, size[0] * size[1]).astype(np.float64).reshape(size)


def layer_scene(shown: DeepShown, layer: int | None, metric_name: str, theme: Theme) -> MeshScene:
    """Return scheduler and workers of `layer` (None: of all), coloured by a row of `LAYER_METRICS`, else by role."""
    timeline, machine = shown.timeline, shown.machine
    time_s, *at_ends = (stage_times_s(each, layer) for each in (timeline, shown.ends.low, shown.ends.high))
    metric = LAYER_METRICS.get(metric_name)
    colours = stage_colours(theme)
    roles = {tr("scheduler"): colours["schedule"], tr("worker"): colours["mla"]}
    used = {shown.mapping.scheduler, *(timeline.pes if layer is None else shown.mapping.layers[layer].workers)}
    heats: list[str | None] = [None] * len(timeline.pes)
    values, low, high = None, "", ""
    if metric is not None:
        values = metric.values(time_s, shown)
        top = float(values.max(initial=0.0)) or 1.0
        heats = [hex_colour(*row) for row in apply(values, 0.0, top, colour_map()).tolist()]
        low, high = metric.text(0.0), metric.text(top)
    tiles: dict[PE, Tile] = {}
    for number, pe in enumerate(timeline.pes):
        if pe not in used:
            continue
        name, colour = list(roles.items())[0 if pe == shown.mapping.scheduler else 1]
        title = name if pe == shown.mapping.scheduler else f"{name} {number}"
        value = "" if metric is None or values is None else metric.text(float(values[number]))
        tiles[pe] = Tile(
            NO_SLICE,
            title,
            colour,
            heats[number],
            value,
            False,
            "",
            _tip(title, pe, time_s[number], at_ends[0][number], at_ends[1][number]),
        )
    others = shown.mapping.options.beside
    if others is not None:
        roles[others.network] = theme.muted
        tiles |= {
            pe: _other(others.network, name, pe, theme) for pe, name in zip(others.pes, others.names, strict=True)
        }
    loads = _link_loads(shown, layer)
    largest = max(loads.values(), default=0.0)
    unit = tr("per inference") if layer is None else tr("in the layer")
    return MeshScene(
        machine=machine,
        facts=None,
        tiles=tiles,
        reserved=machine.reserved_pes,
        forbidden=frozenset(),
        loads=loads,
        link_unit=f"B {unit}",
        legend=Legend(
            roles,
            "" if metric is None else metric.title,
            low,
            high,
            f"{with_unit(largest, 'B')} {unit}" if loads else "",
            is_estimate=metric is not None,
        ),
        values=values,
        slice_at={},
    )


def _other(network: str, name: str, pe: PE, theme: Theme) -> Tile:
    """Return the tile of a PE of the network that shares the chip."""
    tip = f"<b>{escape(name)}</b> on {pe}<br>" + escape(tr("of '{network}', which shares the chip", network=network))
    return Tile(NO_SLICE, name, theme.muted, None, "", False, "", tip)


def _tip(title: str, pe: PE, time_s: Floats, one_s: Floats, other_s: Floats) -> str:
    """Return the time of a PE by stage with both ends, longest first, as the text of a tooltip."""
    all_s = np.stack([time_s, one_s, other_s])
    texts = [
        about(estimated(value, low, high, "s"))
        for value, low, high in zip(time_s.tolist(), all_s.min(axis=0), all_s.max(axis=0), strict=True)
    ]
    order = [number for number in np.argsort(-time_s, kind="stable") if time_s[number] > 0]
    rows = "".join(
        f"<tr><td>{tr(TITLES[STAGES[number]])}&nbsp;&nbsp;</td><td align=right>{texts[number]}</td></tr>"
        for number in order
    )
    return f"<b>{escape(title)}</b> on {pe}<table cellspacing=0>{rows}</table>"


def _link_loads(shown: DeepShown, layer: int | None) -> Mapping[Link, float]:
    """Return the payload in bytes over each link in use."""
    timeline = shown.timeline
    loads = timeline.link_bytes.sum(axis=0) if layer is None else timeline.link_bytes[layer]
    return {link: float(size) for link, size in zip(timeline.links, loads, strict=True) if size > 0}
