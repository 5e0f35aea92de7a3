"""Checks that a chip network is what the chip's programs can run, before anything is mapped or compiled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from s2studio.chip.spec import ChipSpec
from s2studio.documents import nearest
from s2studio.errors import NetworkError
from s2studio.network.graph import MAX_NEURONS
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList
from s2studio.snn.models import MODELS
from s2studio.snn.models.model import Parameter
from s2studio.snn.network import ChipNetwork
from s2studio.snn.population import ParameterValue, Population
from s2studio.snn.projection import Projection

VARIABLES = ("spikes", "v", "v_last", "time_done", "n_packets")


def validate(network: ChipNetwork, spec: ChipSpec) -> None:
    """Raise a NetworkError that names the population or synapse, what was found, the limit and the remedy."""
    part = network.spiking
    if not part.populations:
        raise NetworkError(f"network '{network.name}'", "no populations", hint="add at least one population")
    _check_names(network)
    for population in part.populations:
        _check_population(population, spec)
    populations = {population.name: population for population in part.populations}
    for projection in part.projections:
        _check_projection(projection, populations, spec)
    for name in part.outputs:
        if name not in populations:
            raise NetworkError("outputs", f"no population '{name}'", hint=nearest(name, populations))


def _check_names(network: ChipNetwork) -> None:
    names = [population.name for population in network.spiking.populations]
    for name, times in Counter(names).items():
        if times > 1:
            raise NetworkError(f"population '{name}'", f"{times} populations have this name", hint="rename them")
        if not name or not name.isprintable():
            raise NetworkError(f"population {name!r}", "a name that cannot be printed", hint="rename it")


def _check_population(population: Population, spec: ChipSpec) -> None:
    subject = f"population '{population.name}'"
    model = MODELS.get(population.model)
    if model is None or population.model not in spec.models:
        raise NetworkError(subject, f"no neuron model '{population.model}'", hint=nearest(population.model, MODELS))
    if not 1 <= population.size <= MAX_NEURONS:
        raise NetworkError(subject, f"{population.size} neurons", f"1 to {MAX_NEURONS:,} are allowed")
    if population.shape is not None and int(np.prod(population.shape)) != population.size:
        raise NetworkError(subject, f"{population.size} neurons", f"its shape {population.shape} has another number")
    known = [parameter.name for parameter in model.parameters]
    for name, value in population.params.items():
        if name not in known:
            limit = "" if known else f"{model.name} has none"
            raise NetworkError(subject, f"no parameter '{name}'", limit, nearest(name, known) if known else "")
        _check_parameter(f"{subject}, parameter '{name}'", model.parameter(name), value, population.size)
    for variable in sorted(population.record or ()):
        if variable not in VARIABLES:
            raise NetworkError(subject, f"no variable '{variable}' to record", hint=f"known are {', '.join(VARIABLES)}")


def _check_parameter(subject: str, parameter: Parameter, value: ParameterValue, size: int) -> None:
    if parameter.choices or isinstance(value, str):
        if value not in parameter.choices:
            expected = f"one of {', '.join(parameter.choices)}" if parameter.choices else "a number is expected"
            raise NetworkError(subject, f"{value!r}", expected)
        return
    values = np.atleast_1d(np.asarray(value, np.float64))
    if values.shape not in ((1,), (size,)):
        raise NetworkError(subject, f"{values.size} values", f"one value or {size:,}, one per neuron, are expected")
    least = -np.inf if parameter.least is None else parameter.least
    most = np.inf if parameter.most is None else parameter.most
    wrong = ~np.isfinite(values.astype(np.float32)) | (values < least) | (values > most)
    if parameter.whole:
        wrong |= values != np.rint(values)
    if wrong.any():
        neuron = int(np.argmax(wrong))
        kind = "whole numbers" if parameter.whole else "numbers"
        raise NetworkError(
            subject, f"{values[neuron]} for neuron {neuron}", f"finite {kind} from {least} to {most} are allowed"
        )


def _check_projection(projection: Projection, populations: Mapping[str, Population], spec: ChipSpec) -> None:
    subject = f"projection '{projection.pre}' -> '{projection.post}'"
    for name in (projection.pre, projection.post):
        if name not in populations:
            raise NetworkError(subject, f"no population '{name}'", hint=nearest(name, populations))
    pre, post = populations[projection.pre], populations[projection.post]
    model, weights = MODELS[post.model], projection.connectivity
    if not model.inputs:
        raise NetworkError(subject, f"'{post.name}' is a {model.name}, a source", "sources have no inputs")
    if isinstance(weights, ConvWeights) != model.takes_convolution:
        found = "a convolution" if isinstance(weights, ConvWeights) else "synapse rows"
        hint = "use lif_conv2d behind a convolution, and only there"
        raise NetworkError(subject, found, f"'{post.name}' is a {model.name}", hint)
    if isinstance(weights, ConvWeights):
        _check_convolution(subject, weights, pre, post)
    elif isinstance(weights, DenseWeights):
        if weights.weight.shape != (pre.size, post.size):
            raise NetworkError(subject, f"a matrix of {weights.weight.shape}", f"{(pre.size, post.size)} is expected")
    else:
        _check_list(subject, weights, pre, post)
    _check_ranges(subject, weights, pre, post, spec)


def _check_list(subject: str, synapses: SynapseList, pre: Population, post: Population) -> None:
    lengths = {len(synapses.pre), len(synapses.post), len(synapses.weight), len(synapses.delay)}
    if len(lengths) > 1:
        raise NetworkError(subject, f"columns of {sorted(lengths)} synapses", "all must have the same length")
    for ends, population in ((synapses.pre, pre), (synapses.post, post)):
        if len(ends) and (int(ends.min()) < 0 or int(ends.max()) >= population.size):
            wrong = int(ends.min()) if ends.min() < 0 else int(ends.max())
            limit = f"neurons of '{population.name}' are 0 to {population.size - 1}"
            raise NetworkError(subject, f"a synapse at neuron {wrong}", limit)


def _check_convolution(subject: str, kernel: ConvWeights, pre: Population, post: Population) -> None:
    outputs, inputs, height, width = kernel.weight.shape
    for shape, channels, population in ((kernel.source_shape, inputs, pre), (kernel.target_shape, outputs, post)):
        if int(np.prod(shape)) != population.size or shape[0] != channels:
            found = f"an image of {shape} with a kernel of {kernel.weight.shape}"
            raise NetworkError(subject, found, f"'{population.name}' has {population.size} neurons")
    if min(kernel.stride) < 1 or min(kernel.pool) < 1 or min(kernel.padding) < 0:
        found = f"stride {kernel.stride}, pool {kernel.pool}, padding {kernel.padding}"
        raise NetworkError(subject, found, "at least 1, 1 and 0 are expected")
    for axis, (side, length) in enumerate((("height", height), ("width", width))):
        image = kernel.source_shape[1 + axis] // kernel.pool[axis] + sum(kernel.padding[2 * axis : 2 * axis + 2])
        expected = (image - length) // kernel.stride[axis] + 1
        if kernel.target_shape[1 + axis] != expected:
            found = f"target {side} {kernel.target_shape[1 + axis]}"
            raise NetworkError(subject, found, f"kernel, stride, padding and pool give {expected}")


def _check_ranges(
    subject: str, weights: SynapseList | DenseWeights | ConvWeights, pre: Population, post: Population, spec: ChipSpec
) -> None:
    limits = spec.models[post.model]
    flat = weights.weight.reshape(-1)
    if len(flat) and max(int(flat.max()), -int(flat.min())) > limits.max_weight and limits.max_weight:
        index = int(np.argmax(np.abs(flat.astype(np.int16)) > limits.max_weight))
        hint = "lower the weights, or use a model without delays, which holds larger ones"
        allowed = f"{post.model} holds -{limits.max_weight} to {limits.max_weight}"
        raise NetworkError(_synapse(weights, index, pre, post) or subject, f"weight {flat[index]}", allowed, hint)
    if isinstance(weights, ConvWeights):
        return
    delays = np.atleast_1d(np.asarray(weights.delay))
    if len(delays) and int(delays.max()) > limits.max_delay:
        index = int(np.argmax(delays > limits.max_delay))
        hint = "lower the delay, or use a model with delays" if not limits.max_delay else "lower the delay"
        allowed = f"{post.model} holds 0 to {limits.max_delay} ticks"
        raise NetworkError(_synapse(weights, index, pre, post) or subject, f"delay {delays[index]}", allowed, hint)


def _synapse(
    weights: SynapseList | DenseWeights | ConvWeights, index: int, pre: Population, post: Population
) -> str | None:
    """Return the name of a synapse, None where `index` is that of a kernel weight."""
    if isinstance(weights, ConvWeights):
        return None
    if isinstance(weights, SynapseList):
        source, target = int(weights.pre[index]), int(weights.post[index])
    else:
        source, target = divmod(index, post.size)
    return f"synapse '{pre.name}'[{source}] -> '{post.name}'[{target}]"
