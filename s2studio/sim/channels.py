"""The channel table: one row per measured quantity, from which recorder, reader and exports derive their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Scope = Literal["chip", "pe", "link", "population", "neuron", "layer", "inference", "dram"]
Kind = Literal["sampled", "interval"]
Origin = Literal["counted", "priced", "timed", "layered", "lowered"]


@dataclass(frozen=True)
class Channel:
    """One measured quantity.

    `key` is `scope.column`, unique among all channels. `scope` says what object a value belongs to; `kind` whether it
    has one value per tick (`sampled`) or a start and a stop (`interval`). `counted` channels are stored in a session,
    `priced` ones follow from the counts and the chip's cost table whenever they are read, `timed` ones are stored only
    by an engine that runs function and time together (`per_pe`), `layered` ones only by runs of layers,
    `lowered` ones are what int8 did to those.
    """

    key: str
    title: str
    unit: str
    scope: Scope
    kind: Kind
    dtype: str
    doc: str
    origin: Origin = "counted"

    @property
    def column(self) -> str:
        """The name of the column that holds it in tables of its scope."""
        return self.key.partition(".")[2]


def _counted(key: str, title: str, unit: str, scope: Scope, dtype: str, doc: str) -> Channel:
    return Channel(key, title, unit, scope, "sampled", dtype, doc)


def _priced(key: str, title: str, unit: str, scope: Scope, dtype: str, doc: str) -> Channel:
    return Channel(key, title, unit, scope, "sampled", dtype, doc, "priced")


def _timed(key: str, title: str, unit: str, dtype: str, doc: str) -> Channel:
    return Channel(key, title, unit, "pe", "sampled", dtype, doc, "timed")


def _layered(key: str, title: str, unit: str, scope: Scope, dtype: str, doc: str, kind: Kind = "sampled") -> Channel:
    return Channel(key, title, unit, scope, kind, dtype, doc, "layered")


CHANNELS: Mapping[str, Channel] = {
    channel.key: channel
    for channel in (
        _counted("pe.packets", "Packets received", "packets", "pe", "int32", "multicast packets in the PE's FIFO"),
        _counted("pe.synaptic_events", "Synaptic events", "events", "pe", "int32", "synapses walked"),
        _counted("pe.neuron_updates", "Neuron updates", "updates", "pe", "int32", "neurons integrated"),
        _counted("pe.spikes", "Spikes sent", "spikes", "pe", "int32", "spikes of the PE's neurons"),
        _counted(
            "pe.recorded_bytes", "Bytes recorded", "B", "pe", "int32", "what the board records in the PE's memory"
        ),
        _priced("pe.cycles", "Cycles", "cycles", "pe", "float64", "cycles the PE is busy in the tick"),
        _priced("pe.time_done_s", "Time done", "s", "pe", "float64", "from the start of the tick until the PE sleeps"),
        _priced("pe.level", "Performance level", "", "pe", "text", "level the PE works at in the tick"),
        _priced("pe.energy_j", "Energy", "J", "pe", "float64", "energy of the PE in the tick, asleep and busy"),
        _timed("pe.start_delay_ns", "Start delay", "ns", "int64", "from the PE's timer until it began the tick"),
        _timed("pe.stalled_ns", "Stalled", "ns", "int64", "waiting for room in other PEs' FIFOs"),
        _timed("pe.packets_lost", "Packets lost", "packets", "int32", "packets that the PE's full FIFO lost"),
        _timed(
            "pe.packets_late",
            "Packets late",
            "packets",
            "int32",
            "packets read in another tick than they were meant for",
        ),
        _counted("link.flits", "Flits", "flits", "link", "int32", "packets that cross the link"),
        _counted("population.spikes", "Spikes", "spikes", "population", "int64", "spikes of the population in the bin"),
        _counted("neuron.v_chip", "Membrane voltage on the chip", "", "neuron", "float32", "after the tick's reset"),
        _priced("neuron.v", "Membrane voltage", "model units", "neuron", "float64", "v_chip / scale of the population"),
        _priced("chip.always_on", "Always on", "J", "chip", "float64", "chip without PEs, and the reserved PEs asleep"),
        _priced(
            "chip.asleep", "Asleep", "J", "chip", "float64", "PEs that sleep, for the rest of the tick or all of it"
        ),
        _priced("chip.neurons", "Neurons", "J", "chip", "float64", "neuron updates, with what each tick costs"),
        _priced("chip.synapses", "Synapses", "J", "chip", "float64", "synaptic events"),
        _priced("chip.packets", "Packets", "J", "chip", "float64", "taking packets from the FIFO and sending spikes"),
        _priced("chip.recording", "Recording", "J", "chip", "float64", "recording on the board"),
        _priced(
            "chip.switching",
            "Level changes",
            "J",
            "chip",
            "float64",
            "to another level than that of sleep, and back",
        ),
        _priced("chip.noc", "Network on chip", "J", "chip", "float64", "flits over links"),
        _priced("chip.router", "Event router", "J", "chip", "float64", "look-ups in the event router"),
        _layered("pe.stage", "Busy with", "", "pe", "text", "what a PE does in a run of layers", "interval"),
        _layered("layer.workers", "Workers", "PEs", "layer", "int32", "PEs that run the layer"),
        _layered("layer.parts", "Parts", "parts", "layer", "int32", "how many follow one another"),
        _layered("layer.macs", "Multiplications", "MACs", "layer", "int64", "with accumulation, of an inference"),
        _layered("layer.read_bytes", "Read from DRAM", "B", "layer", "int64", "weights, tensors, configurations"),
        _layered("layer.written_bytes", "Written to DRAM", "B", "layer", "int64", "the tensor that the layer makes"),
        _layered("layer.dram_share", "Share of DRAM", "", "layer", "float64", "of the time, in which it moves bytes"),
        _layered("layer.mla_utilisation", "MLA utilisation", "", "layer", "float64", "of the arrays that run"),
        _layered("layer.mla_share", "Share of the MLA", "", "layer", "float64", "of the time, in which arrays run"),
        _layered("layer.energy_j", "Energy", "J", "layer", "float64", "of the whole chip, without DRAM devices"),
        _layered("layer.dram_energy_j", "Energy of DRAM", "J", "layer", "float64", "of the DRAM devices"),
        Channel(
            "layer.snr_db",
            "Signal to noise",
            "dB",
            "layer",
            "sampled",
            "float64",
            "of what the layer makes in int8 beside float, NaN where nothing is lost",
            "lowered",
        ),
        _layered("inference.energy_j", "Energy", "J", "inference", "float64", "of the chip, without DRAM devices"),
        _layered("inference.dram_energy_j", "Energy of DRAM", "J", "inference", "float64", "of the DRAM devices"),
        _layered("link.bytes", "Payload", "B", "link", "float64", "what a layer sends over the link"),
        _layered("dram.bytes_per_s", "DRAM rate", "B/s", "dram", "float64", "from then on", "interval"),
        _layered("chip.power_w", "Power", "W", "chip", "float64", "mean until the next moment", "interval"),
        Channel(
            "chip.segment", "Segments", "", "chip", "interval", "text", "samples, decisions, tokens, layers, inferences"
        ),
    )
}


def channels_of(scope: Scope, origin: Origin | None = None) -> tuple[Channel, ...]:
    """Return the sampled channels of `scope`, of one `origin` only if it is given, in the order of the table."""
    return tuple(
        channel
        for channel in CHANNELS.values()
        if channel.scope == scope and channel.kind == "sampled" and origin in (None, channel.origin)
    )
