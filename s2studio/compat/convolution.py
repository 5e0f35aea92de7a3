"""A script's convolution, its kernel (in, out, height, width) and parameters by name, as the chip's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from s2studio.chip.spec import ModelLimits
from s2studio.compat.synapses import rounded_weights
from s2studio.errors import NetworkError
from s2studio.snn.connectivity import ConvWeights
from s2studio.snn.digest import value_digest

if TYPE_CHECKING:
    from s2studio.compat.spinnaker2.snn import Conv2DProjection

DEFAULTS = dict.fromkeys(("stride_x", "stride_y", "pool_x", "pool_y"), 1)
DEFAULTS |= dict.fromkeys(("pad_top", "pad_bottom", "pad_left", "pad_right"), 0)
REQUIRED = ("in_height", "in_width")


class Geometry(NamedTuple):
    """The images, (channels, height, width), and how the kernel goes over them, as in ConvWeights."""

    source_shape: tuple[int, int, int]
    target_shape: tuple[int, int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    pool: tuple[int, int]


def geometry_of(projection: Conv2DProjection) -> Geometry:
    """Return the geometry of a convolution. Raises NetworkError where the sizes of its populations disagree."""
    subject = _subject(projection)
    shape = np.shape(projection.weights)
    if len(shape) != 4:
        raise NetworkError(subject, f"a kernel of {shape}", "(channels in, channels out, height, width) is expected")
    given = _parameters(subject, projection)
    source = (shape[0], given["in_height"], given["in_width"])
    pool, stride = (given["pool_y"], given["pool_x"]), (given["stride_y"], given["stride_x"])
    padding = (given["pad_top"], given["pad_bottom"], given["pad_left"], given["pad_right"])
    target = (
        shape[1],
        _length(subject, source[1] // pool[0] + padding[0] + padding[1], shape[2], stride[0]),
        _length(subject, source[2] // pool[1] + padding[2] + padding[3], shape[3], stride[1]),
    )
    for end, image in ((projection.pre, source), (projection.post, target)):
        if int(np.prod(image)) != end.size:
            found = f"kernel {shape} and its parameters make '{end.name}' an image of {image}"
            hint = "the kernel is (channels in, channels out, height, width)"
            raise NetworkError(subject, found, f"it has {end.size} neurons", hint)
    return Geometry(source, target, stride, padding, pool)


def kernel_digest(projection: Conv2DProjection) -> str:
    """Return what identifies the kernel and where it goes."""
    return value_digest((np.asarray(projection.weights), geometry_of(projection)))


def convolution_of(
    projection: Conv2DProjection, limits: ModelLimits, model: str, rounding: str, notes: list[str]
) -> ConvWeights:
    """Return the chip's convolution; `notes` gets what rounding and clipping changed."""
    weights = np.asarray(projection.weights)
    if not np.issubdtype(weights.dtype, np.number) or not np.isfinite(weights).all():
        raise NetworkError(_subject(projection), f"a kernel of {weights.dtype}", "finite numbers are expected")
    kernel = rounded_weights(weights, limits.max_weight, model, rounding, notes)
    return ConvWeights(np.ascontiguousarray(kernel.swapaxes(0, 1)), *geometry_of(projection))


def _subject(projection: Conv2DProjection) -> str:
    return f"projection '{projection.pre.name}' -> '{projection.post.name}'"


def _parameters(subject: str, projection: Conv2DProjection) -> dict[str, int]:
    try:
        given = {**DEFAULTS, **{key: int(value) for key, value in projection.params.items()}}
    except (TypeError, ValueError) as problem:
        raise NetworkError(subject, f"{problem}", "whole numbers are expected as its parameters") from problem
    for key in REQUIRED:
        if key not in given:
            raise NetworkError(subject, f"no '{key}' among its parameters", f"{', '.join(REQUIRED)} are required")
    for key, value in given.items():
        if value < (0 if key.startswith("pad_") else 1):
            raise NetworkError(
                subject, f"{key} is {value}", "sizes, strides and pools are 1 or more, padding 0 or more"
            )
    return given


def _length(subject: str, image: int, kernel: int, stride: int) -> int:
    if image < kernel:
        raise NetworkError(subject, f"a kernel of {kernel} over {image} pixels", "the kernel must fit into the image")
    return (image - kernel) // stride + 1
