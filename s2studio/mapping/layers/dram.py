"""Lays out the DRAM image of a deep network: configuration, headers, parameters, weights tile by tile, tensors."""

from __future__ import annotations

from collections.abc import Sequence

from s2studio.chip.layer_costs import LayerCosts
from s2studio.dnn.tensor import Tensor
from s2studio.errors import MappingError
from s2studio.mapping.layers.mapping import DramRegion
from s2studio.mapping.layers.tiling import Tiling
from s2studio.mapping.layers.work import LayerWork


def dram_image(layers: Sequence[tuple[LayerWork, Tiling]], costs: LayerCosts) -> tuple[DramRegion, ...]:
    """Return the regions of the image. Raises MappingError where they are more than the DRAM has."""
    regions: list[DramRegion] = []
    address = 0

    def add(kind: str, name: str, size: int) -> None:
        nonlocal address
        regions.append(DramRegion(kind, name, address, size))  # type: ignore[arg-type]  # the kinds below are known
        address = _aligned(address + size, costs)

    add("config", "global configuration", costs.global_config_bytes)
    add("times", "time measurement", costs.time_record_bytes * len(layers))
    add("headers", "layer headers", costs.header_bytes * len(layers))
    for work, tiling in layers:
        addresses = costs.tile_address_bytes * tiling.workers * tiling.parts.count
        add("parameters", work.name, costs.parameter_bytes + addresses)
    for work, tiling in layers:
        if weights := stored_weight_bytes(work, tiling):
            add("weights", work.name, weights)
    regions.extend(_tensors([work for work, _ in layers], address, costs))
    end = max(region.address + region.bytes for region in regions)
    if end > costs.dram_bytes:
        largest = max(regions, key=lambda region: region.bytes)
        raise MappingError(
            "the DRAM image", f"{end:,} B", f"the chip's DRAM has {costs.dram_bytes:,} B",
            f"most is {largest.kind} '{largest.name}' with {largest.bytes:,} B: make that smaller, or cut the network",
        )  # fmt: skip
    return tuple(regions)


def stored_weight_bytes(work: LayerWork, tiling: Tiling) -> int:
    """Return what a layer's weights take in DRAM, every tile whole; 0 where it has none."""
    if not work.weight_bytes:
        return 0
    if work.kind not in ("matmul", "convolution"):
        return work.weight_bytes
    tiles = tiling.tiles
    return tiles.batch * tiles.columns * tiles.depth * tiling.weight_bytes if work.has_weights else 0


def _tensors(works: Sequence[LayerWork], start: int, costs: LayerCosts) -> list[DramRegion]:
    """Return a region for each tensor, the lowest that is free as long as it lives; largest first."""
    born: dict[str, tuple[int, Tensor]] = {}
    read: dict[str, int] = {}
    for number, work in enumerate(works):
        for tensor in work.inputs:
            born.setdefault(tensor.name, (-1, tensor))
            read[tensor.name] = number
        born.setdefault(work.output.name, (number, work.output))
    placed: list[DramRegion] = []
    for name, (first, tensor) in sorted(born.items(), key=lambda entry: -entry[1][1].bytes):
        # What nobody reads is what the user reads, after the last layer.
        last = read.get(name, len(works))
        address = start
        for other in sorted(placed, key=lambda region: region.address):
            if other.first <= last and first <= other.last and address + tensor.bytes > other.address:
                address = max(address, _aligned(other.address + other.bytes, costs))
        placed.append(DramRegion("tensor", name, address, tensor.bytes, first, last))
    return sorted(placed, key=lambda region: (region.first, region.address))


def _aligned(address: int, costs: LayerCosts) -> int:
    return -(-address // costs.dma_bytes_per_cycle) * costs.dma_bytes_per_cycle
