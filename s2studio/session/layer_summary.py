"""What a run of layers found, in numbers: the JSON object that `run --json` prints, from the session's tables alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from s2studio.mapping.layers.beside import Beside
from s2studio.mapping.layers.mapping import LayerPlan
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
    timeline = run.timeline(last)
    rows = (layer_row(plan, timeline, number) for number, plan in enumerate(mapping.layers))
    layers = [{**row, "snr_db": snr_db} for row, snr_db in zip(rows, about.snr_db, strict=True)]
    return {
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
        "first_inference_s": float(lasts_s[0]),
        "inference_s": float(lasts_s[last]),
        "run_s": float(lasts_s.sum()),
        "energy_j": float(costs["energy_j"][last]),
        "dram_energy_j": float(costs["dram_energy_j"][last]),
        "mean_power_w": float(costs["energy_j"][last] / lasts_s[last]),
        "energy_by_stage_j": _by_stage(timeline),
        "rates": [asdict(row) for row in about.rates],
        "layers": layers,
        "beside": beside_row(mapping.options.beside),
        "notes": [*about.notes, *mapping.notes],
        "session": str(run.session),
    }


def dram_rate(run: LayerRun) -> float:
    """Return the rate of the DRAM that a run was simulated with, in bytes per s."""
    from s2studio.chip.layer_costs import layer_costs

    return layer_costs(run.machine.spec, run.about.mapping.options.dram_bytes_per_s).dram_bytes_per_s


def layer_row(plan: LayerPlan, timeline: LayerTimeline, number: int) -> Json:
    """Return what a layer is, how it is cut, and what it took."""
    totals = timeline.totals
    share, used = float(totals.mla_utilisation[number]), float(totals.mla_share[number])
    return {
        **plan_row(plan),
        "time_s": float(totals.time_s[number]),
        "dram_share": float(totals.dram_share[number]),
        "mla_utilisation": None if np.isnan(share) else share,
        "mla_share": None if np.isnan(used) else used,
        "read_bytes": int(totals.read_bytes[number]),
        "written_bytes": int(totals.written_bytes[number]),
        "energy_j": float(totals.energy_j[number]),
        "dram_energy_j": float(totals.dram_energy_j[number]),
    }


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
    return {**energies, "always_on": timeline.always_on_j, "noc": timeline.noc_j}
