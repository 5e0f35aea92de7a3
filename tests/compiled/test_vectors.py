from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from s2studio.compiled import inner_kernel, kernel, vectors
from s2studio.compiled.vectors import (
    LANES,
    append,
    at,
    at_least,
    choose,
    lanes_at,
    load,
    lowest_bit,
    store,
    to_float32,
    to_int16,
    to_int32,
    without_lowest_bit,
    zeros,
)

FLOATS = arrays(np.float32, LANES + 3, elements=st.floats(width=32))
Any1D = NDArray[Any]


@kernel
def scaled(a: Any1D, b: Any1D, c: Any, out: Any1D) -> int:
    """`out` = a * b + c where a >= c, else b - a; returns the sum of the lanes' numbers where a >= c."""
    x, y = load(a, 1), load(b, 2)
    bits = at_least(x, lanes_at(c, 3))
    store(out, 0, choose(bits, x * y + lanes_at(c, 3), y - x))
    total = 0
    while bits:
        total += lowest_bit(bits)
        bits = without_lowest_bit(bits)
    return total


@kernel
def widened(a: Any1D, small: Any1D, large: Any1D, floats: Any1D) -> None:
    """Convert int8 lanes."""
    added = to_int16(load(a, 0)) + to_int16(load(a, 0))
    store(small, 0, added + zeros(np.int16))
    store(large, 0, to_int32(added))
    store(floats, 0, to_float32(to_int32(load(a, 0))))


@inner_kernel
def third(parameter: Any) -> Any:
    """Return the parameter of neuron 2."""
    return at(parameter, 2)


@kernel
def both(parameters: Any1D, one: Any) -> tuple[Any, Any]:
    """Return the parameter of neuron 2 from an array and from a number."""
    return third(parameters), third(one)


@given(FLOATS, FLOATS, st.one_of(FLOATS, st.floats(width=32).map(np.float32)))
def test_that_lanes_compute_what_numpy_does_bit_for_bit(a: Any1D, b: Any1D, c: Any) -> None:
    out = np.zeros(LANES, np.float32)
    total = scaled(a, b, c, out)

    x, y, z = a[1 : LANES + 1], b[2 : LANES + 2], c[3:] if isinstance(c, np.ndarray) else c
    with np.errstate(all="ignore"):
        expected = np.where(x >= z, x * y + z, y - x)
    np.testing.assert_array_equal(out, expected)
    assert total == np.flatnonzero(x >= z).sum()


@given(arrays(np.int8, LANES))
def test_that_converted_lanes_keep_their_value(a: Any1D) -> None:
    small, large = np.zeros(LANES, np.int16), np.zeros(LANES, np.int32)
    floats = np.zeros(LANES, np.float32)
    widened(a, small, large, floats)

    np.testing.assert_array_equal(small, 2 * a.astype(int))
    np.testing.assert_array_equal(large, 2 * a.astype(int))
    np.testing.assert_array_equal(floats, a)


def test_that_a_parameter_is_an_array_or_a_number_of_all() -> None:
    assert both(np.array([1, 2, 3], np.float32), np.float32(7)) == (3, 7)


@kernel
def appended(into: Any1D, first: int, bits: np.uint64) -> int:
    """Append behind one number that stands there already."""
    return append(into, 1, first, bits)


@pytest.mark.parametrize("way", [appended, kernel(vectors.append_lanes), kernel(vectors.append_bits)])
@given(st.integers(0, 2**64 - 1), st.integers(0, 2**30))
def test_that_the_numbers_of_bits_are_appended_either_way(way: Callable[..., int], bits: int, first: int) -> None:
    into = np.full(65, -1, np.int32)
    end = way(into, first, np.uint64(bits)) if way is appended else way(into, 1, first, np.uint64(bits))

    expected = [first + k for k in range(64) if bits >> k & 1]
    assert into[0] == -1
    assert into[1:end].tolist() == expected
