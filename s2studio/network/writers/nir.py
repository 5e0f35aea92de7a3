"""Writes a float network as a NIR file, with what NIR does not hold (time step, reset, scales) as metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from s2studio.errors import NetworkError
from s2studio.network.graph import Network
from s2studio.network.layers import (
    IF,
    LI,
    LIF,
    Affine,
    AvgPool2d,
    Conv2d,
    CubaLI,
    CubaLIF,
    Delay,
    Flatten,
    I,
    Input,
    Layer,
    Linear,
    Output,
    Scale,
    SumPool2d,
    Threshold,
    Unsupported,
)

Metadata = Mapping[str, Any]


def write_nir(path: Path, network: Network, metadata: Metadata) -> None:
    """Write `network` to `path`; `metadata` of the graph are texts, numbers, arrays with axes, and mappings of them.

    Raises NetworkError that names the node which NIR cannot express.
    """
    import nir

    _check_names(network)
    nodes = {name: _node(name, layer) for name, layer in network.layers.items()}
    edges = list(network.edges)
    try:
        graph = nir.NIRGraph(nodes, edges, dict(metadata))
    except (ValueError, TypeError, KeyError, IndexError, AssertionError):
        # Shapes that the package cannot follow, which readers of the file work out for themselves.
        graph = nir.NIRGraph(nodes, edges, dict(metadata), type_check=False)
    # HDF5 compresses no single values.
    single = any(np.ndim(value) == 0 for layer in network.layers.values() for value in _arrays(layer))
    nir.write(path, graph, compression=None if single else "gzip")


def _arrays(layer: Layer) -> list[Any]:
    return [value for field in fields(layer) if isinstance(value := getattr(layer, field.name), np.ndarray)]


def _check_names(network: Network) -> None:
    for name in network.layers:
        if not name or "/" in name or "\0" in name or name == ".":
            raise NetworkError(f"node '{name}'", "a name that a NIR file cannot hold", hint="rename it, without '/'")


def _node(name: str, layer: Layer) -> Any:
    if isinstance(layer, Unsupported):
        raise NetworkError(f"node '{name}'", f"a {layer.type_name}, which is no NIR primitive", hint=layer.remedy)
    return _WRITERS[type(layer)](name, layer)


def _plain(kind: str) -> Callable[[str, Any], Any]:
    """Return what makes the node `kind` of a layer whose fields have NIR's own names."""

    def make(_name: str, layer: Any) -> Any:
        import nir

        return getattr(nir, kind)(**{field.name: getattr(layer, field.name) for field in fields(layer)})

    return make


def _ends(kind: str, word: str) -> Callable[[str, Any], Any]:
    def make(_name: str, layer: Any) -> Any:
        import nir

        return getattr(nir, kind)(**{f"{word}_type": {word: np.array(layer.shape)}})

    return make


def _conv2d(name: str, layer: Conv2d) -> Any:
    import nir

    padding: Any = layer.padding
    if layer.extra_padding != (0, 0):
        # An even kernel that keeps the size of the image: NIR's 'same' pads more at the end.
        total = [(layer.weight.shape[2 + axis] - 1) * layer.dilation[axis] for axis in range(2)]
        same = tuple(size // 2 for size in total), tuple(size % 2 for size in total)
        if (layer.padding, layer.extra_padding) != same or layer.stride != (1, 1):
            found = f"padding {layer.padding} with {layer.extra_padding} more at the end"
            raise NetworkError(f"node '{name}'", found, "NIR pads both sides the same")
        padding = "same"
    return nir.Conv2d(
        input_shape=layer.input_shape,
        weight=layer.weight,
        stride=layer.stride,
        padding=padding,
        dilation=layer.dilation,
        groups=layer.groups,
        bias=layer.bias,
    )


def _pool(kind: str) -> Callable[[str, Any], Any]:
    def make(_name: str, layer: SumPool2d) -> Any:
        import nir

        return getattr(nir, kind)(
            kernel_size=np.array(layer.kernel_size), stride=np.array(layer.stride), padding=np.array(layer.padding)
        )

    return make


def _flatten(_name: str, layer: Flatten) -> Any:
    import nir

    return nir.Flatten(input_type={"input": None}, start_dim=layer.start_dim, end_dim=layer.end_dim)


def _scale(_name: str, layer: Scale) -> Any:
    import nir

    return nir.Scale(scale=layer.weight)


_WRITERS: Mapping[type, Callable[[str, Any], Any]] = {
    Input: _ends("Input", "input"),
    Output: _ends("Output", "output"),
    Conv2d: _conv2d,
    SumPool2d: _pool("SumPool2d"),
    AvgPool2d: _pool("AvgPool2d"),
    Flatten: _flatten,
    Scale: _scale,
    **{kind: _plain(kind.__name__) for kind in (Linear, Affine, Delay, IF, LIF, CubaLIF, I, LI, CubaLI, Threshold)},
}
