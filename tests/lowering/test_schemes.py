"""What holds for any weights under each way of scaling and rounding."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from s2studio.errors import LoweringError
from s2studio.lowering.schemes import quantise, weight_scale
from s2studio.network.layers import FloatArray

LIMITS = st.sampled_from([15, 127])
SIZES = st.floats(1e-6, 1e6)
WEIGHTS = st.builds(
    lambda unit, size: unit * size, arrays(np.float64, st.integers(1, 60), elements=st.floats(-1, 1)), SIZES
)


def factor(weights: FloatArray, scale: str, limit: int = 127) -> float:
    return weight_scale("node", np.abs(weights), scale, limit)


@given(WEIGHTS, LIMITS, st.sampled_from(["nearest", "truncate"]))
def test_that_max_scaling_clips_nothing_and_uses_the_whole_range(
    weights: FloatArray, limit: int, rounding: str
) -> None:
    assume(np.abs(weights).max() > 1e-300)

    integers = quantise(weights, factor(weights, "max", limit), rounding, limit)

    assert integers.clipped == 0
    assert np.abs(integers.weight.astype(int)).max() == limit


@given(WEIGHTS, st.floats(1, 100), LIMITS)
def test_that_percentile_scaling_clips_at_most_the_share_above_it(
    weights: FloatArray, percentile: float, limit: int
) -> None:
    assume(np.percentile(np.abs(weights), percentile) > 1e-9)

    integers = quantise(weights, factor(weights, f"percentile:{percentile!r}", limit), "nearest", limit)

    # np.percentile interpolates: its position among n sorted values is (n - 1) P / 100, whole or up to one below.
    assert integers.clipped <= np.ceil((len(weights) - 1) * (1 - percentile / 100) - 1e-9)


@given(WEIGHTS)
def test_that_the_hundredth_percentile_is_the_maximum(weights: FloatArray) -> None:
    assume(np.abs(weights).max() > 1e-300)

    assert factor(weights, "percentile:100") == factor(weights, "max")


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(-127, 127)))
def test_that_truncation_moves_no_weight_away_from_zero(weights: FloatArray) -> None:
    integers = quantise(weights, 1.0, "truncate", 127).weight.astype(np.float64)

    assert np.all(np.abs(integers) <= np.abs(weights) * (1 + 1e-9) + 1e-9)
    assert np.all(integers * weights >= 0)
    assert np.all(np.abs(weights - integers) < 1)


@given(arrays(np.float64, st.integers(1, 60), elements=st.floats(-127, 127)))
def test_that_rounding_to_nearest_moves_no_weight_by_more_than_a_half(weights: FloatArray) -> None:
    integers = quantise(weights, 1.0, "nearest", 127).weight.astype(np.float64)

    assert np.all(np.abs(weights - integers) <= 0.5)


@given(WEIGHTS, LIMITS, st.sampled_from(["nearest", "truncate"]), st.floats(1e-3, 1e6))
def test_that_the_integers_of_minus_w_are_minus_those_of_w(
    weights: FloatArray, limit: int, rounding: str, w_scale: float
) -> None:
    positive = quantise(weights, w_scale, rounding, limit)
    negative = quantise(-weights, w_scale, rounding, limit)

    assert np.array_equal(positive.weight, -negative.weight)
    assert positive.clipped == negative.clipped
    assert np.abs(positive.weight.astype(int)).max() <= limit


def test_that_a_product_that_misses_an_integer_by_float64_rounding_truncates_to_it() -> None:
    weights = np.array([0.29, 1.0])

    assert 0.29 * 100 < 29
    assert quantise(weights, 100.0, "truncate", 127).weight.tolist() == [29, 100]


def test_that_a_fixed_factor_is_taken_as_it_is() -> None:
    assert factor(np.array([3.0]), "fixed:102.02") == 102.02


def test_that_none_leaves_weights_in_their_own_unit() -> None:
    integers = quantise(np.array([2.6, -200.0]), factor(np.array([2.6, -200.0]), "none"), "nearest", 127)

    assert integers.weight.tolist() == [3, -127]
    assert integers.clipped == 1


def test_that_weights_of_zero_have_the_factor_one() -> None:
    assert factor(np.zeros(3), "percentile:50") == 1.0


def test_that_a_percentile_of_zero_is_refused() -> None:
    sparse = np.array([0.0] * 99 + [1.0])

    with pytest.raises(LoweringError, match="raise the percentile"):
        factor(sparse, "percentile:50")


@pytest.mark.parametrize(("scale", "weight"), [("fixed:1e200", 1.0), ("none", 1e200), ("fixed:1e300", 1e300)])
def test_that_a_factor_that_leaves_the_range_of_numbers_is_refused(scale: str, weight: float) -> None:
    with pytest.raises(LoweringError, match="take --scale max"):
        factor(np.array([weight]), scale)


def test_that_signal_and_noise_are_energies_of_the_scaled_weights() -> None:
    integers = quantise(np.array([1.25, -3.0]), 1.0, "nearest", 127)

    assert integers.signal == pytest.approx(1.25**2 + 9)
    assert integers.noise == pytest.approx(0.25**2)


def test_that_rounding_takes_little_memory_beside_its_result() -> None:
    weights = np.random.default_rng(0).normal(0, 1, (2000, 1000))
    tracemalloc.start()
    try:
        quantise(weights, 40.0, "truncate", 127)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert most < 2 * weights.size
