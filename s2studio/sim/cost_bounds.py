"""Which cycle costs agree with what is published: the ranges of the chip file, cut by the published throughput."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec

FloatArray = NDArray[np.float64]
Floats = tuple[float, ...]

# The costs of a PE's tick in the order of every vector here; `neuron` is cycles_per_neuron of the PE's model.
COST_NAMES = ("tick", "packet", "synaptic_event", "send", "voltage_record", "neuron")
_NEURON = COST_NAMES.index("neuron")
# Of a limit: what rounding may add to a sum that meets it exactly.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Anchor:
    """A published throughput as an inequality: `uses` x costs, in the order of COST_NAMES, <= `limit` cycles per s.

    Its neurons cost what those of `model` do. Of what the paper leaves open, the reading is taken that cuts least.
    """

    key: str
    model: str
    uses: FloatArray
    limit: float
    source: str


@dataclass(frozen=True)
class Corners:
    """Cost vectors of one model: `least` costs least of all in every PE, one of `most` (corners, costs) costs most."""

    least: FloatArray
    most: FloatArray


@dataclass(frozen=True)
class FeasibleCosts:
    """The set of cycle costs that agree with the ranges (cycles, by key of the chip file) and with every anchor.

    `family` are the models that the anchors say something of: those that have inputs and update every neuron.
    `contradicted` lists the anchors that no costs within the ranges meet, as after a calibration: they cut nothing.
    """

    ranges: Mapping[str, tuple[float, float]]
    family: frozenset[str]
    anchors: tuple[Anchor, ...]
    contradicted: tuple[str, ...]

    def corners(self, model: str) -> Corners:
        """Return the extreme cost vectors of a PE whose neurons are of `model`."""
        low, high = self._box(model)
        cuts = _needed([cut for anchor in self.anchors for cut in self._cuts(anchor, model)], high)
        most = _most(
            tuple(low.tolist()), tuple(high.tolist()), tuple((tuple(uses.tolist()), end) for uses, end in cuts)
        )
        return Corners(low, most)

    def interval(self, key: str) -> tuple[float, float]:
        """Return the least and the most that the cost `key` of the chip file can be, in cycles."""
        model, place = _place(key, self.ranges)
        corners = self.corners(model)
        return float(corners.least[place]), float(corners.most[:, place].max())

    def _box(self, model: str) -> tuple[FloatArray, FloatArray]:
        limits = [self.ranges[_key(name, model)] for name in COST_NAMES]
        return np.array([low for low, _ in limits]), np.array([high for _, high in limits])

    def _cuts(self, anchor: Anchor, model: str) -> Iterator[tuple[FloatArray, float]]:
        """Return what `anchor` says of the costs of a PE of `model`, as (coefficients, limit)."""
        least = self.ranges[_key("neuron", anchor.model)][0]
        apart = anchor.uses.copy()
        apart[_NEURON] = 0.0
        yield apart, anchor.limit - anchor.uses[_NEURON] * least
        # No model of the family is taken to cost more than the anchor's.
        if model in self.family:
            yield anchor.uses, anchor.limit


def feasible_costs(spec: ChipSpec, without: Collection[str] = ()) -> FeasibleCosts:
    """Return the costs that agree with what is published of `spec`, the anchors `without` (keys) left out."""
    ranges = {key: _range(spec, key) for name in COST_NAMES[:-1] for key in (_key(name, ""),)}
    ranges |= {key: _range(spec, key) for model in spec.models for key in (_key("neuron", model),)}
    anchors = [anchor for anchor in throughput_anchors(spec) if anchor.key not in without]
    met = [anchor for anchor in anchors if _can_meet(anchor, ranges)]
    family = frozenset(name for name, limits in spec.models.items() if limits.max_weight and limits.cycles_per_neuron)
    return FeasibleCosts(ranges, family, tuple(met), tuple(anchor.key for anchor in anchors if anchor not in met))


def throughput_anchors(spec: ChipSpec) -> tuple[Anchor, ...]:
    """Return the published throughputs of a core and of a chip; none where the chip file has none.

    In one second a core at the fastest clock runs 1 / tick ticks, updates every neuron in each, and takes as many
    packets as its synaptic events need when each has as many targets on the core as `anchor_sparse` allows.
    """
    if "throughput.synaptic_events_per_core" not in spec.quantities:
        return ()

    def number(key: str) -> float:
        return float(str(spec.quantities[key].value))

    per_core = number("throughput.synaptic_events_per_core") * 1e6
    per_chip = number("throughput.synaptic_events_per_chip") * 1e9 / spec.pe_count
    neurons = {
        "throughput.synaptic_events_per_core": number("throughput.neurons_per_core"),
        "throughput.synaptic_events_per_chip": number("throughput.neurons_per_chip") / spec.pe_count,
    }
    events = dict(zip(neurons, (per_core, per_chip), strict=True))
    return tuple(
        Anchor(
            key,
            str(spec.quantities["anchor_sparse.model"].value),
            anchor_uses(spec, events[key], neurons[key], _range(spec, "anchor_sparse.synapses_per_packet")[1]),
            max(level.clock_hz for level in spec.levels.values()),
            spec.quantities[key].source,
        )
        for key in neurons
    )


def anchor_uses(spec: ChipSpec, events_per_s: float, neurons: float, synapses_per_packet: float) -> FloatArray:
    """Return how often each cost falls due in a second of the program `anchor_sparse`, in the order of COST_NAMES."""
    ticks = 1e3 / float(str(spec.quantities["throughput.tick"].value))
    return np.array([ticks, events_per_s / synapses_per_packet, events_per_s, 0.0, 0.0, neurons * ticks])


@lru_cache(maxsize=64)
def _most(low: Floats, high: Floats, cuts: tuple[tuple[Floats, float], ...]) -> FloatArray:
    """Return the corners that cost most; kept, since a run is priced in many blocks at the same costs."""
    most = _maximal(corners_of(np.array(low), np.array(high), [(np.array(uses), limit) for uses, limit in cuts]))
    most.setflags(write=False)
    return most


def corners_of(low: FloatArray, high: FloatArray, cuts: Sequence[tuple[FloatArray, float]]) -> FloatArray:
    """Return the corners of the box `low` to `high` that the half-spaces `cuts` leave, shape (corners, costs).

    A corner has as many costs strictly between their limits as cuts that it meets exactly.
    """
    wide = np.flatnonzero(high > low).tolist()
    found = []
    for tight in (chosen for count in range(len(cuts) + 1) for chosen in combinations(cuts, count)):
        for free in combinations(wide, len(tight)):
            fixed = [place for place in wide if place not in free]
            for ends in product((0, 1), repeat=len(fixed)):
                corner = low.copy()
                corner[fixed] = np.where(ends, high[fixed], low[fixed]) if fixed else corner[fixed]
                if _solve(corner, list(free), tight) and _is_inside(corner, low, high, cuts):
                    found.append(corner)
    return np.unique(np.round(np.array(found), 9), axis=0) if found else low[None]


def _solve(corner: FloatArray, free: list[int], tight: Sequence[tuple[FloatArray, float]]) -> bool:
    """Set the costs `free` of `corner` so that the cuts `tight` are met exactly; False where they cannot be."""
    if not free:
        return True
    corner[free] = 0.0
    matrix = np.array([uses[free] for uses, _ in tight])
    if abs(np.linalg.det(matrix / np.abs(matrix).max())) < _ROUNDING if matrix.any() else True:
        return False
    corner[free] = np.linalg.solve(matrix, [limit - uses @ corner for uses, limit in tight])
    return True


def _is_inside(corner: FloatArray, low: FloatArray, high: FloatArray, cuts: Sequence[tuple[FloatArray, float]]) -> bool:
    is_in_box = bool(((corner >= low - _ROUNDING) & (corner <= high + _ROUNDING)).all())
    return is_in_box and all(uses @ corner <= limit * (1 + _ROUNDING) for uses, limit in cuts)


def _needed(cuts: Sequence[tuple[FloatArray, float]], high: FloatArray) -> list[tuple[FloatArray, float]]:
    """Return the cuts that leave something out which no other leaves out as well."""
    cutting = [(uses, limit) for uses, limit in cuts if uses @ high > limit]
    return [
        (uses, limit)
        for number, (uses, limit) in enumerate(cutting)
        if not any(
            (more >= uses).all() and least <= limit and (place < number or least < limit or (more > uses).any())
            for place, (more, least) in enumerate(cutting)
            if place != number
        )
    ]


def _maximal(corners: FloatArray) -> FloatArray:
    """Return the corners that no other equals or exceeds in every cost: one of them costs most in any PE."""
    kept = [
        corner
        for number, corner in enumerate(corners)
        if not any((other >= corner).all() and place != number for place, other in enumerate(corners))
    ]
    return np.array(kept)


def _can_meet(anchor: Anchor, ranges: Mapping[str, tuple[float, float]]) -> bool:
    low = np.array([ranges[_key(name, anchor.model)][0] for name in COST_NAMES])
    return bool(anchor.uses @ low <= anchor.limit)


def _range(spec: ChipSpec, key: str) -> tuple[float, float]:
    quantity = spec.quantities[key]
    value = float(str(quantity.value))
    return quantity.range or (value, value)


def _key(name: str, model: str) -> str:
    return f"models.{model}.cycles_per_neuron" if name == "neuron" else f"cycles.{name}"


def _place(key: str, ranges: Mapping[str, tuple[float, float]]) -> tuple[str, int]:
    """Return a model whose vectors hold the cost `key`, and its place in them."""
    table, *words = key.split(".")
    if table == "models":
        return words[0], _NEURON
    other = next(name.split(".")[1] for name in ranges if name.startswith("models."))
    return other, COST_NAMES.index(words[0])
