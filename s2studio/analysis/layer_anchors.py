"""The published figures of deep networks on the chip beside what the model of layers says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from s2studio.analysis.feasible import AnchorRow
from s2studio.chip.layer_costs import layer_costs
from s2studio.chip.loader import make_machine
from s2studio.chip.spec import ChipSpec
from s2studio.mapping.layers.cutting import CUTTERS
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.mapping import LayerMapping, LayerOptions
from s2studio.mapping.layers.work import LayerWork, convolution, matmul
from s2studio.sim.layers.simulate import simulate_layers
from s2studio.sim.layers.stages import MLA, WEIGHTS
from s2studio.sim.layers.timeline import LayerTimeline

# Whose figures are published as simulated with so many PEs, by the key of the figure.
SIMULATED = {"scheduler_layer.vgg16": "VGG-16", "scheduler_layer.resnet50": "ResNet-50"}
RUNTIME = "dnn-scheduler"
_US, _MS = 1e6, 1e3
# The layers whose utilisation is published are not named: these are the assumed ends of each range.
_FULLY_CONNECTED = (matmul("LeNet-5, 400 to 120", 1, 400, 120), matmul("VGG-16, 4096 to 4096", 1, 4096, 4096))
_CONVOLUTIONS = (
    convolution("ResNet-50, 512 of 7 x 7", 512, 7, 512, 3),
    convolution("VGG-16, 64 of 224 x 224", 64, 224, 64, 3),
)
_FC1 = matmul("OPT-125M fc1, 128 tokens", 128, 768, 3072)
# One token and 128 tokens through the six products of a block of OPT-125M.
_PROJECTIONS = ((768, 768), (768, 3072), (3072, 768))
_PUBLIC_RATE = 2.4e9


def layer_anchors(spec: ChipSpec, networks: Mapping[str, Sequence[LayerWork]]) -> tuple[AnchorRow, ...]:
    """Return every published figure of layers; `networks` are those of `SIMULATED` by name (missing: no row)."""
    return (
        *_overheads(spec), *_arrays(spec), *_tiling(spec), *_one_layer(spec), *_dram_shares(spec),
        *_networks(spec, networks),
    )  # fmt: skip


def _mapped(spec: ChipSpec, works: Sequence[LayerWork], options: LayerOptions) -> tuple[LayerMapping, LayerTimeline]:
    machine = make_machine(spec, RUNTIME)
    mapping = map_layers("anchor", works, machine, options)
    return mapping, simulate_layers(mapping, machine)


def _row(spec: ChipSpec, key: str, title: str, model: float, tolerance: float, **more: object) -> AnchorRow:
    quantity = spec.quantities[key]
    values = {"interval": None, "role": "check", "is_bound": False, "note": "", "published": _number(spec, key), **more}
    return AnchorRow(key, title, quantity.unit, model, tolerance=tolerance, source=quantity.source, **values)  # type: ignore[arg-type]


def _number(spec: ChipSpec, key: str) -> float:
    return float(str(spec.quantities[key].value))


def _overheads(spec: ChipSpec) -> Iterator[AnchorRow]:
    _, timeline = _mapped(spec, [matmul("empty", 1, 4, 16)], LayerOptions("high", keeps_weights=False))
    layer_s = float(timeline.totals.time_s[0])
    first_s = float(timeline.totals.start_ns[0]) / 1e9
    last_s = timeline.latency_s - first_s - layer_s
    yield _row(spec, "dnn.set_up", "set-up of an inference", first_s * _US, 0.001, role="input")
    yield _row(
        spec, "dnn.layer_overhead", "a layer of 64 products", layer_s * _US, 0.25,
        note="with its own transfers; the overhead alone is an input",
    )  # fmt: skip
    yield _row(spec, "dnn.clean_up", "clean-up of an inference", last_s * _US, 0.001, role="input")


def _utilisation(spec: ChipSpec, work: LayerWork) -> float:
    """Return the best utilisation of the MAC array over all tiles that fit a PE."""
    tiles = CUTTERS[work.kind](work, layer_costs(spec), (1,))
    size = tiles.input_bytes + tiles.weight_bytes + tiles.output_bytes + tiles.sum_bytes
    steps = tiles.all_batch * tiles.all_rows * tiles.all_columns * tiles.all_depth * tiles.mla_cycles
    costs = layer_costs(spec)
    shares = work.macs / (steps * costs.rows * costs.columns)
    return float(shares[size < spec.memory.free_bytes].max())


def _arrays(spec: ChipSpec) -> Iterator[AnchorRow]:
    mapping, _ = _mapped(spec, [_FC1], LayerOptions("low", _PUBLIC_RATE, keeps_weights=False))
    tiling = mapping.layers[0].tiling
    costs = layer_costs(spec)
    share = tiling.rows * tiling.depth * tiling.columns / (tiling.mla_cycles * costs.rows * costs.columns)
    for name, level in spec.levels.items():
        tops = share * costs.rows * costs.columns * 2 * level.clock_hz * spec.measured_pes / 1e12
        role = "input" if name == "high" else "check"
        yield _row(
            spec, f"mac_array.chip_measured_{name}", f"matmul 32 x 768 x 32 in SRAM, {name}", tops, 0.005, role=role
        )
    yield _row(spec, "mac_array.utilisation_matmul", "MLA, transformer matmul", share * 100, 0.01, role="input")
    yield from _range(
        spec, "mac_array.utilisation_fully_connected", _FULLY_CONNECTED, 0.12, "the assumed ends of the range"
    )
    yield from _range(spec, "mac_array.utilisation_convolution", _CONVOLUTIONS, 0.05, "the assumed ends of the range")


def _range(
    spec: ChipSpec, key: str, works: tuple[LayerWork, LayerWork], tolerance: float, note: str
) -> Iterator[AnchorRow]:
    limits = spec.quantities[key].range or (_number(spec, key), _number(spec, key))
    for work, published in zip(works, limits, strict=True):
        model = _utilisation(spec, work) * 100
        yield _row(spec, key, f"MLA, {work.name}", model, tolerance, published=published, note=note)


def _tiling(spec: ChipSpec) -> Iterator[AnchorRow]:
    mapping, _ = _mapped(spec, [_FC1], LayerOptions("low", _PUBLIC_RATE, keeps_weights=False))
    tiling = mapping.layers[0].tiling
    found = {
        "parts": tiling.parts.count, "workers": tiling.workers,
        "rows": tiling.rows, "depth": tiling.depth, "columns": tiling.columns,
    }  # fmt: skip
    note = "at 150 MHz and 2.4 GB/s, as in that code; dnn.tiling_tolerance was chosen so that it holds"
    for name, value in found.items():
        yield _row(spec, f"scheduler_layer.fc1_{name}", f"{_FC1.name}: {name}", value, 0.0, note=note, role="input")


def _one_layer(spec: ChipSpec) -> Iterator[AnchorRow]:
    rows, depth, columns = (spec.whole(f"scheduler_layer.assumed_{name}") for name in ("rows", "depth", "columns"))
    mapping, timeline = _mapped(
        spec, [matmul("layer", rows, depth, columns)], LayerOptions("high", keeps_weights=False)
    )
    lasts_s = (timeline.stop_ns - timeline.start_ns) / 1e9
    note = f"for an assumed {rows} x {depth} x {columns} at the high level and 4 GB/s; dnn.reorder_* is fitted to it"
    workers = len(mapping.layers[0].workers)
    for key, stage, tolerance in (("weights", WEIGHTS, 0.05), ("mla", MLA, 0.15)):
        model = float(lasts_s[timeline.stage == stage].sum()) / workers * _US
        yield _row(spec, f"scheduler_layer.{key}", f"one layer: {key}", model, tolerance, note=note)
    total = float(timeline.totals.time_s[0]) * _US
    yield _row(spec, "scheduler_layer.time", "one layer: all of it", total, 0.1, note=note, role="input")


def _dram_shares(spec: ChipSpec) -> Iterator[AnchorRow]:
    works = [matmul(f"{rows} x {k} x {n}", rows, k, n) for rows in (1, 128) for k, n in _PROJECTIONS]
    shares = [
        100 * _mapped(spec, works, LayerOptions(level, rate, keeps_weights=False))[1].totals.dram_share
        for level in spec.levels
        for rate in (_PUBLIC_RATE, 4e9, 6.4e9)
    ]
    key = "scheduler_layer.dram_share"
    limits = spec.quantities[key].range or (0.0, 100.0)
    note = "of the products of OPT-125M at 1 and 128 tokens, both levels, 2.4 to 6.4 GB/s; which ones is not published"
    for title, model, published in zip(("least", "most"), (np.min(shares), np.max(shares)), limits, strict=True):
        yield _row(spec, key, f"DRAM share, {title}", float(model), 0.12, published=published, note=note)


def _networks(spec: ChipSpec, networks: Mapping[str, Sequence[LayerWork]]) -> Iterator[AnchorRow]:
    workers = spec.whole("scheduler_layer.simulated_pes")
    rates = spec.quantities["dram.sustained_rate"].range or (4.0, 4.0)
    for key, name in SIMULATED.items():
        if name not in networks:
            continue
        slow, nominal, fast = (
            _mapped(spec, networks[name], LayerOptions("high", rate, workers, keeps_weights=False))[1].latency_s * _MS
            for rate in (rates[0] * 1e9, None, rates[1] * 1e9)
        )
        note = "published from a simulation before silicon whose DRAM is not known: the interval is 6.4 to 2.4 GB/s"
        yield _row(spec, key, f"{name}, {workers} PEs, high", nominal, 0.3, interval=(fast, slow), note=note)
