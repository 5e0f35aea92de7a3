"""The chip description in memory: every number of `resources/chips/*.yaml` with its unit, source and mark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from s2studio.errors import ChipError

Mark = Literal["measured", "derived", "estimate"]
LevelName = str
Scalar = float | int | str
Value = Scalar | tuple[Scalar, ...] | tuple[tuple[Scalar, ...], ...]


@dataclass(frozen=True)
class Quantity:
    """One number of the chip file: `key` is its dotted path, `mark` says how sure it is, `source` where it stands.

    `value` is in `unit` as the file writes it (the fields of ChipSpec are in SI units). `source` starts with a key of
    `ChipSpec.sources`. `range` holds the lowest and highest value that agree with what is published, where known.
    """

    key: str
    value: Value
    unit: str
    mark: Mark
    source: str
    note: str = ""
    range: tuple[float, float] | None = None

    @property
    def range_text(self) -> str:
        """The range in words, `300 to 500`; empty where there is none."""
        return "" if self.range is None else f"{self.range[0]:g} to {self.range[1]:g}"

    @property
    def factors(self) -> tuple[float, float]:
        """Its ends as shares of its value; 1 where it has no range."""
        value = float(str(self.value))
        return (1.0, 1.0) if self.range is None or not value else (self.range[0] / value, self.range[1] / value)


@dataclass(frozen=True)
class Level:
    """A performance level of a PE: clock in Hz, powers in W per PE, energies in J."""

    name: LevelName
    voltage_v: float
    clock_hz: float
    asleep_w: float
    arm_busy_w: float
    mla_busy_w: float
    cycle_above_sleep_j: float
    mac_above_sleep_j: float


@dataclass(frozen=True)
class Memory:
    """Data memory of a PE and the sizes of what every program keeps in it, in bytes unless the name says words."""

    data_bytes: int
    stack_bytes: int
    word_bytes: int
    fifo_words: int
    log_bytes: int
    population_table_entry_bytes: int
    row_header_bytes: int
    routing_bytes: int
    routing_bytes_per_target_qpe: int
    spike_record_header_words: int
    voltage_record_header_words: int
    time_done_record_words: int
    packet_count_record_words: int

    @property
    def free_bytes(self) -> int:
        """What is left for a program beside stack and heap."""
        return self.data_bytes - self.stack_bytes


@dataclass(frozen=True)
class ModelLimits:
    """What one neuron model's program takes and allows on a PE: bytes, cycles per neuron and tick, ranges."""

    ring_bytes: int
    ring_bytes_per_neuron: int
    input_buffer_bytes: int
    state_bytes_per_neuron: int
    params_bytes_per_neuron: int
    synapse_bytes: int
    kernel_weight_bytes: int
    stored_spike_bytes: int
    max_weight: int
    max_delay: int
    max_neurons_per_pe: int
    default_neurons_per_pe: int
    cycles_per_neuron: float
    auto_threshold_packets: int


@dataclass(frozen=True)
class CycleCosts:
    """Cycles a PE spends per tick by what it does (all estimates; see `docs/` for how sure)."""

    tick: float
    packet: float
    synaptic_event: float
    send: float
    voltage_record: float


@dataclass(frozen=True)
class EnergyCosts:
    """Power and energy outside the PEs: always on in W, the rest in J."""

    always_on_w: float
    flit_hop_j: float
    router_lookup_j: float


@dataclass(frozen=True)
class Runtime:
    """A way of programming the chip: `reserved` are the (x, y, p) of each chip that programs may not use."""

    name: str
    title: str
    reserved: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class ChipSpec:
    """One kind of chip. `quantities` holds every number with its source; the other fields are views of it.

    `qpe_order` lists the QPE cells (x, y) in logical core order; `router_cells` and `periphery_cells` are the holes
    of the mesh. `is_spinnaker2` is False for chips made up for benchmarks, which `label` says in words.
    `sleep_level` is the level at which PEs sleep, `unused_pes` what those do that no program uses, `hole_crossing`
    (`pass` or `detour`) what an XY path does at a hole; `switch_time_s` and `switch_energy_j` are the cost of a change
    of level. `measured_power_w` are the chip powers (W, by key of
    `quantities`) measured with `measured_pes` PEs all in one state. `sources` spells out the short names of the
    quantities' sources. `priced_with` in sessions is `digest`, the SHA-256 of the chip file's values and units.
    """

    name: str
    title: str
    label: str
    is_spinnaker2: bool
    columns: int
    rows: int
    pes_per_qpe: int
    qpe_order: tuple[tuple[int, int], ...]
    router_cells: tuple[tuple[int, int], ...]
    periphery_cells: tuple[tuple[int, int], ...]
    router_entries: int
    fifo_depth_packets: int
    memory: Memory
    models: Mapping[str, ModelLimits]
    levels: Mapping[LevelName, Level]
    cycles: CycleCosts
    energy: EnergyCosts
    runtimes: Mapping[str, Runtime]
    default_runtime: str
    measured_power_w: Mapping[str, float]
    measured_pes: int
    sleep_level: LevelName
    hole_crossing: Literal["pass", "detour"]
    timer_hz: float
    quantities: Mapping[str, Quantity]
    sources: Mapping[str, str]
    digest: str
    # With a default, since sessions of older versions do not hold it.
    unused_pes: Literal["asleep", "off"] = "asleep"
    switch_time_s: float = 0.0
    switch_energy_j: float = 0.0

    def whole(self, key: str) -> int:
        """Return the whole number at `key` of the chip file. Raises ChipError where there is none."""
        value = self.quantities[key].value if key in self.quantities else None
        if not isinstance(value, int):
            found = "is missing" if value is None else f"is {value!r}"
            raise ChipError(f"'{key}' of the chip {self.name}", found, "a whole number is expected")
        return value

    def most(self, key: str) -> int:
        """Return the upper end of the whole numbers from and to at `key`. Raises ChipError where there are none."""
        value = self.quantities[key].value if key in self.quantities else None
        if not isinstance(value, list | tuple) or len(value) != 2 or not isinstance(value[1], int):
            raise ChipError(f"'{key}' of the chip {self.name}", f"is {value!r}", "two whole numbers are expected")
        return value[1]

    @property
    def pe_count(self) -> int:
        """The number of PEs of a chip, reserved ones included."""
        return len(self.qpe_order) * self.pes_per_qpe
