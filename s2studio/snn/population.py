"""A population: neurons of one model that share a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from s2studio.network.layers import Shape

ParameterValue = float | str | NDArray[np.float32]


@dataclass(frozen=True)
class Population:
    """`size` neurons of the model `model` (a key of `s2studio.snn.models.MODELS`).

    `params` holds a scalar or one float32 value per neuron for each parameter of the model that is not at its default;
    `record` what the board records (`spikes`, `v`, `v_last`, `time_done`, `n_packets`), which costs PE memory, None
    where the network does not say;
    `shape` is (channels, height, width) for images, neuron = (channel * height + y) * width + x;
    `v_scale` turns chip voltages into the model's units (v = v_chip / v_scale), a scalar or one value per neuron;
    `neurons_per_pe` is the network's own wish, which mapping options overrule.
    """

    name: str
    size: int
    model: str
    params: Mapping[str, ParameterValue] = field(default_factory=dict)
    record: frozenset[str] | None = None
    shape: Shape | None = None
    v_scale: float | NDArray[np.float64] = 1.0
    neurons_per_pe: int | None = None
