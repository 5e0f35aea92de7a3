"""An inference of a layer part, every tensor of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from s2studio.dnn import fast
from s2studio.dnn.layer_part import LayerPart
from s2studio.dnn.operators.operator import Operator
from s2studio.dnn.operators.products import MacOperator
from s2studio.dnn.tensor import Integers
from s2studio.errors import NetworkError
from s2studio.network.operators.operator import text


@dataclass(frozen=True)
class LayerValues:
    """What an inference made: every tensor, and the largest magnitude in an accumulator by the tensor made of it."""

    tensors: Mapping[str, Integers]
    largest_sums: Mapping[str, int]


def run(part: LayerPart, inputs: Mapping[str, Integers], is_reference: bool = False) -> LayerValues:
    """Return every tensor of an inference on whole numbers; `is_reference` computes as the equations are written.

    Raises NetworkError where an input is missing, has another shape or dtype.
    """
    tensors, sums = {}, {}
    for tensor in part.inputs:
        given = inputs.get(tensor.name)
        if given is None or given.shape != tensor.shape or given.dtype != tensor.dtype:
            found = "it is missing" if given is None else f"it is {given.dtype} of {text(given.shape)}"
            raise NetworkError(f"input '{tensor.name}'", found, f"{tensor.dtype} of {text(tensor.shape)} is expected")
        tensors[tensor.name] = given
    for layer in part.layers:
        sources = [tensors[tensor.name] for tensor in layer.inputs]
        value, largest = _reference(layer.operator, sources) if is_reference else fast.compute(layer.operator, sources)
        tensors[layer.output.name] = value
        if largest is not None:
            sums[layer.output.name] = largest
    return LayerValues(tensors, sums)


def _reference(operator: Operator, sources: list[Integers]) -> fast.Computed:
    if not isinstance(operator, MacOperator):
        return operator.compute(*sources), None
    sums = operator.sums(*sources)
    return operator.from_sums(sums), int(np.abs(sums).max())
