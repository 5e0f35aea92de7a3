"""What deep networks cost on the MAC arrays: the numbers of the chip file that mapping and time of layers need."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from s2studio.chip.spec import ChipSpec
from s2studio.errors import ChipError

# By which end of the range of every cost an inference is fast and cheap, or slow and dear; None: by their values.
End = Literal["low", "high"]

_SCALES = {"us": 1e-6, "%": 1e-2, "GB/s": 1e9, "Gbit/s": 1e9 / 8, "GB": 1e9, "pJ": 1e-12}


@dataclass(frozen=True)
class LayerCosts:
    """The numbers under `dnn`, `mac_array`, `dram` and `noc` of a chip file, in s, B, B/s, cycles and shares of 1.

    `rows` x `columns` is the MAC array: a step multiplies a value for each row with a value for each column.
    """

    rows: int
    columns: int
    workers: int
    set_up_s: float
    layer_overhead_s: float
    clean_up_s: float
    dispatch_share: float
    config_share: float
    global_config_bytes: int
    time_record_bytes: int
    header_bytes: int
    parameter_bytes: int
    tile_address_bytes: int
    dma_bytes_per_cycle: int
    dma_start_cycles: float
    relay_piece_bytes: int
    reorder_cycles_per_byte: float
    matmul_step_cycles: float
    conv_step_cycles: float
    block_cycles: float
    mla_start_cycles: float
    partial_sum_cycles: float
    elementwise_cycles: float
    norm_cycles: float
    softmax_cycles: float
    exponential_cycles: float
    pool_cycles: float
    move_cycles: float
    tiling_tolerance: float
    dma_wait: Literal["arm_busy", "asleep"]
    dram_bytes: int
    dram_bytes_per_s: float
    link_bytes_per_s: float
    dram_byte_j: float

    @property
    def config_bytes(self) -> int:
        """What a worker fetches for a layer of one part."""
        return self.header_bytes + self.parameter_bytes + self.tile_address_bytes


_ELSEWHERE = {
    "rows": "mac_array.rows",
    "columns": "mac_array.columns",
    "dram_bytes": "dram.bytes",
    "dram_bytes_per_s": "dram.sustained_rate",
    "link_bytes_per_s": "noc.link_payload_rate",
    "dram_byte_j": "energy.dram_byte",
}


def layer_costs(spec: ChipSpec, dram_bytes_per_s: float | None = None, end: End | None = None) -> LayerCosts:
    """Return the costs of layers on `spec`, with another rate of the DRAM where one is given, at an `end` of theirs.

    Raises ChipError where the chip file (of an older session, say) does not have one of them.
    """
    values = {
        field.name: _value(spec, _ELSEWHERE.get(field.name, f"dnn.{field.name.removesuffix('_s')}"), field.type, end)
        for field in fields(LayerCosts)
    }
    if dram_bytes_per_s is not None:
        values["dram_bytes_per_s"] = dram_bytes_per_s
    return LayerCosts(**values)


def _value(spec: ChipSpec, key: str, kind: object, end: End | None) -> Any:
    quantity = spec.quantities.get(key)
    if quantity is None:
        raise ChipError(
            f"'{key}' of the chip {spec.name}", "is missing", "deep networks need it", "see spinnaker2.yaml"
        )
    value = quantity.value
    if end is not None and quantity.range is not None:
        # At the low end of times the rates are high.
        value = quantity.range[(end == "low") if quantity.unit.endswith("/s") else (end == "high")]
    if isinstance(value, str):
        return value
    if not isinstance(value, int | float) or value < 0:
        raise ChipError(f"'{key}' of the chip {spec.name}", f"is {value!r}", "a number of at least 0 is expected")
    scaled = value * _SCALES.get(quantity.unit, 1)
    return round(scaled) if kind == "int" else scaled
