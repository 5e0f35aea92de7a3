"""Handwritten digits (UCI, 8 x 8) as an event camera sees them that makes three small saccades, as N-MNIST was made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HELD_OUT = 360  # the last ones: other writers than those of the first
SIZE = 16  # pixels of the camera, each way
STEPS = 60  # of 1 ms
STEP_US = 1000
# Where the camera looks, in pixels off the centre: a triangle, 20 ms per side.
CORNERS = ((-1.5, -1.0), (0.0, 1.5), (1.5, -1.0))
CONTRAST = 0.18  # change of brightness (black 0, white 1) that makes an event
CONTRAST_SPREAD = 0.1  # share by which pixels differ in that
NOISE_HZ = 1.0  # false events per pixel

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


def load() -> tuple[FloatArray, NDArray[np.int64]]:
    """Return the 1,797 images, shape (1797, 8, 8), values 0 to 1, and their labels; they come with scikit-learn."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return images.reshape(-1, 8, 8) / 16.0, labels.astype(np.int64)


def events(image: FloatArray, seed: int) -> BoolArray:
    """Return the events of one digit, shape (60, 2, 16, 16): step, polarity (1: brighter), row, column."""
    random = np.random.Generator(np.random.PCG64(seed))
    threshold = CONTRAST * (1 + CONTRAST_SPREAD * (2 * random.random((SIZE, SIZE)) - 1))
    noise = random.random((STEPS, 2, SIZE, SIZE)) < NOISE_HZ * STEP_US * 1e-6 / 2
    found = np.zeros((STEPS, 2, SIZE, SIZE), np.bool_)
    places = _path()
    reference = _seen(image, places[0])
    for step, place in enumerate(places[1:]):
        change = _seen(image, place) - reference
        found[step, 1], found[step, 0] = change >= threshold, change <= -threshold
        reference += threshold * found[step, 1] - threshold * found[step, 0]
    return found | noise


def write(path: Path, found: BoolArray) -> None:
    """Write events as N-MNIST does: 5 bytes each, x, y, polarity bit and 23 bits of microseconds, big endian."""
    step, polarity, y, x = np.nonzero(found)
    time_us = step * STEP_US + STEP_US // 2
    columns = (x, y, polarity << 7 | time_us >> 16, time_us >> 8 & 0xFF, time_us & 0xFF)
    path.write_bytes(np.stack(columns, axis=1).astype(np.uint8).tobytes())


def _path() -> FloatArray:
    """Return where the camera looks at the start and after each step, shape (61, 2)."""
    along = np.arange(STEPS + 1) * len(CORNERS) / STEPS
    corners = np.array((*CORNERS, CORNERS[0]))
    return np.stack([np.interp(along, np.arange(len(corners)), corners[:, axis]) for axis in (0, 1)], axis=1)


def _seen(image: FloatArray, place: FloatArray) -> FloatArray:
    """Return the brightness of each pixel: the digit 1.5 times as large, bilinear, dark around it."""
    dark = np.pad(image, 1)
    weights = [_interpolation(offset, len(dark)) for offset in place]
    return weights[0] @ dark @ weights[1].T


def _interpolation(offset: float, size: int) -> FloatArray:
    """Return the share of each of `size` image rows in each row of the camera."""
    at = (np.arange(SIZE) - (SIZE - 1) / 2 + offset) / 1.5 + (size - 1) / 2
    return np.clip(1 - np.abs(at[:, None] - np.arange(size)), 0, None)
