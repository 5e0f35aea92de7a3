"""The float layers of a network: one frozen dataclass per NIR primitive, its equation as the docstring.

Shapes are without time and batch; images are (channels, height, width). Arrays are float64. Source: neuroir.org.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Input:
    """x from outside, of shape `shape`."""

    shape: Shape


@dataclass(frozen=True)
class Output:
    """What the network's user reads, of shape `shape`."""

    shape: Shape


@dataclass(frozen=True)
class Linear:
    """y = W x, with `weight` (outputs, inputs)."""

    weight: FloatArray


@dataclass(frozen=True)
class Affine:
    """y = W x + b, with `weight` (outputs, inputs) and `bias` (outputs,)."""

    weight: FloatArray
    bias: FloatArray


@dataclass(frozen=True)
class Conv2d:
    """y = W * x + b (cross-correlation), `weight` (out, in / groups, height, width), `bias` (out,).

    `padding` is in pixels per side (vertical, horizontal), `extra_padding` how many more there are at the bottom and
    on the right; `input_shape` is (height, width). A one-dimensional convolution has height 1.
    """

    weight: FloatArray
    bias: FloatArray
    stride: tuple[int, int]
    padding: tuple[int, int]
    dilation: tuple[int, int]
    groups: int
    input_shape: tuple[int, int]
    extra_padding: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Scale:
    """y = weight * x, element by element; `weight` has the shape of x or one that broadcasts to it."""

    weight: FloatArray


@dataclass(frozen=True)
class Delay:
    """y(t) = x(t - delay), `delay` in s, of the shape of x or one that broadcasts to it."""

    delay: FloatArray


@dataclass(frozen=True)
class SumPool2d:
    """y[i, j] = sum of x over the window at (i, j) * stride - padding, each channel for itself."""

    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True)
class AvgPool2d(SumPool2d):
    """As SumPool2d, divided by the size of the window (padding counts as zeros)."""


@dataclass(frozen=True)
class Flatten:
    """y = x with the axes `start_dim` to `end_dim` joined into one."""

    start_dim: int
    end_dim: int


@dataclass(frozen=True)
class IF:
    """dv/dt = r i;  v >= v_threshold: spike and reset. Every field has the shape of the population."""

    r: FloatArray
    v_threshold: FloatArray
    v_reset: FloatArray


@dataclass(frozen=True)
class LIF:
    """tau dv/dt = (v_leak - v) + r i;  v >= v_threshold: spike and reset. tau in s."""

    tau: FloatArray
    r: FloatArray
    v_leak: FloatArray
    v_threshold: FloatArray
    v_reset: FloatArray


@dataclass(frozen=True)
class CubaLIF:
    """tau_syn di/dt = -i + w_in x;  tau_mem dv/dt = (v_leak - v) + r i;  v >= v_threshold: spike and reset. In s."""

    tau_mem: FloatArray
    tau_syn: FloatArray
    r: FloatArray
    w_in: FloatArray
    v_leak: FloatArray
    v_threshold: FloatArray
    v_reset: FloatArray


@dataclass(frozen=True)
class I:  # noqa: E742 - NIR's name
    """dv/dt = r i: the sum of its input, no spikes."""

    r: FloatArray


@dataclass(frozen=True)
class LI:
    """tau dv/dt = (v_leak - v) + r i: no spikes. tau in s."""

    tau: FloatArray
    r: FloatArray
    v_leak: FloatArray


@dataclass(frozen=True)
class CubaLI:
    """tau_syn di/dt = -i + w_in x;  tau_mem dv/dt = (v_leak - v) + r i: no spikes. In s."""

    tau_mem: FloatArray
    tau_syn: FloatArray
    r: FloatArray
    w_in: FloatArray
    v_leak: FloatArray


@dataclass(frozen=True)
class Threshold:
    """A spike wherever x >= threshold, without memory."""

    threshold: FloatArray


@dataclass(frozen=True)
class Unsupported:
    """A node of the file that s2studio does not cover: its type, the reason, and what to do instead."""

    type_name: str
    reason: str
    remedy: str


Graded = I | LI | CubaLI
Neuron = IF | LIF | CubaLIF | I | LI | CubaLI | Threshold
Weights = Linear | Affine | Conv2d
Layer = (
    Input
    | Output
    | Linear
    | Affine
    | Conv2d
    | Scale
    | Delay
    | SumPool2d
    | AvgPool2d
    | Flatten
    | IF
    | LIF
    | CubaLIF
    | I
    | LI
    | CubaLI
    | Threshold
    | Unsupported
)


def neuron_shape(layer: Neuron) -> Shape:
    """Return the shape of the population, which every parameter of `layer` has."""
    first: FloatArray = getattr(layer, fields(layer)[0].name)
    return first.shape
