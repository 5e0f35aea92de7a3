"""What a neuron model is to the rest of s2studio: its equation, its parameters, and how its neurons are updated."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Update(IntEnum):
    """Which kernel updates a population; the engine chooses by this number inside compiled code."""

    STIMULUS = 0
    LIF = 1
    LIF_CURR_EXP = 2
    POISSON = 3
    RELAY = 4


@dataclass(frozen=True)
class Parameter:
    """A parameter of a model: a number (scalar or one value per neuron), or a word out of `choices`.

    Numbers are in chip units. `least` and `most` are the limits, both allowed; `whole` asks for whole numbers.
    """

    name: str
    default: float | str
    doc: str
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    whole: bool = False


@dataclass(frozen=True)
class NeuronModel:
    """A model that the chip's programs implement. Its memory, cycles and ranges are `ChipSpec.models[name]`.

    `inputs` is the number of sums a neuron keeps of its weights: 0 for a source, 1 signed, 2 for excitatory and
    inhibitory apart. `state` names the fp32 state; `is_updated` says whether every neuron costs work in every tick;
    `takes_convolution` whether its input comes through convolution kernels instead of synapse rows.
    """

    name: str
    title: str
    equation: str
    parameters: tuple[Parameter, ...]
    state: tuple[str, ...]
    inputs: int
    update: Update
    is_updated: bool = True
    takes_convolution: bool = False

    def parameter(self, name: str) -> Parameter:
        """Return the parameter called `name`."""
        return next(parameter for parameter in self.parameters if parameter.name == name)
