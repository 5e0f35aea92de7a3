"""What a layer asks of the chip: its sizes alone, without weights, so that a shape is enough to map and time it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from s2studio.dnn.tensor import Tensor

Kind = Literal["matmul", "convolution", "elementwise", "exponential", "norm", "softmax", "pool", "movement"]
PRODUCTS: tuple[Kind, ...] = ("matmul", "convolution")
Pair = tuple[int, int]


@dataclass(frozen=True)
class Image:
    """Where the windows of a convolution or pool lie: pixels in and out (height, width), extent with dilation."""

    input: Pair
    output: Pair
    extent: Pair
    stride: Pair


@dataclass(frozen=True)
class LayerWork:
    """A layer's sizes. `operator` is for people; `weight_bytes` are those in DRAM, biases and shifts included.

    A product is `batch` times (m x k)(k x n), `has_weights` where its second factor is trained, not made by a layer
    before. A convolution of `channels` has its groups as batch, the pixels out of all images as m, the weights of one
    output as k. A layer that is no product makes m rows of k values, each from `reads` values of an input; rows do not
    depend on each other. `side_bytes` is what those rows take of trained numbers, each once: rows of an embedding.
    """

    name: str
    operator: str
    kind: Kind
    inputs: tuple[Tensor, ...]
    output: Tensor
    weight_bytes: int
    m: int
    k: int
    n: int = 1
    batch: int = 1
    channels: int = 0
    image: Image | None = None
    has_weights: bool = True
    reads: float = 1.0
    side_bytes: int = 0

    @property
    def macs(self) -> int:
        """Multiplications with accumulation of one inference."""
        if self.kind not in PRODUCTS:
            return 0
        return self.batch * self.m * self.k * self.n

    @property
    def input_bytes(self) -> int:
        """What its inputs take in DRAM, each once."""
        return sum(tensor.bytes for tensor in dict.fromkeys(self.inputs))

    @property
    def unnamed(self) -> LayerWork:
        """The same work without names: layers that are alike are mapped once."""
        blank = tuple(replace(tensor, name="", exponent=None) for tensor in self.inputs)
        output = replace(self.output, name="", exponent=None)
        return replace(self, name="", operator="", inputs=blank, output=output)


def matmul(name: str, m: int, k: int, n: int, source: str = "x", batch: int = 1, has_weights: bool = True) -> LayerWork:
    """Return (m x k)(k x n): trained weights with bias and shift, or (batch) a product of two tensors."""
    inputs = [Tensor(source, (batch, m, k), None)]
    if not has_weights:
        inputs.append(Tensor(f"{source}'", (batch, k, n), None))
    weight_bytes = n * (k + OUTPUT_BYTES) if has_weights else 0
    output = Tensor(name, (batch, m, n), None)
    return LayerWork(
        name, "Dense" if has_weights else "MatMul", "matmul", tuple(inputs), output, weight_bytes, m, k, n, batch,
        has_weights=has_weights,
    )  # fmt: skip


# Of each output of trained weights: a bias of 32 bits and a shift.
OUTPUT_BYTES = 5


def convolution(
    name: str, channels: int, size: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, padding: int = -1
) -> LayerWork:
    """Return a square convolution of `size` x `size` pixels (padding -1: half the kernel)."""
    padded = size + 2 * (kernel // 2 if padding < 0 else padding)
    out = (padded - kernel) // stride + 1
    k = channels // groups * kernel**2
    image = Image((padded, padded), (out, out), (kernel, kernel), (stride, stride))
    return LayerWork(
        name, "Conv", "convolution", (Tensor("x", (1, channels, size, size), None),),
        Tensor(name, (1, outputs, out, out), None),
        outputs * (k + OUTPUT_BYTES), out * out, k, outputs // groups, groups, channels, image,
    )  # fmt: skip


def values(name: str, kind: Kind, rows: int, row: int, inputs: int = 1, reads: int = 1) -> LayerWork:
    """Return a layer of the ARM core on `rows` x `row` outputs, each of `reads` values of each of `inputs` tensors."""
    sources = tuple(Tensor(f"x{number}", (rows, row * reads), None) for number in range(inputs))
    parameters = 2 * 4 * row if kind == "norm" else 0
    output = Tensor(name, (rows, row), None)
    return LayerWork(name, kind, kind, sources, output, parameters, rows, row, reads=reads)
