"""A chip network onto a machine: cut, placed, routed and checked; the result is immutable."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.machine import PE, Machine
from s2studio.documents import nearest
from s2studio.errors import MappingError, UsageError, Violation
from s2studio.mapping.check import (
    check_memory,
    check_pes,
    check_placement,
    check_router,
    check_targets,
    mapping_error,
)
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions, Route, Slice
from s2studio.mapping.memory import Cuts, MemoryModel
from s2studio.mapping.partition import asked, cuts_of, partition, pieces_of
from s2studio.mapping.pins import pinned_slices
from s2studio.mapping.place import PLACERS
from s2studio.mapping.place.available import available_pes
from s2studio.mapping.place.task import CostListener, Progress, Task, no_cost, no_progress
from s2studio.mapping.rates import Rates, slice_traffic
from s2studio.mapping.route import ROUTERS
from s2studio.mapping.route.paths import Mesh
from s2studio.snn.digest import network_digest
from s2studio.snn.fan_out import slice_reach
from s2studio.snn.network import ChipNetwork, SpikingPart


def map_network(
    network: ChipNetwork,
    machine: Machine,
    options: MappingOptions,
    demand: Demand,
    rates: Rates | None = None,
    progress: Progress = no_progress,
    cost: CostListener = no_cost,
) -> ChipMapping:
    """Return `network` placed on `machine` for a run that asks for `demand`.

    `rates` are the spikes per neuron that placers go by (None: each neuron one); `progress` is told how far a placer
    is, and may raise Cancelled; `cost` of what it has found so far.

    Raises MappingError with every violation if it does not fit, UsageError for options that name what is not there.
    """
    _check_options(network.spiking, machine, options)
    memory = MemoryModel(network.spiking, machine, demand)
    cuts = partition(memory, options)
    available = len(available_pes(machine, options))
    too_many = check_pes(memory, options, cuts, available)
    if too_many:
        raise mapping_error(network.name, [*too_many, *_unplaced_violations(memory, cuts)])
    pieces = pieces_of(cuts)
    pinned = pinned_slices(pieces, machine, options)
    traffic = slice_traffic(pieces, rates or {})
    task = Task(pieces, slice_targets(network.spiking, cuts), machine, options, traffic, pinned, progress, cost)
    pes = PLACERS[options.placer](task)
    return assemble(network.name, network_digest(network), memory, options, cuts, pes)


def pes_needed(network: ChipNetwork, machine: Machine, options: MappingOptions, demand: Demand) -> int:
    """Return how many PEs the network takes, however many there are. Raises MappingError if a slice fits no PE."""
    _check_options(network.spiking, machine, options)
    memory = MemoryModel(network.spiking, machine, demand)
    cuts = partition(memory, options)
    violations = _unplaced_violations(memory, cuts)
    if violations:
        raise mapping_error(network.name, violations)
    return len(pieces_of(cuts))


def remap_demand(mapping: ChipMapping, network: ChipNetwork, machine: Machine, demand: Demand) -> ChipMapping:
    """Return `mapping` with the memory that `demand` takes.

    Raises MappingError if that does not fit its slices, or if it was made for another network, chip or runtime.
    """
    digest = network_digest(network)
    _check_made_for(mapping, digest, machine)
    cuts = cuts_of(network.spiking, mapping.slices)
    memory = MemoryModel(network.spiking, machine, demand)
    pes = [piece.pe for piece in mapping.slices]
    return assemble(network.name, digest, memory, mapping.options, cuts, pes)


def assemble(
    name: str, digest: str, memory: MemoryModel, options: MappingOptions, cuts: Cuts, pes: Sequence[PE]
) -> ChipMapping:
    """Return the mapping of slices that are cut and placed already: routes and memory follow. Raises MappingError.

    `name` and `digest` are the network's; `pes` holds the PE of each slice, population after population in the order
    of `cuts`.
    """
    machine, pieces = memory.machine, pieces_of(cuts)
    _check_machine(machine, options)
    targets = slice_targets(memory.part, cuts)
    routes = _routes(machine, options, pes, targets)
    qpes = np.array([len({pes[target].cell for target in reached}) for reached in targets], np.int64)
    of_population = np.split(qpes, np.cumsum([len(bounds) - 1 for bounds in cuts.values()])[:-1])
    regions = {one: memory.regions(one, cuts, qpes_of) for one, qpes_of in zip(cuts, of_population, strict=True)}
    violations = [
        *check_placement(pieces, pes, machine, options),
        *check_targets(memory, cuts, pes),
        *check_memory(memory, cuts, regions, pes),
        *check_router(pieces, routes, machine),
    ]
    if violations:
        raise mapping_error(name, violations)
    columns = [dict(zip(found, row, strict=True)) for found in regions.values() for row in _rows(found)]
    slices = [Slice(*piece, pe, column) for piece, pe, column in zip(pieces, pes, columns, strict=True)]
    return ChipMapping(
        network=name,
        network_digest=digest,
        chip=machine.spec.name,
        chip_digest=machine.spec.digest,
        runtime=machine.runtime.name,
        options=options,
        demand=memory.demand,
        slices=tuple(slices),
        routes=routes,
    )


def slice_targets(part: SpikingPart, cuts: Cuts) -> list[tuple[int, ...]]:
    """Return for each slice, population after population, the indices of the slices that its spikes reach."""
    sizes = [len(bounds) - 1 for bounds in cuts.values()]
    first = dict(zip(cuts, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))
    reached: NDArray[np.bool_] = np.zeros((sum(sizes), sum(sizes)), np.bool_)
    for projection in part.projections:
        block = slice_reach(projection.connectivity, cuts[projection.pre], cuts[projection.post])
        row, column = first[projection.pre], first[projection.post]
        reached[row : row + block.shape[0], column : column + block.shape[1]] |= block
    return [tuple(np.flatnonzero(row).tolist()) for row in reached]


def _rows(regions: dict[str, NDArray[np.int64]]) -> list[list[int]]:
    rows: list[list[int]] = np.stack(list(regions.values()), axis=1).tolist()
    return rows


def _routes(
    machine: Machine, options: MappingOptions, pes: Sequence[PE], targets: Sequence[tuple[int, ...]]
) -> tuple[Route, ...]:
    mesh, router = Mesh(machine.spec), ROUTERS[options.routing]
    routes = []
    for pe, reached in zip(pes, targets, strict=True):
        if reached:
            routes.append(Route(reached, *router(pe, {pes[target].cell for target in reached}, mesh)))
        else:
            routes.append(Route((), packets=0, flits={}, router_lookups=0))
    return tuple(routes)


def _unplaced_violations(memory: MemoryModel, cuts: Cuts) -> list[Violation]:
    """Return what is over wherever the slices are placed: their routing is counted at the least it can be."""
    regions = {name: memory.regions(name, cuts, np.zeros(len(bounds) - 1, np.int64)) for name, bounds in cuts.items()}
    return [*check_targets(memory, cuts), *check_memory(memory, cuts, regions)]


def _check_options(part: SpikingPart, machine: Machine, options: MappingOptions) -> None:
    """Raise for an option that names what is not there, or that this machine cannot serve."""
    if options.placer not in PLACERS:
        raise UsageError("--placer", f"no placer '{options.placer}'", hint=nearest(options.placer, PLACERS))
    if options.routing not in ROUTERS:
        raise UsageError("--routing", f"no routing '{options.routing}'", hint=nearest(options.routing, ROUTERS))
    for pe in sorted(options.forbidden - set(machine.pes)):
        raise UsageError("--forbid", f"{pe} is not a PE of chip '{machine.spec.name}'", hint="see `s2studio chip`")
    _check_machine(machine, options)
    _check_neurons_per_pe(part, options)


def _check_machine(machine: Machine, options: MappingOptions) -> None:
    if len(machine.chips) > 1:
        raise MappingError(f"machine of {len(machine.chips)} chips", "routes between chips are not known", "one chip")
    if options.routing == "mc" and not Mesh(machine.spec).ports:
        raise MappingError(f"chip '{machine.spec.name}'", "no QPE is beside an event router", "mc needs one", "use c2c")


def _check_made_for(mapping: ChipMapping, digest: str, machine: Machine) -> None:
    expected = {
        "network": (mapping.network_digest, digest),
        "chip": (mapping.chip_digest, machine.spec.digest),
        "runtime": (mapping.runtime, machine.runtime.name),
    }
    for what, (made_for, found) in expected.items():
        if made_for != found:
            subject, hint = f"mapping of network '{mapping.network}'", "map again, or use what it was made for"
            raise MappingError(subject, f"made for {what} {made_for}", f"this is {found}", hint)


def _check_neurons_per_pe(part: SpikingPart, options: MappingOptions) -> None:
    names = [population.name for population in part.populations]
    for name in options.neurons_per_pe:
        if name not in names:
            raise UsageError("--neurons-per-pe", f"no population '{name}'", hint=nearest(name, names))
    for population in part.populations:
        wish = asked(population, options)
        if wish is not None and wish < 1:
            found = f"{wish} neurons of '{population.name}' on a PE"
            raise UsageError("--neurons-per-pe", found, "at least 1 is needed")
