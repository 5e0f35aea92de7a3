"""The tables of a session: which columns each has, derived from the channel table where they hold measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from s2studio.mapping.mapping import REGIONS
from s2studio.marks import Mark, mark_of
from s2studio.sim.channels import CHANNELS, Channel, channels_of

# Each zoom is a table of spike counts in bins of so many ticks.
ZOOMS = (1, 8, 64, 512, 4096, 32768, 262144)

Dtype = Literal["int16", "int32", "int64", "float32", "float64", "bool", "text"]


@dataclass(frozen=True)
class Column:
    """One column; `text` columns are given as indices into a vocabulary and stored as a dictionary.

    `is_estimate` marks what the name does not tell: moments that are simulated are not those of a tick. `has_runs` says
    that equal values stand together, as in what the rows of a table are sorted by.
    """

    name: str
    dtype: str
    unit: str = ""
    doc: str = ""
    is_estimate: bool = False
    has_runs: bool = False

    @property
    def mark(self) -> Mark:
        """How sure the values are."""
        return "estimate" if self.is_estimate else mark_of(self.name)

    @classmethod
    def of(cls, channel: Channel) -> Column:
        """Return the column that holds the values of `channel`."""
        return cls(channel.column, channel.dtype, channel.unit, channel.doc)


@dataclass(frozen=True)
class Table:
    """A table by name, which is the folder of its Parquet files."""

    name: str
    columns: tuple[Column, ...]

    @property
    def has_ticks(self) -> bool:
        """Whether rows are ordered by a column `tick`."""
        return any(column.name == "tick" for column in self.columns)

    @property
    def own(self) -> tuple[Column, ...]:
        """The columns without the one that follows from another: `time_ns` is the tick times its length."""
        return tuple(column for column in self.columns if column.name != "time_ns" or not self.has_ticks)


AXIS = (
    Column("time_ns", "int64", "ns", "chip time at the start of the tick"),
    Column("tick", "int64", "ticks", "the first tick is 0", has_runs=True),
    Column("sample", "int32", "", "position in the batch", has_runs=True),
)
PE_COLUMNS = tuple(
    Column(name, "int16", "", doc)
    for name, doc in (
        ("chip_x", "chip in the machine"),
        ("chip_y", "chip in the machine"),
        ("x", "QPE cell on the chip"),
        ("y", "QPE cell on the chip"),
        ("p", "PE in the QPE"),
    )
)
LINK_COLUMNS = tuple(
    Column(f"{end}{name}", dtype, "", doc)
    for end in ("source", "target")
    for name, dtype, doc in (
        ("", "text", "QPE(x, y) or ROUTER"),
        ("_chip_x", "int16", "chip in the machine"),
        ("_chip_y", "int16", "chip in the machine"),
        ("_x", "int16", "cell on the chip"),
        ("_y", "int16", "cell on the chip"),
        ("_is_router", "bool", "the event router of that chip"),
    )
)
POPULATION = Column("population", "text", "", "name", has_runs=True)
NEURON = Column("neuron", "int32", "", "index in the population")
_SLICE = Column("slice", "int32", "", "index of the slice in the mapping")


def _spike_counts(zoom: int) -> Table:
    spikes = Column.of(CHANNELS["population.spikes"])
    return Table(zoom_name(zoom), (*AXIS, POPULATION, spikes))


def zoom_name(zoom: int) -> str:
    """Return the name of the table of spike counts in bins of `zoom` ticks."""
    return f"spike_counts_{zoom}"


SPIKES = Table("spikes", (*AXIS, POPULATION, NEURON))
# Of populations whose spikes nobody asked for: counts follow from all spikes.
UNOBSERVED = Table("unobserved_spikes", SPIKES.columns)
# Both are kept only where they do not follow from the spikes, or where reading those would take longer.
COUNTS = Table("counts", (*AXIS, *PE_COLUMNS, *(Column.of(channel) for channel in channels_of("pe", "counted"))))
LINKS = Table("links", (*AXIS, *LINK_COLUMNS, Column.of(CHANNELS["link.flits"])))
VOLTAGES = Table("voltages", (*AXIS, POPULATION, NEURON, Column.of(CHANNELS["neuron.v_chip"])))
SEGMENTS = Table(
    "segments",
    (
        Column("kind", "text", "", "sample, decision, token, layer or inference"),
        Column("index", "int64", "", "number of the segment among those of its kind"),
        Column("sample", "int32", "", "position in the batch"),
        Column("start_ns", "int64", "ns", "chip time"),
        Column("stop_ns", "int64", "ns", "chip time, excluded"),
        Column("start_tick", "int64", "ticks"),
        Column("stop_tick", "int64", "ticks", "excluded"),
        Column("object", "text", "", "what it belongs to: the chip, a population, a PE"),
        Column("label", "text", "", "for people"),
    ),
)
NEURON_SPIKES = Table(
    "neuron_spikes",
    (AXIS[2], POPULATION, NEURON, Column("spikes", "int64", "spikes", "spikes of the neuron in the whole run")),
)
SLICES = Table(
    "slices",
    (
        _SLICE,
        POPULATION,
        Column("start", "int32", "", "first neuron"),
        Column("stop", "int32", "", "after the last neuron"),
        *PE_COLUMNS,
        Column("packets_per_spike", "int32", "packets", "packets that enter the NoC for a spike"),
        Column("router_lookups", "int32", "look-ups", "look-ups in the event router for a spike"),
        *(Column(f"{region}_bytes", "int64", "B", "memory of the region") for region in REGIONS),
    ),
)
TARGETS = Table("targets", (_SLICE, Column("target", "int32", "", "index of a slice that receives its packets")))
V_SCALES = Table("v_scales", (POPULATION, NEURON, Column("v_scale", "float64", "", "v = v_chip / v_scale")))
ROUTES = Table("routes", (_SLICE, *LINK_COLUMNS, Column("flits", "int32", "flits", "flits over the link for a spike")))

# Of runs of the engine per_pe only: ticks in which a PE was not simply in time, and the packets that FIFOs lost.
LATENESS = Table("lateness", (*AXIS, _SLICE, *(Column.of(channel) for channel in channels_of("pe", "timed"))))
LOST = Table(
    "lost_packets",
    (
        *AXIS,
        Column("target", "int32", "", "index of the slice whose FIFO was full"),
        POPULATION,
        NEURON,
        Column("sent_tick", "int64", "ticks", "in which the neuron of the population spiked"),
        Column("arrival_ns", "int64", "ns", "chip time at which the packet arrived"),
    ),
)

# Of measured runs only: what the board recorded, of the PEs that recorded it.
TIME_DONE = Table("time_done", (*AXIS, *PE_COLUMNS, Column.of(CHANNELS["pe.time_done_s"])))
N_PACKETS = Table("n_packets", (*AXIS, *PE_COLUMNS, Column.of(CHANNELS["pe.packets"])))
POWER = Table(
    "power",
    (
        Column("time_ns", "int64", "ns", "moment of the sample, chip time"),
        Column("power_w", "float64", "W", "what the board's sensor read"),
    ),
)

# Of runs of layers only. What happens in an inference is kept of the first and of a later one: all later are alike.
_INFERENCE = Column("inference", "int32", "", "0 is the first")
_LAYER = Column("layer", "int32", "", "index of the layer; -1 is before the first, their number after the last")
_START = Column("start_ns", "int64", "ns", "chip time", is_estimate=True)
_STOP = Column("stop_ns", "int64", "ns", "chip time, excluded", is_estimate=True)
STAGES = Table("stages", (_INFERENCE, _LAYER, *PE_COLUMNS, Column.of(CHANNELS["pe.stage"]), _START, _STOP))
LAYERS = Table(
    "layers",
    (
        _INFERENCE,
        _LAYER,
        Column("name", "text", "", "of the layer"),
        Column("operator", "text", "", "what it computes"),
        _START,
        _STOP,
        *(Column.of(channel) for channel in channels_of("layer")),
    ),
)
LAYER_LINKS = Table("layer_links", (_INFERENCE, _LAYER, *LINK_COLUMNS, Column.of(CHANNELS["link.bytes"])))
_MOMENT = Column("time_ns", "int64", "ns", "chip time", is_estimate=True)
DRAM = Table("dram", (_INFERENCE, _MOMENT, Column.of(CHANNELS["dram.bytes_per_s"])))
CHIP_POWER = Table("chip_power", (_INFERENCE, _MOMENT, Column.of(CHANNELS["chip.power_w"])))
INFERENCES = Table(
    "inferences",
    (_INFERENCE, _START, _STOP, *(Column.of(channel) for channel in channels_of("inference", "layered"))),
)
OUTPUTS = Table(
    "outputs",
    (
        _INFERENCE,
        Column("tensor", "text", "", "name"),
        Column("index", "int64", "", "place of the value in the tensor, in C order"),
        Column("value", "int32", "", "the whole number that the chip has"),
    ),
)
LAYER_TABLES = (STAGES, LAYERS, LAYER_LINKS, DRAM, CHIP_POWER, INFERENCES, OUTPUTS)

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        SPIKES,
        UNOBSERVED,
        COUNTS,
        LINKS,
        VOLTAGES,
        *(_spike_counts(zoom) for zoom in ZOOMS),
        SEGMENTS,
        NEURON_SPIKES,
        SLICES,
        TARGETS,
        ROUTES,
        V_SCALES,
        LATENESS,
        LOST,
        TIME_DONE,
        N_PACKETS,
        POWER,
        *LAYER_TABLES,
    )
}
