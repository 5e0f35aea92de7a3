"""How adaptive average pooling of torch is written in ONNX, which has no operator for windows of unequal size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def adaptive_pools() -> dict[Any, Any]:
    """Return what torch's exporter shall write for each adaptive average pool."""
    import torch

    aten = torch.ops.aten
    return {aten.adaptive_avg_pool1d.default: _pool, aten.adaptive_avg_pool2d.default: _pool}


def _pool(x: Any, output_size: Sequence[int | None]) -> Any:
    """Write one pool: of equal windows as such, else as a product with a constant matrix along each axis."""
    from onnxscript import opset18 as operators

    lengths = [int(length) for length in x.shape[-len(output_size) :]]
    outputs = [length if wanted is None else wanted for length, wanted in zip(lengths, output_size, strict=True)]
    if all(length == 1 for length in outputs):
        return operators.GlobalAveragePool(x)
    if all(length % wanted == 0 for length, wanted in zip(lengths, outputs, strict=True)):
        windows = [length // wanted for length, wanted in zip(lengths, outputs, strict=True)]
        return operators.AveragePool(x, kernel_shape=windows, strides=windows)
    across = operators.MatMul(x, _constant(_means(lengths[-1], outputs[-1]).T))
    return across if len(outputs) == 1 else operators.MatMul(_constant(_means(lengths[0], outputs[0])), across)


def _means(inputs: int, outputs: int) -> NDArray[np.float32]:
    """Return the matrix (outputs, inputs) whose row i is the mean over `floor(i n / m)` to `ceil((i + 1) n / m)`."""
    found = np.zeros((outputs, inputs), np.float32)
    for row in range(outputs):
        start, stop = row * inputs // outputs, -(-(row + 1) * inputs // outputs)
        found[row, start:stop] = 1.0 / (stop - start)
    return found


def _constant(matrix: NDArray[np.float32]) -> Any:
    import onnx_ir
    from onnxscript import opset18 as operators

    value: Any = onnx_ir.tensor(np.ascontiguousarray(matrix))
    return operators.Constant(value=value)
