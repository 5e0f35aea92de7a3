"""Everything about what is selected, as sections of named values: what the inspector shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from s2studio.chip.machine import PE
from s2studio.draw.metrics import METRICS
from s2studio.gui.models.mesh_values import Facts, link_loads
from s2studio.gui.models.selection import Selected
from s2studio.gui.translation import tr
from s2studio.mapping.edit import name_of
from s2studio.mapping.mapping import ChipMapping, Link, Slice
from s2studio.mapping.rates import Rates
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList, kind_of, weight_count
from s2studio.snn.evidence import BASES, Evidence, evidence_of
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
        Row(tr("Populations"), f"{len(part.populations):,}"),
        Row(tr("Neurons"), f"{neurons:,}"),
        Row(tr("Projections"), f"{len(part.projections):,}"),
        Row(tr("Weights"), f"{weights:,}"),
        Row(tr("Outputs"), ", ".join(part.outputs) or "–"),
    )
    usable = len(known.facts.machine.usable_pes)
    placed = (
        Row(tr("PEs"), tr("{pes_used} of {usable}", pes_used=mapping.pes_used, usable=usable)),
        Row(tr("Placer"), mapping.options.placer),
        Row(tr("Routing"), mapping.options.routing),
        Row(
            tr("Router entries"),
            tr(
                "{routing_entries:,} of {router_entries:,}",
                routing_entries=mapping.routing_entries,
                router_entries=known.facts.machine.spec.router_entries,
            ),
        ),
        Row(tr("Hops, each neuron once"), f"{mapping.weighted_hops:,}"),
    )
    return Sheet(
        known.network.name, tr("network"), (Section(tr("Network"), about), Section(tr("Placement"), placed)), {}
    )


def _population(known: Known, name: str) -> Sheet:
    population, mapping = known.network.spiking.population(name), known.mapping
    indices = [index for index, piece in enumerate(mapping.slices) if piece.population == name]
    pieces = [mapping.slices[index] for index in indices]
    record = mapping.demand.record.get(name, frozenset())
    about = [
        Row(tr("Model"), population.model),
        Row(tr("Neurons"), f"{population.size:,}"),
        Row(tr("Shape"), " × ".join(map(str, population.shape)) if population.shape else "–"),
        Row(tr("Board records"), ", ".join(sorted(record)) or tr("nothing")),
        Row(tr("Is an output"), tr("yes") if name in known.network.spiking.outputs else tr("no")),
    ]
    placed = [
        Row(tr("Slices"), f"{len(pieces):,}"),
        Row(tr("Neurons in a slice"), tr("{size:,} at most", size=max((piece.size for piece in pieces), default=0))),
        *_limited(
            [Row(name_of(mapping, index), str(mapping.slices[index].pe), f"slice:{index}", True) for index in indices]
        ),
    ]
    sections = [Section(tr("Population"), tuple(about)), *_evidence(known, population)]
    sections.append(Section(tr("Parameters"), _parameters(population)))
    sections += _projections_of(known, name)
    sections.append(Section(tr("Placement"), tuple(placed)))
    sections += _run(known, indices)
    return Sheet(name, tr("population"), tuple(sections), _bytes(pieces), known.data_bytes * len(pieces))


def _evidence(known: Known, population: Population) -> list[Section]:
    """Return what stands behind the way in which `population` is simulated, the least sure first."""
    part = known.network.spiking
    if not part.projections:
        return []  # a session without its model: what comes into it is not known
    found = evidence_of(population, part.projections)
    rows = [Row(row.title, tr(row.stands_on)) for row in sorted(found.features, key=_surest_last)]
    title = tr("Stands on: {basis}", basis=tr(found.stands_on))
    return [Section(title, tuple(rows))]


def _surest_last(row: Evidence) -> int:
    return -BASES.index(row.stands_on)


def _projections_of(known: Known, name: str) -> list[Section]:
    projections = list(enumerate(known.network.spiking.projections))
    into = [_brief(number, one, one.pre) for number, one in projections if one.post == name]
    out = [_brief(number, one, one.post) for number, one in projections if one.pre == name]
    return [Section(title, _limited(rows)) for title, rows in ((tr("Comes from"), into), (tr("Goes to"), out)) if rows]


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
        Row(tr("From"), projection.pre, f"population:{projection.pre}"),
        Row(tr("To"), projection.post, f"population:{projection.post}"),
        Row(tr("Kind"), kind_of(weights)),
        Row(tr("Weights"), f"{weight_count(weights):,}"),
        Row(tr("Delay"), _delay(weights)),
    ]
    if isinstance(weights, ConvWeights):
        about += [
            Row(tr("Kernel"), " × ".join(map(str, weights.weight.shape)) + tr("  (out × in × height × width)")),
            Row(tr("Stride"), " × ".join(map(str, weights.stride))),
            Row(tr("Padding"), ", ".join(map(str, weights.padding)) + tr("  (top, bottom, left, right)")),
            Row(tr("Pooling"), " × ".join(map(str, weights.pool))),
        ]
    numbers = [
        Row(tr("Least"), f"{values.min(initial=0):d}"),
        Row(tr("Largest"), f"{values.max(initial=0):d}"),
        Row(tr("Mean |w|"), f"{np.abs(values).mean():.3g}" if len(values) else "–"),
        Row(tr("Zero"), f"{np.count_nonzero(values == 0):,}"),
    ]
    sections = (Section(tr("Projection"), tuple(about)), Section(tr("Weights on the chip"), tuple(numbers)))
    return Sheet(f"{projection.pre} → {projection.post}", tr("projection"), sections, {})


def _delay(weights: SynapseList | DenseWeights | ConvWeights) -> str:
    if isinstance(weights, ConvWeights):
        return "1 tick"
    if isinstance(weights, DenseWeights):
        return counted(weights.delay + 1, "tick")
    if not len(weights.delay):
        return "–"
    least, most = int(weights.delay.min()) + 1, int(weights.delay.max()) + 1
    return counted(least, "tick") if least == most else tr("{least} to {most} ticks", least=least, most=most)


def _slice(known: Known, index: int) -> Sheet:
    mapping = known.mapping
    piece, route, name = mapping.slices[index], mapping.routes[index], name_of(mapping, index)
    population = known.network.spiking.population(piece.population)
    about = (
        Row(tr("Population"), piece.population, f"population:{piece.population}"),
        Row(
            tr("Neurons"),
            tr("{start:,} to {stop:,} ({size:,})", start=piece.start, stop=piece.stop - 1, size=piece.size),
        ),
        Row(tr("Model"), population.model),
        Row(tr("State"), tr("pinned") if name in mapping.options.pinned else tr("may move")),
    )
    sources = [number for number, other in enumerate(mapping.routes) if index in other.targets]
    out = [
        Row(tr("Packets for a spike"), f"{route.packets:,}"),
        Row(tr("Hops for a spike"), f"{route.hops:,}"),
        Row(tr("Router look-ups"), f"{route.router_lookups:,}"),
        *_slice_rows(mapping, route.targets),
    ]
    sections = [Section(tr("Slice"), about), *_run(known, [index]), Section(tr("Sends to"), tuple(out))]
    if sources:
        sections.append(Section(tr("Hears"), _slice_rows(mapping, sources)))
    sections += [*_projections_of(known, piece.population), *_evidence(known, population)]
    sections.append(Section(tr("Parameters"), _parameters(population, piece.start, piece.stop)))
    return Sheet(name, tr("slice on {pe}", pe=piece.pe), tuple(sections), piece.bytes, known.data_bytes)


def _slices(known: Known, indices: Sequence[int]) -> Sheet:
    pieces = [known.mapping.slices[index] for index in indices]
    about = (
        Row(tr("Neurons"), f"{sum(piece.size for piece in pieces):,}"),
        Row(tr("Populations"), ", ".join(sorted({piece.population for piece in pieces}))),
        Row(tr("PEs"), f"{len({piece.pe for piece in pieces}):,}"),
    )
    sections = [Section(tr("Selection"), about), *_run(known, indices)]
    sections.append(Section(tr("Slices"), _slice_rows(known.mapping, indices)))
    capacity = known.data_bytes * len(pieces)
    return Sheet(
        tr("{pieces:,} slices", pieces=len(pieces)), tr("selection"), tuple(sections), _bytes(pieces), capacity
    )


def _pes(known: Known, pes: Sequence[PE]) -> Sheet:
    machine, options = known.facts.machine, known.mapping.options
    if len(pes) > 1:
        rows = tuple(Row(str(pe), _state(known, pe)) for pe in pes)
        return Sheet(tr("{pes:,} PEs", pes=len(pes)), tr("selection"), (Section(tr("PEs"), _limited(rows)),), {})
    pe = pes[0]
    number = machine.pes.index(pe) + 1 if pe in machine.pes else 0
    rows = (
        Row(tr("State"), _state(known, pe)),
        Row(tr("QPE"), f"{pe.x}, {pe.y}"),
        Row(tr("Logical core"), tr("{number} of {pes}", number=number, pes=len(machine.pes))),
        Row(tr("Data memory"), f"{known.data_bytes:,} B"),
        Row(tr("Free for a program"), f"{machine.spec.memory.free_bytes:,} B"),
    )
    pinned = [name for name, where in options.pinned.items() if where == pe]
    sections = [Section(tr("PE"), rows)]
    if pinned:
        sections.append(Section(tr("Pinned to it"), tuple(Row(name, "") for name in pinned)))
    return Sheet(str(pe), tr("processing element"), tuple(sections), {})


def _state(known: Known, pe: PE) -> str:
    if pe in known.facts.machine.reserved_pes:
        return tr("reserved by the runtime '{runtime}'", runtime=known.mapping.runtime)
    return tr("forbidden") if pe in known.mapping.options.forbidden else tr("free")


def _link(known: Known, link: Link) -> Sheet:
    loads, unit = link_loads(known.facts)
    total = sum(loads.values())
    load = loads.get(link, 0.0)
    mapping = known.mapping
    users = [index for index, route in enumerate(mapping.routes) if route.flits.get(link)]
    about = (
        Row(tr("From"), str(link.source)),
        Row(tr("To"), str(link.target)),
        Row(tr("Load"), f"{load:,.4g} {unit}"),
        Row(tr("Of all traffic"), f"{load / total:.1%}" if total else "–"),
    )
    rows = _slice_rows(mapping, users)
    return Sheet(
        f"{link.source} → {link.target}",
        tr("link of the NoC"),
        (Section(tr("Link"), about), Section(tr("Used by"), rows)),
        {},
    )


def _neuron(known: Known, name: str, neuron: int) -> Sheet:
    population, mapping = known.network.spiking.population(name), known.mapping
    holder = [
        index
        for index, piece in enumerate(mapping.slices)
        if piece.population == name and piece.start <= neuron < piece.stop
    ]
    about = [Row(tr("Population"), name, f"population:{name}"), Row(tr("Model"), population.model)]
    if population.shape is not None and len(population.shape) == 3:
        channel, y, x = (int(part) for part in np.unravel_index(neuron, population.shape))
        about.append(Row(tr("Place"), tr("channel {channel}, y {y}, x {x}", channel=channel, y=y, x=x)))
    about += [
        Row(
            tr("Slice"),
            tr("{mapping} on {pe}", mapping=name_of(mapping, index), pe=mapping.slices[index].pe),
            f"slice:{index}",
        )
        for index in holder
    ]
    rate = known.rates.get(name) if known.rates is not None else None
    if rate is not None and not isinstance(rate, int | float) and neuron < len(rate):
        about.append(Row(tr("Spikes"), tr("{rate:,} in {ticks:,} ticks", rate=int(rate[neuron]), ticks=known.ticks)))
    fan_in = [
        Row(one.pre, counted(_into(one, neuron), "synapse"), f"projection:{number}", True)
        for number, one in enumerate(known.network.spiking.projections)
        if one.post == name and not isinstance(one.connectivity, ConvWeights)
    ]
    sections = [
        Section(tr("Neuron"), tuple(about)),
        Section(tr("Parameters"), _parameters(population, neuron, neuron + 1)),
    ]
    if fan_in:
        sections.append(Section(tr("Hears"), _limited(fan_in)))
    return Sheet(tr("{name}, neuron {neuron:,}", name=name, neuron=neuron), tr("neuron"), tuple(sections), {})


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
            title = tr(metric.title)
            title = title if metric.is_sum or len(indices) == 1 else tr("{title}, largest", title=title)
            rows.append(Row(title, facts.said(metric, indices)))
    first, last = facts.view.span.start, facts.view.span.stop - 1
    return [Section(tr("In ticks {first:,} to {last:,}", first=first, last=last), tuple(rows))]


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
    return (
        f"{least:.6g}"
        if least == most
        else tr("{least:.4g} to {most:.4g}, mean {mean:.4g}", least=least, most=most, mean=numbers.mean())
    )


def _slice_rows(mapping: ChipMapping, indices: Sequence[int]) -> tuple[Row, ...]:
    return _limited(
        [Row(name_of(mapping, index), str(mapping.slices[index].pe), f"slice:{index}") for index in indices]
    )


def _limited(rows: Sequence[Row]) -> tuple[Row, ...]:
    if len(rows) <= MOST_ROWS:
        return tuple(rows)
    return (*rows[: MOST_ROWS - 1], Row(tr("and {rows:,} more", rows=len(rows) - MOST_ROWS + 1), ""))


def _bytes(pieces: Iterable[Slice]) -> dict[str, int]:
    total: dict[str, int] = {}
    for piece in pieces:
        for region, size in piece.bytes.items():
            total[region] = total.get(region, 0) + size
    return total
