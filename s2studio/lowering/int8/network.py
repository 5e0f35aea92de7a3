"""A deep network in int8: a power of two per tensor from a calibration set, layers as the chip computes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.dnn.layer_part import ChipLayer, LayerPart
from s2studio.dnn.run import LayerValues, run
from s2studio.dnn.tensor import DTYPES, Tensor
from s2studio.dnn.validate import validate_layers
from s2studio.errors import LoweringError, NetworkError
from s2studio.lowering.fusion import fuse
from s2studio.lowering.int8.attention import divide_late
from s2studio.lowering.int8.calibrate import Calibration, Samples, calibrate, coarsest_exponent
from s2studio.lowering.int8.convert import (
    CONVERTERS,
    WHOLE_BITS,
    Converted,
    Keeping,
    Known,
    Step,
    keeping,
    quantised_weights,
)
from s2studio.lowering.int8.equalise import Equalise, equalise
from s2studio.lowering.int8.options import Int8Options
from s2studio.lowering.int8.widths import WIDE_BITS, wide_tensors
from s2studio.lowering.pairs import given_exponents
from s2studio.network.operators.arithmetic import Conv, Dense
from s2studio.network.operators.reductions import Normalise
from s2studio.network.tensors import Layer, LayerGraph, evaluate, token_limits

PARTS = "squares, roots and quotients run as parts of LayerNorm and RMSNorm: use those, or leave them out"


@dataclass(frozen=True)
class Trial:
    """One way to int8 and how close its outputs came, as 10 log10(signal / noise) over the calibration set."""

    equalised: Equalise
    corrected: bool
    snr_db: float


@dataclass(frozen=True)
class Quantised:
    """A network in int8 beside the float network that it stands for, whose tensors have the same names.

    `graph` is fused, and equalised where that was taken; `trials` are the ways that were tried, the one taken first.
    """

    graph: LayerGraph
    part: LayerPart
    trials: tuple[Trial, ...]


def quantise_network(graph: LayerGraph, samples: Samples, options: Int8Options | None = None) -> Quantised:
    """Return `graph` in int8, each tensor's exponent the one with the least squared error over `samples`.

    Steps that the file gives, and that int8 has, are taken as they are, and so are the weights around them.
    Raises LoweringError without samples, NetworkError where one does not fit the graph or a layer is not covered.
    """
    options = options or Int8Options()
    fused = divide_late(fuse(graph)) if options.wide else fuse(graph)
    options = _as_given(fused, options)
    calibration = calibrate(fused, samples)
    # Equalisation changes no output.
    exact = [_outputs(fused, sample) for sample in samples]
    found = []
    kinds: tuple[Equalise, ...] = ("no", "tensor", "channel") if options.equalise is None else (options.equalise,)
    for kind in kinds:
        changed, count = equalise(fused, calibration, kind)
        seen = calibrate(changed, samples) if count else calibration
        weights: Known = {}
        for corrects in (False, True) if options.correct_bias is None else (options.correct_bias,):
            part = to_part(changed, seen, options, corrects, weights)
            found.append(Quantised(changed, part, (Trial(kind, corrects, _closeness(part, samples, exact)),)))
        if kind == "tensor" and not count:
            break
    best = max(found, key=lambda quantised: quantised.trials[0].snr_db)
    others = [trial for quantised in found for trial in quantised.trials if quantised is not best]
    return replace(best, trials=(*best.trials, *others))


def _as_given(graph: LayerGraph, options: Int8Options) -> Int8Options:
    """Return the options where tensors keep the factors, and where their steps are given the biases, of the file."""
    if graph.pairs and options.equalise is None:
        options = replace(options, equalise="no")
    if given_exponents(graph) and options.correct_bias is None:
        options = replace(options, correct_bias=False)
    return options


def to_part(
    graph: LayerGraph,
    calibration: Calibration,
    options: Int8Options,
    corrects: bool = False,
    known: Known | None = None,
) -> LayerPart:
    """Return a fused graph in whole numbers with the steps of `calibration`.

    `known` takes up its weights, which are the same for every way to convert it, and spares the next call their work.
    `corrects` adds to each bias what the rounding of the weights takes away on average (Nagel et al. 2019).
    """
    wide = wide_tensors(graph) if options.wide else frozenset[str]()
    calibration = replace(calibration, exponents={**calibration.exponents, **given_exponents(graph)})
    bits = dict.fromkeys(wide, WIDE_BITS)
    bits |= {layer.inputs[0]: WHOLE_BITS for layer in graph.layers if isinstance(layer.operator, Normalise)}
    tensors = {
        name: Tensor(name, graph.shapes[name], calibration.exponents.get(name), "int8")
        if name in calibration.exponents
        else Tensor(name, graph.shapes[name], None, "int32")
        for name in graph.inputs
    }
    plain = Step((), (), 0, options, known={} if known is None else known)
    layers = []
    for layer in graph.layers:
        inputs = tuple(tensors[name] for name in layer.inputs)
        step = replace(plain, bits=bits.get(layer.output, 8))
        operator, output = _converted(layer, inputs, graph, calibration, step, corrects)
        tensors[layer.output] = output
        layers.append(ChipLayer(layer.name, operator, inputs, output))
    outputs = tuple(tensors[name] for name in graph.outputs)
    return validate_layers(LayerPart(tuple(tensors[name] for name in graph.inputs), outputs, tuple(layers)))


def part_of_sizes(graph: LayerGraph) -> LayerPart:
    """Return `graph` in whole numbers with the steps of no calibration: its sizes hold, its values mean nothing.

    Raises as `quantise_network` does.
    """
    fused = divide_late(fuse(graph))
    tokens = token_limits(fused)
    named = {name: 0 for name in fused.shapes if name not in tokens}
    unknown = Calibration(named, dict.fromkeys(named, 1.0), {}, {})
    return to_part(fused, unknown, Int8Options())


def _converted(
    layer: Layer,
    inputs: tuple[Tensor, ...],
    graph: LayerGraph,
    calibration: Calibration,
    plain: Step,
    corrects: bool,
) -> tuple[Any, Tensor]:
    """Return a layer's operator in whole numbers, and what it makes."""
    operator, shape = layer.operator, graph.shapes[layer.output]
    if isinstance(operator, Keeping):
        return keeping(operator), replace(inputs[0], name=layer.output, shape=shape)
    if layer.output not in calibration.exponents:
        raise NetworkError(f"node '{layer.name}'", "it computes with tokens", hint="use an Embedding")
    wanted = calibration.exponents[layer.output]
    if plain.bits > 8:
        wanted = coarsest_exponent(calibration.largest[layer.output], 2 ** (plain.bits - 2))
    exponents, shapes = tuple(tensor.exponent for tensor in inputs), tuple(tensor.shape for tensor in inputs)
    step = replace(plain, inputs=exponents, shapes=shapes, output=wanted)
    if corrects and isinstance(operator, Dense | Conv):
        step = replace(step, correction=_correction(operator, step, calibration.channel_means[layer.inputs[0]]))
    if type(operator) not in CONVERTERS:
        raise LoweringError(f"layer '{layer.name}'", f"a {type(operator).__name__} outside of a norm", hint=PARTS)
    convert: Callable[[Any, Step], Converted] = CONVERTERS[type(operator)]
    try:
        converted, exponent = convert(operator, step)
    except ValueError as problem:
        raise LoweringError(f"layer '{layer.name}'", str(problem)) from problem
    return converted, Tensor(layer.output, shape, exponent, DTYPES[plain.bits])


