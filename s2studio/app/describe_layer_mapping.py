"""What `map` says of a deep network: the JSON object that other tools rely on (docs/interface.md)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from s2studio.app.layer_runs import LayerModel
from s2studio.mapping.layers.mapping import LayerMapping
from s2studio.session.layer_summary import beside_row, plan_row
from s2studio.sim.layers.ends import layer_ends, with_ends
from s2studio.sim.layers.simulate import simulate_layers

Json = dict[str, Any]


def describe_layer_mapping(model: LayerModel, mapping: LayerMapping) -> Json:
    """Return how each layer is cut, what the PEs and the DRAM hold, and the time of an inference."""
    first, later = (simulate_layers(mapping, model.machine, is_first) for is_first in (True, False))
    ends = [layer_ends(timeline, mapping, model.machine) for timeline in (first, later)]
    times_s = zip(mapping.layers, later.totals.time_s.tolist(), ends[1].time_s.T, strict=True)
    return {
        "network": mapping.network,
        "chip": mapping.chip,
        "chip_label": model.machine.spec.label,
        "runtime": mapping.runtime,
        "level": mapping.options.level,
        "pes_used": len(mapping.pes),
        "pes_available": len(mapping.available) + 1,
        "scheduler": str(mapping.scheduler),
        "free_bytes_per_pe": mapping.free_bytes,
        "resident_bytes_per_pe": mapping.resident_bytes,
        **with_ends("first_inference_s", first.latency_s, ends[0].latency_s),
        **with_ends("inference_s", later.latency_s, ends[1].latency_s),
        "layers": [
            {**plan_row(plan), **with_ends("time_s", time_s, own), "estimate_s": plan.tiling.estimate_s}
            for plan, time_s, own in times_s
        ],
        "dram_image_bytes": mapping.dram_bytes,
        "dram_image": [asdict(region) for region in mapping.dram],
        "beside": beside_row(mapping.options.beside),
        "assumed": list(model.assumed),
        "notes": list(mapping.notes),
    }
