"""Makes what the window shows of a deep network: of a model file, mapped and timed, or of a run that was recorded."""

from __future__ import annotations

import math
from collections.abc import Mapping

from s2studio.app.deep import DeepShown, DeepSource, Json, LayerShown
from s2studio.app.describe_layers import describe_layers
from s2studio.app.layer_runs import LayerModel, map_again, map_model
from s2studio.app.loading import load_layers
from s2studio.chip.layer_costs import layer_costs
from s2studio.chip.machine import Machine
from s2studio.draw.views.roofline import roof_of
from s2studio.mapping.layers.map import Progress
from s2studio.mapping.layers.mapping import LayerMapping, LayerPlan
from s2studio.session.layer_run import LayerRun
from s2studio.sim.layers.ends import layer_ends
from s2studio.sim.layers.power import stage_power_w, unused_w
from s2studio.sim.layers.simulate import simulate_layers
from s2studio.sim.layers.timeline import LayerTimeline
from s2studio.units import with_unit


def deep_of_model(
    source: DeepSource, model: LayerModel, noise_db: Mapping[str, float | None], progress: Progress
) -> DeepShown:
    """Return the network in a file as the chip would run it, with the noise of its layers.

    Raises MappingError where a layer cannot be cut to fit.
    """
    mapping = map_model(model, source.options, progress)
    graph = load_layers(source.model)
    about = describe_layers(graph, model.machine.spec)
    timeline = simulate_layers(mapping, model.machine, source.is_first)
    return _shown(source, about, model.machine, mapping, timeline, noise_db, model.assumed)


def deep_of_run(source: DeepSource, run: LayerRun) -> DeepShown:
    """Return a run of layers that was recorded."""
    timeline = run.timeline(0 if source.is_first else run.kept[-1])
    return _shown(source, None, run.machine, run.about.mapping, timeline, _noise_db(run), run.about.notes)


def deep_of_layers(source: DeepSource, run: LayerRun, progress: Progress) -> DeepShown:
    """Return the layers of a run that was recorded, mapped and timed anew with other options."""
    mapping = map_again(run.about.mapping, run.machine, source.options, progress)
    timeline = simulate_layers(mapping, run.machine, source.is_first)
    return _shown(source, None, run.machine, mapping, timeline, _noise_db(run), run.about.notes)


def _noise_db(run: LayerRun) -> Mapping[str, float | None]:
    names = [plan.work.output.name for plan in run.about.mapping.layers]
    return dict(zip(names, run.about.snr_db, strict=True))


def _shown(
    source: DeepSource,
    about: Json | None,
    machine: Machine,
    mapping: LayerMapping,
    timeline: LayerTimeline,
    noise_db: Mapping[str, float | None],
    notes: tuple[str, ...],
) -> DeepShown:
    spec = machine.spec
    costs = layer_costs(spec, mapping.options.dram_bytes_per_s)
    return DeepShown(
        source=source,
        about=about,
        machine=machine,
        mapping=mapping,
        timeline=timeline,
        ends=layer_ends(timeline, mapping, machine),
        roof=roof_of(mapping, spec),
        rows=tuple(_row(plan, noise_db) for plan in mapping.layers),
        stage_power_w=stage_power_w(mapping.options.level, spec, costs),
        steady_power_w=spec.energy.always_on_w + unused_w(machine, len(mapping.pes)),
        notes=(*notes, *mapping.notes),
    )


def _row(plan: LayerPlan, noise_db: Mapping[str, float | None]) -> LayerShown:
    tiling, work = plan.tiling, plan.work
    tile = f"{tiling.rows:,} x {tiling.depth:,} x {tiling.columns:,}"
    if tiling.parts.count > 1:
        tile += f" in {tiling.parts.count:,} parts"
    sram = tiling.sram
    tip = (
        f"{work.name}: {work.operator}, {work.macs:,} multiplications, weights {with_unit(work.weight_bytes, 'B')}"
        f"{' that stay in the PEs' if plan.is_resident else ''}. A tile takes {with_unit(sram.total, 'B')} of a PE: "
        f"input {with_unit(sram.input, 'B')}, weights {with_unit(sram.weights, 'B')}, "
        f"output {with_unit(sram.output, 'B')}."
    )
    name = work.output.name
    noise = None if name not in noise_db else math.inf if noise_db[name] is None else noise_db[name]
    return LayerShown(work.operator, tile, noise, tip)
