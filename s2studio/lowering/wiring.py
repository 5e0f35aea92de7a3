"""Who is joined to whom in a float network, which of its nodes become populations, and the ways between these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from s2studio.lowering.refusal import NodeError
from s2studio.network.graph import Network
from s2studio.network.layers import (
    Affine,
    Conv2d,
    Delay,
    Flatten,
    Input,
    Layer,
    Linear,
    Neuron,
    Output,
    Scale,
    SumPool2d,
    Unsupported,
)

# Far more than any network has between two populations; a file made to be slow meets an error.
MAX_PATHS = 10_000

Path = tuple[str, ...]


@dataclass(frozen=True)
class Wiring:
    """The edges of a network in both directions; `populations` are the nodes that become one, in file order."""

    layers: Mapping[str, Layer]
    sources: Mapping[str, tuple[str, ...]]
    targets: Mapping[str, tuple[str, ...]]
    populations: tuple[str, ...] = ()

    def paths_into(self, target: str) -> list[Path]:
        """Return every way from a population to `target`, as (population, node, ..., the node in front of `target`).

        Raises NodeError where a way passes a node that leads nowhere, is not covered or begins with nothing.
        """
        found: list[Path] = []
        open_ends: list[Path] = [(source,) for source in reversed(self.sources[target])]
        while open_ends:
            path = open_ends.pop()
            if path[0] in self.populations:
                found.append(path)
            else:
                self._check_passage(path, target)
                open_ends += [(source, *path) for source in reversed(self.sources[path[0]])]
            if len(found) + len(open_ends) > MAX_PATHS:
                raise NodeError(target, f"more than {MAX_PATHS:,} ways lead into it", hint="join the layers in front")
        return found

    def _check_passage(self, path: Path, target: str) -> None:
        node, layer = path[0], self.layers[path[0]]
        if isinstance(layer, Unsupported):
            raise not_covered(node, layer)
        if isinstance(layer, Output):
            follower = path[1] if len(path) > 1 else target
            raise NodeError(node, f"this output leads on to '{follower}'", "an output is an end", "take the edge out")
        if node in path[1:]:
            raise NodeError(node, "it leads into itself", hint="put a spiking layer into the loop")
        if not self.sources[node]:
            raise NodeError(node, "nothing leads into it", hint="join it to the input or take it out")


def not_covered(node: str, layer: Unsupported) -> NodeError:
    """Return the refusal of a layer that no rule covers."""
    return NodeError(node, f"a {layer.type_name} layer", layer.reason, layer.remedy)


def wiring(network: Network) -> Wiring:
    """Return the wiring of `network`; an edge that stands twice counts once."""
    sources: dict[str, list[str]] = {node: [] for node in network.layers}
    targets: dict[str, list[str]] = {node: [] for node in network.layers}
    for source, target in dict.fromkeys(network.edges):
        sources[target].append(source)
        targets[source].append(target)
    layers, behind = network.layers, _frozen(targets)
    populations = tuple(node for node in layers if _is_population(node, layers, behind))
    return Wiring(layers, _frozen(sources), behind, populations)


def _frozen(edges: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {node: tuple(others) for node, others in edges.items()}


def _is_population(node: str, layers: Mapping[str, Layer], targets: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether `node` sends spikes: an input, neurons, or a sum pool that the layers behind cannot take in."""
    layer = layers[node]
    return isinstance(layer, Input | Neuron) or (isinstance(layer, SumPool2d) and not _folds(node, layers, targets))


def _folds(pool: str, layers: Mapping[str, Layer], targets: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether all that is behind `pool`, through Flatten and further pools, is weights that can take it in."""
    seen: set[str] = set()
    ahead = [pool]
    while ahead:
        node = ahead.pop()
        layer = layers[node]
        if isinstance(layer, Linear | Affine | Conv2d):
            continue
        plain = isinstance(layer, Flatten | Scale | Delay) or (
            isinstance(layer, SumPool2d) and layer.kernel_size == layer.stride and layer.padding == (0, 0)
        )
        if node in seen or not plain or not targets[node]:
            return False
        seen.add(node)
        ahead += targets[node]
    return True
