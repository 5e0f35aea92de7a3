"""The network as a graph of boxes: populations, and groups of them by the parts of their names, open or closed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from s2studio.draw.colours import population_colours
from s2studio.gui.translation import tr
from s2studio.snn.connectivity import kind_of, weight_count
from s2studio.snn.evidence import evidence_of
from s2studio.snn.network import ChipNetwork
from s2studio.snn.population import Population
from s2studio.units import counted

# Beyond so many boxes nobody reads a graph: groups are closed at first, and what has no groups is put into some.
MOST_OPEN = 40
MOST_BOXES = 120
_SEPARATORS = re.compile(r"[./]")


@dataclass(frozen=True)
class GraphNode:
    """A box: one population, or the group `group` of several. `lines` say what it is."""

    title: str
    lines: tuple[str, ...]
    populations: tuple[str, ...]
    colour: str
    group: str = ""
    is_output: bool = False


@dataclass(frozen=True)
class GraphEdge:
    """What goes from one box (by its index) to another: the projections, by their number, and how many weights."""

    source: int
    target: int
    projections: tuple[int, ...]
    label: str


@dataclass(frozen=True)
class NetworkGraph:
    """The boxes and edges to show now."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]


def groups_of(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the groups each population is in, the outermost first.

    `a.b.c` and `a/b/c` are in `a` and `a.b`, as far as these have more than one member. Where there would still be
    too many boxes with all groups closed, neighbours go together.
    """
    chains = {name: _prefixes(name) for name in names}
    members: dict[str, int] = {}
    for chain in chains.values():
        for group in chain:
            members[group] = members.get(group, 0) + 1
    found = {name: tuple(group for group in chain if members[group] > 1) for name, chain in chains.items()}
    tops = list(dict.fromkeys((chain or (name,))[0] for name, chain in found.items()))
    if len(tops) <= MOST_BOXES:
        return found
    size = -(-len(tops) // (MOST_BOXES // 2))
    blocks: dict[str, str] = {}
    for first in range(0, len(tops), size):
        block = tops[first : first + size]
        blocks.update(dict.fromkeys(block, f"{block[0]} … {block[-1]}"))
    return {name: (blocks[(chain or (name,))[0]], *chain) for name, chain in found.items()}


def initially_open(groups: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """Return the groups that are open at first: all, unless there are too many populations."""
    if len(groups) > MOST_OPEN:
        return frozenset()
    return frozenset(group for chain in groups.values() for group in chain)


def network_graph(network: ChipNetwork, groups: Mapping[str, tuple[str, ...]], is_open: frozenset[str]) -> NetworkGraph:
    """Return the boxes and edges of `network` with the groups of `is_open` open."""
    part = network.spiking
    colours = population_colours(population.name for population in part.populations)
    box_of: dict[str, str] = {}
    members: dict[str, list[int]] = {}
    for number, population in enumerate(part.populations):
        closed = next((group for group in groups[population.name] if group not in is_open), "")
        # A population may be called like a group.
        key = f"group:{closed}" if closed else f"population:{population.name}"
        box_of[population.name] = key
        members.setdefault(key, []).append(number)
    nodes: list[GraphNode] = []
    index: dict[str, int] = {}
    for key, numbers in members.items():
        index[key] = len(nodes)
        kind, _, title = key.partition(":")
        inside = [part.populations[number] for number in numbers]
        names = tuple(population.name for population in inside)
        neurons = sum(population.size for population in inside)
        if kind == "group":
            lines: tuple[str, ...] = (counted(len(inside), "population"), counted(neurons, "neuron"))
        else:
            shape = inside[0].shape
            shown = f" ({' × '.join(map(str, shape))})" if shape is not None and len(shape) > 1 else ""
            lines = (_badge(network, inside[0]), counted(neurons, "neuron") + shown)
        is_output = any(name in part.outputs for name in names)
        nodes.append(GraphNode(title, lines, names, colours[names[0]], title if kind == "group" else "", is_output))
    return NetworkGraph(tuple(nodes), _edges(network, box_of, index))


def _badge(network: ChipNetwork, population: Population) -> str:
    """Return the model of `population`, and what stands behind it where its projections are known."""
    if not network.spiking.projections:
        return population.model
    return f"{population.model} · {tr(evidence_of(population, network.spiking.projections).stands_on)}"


def _edges(network: ChipNetwork, box_of: Mapping[str, str], index: Mapping[str, int]) -> tuple[GraphEdge, ...]:
    between: dict[tuple[int, int], list[int]] = {}
    for number, projection in enumerate(network.spiking.projections):
        ends = index[box_of[projection.pre]], index[box_of[projection.post]]
        is_inside = ends[0] == ends[1] and box_of[projection.pre].startswith("group:")
        if not is_inside:
            between.setdefault(ends, []).append(number)
    return tuple(GraphEdge(*ends, tuple(numbers), _label(network, numbers)) for ends, numbers in between.items())


def _label(network: ChipNetwork, numbers: Sequence[int]) -> str:
    weights = [network.spiking.projections[number].connectivity for number in numbers]
    total = sum(weight_count(one) for one in weights)
    kinds = sorted({kind_of(one) for one in weights})
    what = tr("{count:,} projections", count=len(numbers)) if len(numbers) > 1 else kinds[0]
    return f"{what}, {counted(total, 'weight')}"


def _prefixes(name: str) -> tuple[str, ...]:
    """Return `a` and `a.b` of `a.b.c`."""
    return tuple(name[: match.start()] for match in _SEPARATORS.finditer(name) if match.start())
