"""What a session does with every spike, compiled: the simulation waits for whoever writes more slowly than it runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from s2studio.compiled import bare_kernel, inner_kernel

IntArray = NDArray[np.int64]
# So many differences are encoded together, a quarter of them with the same number of bits.
BLOCK = 128
QUARTER = BLOCK // 4


@bare_kernel
def take_runs(rows: IntArray, first: IntArray, neuron: NDArray[np.int32], taken: NDArray[np.int32]) -> None:
    """Fill `taken`, run i of it from first[i] on, with the numbers of `neuron` from rows[i] on."""
    for i in range(rows.size):
        for k in range(first[i], first[i + 1]):
            taken[k] = neuron[rows[i] + k - first[i]]


@bare_kernel
def count_neurons(first: IntArray, place: IntArray, neuron: NDArray[np.int32], spikes: IntArray) -> None:
    """Add 1 to `spikes` at place[i] + neuron for each of run i, whose rows begin at first[i]."""
    for i in range(place.size):
        for k in range(first[i], first[i + 1]):
            spikes[place[i] + neuron[k]] += 1


@bare_kernel
def encode_runs(index: IntArray, lengths: IntArray, index_bytes: int, data: NDArray[np.uint8]) -> int:
    """Write runs as Parquet's RLE has them, and return how many bytes: twice the length in 7 bits a byte, the index."""
    end = np.uint64(0)
    for i in range(index.size):
        end = encode_number(lengths[i] << 1, data, end)
        for place in range(index_bytes):
            data[end] = index[i] >> 8 * place & 255
            end += np.uint64(1)
    return int(end)


@bare_kernel
def encode_deltas(values: NDArray[np.int32], scratch: IntArray, data: NDArray[np.uint8]) -> int:
    """Write the values after the first as Parquet's DELTA_BINARY_PACKED has them, and return how many bytes.

    Blocks of BLOCK differences: the least, the bits of each quarter, the quarters, each difference less the least.
    `data` is room for 14 + BLOCK * 4 bytes a block, `scratch` for BLOCK numbers.
    """
    end = np.uint64(0)
    for first in range(0, values.size - 1, BLOCK):
        least = differences(values[first : first + BLOCK + 1], scratch)
        end = encode_number((least << 1) ^ (least >> 63), data, end)
        widths = end
        end += np.uint64(4)
        for quarter in range(4):
            part = scratch[quarter * QUARTER : (quarter + 1) * QUARTER]
            bits = bits_of(part)
            data[widths + np.uint64(quarter)] = bits
            end = pack(part, bits, data, end)
    return int(end)


@inner_kernel
def differences(values: NDArray[np.int32], less: IntArray) -> np.int64:
    """Fill `less` with how much more each value is than the one before, less the least such number; return that."""
    count = values.size - 1
    least = np.int64(values[1]) - values[0]
    for k in range(count):
        less[k] = np.int64(values[k + 1]) - values[k]
        least = min(least, less[k])
    for k in range(count):
        less[k] -= least
    less[count:] = 0
    return np.int64(least)


@inner_kernel
def bits_of(numbers: IntArray) -> np.uint64:
    """Return how many bits the largest of the numbers needs, none of them below 0."""
    seen = np.int64(0)
    for number in numbers:
        seen |= number
    bits = np.uint64(0)
    while seen >> bits:
        bits += np.uint64(1)
    return bits


@inner_kernel
def pack(numbers: IntArray, bits: np.uint64, data: NDArray[np.uint8], end: np.uint64) -> np.uint64:
    """Write so many bits of each number, 32 numbers or a multiple, into `data` from `end` on, and return its end."""
    held, waiting = np.uint64(0), np.uint64(0)
    for number in numbers:
        held |= np.uint64(number) << waiting
        waiting += bits
        if waiting >= np.uint64(32):
            # Four bytes in a row, which the compiler writes as one word.
            data[end] = np.uint8(held)
            data[end + np.uint64(1)] = np.uint8(held >> np.uint64(8))
            data[end + np.uint64(2)] = np.uint8(held >> np.uint64(16))
            data[end + np.uint64(3)] = np.uint8(held >> np.uint64(24))
            end += np.uint64(4)
            held >>= np.uint64(32)
            waiting -= np.uint64(32)
    return end


@inner_kernel
def encode_number(number: np.int64, data: NDArray[np.uint8], end: np.uint64) -> np.uint64:
    """Write a number of at least 0 into `data` from `end` on, 7 bits a byte, the lowest first, and return its end."""
    while number >= 128:
        data[end] = number & 127 | 128
        number >>= 7
        end += np.uint64(1)
    data[end] = number
    return end + np.uint64(1)
