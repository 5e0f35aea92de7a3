"""Everything about what is selected, as sections of named values: what the inspector shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from s2studio.chip.machine import PE
from s2studio.gui.models.mesh_values import METRICS, Facts, link_loads
from s2studio.gui.models.selection import Selected
from s2studio.mapping.edit import name_of
from s2studio.mapping.mapping import ChipMapping, Link, Slice
from s2studio.mapping.rates import Rates
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList, kind_of, weight_count
from s2studio.snn.models import MODELS
from s2studio.snn.network import ChipNetwork
from s2studio.snn.population import ParameterValue, Population
from s2studio.snn.projection import Projection
from s2studio.units import counted

MOST_ROWS = 12


@dataclass(frozen=True)
class Row:
    """A value and its name. `target` is what a click selects: `slice:3`, `population:out`, `projection:0`.

    The click is on the value, or, with `is_about_name`, on the name: that is what the row is about then.
    """

    name: str
    value: str
    target: str = ""
    is_about_name: bool = False


@dataclass(frozen=True)
class Section:
    """Rows under a heading."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Sheet:
    """All that is known of one thing. `memory` are the bytes of its regions, of `capacity`; empty where it has none."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    memory: Mapping[str, int]
    capacity: int = 0


@dataclass(frozen=True)
class Known:
    """What there is to look into: the network, its placement with what a run did, and spikes of each neuron."""

    network: ChipNetwork
    facts: Facts
    rates: Rates | None = None
    ticks: int = 0

    @property
    def mapping(self) -> ChipMapping:
        """The placement."""
        return self.facts.mapping

    @property
    def data_bytes(self) -> int:
        """The data memory of a PE."""
        return self.facts.machine.spec.memory.data_bytes


def inspected(selected: Selected, known: Known) -> Sheet:
    """Return the sheet of what is selected: the smallest thing in it, or the network where there is nothing."""
    names = {population.name for population in known.network.spiking.populations}
    slices = sorted(index for index in selected.slices if index < len(known.mapping.slices))
    populations = sorted(selected.populations & names)
    if selected.neurons and selected.neurons[0][0] in names:
        return _neuron(known, *selected.neurons[0])
    if selected.links:
        return _link(known, min(selected.links))
    if selected.projections:
        return _projection(known, min(selected.projections))
    if len(slices) == 1:
        return _slice(known, slices[0])
    of_one = [index for index, piece in enumerate(known.mapping.slices) if piece.population in populations]
    if len(populations) == 1 and slices in ([], of_one):
        return _population(known, populations[0])
    if slices:
        return _slices(known, slices)
    if selected.pes:
        return _pes(known, sorted(selected.pes))
    return _network(known)


def _network(known: Known) -> Sheet:
    part, mapping = known.network.spiking, known.mapping
    neurons = sum(population.size for population in part.populations)
    weights = sum(weight_count(one.connectivity) for one in part.projections)
    about = (
        Row("Populations", f"{len(part.populations):,}"),
        Row("Neurons", f"{neurons:,}"),
        Row("Projections", f"{len(part.projections):,}"),
        Row("Weights", f"{weights:,}"),
        Row("Outputs", ", ".join(part.outputs) or "–"),
    )
    usable = len(known.facts.machine.usable_pes)
    placed = (
        Row("PEs", f"{mapping.pes_used} of {usable}"),
        Row("Placer", mapping.options.placer),
        Row("Routing", mapping.options.routing),
        Row("Router entries", f"{mapping.routing_entries:,} of {known.facts.machine.spec.router_entries:,}"),
        Row("Hops, each neuron once", f"{mapping.weighted_hops:,}"),
    )
    return Sheet(known.network.name, "network", (Section("Network", about), Section("Placement", placed)), {})


def _population(known: Known, name: str) -> Sheet:
    population, mapping = known.network.spiking.population(name), known.mapping
    indices = [index for index, piece in enumerate(mapping.slices) if piece.population == name]
    pieces = [mapping.slices[index] for index in indices]
    record = mapping.demand.record.get(name, frozenset())
    about = [
        Row("Model", population.model),
        Row("Neurons", f"{population.size:,}"),
        Row("Shape", " × ".join(map(str, population.shape)) if population.shape else "–"),
        Row("Board records", ", ".join(sorted(record)) or "nothing"),
        Row("Is an output", "yes" if name in known.network.spiking.outputs else "no"),
    ]
    placed = [
        Row("Slices", f"{len(pieces):,}"),
        Row("Neurons in a slice", f"{max((piece.size for piece in pieces), default=0):,} at most"),
        *_limited(
            [Row(name_of(mapping, index), str(mapping.slices[index].pe), f"slice:{index}", True) for index in indices]
        ),
    ]
    sections = [Section("Population", tuple(about)), Section("Parameters", _parameters(population))]
    sections += _projections_of(known, name)
    sections.append(Section("Placement", tuple(placed)))
    sections += _run(known, indices)
    return Sheet(name, "population", tuple(sections), _bytes(pieces), known.data_bytes * len(pieces))


def _projections_of(known: Known, name: str) -> list[Section]:
    projections = list(enumerate(known.network.spiking.projections))
    into = [_brief(number, one, one.pre) for number, one in projections if one.post == name]
    out = [_brief(number, one, one.post) for number, one in projections if one.pre == name]
    return [Section(title, _limited(rows)) for title, rows in (("Comes from", into), ("Goes to", out)) if rows]


def _brief(number: int, projection: Projection, other: str) -> Row:
    weights = projection.connectivity
    text = f"{kind_of(weights)}, {counted(weight_count(weights), 'weight')}"
    return Row(other, text, f"projection:{number}", True)


def _projection(known: Known, number: int) -> Sheet:
    projections = known.network.spiking.projections
    projection = projections[min(number, len(projections) - 1)]
    weights = projection.connectivity
    values = np.asarray(weights.weight, np.int64).ravel()
    about = [
        Row("From", projection.pre, f"population:{projection.pre}"),
        Row("To", projection.post, f"population:{projection.post}"),
        Row("Kind", kind_of(weights)),
        Row("Weights", f"{weight_count(weights):,}"),
        Row("Delay", _delay(weights)),
    ]
    if isinstance(weights, ConvWeights):
        about += [
            Row("Kernel", " × ".join(map(str, weights.weight.shape)) + "  (out × in × height × width)"),
            Row("Stride", " × ".join(map(str, weights.stride))),
            Row("Padding", ", ".join(map(str, weights.padding)) + "  (top, bottom, left, right)"),
            Row("Pooling", " × ".join(map(str, weights.pool))),
        ]
    numbers = [
        Row("Least", f"{values.min(initial=0):d}"),
        Row("Largest", f"{values.max(initial=0):d}"),
        Row("Mean |w|", f"{np.abs(values).mean():.3g}" if len(values) else "–"),
        Row("Zero", f"{np.count_nonzero(values == 0):,}"),
    ]
    sections = (Section("Projection", tuple(about)), Section("Weights on the chip", tuple(numbers)))
    return Sheet(f"{projection.pre} → {projection.post}", "projection", sections, {})


def _delay(weights: SynapseList | DenseWeights | ConvWeights) -> str:
    if isinstance(weights, ConvWeights):
        return "1 tick"
    if isinstance(weights, DenseWeights):
        return counted(weights.delay + 1, "tick")
    if not len(weights.delay):
        return "–"
    least, most = int(weights.delay.min()) + 1, int(weights.delay.max()) + 1
    return counted(least, "tick") if least == most else f"{least} to {most} ticks"


def _slice(known: Known, index: int) -> Sheet:
    mapping = known.mapping
    piece, route, name = mapping.slices[index], mapping.routes[index], name_of(mapping, index)
    population = known.network.spiking.population(piece.population)
    about = (
        Row("Population", piece.population, f"population:{piece.population}"),
        Row("Neurons", f"{piece.start:,} to {piece.stop - 1:,} ({piece.size:,})"),
        Row("Model", population.model),
        Row("State", "pinned" if name in mapping.options.pinned else "may move"),
    )
    sources = [number for number, other in enumerate(mapping.routes) if index in other.targets]
    out = [
        Row("Packets for a spike", f"{route.packets:,}"),
        Row("Hops for a spike", f"{route.hops:,}"),
        Row("Router look-ups", f"{route.router_lookups:,}"),
        *_slice_rows(mapping, route.targets),
    ]
    sections = [Section("Slice", about), *_run(known, [index]), Section("Sends to", tuple(out))]
    if sources:
        sections.append(Section("Hears", _slice_rows(mapping, sources)))
    sections += _projections_of(known, piece.population)
    sections.append(Section("Parameters", _parameters(population, piece.start, piece.stop)))
    return Sheet(name, f"slice on {piece.pe}", tuple(sections), piece.bytes, known.data_bytes)


def _slices(known: Known, indices: Sequence[int]) -> Sheet:
    pieces = [known.mapping.slices[index] for index in indices]
    about = (
        Row("Neurons", f"{sum(piece.size for piece in pieces):,}"),
        Row("Populations", ", ".join(sorted({piece.population for piece in pieces}))),
        Row("PEs", f"{len({piece.pe for piece in pieces}):,}"),
    )
    sections = [Section("Selection", about), *_run(known, indices)]
    sections.append(Section("Slices", _slice_rows(known.mapping, indices)))
    capacity = known.data_bytes * len(pieces)
    return Sheet(f"{len(pieces):,} slices", "selection", tuple(sections), _bytes(pieces), capacity)


def _pes(known: Known, pes: Sequence[PE]) -> Sheet:
    machine, options = known.facts.machine, known.mapping.options
    if len(pes) > 1:
        rows = tuple(Row(str(pe), _state(known, pe)) for pe in pes)
        return Sheet(f"{len(pes):,} PEs", "selection", (Section("PEs", _limited(rows)),), {})
    pe = pes[0]
    number = machine.pes.index(pe) + 1 if pe in machine.pes else 0
    rows = (
        Row("State", _state(known, pe)),
        Row("QPE", f"{pe.x}, {pe.y}"),
        Row("Logical core", f"{number} of {len(machine.pes)}"),
        Row("Data memory", f"{known.data_bytes:,} B"),
        Row("Free for a program", f"{machine.spec.memory.free_bytes:,} B"),
    )
    pinned = [name for name, where in options.pinned.items() if where == pe]
    sections = [Section("PE", rows)]
    if pinned:
        sections.append(Section("Pinned to it", tuple(Row(name, "") for name in pinned)))
    return Sheet(str(pe), "processing element", tuple(sections), {})


def _state(known: Known, pe: PE) -> str:
    if pe in known.facts.machine.reserved_pes:
        return f"reserved by the runtime '{known.mapping.runtime}'"
    return "forbidden" if pe in known.mapping.options.forbidden else "free"


def _link(known: Known, link: Link) -> Sheet:
    loads, unit = link_loads(known.facts)
    total = sum(loads.values())
    load = loads.get(link, 0.0)
    mapping = known.mapping
    users = [index for index, route in enumerate(mapping.routes) if route.flits.get(link)]
    about = (
        Row("From", str(link.source)),
        Row("To", str(link.target)),
        Row("Load", f"{load:,.4g} {unit}"),
        Row("Of all traffic", f"{load / total:.1%}" if total else "–"),
    )
    rows = _slice_rows(mapping, users)
    return Sheet(
        f"{link.source} → {link.target}", "link of the NoC", (Section("Link", about), Section("Used by", rows)), {}
    )


def _neuron(known: Known, name: str, neuron: int) -> Sheet:
    population, mapping = known.network.spiking.population(name), known.mapping
    holder = [
        index
        for index, piece in enumerate(mapping.slices)
        if piece.population == name and piece.start <= neuron < piece.stop
    ]
    about = [Row("Population", name, f"population:{name}"), Row("Model", population.model)]
    if population.shape is not None and len(population.shape) == 3:
        channel, y, x = (int(part) for part in np.unravel_index(neuron, population.shape))
        about.append(Row("Place", f"channel {channel}, y {y}, x {x}"))
    about += [
        Row("Slice", f"{name_of(mapping, index)} on {mapping.slices[index].pe}", f"slice:{index}") for index in holder
    ]
    rate = known.rates.get(name) if known.rates is not None else None
    if rate is not None and not isinstance(rate, int | float) and neuron < len(rate):
        about.append(Row("Spikes", f"{int(rate[neuron]):,} in {known.ticks:,} ticks"))
    fan_in = [
        Row(one.pre, counted(_into(one, neuron), "synapse"), f"projection:{number}", True)
        for number, one in enumerate(known.network.spiking.projections)
        if one.post == name and not isinstance(one.connectivity, ConvWeights)
    ]
    sections = [Section("Neuron", tuple(about)), Section("Parameters", _parameters(population, neuron, neuron + 1))]
    if fan_in:
        sections.append(Section("Hears", _limited(fan_in)))
    return Sheet(f"{name}, neuron {neuron:,}", "neuron", tuple(sections), {})


def _into(projection: Projection, neuron: int) -> int:
    weights = projection.connectivity
    if isinstance(weights, SynapseList):
        return int(np.count_nonzero(weights.post == neuron))
    return int(np.count_nonzero(weights.weight[:, neuron]))


def _run(known: Known, indices: Sequence[int]) -> list[Section]:
    """Return what the run did on some slices: one value each where there is one slice, else sum or largest."""
    facts = known.facts
    if facts.view is None or not indices:
        return []
    rows = []
    for metric in METRICS.values():
        if metric.needs_run:
            values = metric.values(facts)[list(indices)]
            is_sum = metric.unit.endswith("/tick")
            title = metric.title if is_sum or len(indices) == 1 else f"{metric.title}, largest"
            rows.append(Row(title, metric.text(float(values.sum() if is_sum else values.max()))))
    first, last = facts.view.span.start, facts.view.span.stop - 1
    return [Section(f"In ticks {first:,} to {last:,}", tuple(rows))]


def _parameters(population: Population, start: int = 0, stop: int | None = None) -> tuple[Row, ...]:
    """Return every parameter of the model for the neurons `start` to `stop`, in chip units."""
    rows = []
    for parameter in MODELS[population.model].parameters:
        value: ParameterValue = population.params.get(parameter.name, parameter.default)
        default = "" if parameter.name in population.params else "  (default)"
        rows.append(Row(parameter.name, _value(value, start, stop) + default))
    return tuple(rows)


def _value(value: ParameterValue, start: int, stop: int | None) -> str:
    if isinstance(value, str):
        return value
    numbers = np.atleast_1d(np.asarray(value, np.float64))
    numbers = numbers[start:stop] if len(numbers) > 1 else numbers
    least, most = float(numbers.min()), float(numbers.max())
    return f"{least:.6g}" if least == most else f"{least:.4g} to {most:.4g}, mean {numbers.mean():.4g}"


def _slice_rows(mapping: ChipMapping, indices: Sequence[int]) -> tuple[Row, ...]:
    return _limited(
        [Row(name_of(mapping, index), str(mapping.slices[index].pe), f"slice:{index}") for index in indices]
    )


def _limited(rows: Sequence[Row]) -> tuple[Row, ...]:
    if len(rows) <= MOST_ROWS:
        return tuple(rows)
    return (*rows[: MOST_ROWS - 1], Row(f"and {len(rows) - MOST_ROWS + 1:,} more", ""))


def _bytes(pieces: Iterable[Slice]) -> dict[str, int]:
    total: dict[str, int] = {}
    for piece in pieces:
        for region, size in piece.bytes.items():
            total[region] = total.get(region, 0) + size
    return total
