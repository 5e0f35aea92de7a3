"""Builds a layer part step by step, with random weights: the shapes of a network whose weights do not matter."""

from __future__ import annotations

from math import log2, prod

import numpy as np
from numpy.typing import NDArray

from s2studio.dnn.layer_part import ChipLayer, LayerPart
from s2studio.dnn.operators.elementwise import Add
from s2studio.dnn.operators.exponential import Gelu
from s2studio.dnn.operators.gathering import AvgPool, LayerNorm, MaxPool, Mean, Softmax
from s2studio.dnn.operators.movements import Embedding, Move
from s2studio.dnn.operators.operator import Operator
from s2studio.dnn.operators.products import Conv, Dense, MatMul
from s2studio.dnn.tensor import Dtype, Tensor
from s2studio.dnn.validate import validate_layers
from s2studio.network.operators.arithmetic import Window
from s2studio.network.operators.movements import Reshape, Slice, Transpose
from s2studio.network.operators.operator import Shape, size

# The step of every tensor: values up to 8, which norms and activations meet in their range.
EXPONENT = 4
# The standard deviation of an int8 that takes all its values equally often.
SPREAD = 256 / 12**0.5


class RandomPart:
    """A part while it is built: each method adds a layer after its inputs and returns the tensor that it makes.

    Weights are uniform over int8. The shift of a product is such that its outputs spread about as its inputs do.
    """

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._inputs: list[Tensor] = []
        self._layers: list[ChipLayer] = []

    def input(self, name: str, shape: Shape, dtype: Dtype = "int8") -> Tensor:
        """Add a tensor that the user gives; tokens are int32."""
        self._inputs.append(Tensor(name, shape, None if dtype == "int32" else EXPONENT, dtype))
        return self._inputs[-1]

    def dense(self, name: str, x: Tensor, outputs: int, relu: bool = False) -> Tensor:
        """Add W x + b along the last axis."""
        weight, bias, shift = self._weights((outputs, x.shape[-1]), relu)
        return self.add(name, Dense(weight, bias, shift, relu), x)

    def conv(self, name: str, x: Tensor, outputs: int, window: Window, groups: int = 1, relu: bool = False) -> Tensor:
        """Add W * x + b."""
        weight, bias, shift = self._weights((outputs, x.shape[1] // groups, *window.kernel), relu)
        return self.add(name, Conv(weight, bias, shift, window, groups, relu), x)

    def matmul(self, name: str, a: Tensor, b: Tensor) -> Tensor:
        """Add the product of two tensors."""
        return self.add(name, MatMul(self._shift(a.shape[-1])), a, b)

    def sum(self, name: str, a: Tensor, b: Tensor, relu: bool = False) -> Tensor:
        """Add a + b."""
        return self.add(name, Add((0, 0), 0, relu), a, b)

    def gelu(self, name: str, x: Tensor) -> Tensor:
        """Add a GELU."""
        return self.add(name, Gelu(EXPONENT, EXPONENT), x)

    def softmax(self, name: str, x: Tensor) -> Tensor:
        """Add a softmax along the last axis."""
        return self.add(name, Softmax(EXPONENT, EXPONENT), x)

    def layer_norm(self, name: str, x: Tensor) -> Tensor:
        """Add a norm over the last axis."""
        scale = np.full(x.shape[-1:], 2.0**EXPONENT, np.float32)
        return self.add(name, LayerNorm(scale, np.zeros_like(scale), 1e-5), x)

    def max_pool(self, name: str, x: Tensor, window: Window) -> Tensor:
        """Add the largest of each window."""
        return self.add(name, MaxPool(window), x)

    def average_pool(self, name: str, x: Tensor, window: Window) -> Tensor:
        """Add the mean of each window, zeros outside included."""
        factor = np.array(round(2**14 / prod(window.kernel)), np.int16)
        return self.add(name, AvgPool(window, factor, 14), x)

    def mean(self, name: str, x: Tensor, axes: tuple[int, ...]) -> Tensor:
        """Add the mean over `axes`, which go."""
        count = prod(x.shape[axis] for axis in axes)
        return self.add(name, Mean(axes, False, round(2**30 / count), 30), x)

    def embedding(self, name: str, tokens: Tensor, rows: int, features: int) -> Tensor:
        """Add the rows that tokens name."""
        return self.add(name, Embedding(self._int8((rows, features))), tokens)

    def reshape(self, name: str, x: Tensor, shape: Shape) -> Tensor:
        """Add another shape of the same values."""
        return self.add(name, Move(Reshape(shape)), x)

    def transpose(self, name: str, x: Tensor, axes: tuple[int, ...]) -> Tensor:
        """Add another order of the axes."""
        return self.add(name, Move(Transpose(axes)), x)

    def slice(self, name: str, x: Tensor, ranges: tuple[tuple[int, int, int], ...]) -> Tensor:
        """Add a part of x."""
        return self.add(name, Move(Slice(ranges)), x)

    def add(self, name: str, operator: Operator, *inputs: Tensor) -> Tensor:
        """Add any layer, whose output has the step of all."""
        output = Tensor(name, operator.shape([tensor.shape for tensor in inputs]), EXPONENT)
        self._layers.append(ChipLayer(name, operator, inputs, output))
        return output

    def part(self, *outputs: Tensor) -> LayerPart:
        """Return what was built. Raises NetworkError where a layer does not fit what is before it."""
        return validate_layers(LayerPart(tuple(self._inputs), outputs, tuple(self._layers)))

    def _int8(self, shape: Shape) -> NDArray[np.int8]:
        return np.frombuffer(self._random.bytes(size(shape)), np.int8).reshape(shape)

    def _weights(self, shape: Shape, relu: bool) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.uint8]]:
        # A ReLU halves the mean square of what the next layer sees.
        shift = np.full(shape[0], self._shift(size(shape[1:]) / (2 if relu else 1)), np.uint8)
        return self._int8(shape), (1 << shift.astype(np.int32)) >> 1, shift

    @staticmethod
    def _shift(terms: float) -> int:
        """Return the places by which the sum of `terms` products spreads wider than one factor."""
        return round(log2(SPREAD * terms**0.5))
