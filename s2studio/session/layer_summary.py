"""What a run of layers found, in numbers: the JSON object that `run --json` prints, from the session's tables alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from s2studio.mapping.layers.beside import Beside
from s2studio.mapping.layers.mapping import LayerPlan
from s2studio.marks import marks_in
from s2studio.sim.layers.ends import ALWAYS_ON, NOC, LayerEnds, with_ends
from s2studio.sim.layers.stages import STAGES
from s2studio.sim.layers.timeline import LayerTimeline
from s2studio.units import NS_PER_S

if TYPE_CHECKING:
    from s2studio.session.layer_run import LayerRun

Json = dict[str, Any]


def summarize_layers(run: LayerRun) -> Json:
    """Return latency, energy and what each layer took, of the first inference and of one after it."""
    about, costs = run.about, run.costs
    mapping, chip = about.mapping, run.machine.spec
    lasts_s = (costs["stop_ns"] - costs["start_ns"]) / NS_PER_S
    last = run.kept[-1]
    timeline, ends = run.timeline(last), run.ends
    rows = (layer_row(plan, timeline, ends[last], number) for number, plan in enumerate(mapping.layers))
    layers = [{**row, "snr_db": snr_db} for row, snr_db in zip(rows, about.snr_db, strict=True)]
    found = {
        "kind": "layers",
        "network": about.network,
        "chip": chip.name,
        "chip_label": chip.label,
        "runtime": mapping.runtime,
        "level": mapping.options.level,
        "dram_bytes_per_s": dram_rate(run),
        "inferences": about.inferences,
        "state": run.state,
        "pes_used": len(mapping.pes),
        "resident_layers": sum(plan.is_resident for plan in mapping.layers),
        "resident_bytes_per_pe": mapping.resident_bytes,
        "dram_image_bytes": mapping.dram_bytes,
        "macs": sum(plan.work.macs for plan in mapping.layers),
        **with_ends("first_inference_s", float(lasts_s[0]), ends[0].latency_s),
        **with_ends("inference_s", float(lasts_s[last]), ends[last].latency_s),
        **with_ends("run_s", float(lasts_s.sum()), _of_all(ends, about.inferences)),
        **with_ends("energy_j", float(costs["energy_j"][last]), ends[last].energy_j),
        **with_ends("dram_energy_j", float(costs["dram_energy_j"][last]), ends[last].dram_energy_j),
        **with_ends("mean_power_w", float(costs["energy_j"][last] / lasts_s[last]), ends[last].power_w),
        "energy_by_stage_j": _by_stage(timeline),
        "energy_by_stage_low_j": {name: low for name, (low, _) in ends[last].by_stage_j.items()},
        "energy_by_stage_high_j": {name: high for name, (_, high) in ends[last].by_stage_j.items()},
        "rates": [asdict(row) for row in about.rates],
        "layers": layers,
        "beside": beside_row(mapping.options.beside),
        "notes": [*about.notes, *mapping.notes],
        "session": str(run.session),
    }
    return found | {"marks": marks_in(found)}


def dram_rate(run: LayerRun) -> float:
    """Return the rate of the DRAM that a run was simulated with, in bytes per s."""
    from s2studio.chip.layer_costs import layer_costs

    return layer_costs(run.machine.spec, run.about.mapping.options.dram_bytes_per_s).dram_bytes_per_s


def _of_all(ends: Sequence[LayerEnds], inferences: int) -> tuple[float, float]:
    """Return the ends of the time of all inferences, in s: those after the second are as the second."""
    low, high = (ends[0].latency_s[end] + (inferences - 1) * ends[-1].latency_s[end] for end in (0, 1))
    return low, high


def layer_row(plan: LayerPlan, timeline: LayerTimeline, ends: LayerEnds, number: int) -> Json:
    """Return what a layer is, how it is cut, and what it took, with both ends."""
    totals = timeline.totals
    share, used = float(totals.mla_utilisation[number]), float(totals.mla_share[number])
    return {
        **plan_row(plan),
        **with_ends("time_s", float(totals.time_s[number]), ends.time_s[:, number]),
        **with_ends("dram_share", float(totals.dram_share[number]), ends.dram_share[:, number]),
        **_of_product("mla_utilisation", share, ends.mla_utilisation[:, number]),
        **_of_product("mla_share", used, ends.mla_share[:, number]),
        "read_bytes": int(totals.read_bytes[number]),
        "written_bytes": int(totals.written_bytes[number]),
        **with_ends("energy_j", float(totals.energy_j[number]), ends.layer_energy_j[:, number]),
        **with_ends("dram_energy_j", float(totals.dram_energy_j[number]), ends.layer_dram_energy_j[:, number]),
    }


def _of_product(name: str, value: float, ends: NDArray[np.float64]) -> dict[str, float | None]:
    """Return a number that only layers which multiply have, with its ends; None of others."""
    return {key: None if np.isnan(value) else each for key, each in with_ends(name, value, ends).items()}


def beside_row(beside: Beside | None) -> Json | None:
    """Return the network that shares the chip, with each of its PEs and what is on it; None where there is none."""
    if beside is None:
        return None
    named = zip(beside.pes, beside.names, strict=True)
    return {"network": beside.network, "pes": [{"pe": str(pe), "name": name} for pe, name in named]}


def plan_row(plan: LayerPlan) -> Json:
    """Return what a layer is and how it is cut."""
    work, tiling = plan.work, plan.tiling
    return {
        "name": work.name,
        "operator": work.operator,
        "kind": work.kind,
        "m": work.m,
        "k": work.k,
        "n": work.n,
        "batch": work.batch,
        "macs": work.macs,
        "weight_bytes": work.weight_bytes,
        "workers": len(plan.workers),
        "team": tiling.team,
        "parts": tiling.parts.count,
        "tile": [tiling.rows, tiling.depth, tiling.columns],
        "tile_image": None if tiling.image is None else list(tiling.image),
        "prefetches": tiling.prefetches,
        "is_resident": plan.is_resident,
        "sram_bytes": tiling.sram.total,
        "sram": asdict(tiling.sram),
    }


def _by_stage(timeline: LayerTimeline) -> Json:
    energies = {name: float(value) for name, value in zip(STAGES, timeline.stage_energy_j, strict=True)}
    return {**energies, ALWAYS_ON: timeline.always_on_j, NOC: timeline.noc_j}
