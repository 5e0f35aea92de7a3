"""The single node Attention of ONNX (opset 23 and later) as the nodes that older opsets spell it in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.network.operators.elementwise import MASKED
from s2studio.network.operators.operator import Shape, text
from s2studio.network.readers.not_covered import NotCovered
from s2studio.network.readers.onnx_operators import Node

SPELLED = "spell it as MatMul, Softmax and MatMul"


@dataclass
class Spelled:
    """Nodes in the form of a file's, and the constants that they read; names begin with that of the output."""

    output: str
    nodes: list[dict[str, Any]] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)

    def add(self, kind: str, *inputs: str | NDArray[Any], last: bool = False, **attributes: Any) -> str:
        """Add a node and return what it makes; an array becomes a constant."""
        names = [name if isinstance(name, str) else self._constant(name) for name in inputs]
        made = self.output if last else f"{self.output} ({len(self.nodes) + 1})"
        node = {"type": kind, "domain": "", "attributes": attributes, "inputs": names, "outputs": [made]}
        self.nodes.append({**node, "name": self.output})
        return made

    def _constant(self, values: NDArray[Any]) -> str:
        name = f"{self.output} [{len(self.constants)}]"
        self.constants[name] = values
        return name


def spell_attention(node: Node, output: str) -> Spelled:
    """Return softmax(Q K^T scale + mask) V in plain nodes. Raises NotCovered for caches and shared heads."""
    say, spelled = node.attributes.get, Spelled(output)
    if any(node.inputs[4:]) or say("softcap", 0):
        raise NotCovered("it has a cache of earlier tokens, or caps its scores", SPELLED)
    is_flat = len(node.shape(node.inputs[0])) == 3
    heads = [int(say(name, 0)) for name in ("q_num_heads", "kv_num_heads", "kv_num_heads")]
    shapes = [_heads(node.shape(name), count) for name, count in zip(node.inputs, heads, strict=False)]
    if len({shape[1] for shape in shapes}) != 1:
        raise NotCovered("its queries share keys and values", SPELLED)
    q, k, v = [
        spelled.add("Transpose", spelled.add("Reshape", name, _flat(shape)), perm=[0, 2, 1, 3]) if is_flat else name
        for name, shape in zip(node.inputs, shapes, strict=False)
    ]
    scale = np.asarray(say("scale") or shapes[0][-1] ** -0.5, np.float32)
    scores = spelled.add("MatMul", spelled.add("Mul", q, scale), spelled.add("Transpose", k, perm=[0, 1, 3, 2]))
    mask = _mask(node, (shapes[0][2], shapes[1][2]))
    if mask is not None:
        scores = spelled.add("Add", scores, mask)
    powers = spelled.add("Softmax", scores, axis=-1)
    made = spelled.add("MatMul", powers, v, last=not is_flat)
    if is_flat:
        rows = spelled.add("Transpose", made, perm=[0, 2, 1, 3])
        size = shapes[0][1] * shapes[2][-1]
        spelled.add("Reshape", rows, np.array([shapes[0][0], shapes[0][2], size]), last=True)
    return spelled


def _heads(shape: Shape, heads: int) -> Shape:
    """Return (batch, heads, tokens, features) of queries, keys or values."""
    if len(shape) == 4:
        return shape
    if len(shape) != 3 or heads < 1 or shape[2] % heads:
        raise ValueError(f"{text(shape)} in {heads} heads")
    return (shape[0], heads, shape[1], shape[2] // heads)


def _flat(shape: Shape) -> NDArray[np.int64]:
    batch, heads, tokens, features = shape
    return np.array([batch, tokens, heads, features])


def _mask(node: Node, size: Shape) -> NDArray[np.float32] | None:
    """Return what is added to the scores; None where nothing is."""
    given = node.constant(3)
    if given is None and not node.attributes.get("is_causal", 0):
        return None
    added = np.zeros((), np.float32) if given is None else _added(given)
    if node.attributes.get("is_causal", 0):
        added = np.where(np.tri(*size, dtype=np.bool_), added, np.float32(10 * MASKED))
    return np.asarray(added, np.float32)


def _added(mask: NDArray[Any]) -> NDArray[np.float32]:
    """Return a mask as what is added: places that are left out have a low number."""
    if mask.dtype.kind == "b":
        return np.where(mask, np.float32(0), np.float32(10 * MASKED))
    return np.asarray(np.where(np.isneginf(mask), 10 * MASKED, mask), np.float32)
