"""Checks that a layer part is sound: every tensor made once and before it is read, shapes and dtypes as declared."""

from __future__ import annotations

from s2studio.dnn.layer_part import ChipLayer, LayerPart
from s2studio.dnn.tensor import Tensor
from s2studio.errors import NetworkError
from s2studio.network.operators.operator import text


def validate_layers(part: LayerPart) -> LayerPart:
    """Return `part`. Raises NetworkError for the first layer that does not fit what is before it."""
    made: dict[str, Tensor] = {tensor.name: tensor for tensor in part.inputs}
    for layer in part.layers:
        subject = f"layer '{layer.name}'"
        for tensor in layer.inputs:
            if made.get(tensor.name) != tensor:
                raise NetworkError(subject, f"nothing before it makes its input '{tensor.name}'")
        if layer.output.name in made:
            raise NetworkError(subject, f"it makes '{layer.output.name}', which is there already")
        _check_shape(subject, layer)
        made[layer.output.name] = layer.output
    for tensor in part.outputs:
        if made.get(tensor.name) != tensor:
            raise NetworkError(f"output '{tensor.name}'", "no layer makes it")
    return part


def _check_shape(subject: str, layer: ChipLayer) -> None:
    try:
        shape = layer.operator.shape([tensor.shape for tensor in layer.inputs])
    except ValueError as problem:
        raise NetworkError(subject, str(problem)) from problem
    if shape != layer.output.shape:
        raise NetworkError(subject, f"it makes {text(shape)}", f"{text(layer.output.shape)} is declared")
