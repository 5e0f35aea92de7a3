"""Every way in which a mapping breaks a limit of the chip, as a list of violations with what to do about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from s2studio.chip.machine import PE, Machine
from s2studio.errors import MappingError, Violation
from s2studio.mapping.mapping import MappingOptions, Route, Slice
from s2studio.mapping.memory import Cuts, MemoryModel, Regions
from s2studio.mapping.partition import Piece
from s2studio.mapping.remedy import memory_remedy, pes_remedy
from s2studio.mapping.route.entries import entries_by_population, router_entries
from s2studio.snn.fan_out import IntArray
from s2studio.snn.network import SpikingPart

MOVABLE = ("state", "params", "pop_table", "synapses", "record")
"""The regions that grow and shrink with the network and the run."""

_HEAVIEST = 3
"""How many populations a violation of the event router's table names."""


def check_memory(
    memory: MemoryModel, cuts: Cuts, regions: Mapping[str, Regions], pes: Sequence[PE] | None = None
) -> list[Violation]:
    """Return a violation for each slice whose memory is over, about its largest region.

    `regions` is the memory of each population, `pes` the PE of each slice, population after population (None: not
    placed). `bytes` is what the region needs, `free` what the other regions leave for it.
    """
    violations, first = [], 0
    for name, bounds in cuts.items():
        found = regions[name]
        total = np.sum(list(found.values()), axis=0)
        over = np.flatnonzero(total > memory.capacity).tolist()
        remedy = memory_remedy(memory, name, cuts, found) if over else ""
        for index in over:
            region = max(MOVABLE, key=lambda movable: int(found[movable][index]))
            needed = int(found[region][index])
            free = max(0, memory.capacity - (int(total[index]) - needed))
            pe = str(pes[first + index]) if pes is not None else None
            violations.append(Violation(pe, name, _ordinal(index, bounds), region, needed, free, remedy))
        first += len(bounds) - 1
    return violations


def check_targets(memory: MemoryModel, cuts: Cuts, pes: Sequence[PE] | None = None) -> list[Violation]:
    """Return a violation for each slice with more neurons than a synapse of its model can address."""
    violations, first = [], 0
    for name, bounds in cuts.items():
        most = memory.limits(name).max_neurons_per_pe
        for index, size in enumerate(np.diff(bounds).tolist()):
            if size > most:
                pe = str(pes[first + index]) if pes is not None else None
                remedy = f"lower neurons_per_pe to {most}"
                violations.append(Violation(pe, name, _ordinal(index, bounds), "targets", size, most, remedy))
        first += len(bounds) - 1
    return violations


def check_pes(memory: MemoryModel, options: MappingOptions, cuts: Cuts, available: int) -> list[Violation]:
    """Return a violation if there are more slices than PEs that may be used."""
    needed = sum(len(bounds) - 1 for bounds in cuts.values())
    if needed <= available:
        return []
    remedy = pes_remedy(memory, options, cuts, available)
    return [Violation(None, None, None, "pes", needed, available, remedy)]


def check_router(pieces: Sequence[Piece | Slice], routes: Sequence[Route], machine: Machine) -> list[Violation]:
    """Return a violation, with the heaviest populations, if the event router's table is too short for the slices."""
    entries, most = router_entries(pieces, routes), machine.spec.router_entries
    if len(entries) <= most:
        return []
    heaviest = list(entries_by_population(entries).items())[:_HEAVIEST]
    names = ", ".join(f"'{name}' {count:,}" for name, count in heaviest)
    remedy = f"route by c2c, or use larger slices; most entries: {names}"
    return [Violation(None, None, None, "routing_entries", len(entries), most, remedy)]


def check_placement(
    pieces: Sequence[Piece], pes: Sequence[PE], machine: Machine, options: MappingOptions
) -> list[Violation]:
    """Return a violation for each slice on a PE that does not exist, is reserved or forbidden, or is taken already."""
    existing, reserved = frozenset(machine.pes), machine.reserved_pes
    holder: dict[PE, Piece] = {}
    violations = []
    for piece, pe in zip(pieces, pes, strict=True):
        neurons = f"neurons {piece.start} to {piece.stop - 1}"
        if pe not in existing:
            reason = "the machine has no such PE"
        elif pe in reserved:
            reason = f"runtime '{machine.runtime.name}' reserves it"
        elif pe in options.forbidden:
            reason = "it is forbidden"
        elif pe in holder:
            taken = holder[pe]
            reason = f"it already holds neurons {taken.start} to {taken.stop - 1} of '{taken.population}'"
        else:
            holder[pe] = piece
            continue
        remedy = f"{reason}: put {neurons} on another PE"
        violations.append(Violation(str(pe), piece.population, None, "pe", 1, 0, remedy))
    return violations


def check_cover(pieces: Sequence[Piece | Slice], part: SpikingPart) -> list[Violation]:
    """Return a violation for each stretch of a population that is in no slice, in two, or not in the population.

    `pieces` stand in the order of the populations and neurons.
    """
    violations = []
    for population in part.populations:
        name, reached = population.name, 0
        for start, stop in [(piece.start, piece.stop) for piece in pieces if piece.population == name]:
            if start > reached:
                violations.append(_neurons(name, reached, start, "on no PE: add a slice"))
            elif start < reached:
                violations.append(_neurons(name, start, min(reached, stop), "in two slices: change start or stop"))
            reached = max(reached, stop)
        if reached < population.size:
            violations.append(_neurons(name, reached, population.size, "on no PE: add a slice"))
        elif reached > population.size:
            end = f"not in the population, which ends at {population.size - 1}"
            violations.append(_neurons(name, population.size, reached, end))
    return violations


def mapping_error(network: str, violations: Sequence[Violation]) -> MappingError:
    """Return the error that tells the first of `violations` in full and how many more there are."""
    first, more = violations[0], len(violations) - 1
    subject = f"network '{network}'" if first.subject == "the network" else first.subject
    hint = first.remedy + (f" (and {more:,} more violation{'s' if more > 1 else ''})" if more else "")
    return MappingError(subject, first.found, first.limit, hint, violations)


def _neurons(name: str, start: int, stop: int, problem: str) -> Violation:
    which = f"neuron {start}" if stop == start + 1 else f"neurons {start} to {stop - 1}"
    return Violation(None, name, None, "neurons", stop - start, 0, f"{which} {problem}")


def _ordinal(index: int, bounds: IntArray) -> str:
    return f"{index + 1} of {len(bounds) - 1}"