def _correction(operator: Dense | Conv, step: Step, means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the rounding of the weights takes from each output on average."""
    lost = operator.weight - quantised_weights(operator, step).as_float()
    if isinstance(operator, Dense):
        return np.asarray(lost @ means)
    grouped = lost.reshape(operator.groups, len(lost) // operator.groups, lost.shape[1], -1).sum(axis=-1)
    return np.asarray((grouped @ means.reshape(operator.groups, -1, 1)).reshape(-1))


def run_quantised(part: LayerPart, sample: Mapping[str, NDArray[Any]], is_reference: bool = False) -> LayerValues:
    """Return every tensor of an inference on the floats (or tokens) of `sample`."""
    whole = {tensor.name: tensor.to_integers(sample[tensor.name]) for tensor in part.inputs}
    return run(part, whole, is_reference)


def _outputs(graph: LayerGraph, sample: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float64]]:
    values = evaluate(graph, sample)
    return {name: values[name].astype(np.float64) for name in graph.outputs}


def _closeness(part: LayerPart, samples: Samples, exact: Sequence[Mapping[str, NDArray[np.float64]]]) -> float:
    """Return the signal to noise of the outputs over `samples`, whose float ones are `exact`, in dB.

    What loses nothing counts as 200.
    """
    signal = noise = 0.0
    for sample, floats in zip(samples, exact, strict=True):
        ours = run_quantised(part, sample).tensors
        for tensor in part.outputs:
            signal += float((floats[tensor.name] ** 2).sum())
            noise += float(((floats[tensor.name] - tensor.to_float(ours[tensor.name])) ** 2).sum())
    return 200.0 if noise == 0 or signal == 0 else float(10 * np.log10(signal / noise))
