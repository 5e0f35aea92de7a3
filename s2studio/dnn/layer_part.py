"""The part of a chip network that runs on the MAC arrays: layers of int8 tensors, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

from s2studio.dnn.operators.operator import Kind, Operator, Product, Unit
from s2studio.dnn.tensor import Tensor


@dataclass(frozen=True)
class ChipLayer:
    """One step: `operator` on the tensors `inputs` makes the tensor `output`. `name` is that of the user's file."""

    name: str
    operator: Operator
    inputs: tuple[Tensor, ...]
    output: Tensor

    @property
    def kind(self) -> Kind:
        """What sort of work it is: matmul, convolution, elementwise, norm, softmax, pool or movement."""
        return self.operator.kind

    @property
    def unit(self) -> Unit:
        """What of a PE does it: mac_array, exponential_unit or arm."""
        return self.operator.unit

    @property
    def weight_bytes(self) -> int:
        """How much memory its trained numbers take: weights, biases, shifts, tables."""
        return self.operator.weight_bytes

    @property
    def input_bytes(self) -> int:
        """How much memory its inputs take, each once."""
        return sum(tensor.bytes for tensor in set(self.inputs))

    @property
    def product(self) -> Product | None:
        """The matrix product that it is, a convolution as windows x weights; None where it is none."""
        return self.operator.product(tuple(tensor.shape for tensor in self.inputs))

    @property
    def macs(self) -> int:
        """How many multiplications with accumulation one inference takes."""
        return 0 if self.product is None else self.product.macs


@dataclass(frozen=True)
class LayerPart:
    """Layers in an order in which each finds its inputs made; `inputs` the user gives, `outputs` the user reads.

    It is all that an inference needs: no float but those of the norms, which the ARM core computes in fp32.
    """

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    layers: tuple[ChipLayer, ...]

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Every tensor by its name: the inputs, then what each layer makes."""
        made = (*self.inputs, *(layer.output for layer in self.layers))
        return {tensor.name: tensor for tensor in made}

    @property
    def macs(self) -> int:
        """How many multiplications with accumulation one inference takes."""
        return sum(layer.macs for layer in self.layers)

    @property
    def weight_bytes(self) -> int:
        """How much memory all trained numbers take."""
        return sum(layer.weight_bytes for layer in self.layers)

    def layer(self, name: str) -> ChipLayer:
        """Return the layer that makes the tensor `name`."""
        return next(layer for layer in self.layers if layer.output.name == name)
