"""Maps a deep network: for each layer the best tiling that fits, its PEs, and the DRAM image of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from s2studio.chip.layer_costs import LayerCosts, layer_costs
from s2studio.chip.machine import PE, Machine
from s2studio.documents import nearest
from s2studio.errors import MappingError, UsageError
from s2studio.mapping.layers.candidates import Room, best, smallest_bytes
from s2studio.mapping.layers.cutting import CUTTERS
from s2studio.mapping.layers.dram import dram_image
from s2studio.mapping.layers.mapping import LayerMapping, LayerOptions, LayerPlan
from s2studio.mapping.layers.resident import choose_resident
from s2studio.mapping.layers.tiling import Tiling
from s2studio.mapping.layers.work import LayerWork

Progress = Callable[[int, int], None]
_LEAST_PES = 2


def map_layers(
    network: str,
    works: Sequence[LayerWork],
    machine: Machine,
    options: LayerOptions | None = None,
    progress: Progress = lambda done, total: None,
) -> LayerMapping:
    """Return `works`, layers in an order in which each finds its inputs made, mapped onto one chip of `machine`.

    Raises MappingError that names the layer where a tile of it does not fit a PE, or the whole the DRAM.
    """
    options = options or LayerOptions()
    search = Search(machine, options)
    resident, tilings = choose_resident(search, works, progress)
    image = dram_image(list(zip(works, tilings, strict=True)), search.costs)
    weights = {region.name: region.address for region in image if region.kind == "weights"}
    tensors = {region.name: region.address for region in image if region.kind == "tensor"}
    headers = next(region.address for region in image if region.kind == "headers")
    layers = tuple(
        LayerPlan(
            work, tiling, search.workers_of(tiling), number in resident,
            headers + number * search.costs.header_bytes, weights.get(work.name, -1),
            tuple(tensors[tensor.name] for tensor in work.inputs), tensors[work.output.name],
        )
        for number, (work, tiling) in enumerate(zip(works, tilings, strict=True))
    )  # fmt: skip
    notes = () if options.beside is None else (options.beside.note,)
    kept = sum(layers[number].resident_bytes for number in resident)
    return LayerMapping(
        network, machine.spec.name, machine.spec.digest, machine.runtime.name, options, search.scheduler,
        search.available, machine.spec.memory.free_bytes - kept, kept, layers, image, notes,
    )  # fmt: skip


class Search:
    """Finds tilings on the PEs that are there; layers that are alike are searched once."""

    def __init__(self, machine: Machine, options: LayerOptions) -> None:
        spec = machine.spec
        if options.level not in spec.levels:
            raise UsageError(f"level '{options.level}'", "not known", hint=nearest(options.level, spec.levels))
        self.costs: LayerCosts = layer_costs(spec, options.dram_bytes_per_s)
        self.keeps_weights = options.keeps_weights
        self.clock_hz = spec.levels[options.level].clock_hz
        self.data_bytes = spec.memory.free_bytes
        free = [pe for pe in machine.usable_pes if pe not in options.taken and pe[:2] == machine.usable_pes[0][:2]]
        if len(free) < _LEAST_PES:
            found = f"{len(free)} PEs are free"
            hint = "forbid fewer PEs" if options.beside is None else f"give '{options.beside.network}' fewer PEs"
            raise MappingError("the chip", found, "a scheduler and a worker are needed", hint)
        # The last, so that as many QPEs as can be are whole.
        self.scheduler = free[-1]
        self.available = tuple(free[: min(len(free) - 1, options.workers or self.costs.workers, self.costs.workers)])
        self.teams = {size: _teams(self.available, size) for size in _sizes(spec.pes_per_qpe)}
        self._found: dict[tuple[LayerWork, int, bool], Tiling | None] = {}

    def room(self, taken: int) -> Room:
        """Return what PEs have for a layer where `taken` bytes hold weights of others."""
        teams = {size: len(found) for size, found in self.teams.items() if found}
        return Room(self.data_bytes - taken, teams, self.clock_hz)

    def tiling(self, work: LayerWork, taken: int = 0, is_resident: bool = False) -> Tiling | None:
        """Return the best tiling where `taken` bytes of each PE are gone, None where there is none."""
        key = (work.unnamed, taken, is_resident)
        if key not in self._found:
            room = self.room(taken)
            tiles = CUTTERS[work.kind](work, self.costs, room.teams)
            self._found[key] = best(tiles, room, self.costs, is_resident)
        return self._found[key]

    def refusal(self, work: LayerWork) -> MappingError:
        """Return why no tile of `work` fits a PE."""
        room = self.room(0)
        needed = smallest_bytes(CUTTERS[work.kind](work, self.costs, room.teams), self.costs)
        remedy = {
            "matmul": "cut its inputs into several layers",
            "convolution": "make its image narrower or its kernel smaller",
        }.get(work.kind, "make its rows shorter: a row is not cut")
        found = f"its smallest tile takes {needed:,} B"
        return MappingError(f"layer '{work.name}' ({work.operator})", found, f"{room.free_bytes:,} B are free", remedy)

    def workers_of(self, tiling: Tiling) -> tuple[PE, ...]:
        """Return the PEs of a tiling, team by team."""
        members = min(tiling.team, tiling.tiles.rows)
        teams = self.teams[tiling.team][: tiling.teams.count]
        return tuple(pe for team in teams for pe in team[:members])


def _sizes(pes_per_qpe: int) -> list[int]:
    return [size for size in range(1, pes_per_qpe + 1) if pes_per_qpe % size == 0]


def _teams(pes: Sequence[PE], size: int) -> tuple[tuple[PE, ...], ...]:
    """Return disjoint teams of `size` PEs of one QPE each, in logical order."""
    by_qpe: dict[tuple[int, int], list[PE]] = {}
    for pe in pes:
        by_qpe.setdefault(pe.cell, []).append(pe)
    return tuple(
        tuple(members[start : start + size])
        for members in by_qpe.values()
        for start in range(0, len(members) - size + 1, size)
    )
