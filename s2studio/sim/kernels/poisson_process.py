"""Draws who fires in a population of the model `poisson_process`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel

# The constants of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
STEP = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
DRAW_BITS = 24


@inner_kernel
def mixed(word: np.uint64) -> np.uint64:
    """Return a 64-bit word in which every bit depends on every bit of `word` (SplitMix64's finaliser)."""
    word = (word ^ (word >> np.uint64(30))) * FIRST
    word = (word ^ (word >> np.uint64(27))) * SECOND
    return word ^ (word >> np.uint64(31))


@inner_kernel
def stream(seed: int, population_seed: int, population: int, sample: int) -> np.uint64:
    """Return the key of the draws of one population in one sample of a run."""
    key = mixed(np.uint64(seed) + STEP)
    key = mixed(key + np.uint64(population_seed) * STEP)
    key = mixed(key + np.uint64(population) * STEP)
    return mixed(key + np.uint64(sample) * STEP)


@inner_kernel
def update_poisson(key: np.uint64, tick: int, p: NDArray[np.float32], fired: NDArray[np.int32]) -> int:
    """Write who fires in `tick` to `fired`, ascending, and return how many do.

    The draw is a counter-based uniform number of 24 bits, f(key, neuron, tick): it does not depend on slices, on
    threads or on earlier draws.
    """
    now = mixed(key + np.uint64(tick) * STEP)
    scale = np.float32(1.0 / (1 << DRAW_BITS))
    count = 0
    for i in range(p.size):
        draw = np.float32(mixed(now + np.uint64(i) * STEP) >> np.uint64(64 - DRAW_BITS)) * scale
        if draw < p[i]:
            fired[count] = i
            count += 1
    return count
