from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from s2studio.lowering.int8.weights import INT8, quantise_weights, report_weights
from s2studio.network.operators.operator import FloatArray

WEIGHTS = arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 12)),
    elements=st.floats(-1000, 1000, width=32, allow_subnormal=False),
)


@given(WEIGHTS, st.booleans())
def test_that_no_other_power_of_two_has_a_smaller_squared_error(weight: FloatArray, per_output: bool) -> None:
    quantised = quantise_weights(weight, per_output)
    rows = weight.astype(np.float64) if per_output else weight.reshape(1, -1).astype(np.float64)
    ours = quantised.as_float().astype(np.float64).reshape(rows.shape)
    for row, mine, exponent in zip(rows, ours, quantised.exponents, strict=False):
        for other in range(exponent - 3, exponent + 4):
            integers = np.clip(np.rint(np.ldexp(row, other)), INT8.min, INT8.max)
            assert ((row - mine) ** 2).sum() <= ((row - np.ldexp(integers, -other)) ** 2).sum() * (1 + 1e-9)


@given(arrays(np.int8, (3, 5)), st.integers(-6, 12))
def test_that_what_is_int8_times_a_power_of_two_is_kept_exactly(values: np.ndarray, exponent: int) -> None:
    weight = np.ldexp(values.astype(np.float32), -exponent)
    quantised = quantise_weights(weight)

    np.testing.assert_array_equal(quantised.as_float(), weight)
    assert report_weights(weight, quantised).snr_db is None


@given(WEIGHTS)
def test_that_an_exponent_for_each_output_is_at_least_as_good_as_one_for_all(weight: FloatArray) -> None:
    errors = [
        ((weight.astype(np.float64) - quantise_weights(weight, per_output).as_float()) ** 2).sum()
        for per_output in (True, False)
    ]

    assert errors[0] <= errors[1] * (1 + 1e-6)


def test_that_outliers_are_clipped_where_that_costs_less_than_it_gains() -> None:
    weight = np.random.default_rng(1).normal(size=(1, 10_000)).astype(np.float32)
    weight[0, 0] = 8.1  # with room for it, the step would be 1/8, twice that of the rest
    quantised = quantise_weights(weight)
    report = report_weights(weight, quantised)

    assert quantised.exponents[0] > np.floor(np.log2(127 / 8.1))
    assert 0 < report.clipped_share < 0.01


def test_that_the_largest_sum_is_reached_by_some_input_and_exceeded_by_none() -> None:
    weight = np.random.default_rng(2).normal(size=(6, 3, 2)).astype(np.float32)
    quantised = quantise_weights(weight)
    rows = quantised.values.reshape(6, -1).astype(np.int64)
    largest = report_weights(weight, quantised).largest_sum
    inputs = np.random.default_rng(3).integers(-128, 128, (500, 6))
    row = rows[np.abs(rows).sum(axis=1).argmax()]

    assert np.abs(inputs @ rows.T).max() <= largest
    assert np.abs(row @ np.where(row > 0, -128, 127)) > largest * 126 / 128


@pytest.mark.parametrize("per_output", [True, False])
def test_that_weights_of_zero_stay_zero(per_output: bool) -> None:
    weight = np.zeros((2, 3), np.float32)
    quantised = quantise_weights(weight, per_output)

    assert not quantised.values.any()
    assert quantised.exponents.tolist() == [0, 0]
