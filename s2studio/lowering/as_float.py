"""A chip network as a float network of NIR's layers that lowers to the same integers: what lowering does, undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from s2studio.errors import LoweringError
from s2studio.lowering.float_weights import convolution_layers, dense_layers
from s2studio.lowering.options import RESETS, LoweringOptions
from s2studio.lowering.population import NEVER
from s2studio.network.graph import Network
from s2studio.network.layers import IF, LI, LIF, CubaLIF, Flatten, FloatArray, I, Input, Layer, Neuron, Output, Shape
from s2studio.snn.connectivity import ConvWeights
from s2studio.snn.models import MODELS
from s2studio.snn.network import ChipNetwork
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection
from s2studio.snn.structure import output_populations

SOURCE = "spike_list"
CURRENTS = ("lif_curr_exp", "lif_curr_exp_no_delay")
LEAKY = ("lif", "lif_no_delay", "lif_conv2d")
# The time step of a network that has none: the usual tick.
ASSUMED_DT_S = 1e-3


def as_float(network: ChipNetwork) -> tuple[Network, LoweringOptions]:
    """Return a float network and the options with which lowering makes integers and fp32 parameters of `network` again.

    The weights stand in the file as the chip's integers; r turns them, and so the voltages, into the model's units
    (v = v_chip / v_scale). Raises LoweringError that names a population or projection that NIR has no words for.
    """
    writer = _Writer(network)
    writer.write()
    options = LoweringOptions(writer.dt_s, "forward", writer.reset, "none", "nearest")
    return Network(network.name, writer.layers, tuple(writer.edges)), options


@dataclass
class _Writer:
    """Gathers layers and edges; populations keep their names."""

    network: ChipNetwork
    layers: dict[str, Layer] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dt_s = self.network.dt_s or ASSUMED_DT_S
        self.part = self.network.spiking
        self.populations = {population.name: population for population in self.part.populations}
        self.reset = _reset(self.part.populations)
        self.biased: set[str] = set()

    def write(self) -> None:
        leading = {projection.pre for projection in self.part.projections}
        for population in self.part.populations:
            self.layers[population.name] = self._neurons(population, population.name in leading)
        for number, projection in enumerate(self.part.projections):
            self._weights(number, projection)
        for population in self.part.populations:
            if self._needs_bias(population) and population.name not in self.biased:
                raise _no_words(population, "an i_offset and no input", "an IF's bias stands with its weights")
        for name in output_populations(self.part):
            self._add(f"output {name}", Output(_shape(self.populations[name])), (name,))

    def _neurons(self, population: Population, leads: bool) -> Layer:
        if population.model == SOURCE:
            return Input(_shape(population))
        if population.model not in LEAKY + CURRENTS:
            raise _no_words(population, f"a {population.model}", "NIR has no such neuron")
        if _values(population, "v_init").any():
            raise _no_words(population, "a v_init other than 0", "neurons of NIR begin at 0")
        return (
            _currents(population, self.dt_s) if population.model in CURRENTS else _leaky(population, self.dt_s, leads)
        )

    def _weights(self, number: int, projection: Projection) -> None:
        pre, post = self.populations[projection.pre], self.populations[projection.post]
        bias = _values(post, "i_offset") if self._needs_bias(post) and post.name not in self.biased else None
        self.biased.add(post.name)
        subject = f"projection '{pre.name}' -> '{post.name}'"
        if isinstance(projection.connectivity, ConvWeights):
            ways = convolution_layers(subject, projection.connectivity, bias)
        else:
            delays = not post.model.endswith("_no_delay")
            ways = dense_layers(
                subject, projection.connectivity, (pre.size, post.size), bias, self.dt_s if delays else None
            )
        flat = Flatten(0, -1) if len(_shape(pre)) > 1 and not isinstance(projection.connectivity, ConvWeights) else None
        for way, layers in enumerate(ways):
            names = [pre.name]
            for step, layer in enumerate([flat, *layers] if flat else layers):
                names.append(self._free(f"{type(layer).__name__.lower()} {number}.{way}.{step}"))
                self.layers[names[-1]] = layer
            self.edges += list(zip(names, [*names[1:], post.name], strict=True))

    def _needs_bias(self, population: Population) -> bool:
        """Return whether its i_offset must stand with the weights: an IF has no leak that could hold it."""
        return isinstance(self.layers.get(population.name), IF | I) and bool(_values(population, "i_offset").any())

    def _add(self, name: str, layer: Layer, sources: tuple[str, ...]) -> None:
        free = self._free(name)
        self.layers[free] = layer
        self.edges += [(source, free) for source in sources]

    def _free(self, name: str) -> str:
        while name in self.layers or name in self.populations:
            name = f"{name}_"
        return name


def _shape(population: Population) -> Shape:
    return population.shape or (population.size,)


def _values(population: Population, name: str) -> FloatArray:
    """Return a parameter as the chip has it, fp32 in float64, one value per neuron."""
    value = population.params.get(name, MODELS[population.model].parameter(name).default)
    return np.broadcast_to(np.asarray(value, np.float32).astype(np.float64), population.size)


def _reset(populations: tuple[Population, ...]) -> str:
    """Return the reset of all populations, `zero` or `subtract`."""
    words = {word: name for name, word in RESETS.items()}
    found = {
        population.name: words[str(population.params.get("reset", MODELS[population.model].parameter("reset").default))]
        for population in populations
        if population.model in LEAKY + CURRENTS
    }
    if len(set(found.values())) > 1:
        one, other = (next(name for name, word in found.items() if word == reset) for reset in ("zero", "subtract"))
        raise LoweringError(
            f"populations '{one}' and '{other}'", "reset in two ways", "a NIR network has one reset", "use one of them"
        )
    return next(iter(found.values()), "subtract")


def _leaky(population: Population, dt_s: float, leads: bool) -> Neuron:
    alpha, shape = _values(population, "alpha_decay"), _shape(population)
    scale = np.broadcast_to(np.asarray(population.v_scale, np.float64), population.size)
    threshold = _values(population, "threshold")
    never = bool((threshold >= NEVER).all()) and not leads
    if (alpha == 1).all():
        r = (1 / scale).reshape(shape)
        return I(r) if never else IF(r, *_limits(population, scale))
    lost = _lost(population, "alpha_decay", alpha)
    tau, r = (dt_s / lost).reshape(shape), (1 / (lost * scale)).reshape(shape)
    v_leak = (_values(population, "i_offset") / (lost * scale)).reshape(shape)
    return LI(tau, r, v_leak) if never else LIF(tau, r, v_leak, *_limits(population, scale))


def _currents(population: Population, dt_s: float) -> CubaLIF:
    exc, inh = _values(population, "exc_decay"), _values(population, "inh_decay")
    if not np.array_equal(exc, inh):
        raise _no_words(
            population, "excitatory and inhibitory currents that decay differently", "a CubaLIF has one tau"
        )
    if _values(population, "t_refrac").any():
        raise _no_words(population, "a refractory time", "neurons of NIR have none")
    shape, scale = _shape(population), np.broadcast_to(np.asarray(population.v_scale, np.float64), population.size)
    lost = _lost(population, "alpha_decay", _values(population, "alpha_decay"))
    synapse = _lost(population, "exc_decay", exc)
    return CubaLIF(
        (dt_s / lost).reshape(shape),
        (dt_s / synapse).reshape(shape),
        (1 / (lost * scale)).reshape(shape),
        (1 / synapse).reshape(shape),
        (_values(population, "i_offset") / (lost * scale)).reshape(shape),
        *_limits(population, scale),
    )


def _lost(population: Population, name: str, decay: FloatArray) -> FloatArray:
    """Return 1 - decay, dt / tau of forward Euler."""
    wrong = (decay < 0) | (decay >= 1)
    if wrong.any():
        found = f"{name} {decay[np.argmax(wrong)]:g} of neuron {int(np.argmax(wrong))}"
        raise _no_words(population, found, "a time constant makes it at least 0 and below 1")
    return 1 - decay


def _limits(population: Population, scale: FloatArray) -> Iterator[FloatArray]:
    """Yield v_threshold and v_reset in the model's units."""
    for name in ("threshold", "v_reset"):
        yield (_values(population, name) / scale).reshape(_shape(population))


def _no_words(population: Population, found: str, limit: str) -> LoweringError:
    return LoweringError(f"population '{population.name}'", found, limit, "export it as spinnaker2")
