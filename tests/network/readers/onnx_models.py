"""Small ONNX models, written for the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2studio.network.readers import child_process
from s2studio.network.readers.child_process import Content
from s2studio.network.readers.onnx import layers_of
from s2studio.network.tensors import LayerGraph

onnx = pytest.importorskip("onnx")

Arrays = Mapping[str, Any]
# Type, inputs, output and attributes of a node.
Step = tuple[str, Sequence[str], str, Mapping[str, Any]]

RANDOM = np.random.default_rng(8)


def normal(*shape: int) -> Any:
    return RANDOM.normal(size=shape).astype(np.float32)


def model_of(
    steps: Sequence[Step], constants: Arrays, shape: Sequence[int | str], opset: int = 18, integers: bool = False
) -> Any:
    """Return the model whose input is `x` and whose output is that of the last step."""
    helper, kinds = onnx.helper, onnx.TensorProto
    nodes = [
        helper.make_node(kind, inputs, [output], name=f"{kind.lower()}_{place}", **attributes)
        for place, (kind, inputs, output, attributes) in enumerate(steps)
    ]
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("x", kinds.INT64 if integers else kinds.FLOAT, shape)],
        [helper.make_tensor_value_info(steps[-1][2], kinds.FLOAT, None)],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def saved(path: Path, model: Any) -> Path:
    path.write_bytes(model.SerializeToString())
    return path


def perceptron(folder: Path) -> Path:
    """Write a network of 64 -> 256 -> ReLU -> 10, and `samples.npy` beside it; return its path."""
    steps: list[Step] = [
        ("Gemm", ["x", "w1", "b1"], "h", {"transB": 1}),
        ("Relu", ["h"], "r", {}),
        ("Gemm", ["r", "w2", "b2"], "y", {"transB": 1}),
    ]
    weights = {"w1": normal(256, 64), "b1": normal(256), "w2": normal(10, 256), "b2": normal(10)}
    np.save(folder / "samples.npy", normal(5, 64))
    return saved(folder / "mlp.onnx", model_of(steps, weights, [1, 64]))


def read_here(path: Path) -> LayerGraph:
    """Return the layers in a sound file, read in this process: starting another one for each test takes long."""
    content = Content()
    child_process.read_onnx(path, content)
    arrays = iter(content.arrays)
    text = next(value for place, value in content.entries if place == ("graph",))
    tensors = {place[1]: next(arrays) for place, value in content.entries if value is True}
    return layers_of(path, {"graph": text, "tensors": tensors})


def mlp() -> Any:
    """Return 4 -> 3 -> ReLU -> 2."""
    steps: list[Step] = [
        ("Gemm", ["x", "w1", "b1"], "h", {"transB": 1}),
        ("Relu", ["h"], "r", {}),
        ("Gemm", ["r", "w2", "b2"], "y", {"transB": 1}),
    ]
    return model_of(steps, {"w1": normal(3, 4), "b1": normal(3), "w2": normal(2, 3), "b2": normal(2)}, [1, 4])
