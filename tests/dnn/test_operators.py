"""Every operator of a layer part: the fast way computes what the reference does, and both what the equation says."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.dnn import fast
from s2studio.dnn.fixed_point import ONE, erf_s0_31, exp_s0_31, sigmoid_s0_31, tanh_s0_31, to_s16_15
from s2studio.dnn.layer_part import ChipLayer, LayerPart
from s2studio.dnn.operators.elementwise import Add, Affine, Clip, Mul
from s2studio.dnn.operators.exponential import Activation, Erf, Gelu, Sigmoid, Silu, Tanh
from s2studio.dnn.operators.gathering import AvgPool, LayerNorm, MaxPool, Mean, Normalise, RMSNorm, Softmax
from s2studio.dnn.operators.movements import Concat, Embedding, Move
from s2studio.dnn.operators.operator import Operator
from s2studio.dnn.operators.products import Conv, Dense, MatMul
from s2studio.dnn.run import run
from s2studio.dnn.tensor import DTYPES, Integers, Tensor
from s2studio.network.operators.arithmetic import Window
from s2studio.network.operators.movements import Reshape, Slice, Transpose
from s2studio.network.operators.operator import Shape

SEEDS = st.integers(0, 2**32 - 1)


def int8(random: np.random.Generator, *shape: int) -> Integers:
    return random.integers(-128, 128, shape).astype(np.int8)


def trained(random: np.random.Generator, outputs: int, bits: int) -> tuple[Integers, Integers]:
    bias = random.integers(-(2**bits), 2**bits, outputs).astype(np.int32)
    return bias, random.integers(0, 20, outputs).astype(np.uint8)


def same(operator: Operator, *inputs: Integers, bits: int = 8) -> Integers:
    """Run `operator` both ways and return its output."""
    tensors = tuple(Tensor(f"x{place}", x.shape, 0) for place, x in enumerate(inputs))
    output = Tensor("y", operator.shape([x.shape for x in inputs]), 0, DTYPES[bits])
    part = LayerPart(tensors, (output,), (ChipLayer("layer", operator, tensors, output),))
    given = {tensor.name: x for tensor, x in zip(tensors, inputs, strict=True)}
    reference, ours = run(part, given, is_reference=True), run(part, given)
    for values in (reference, ours):
        assert values.tensors["y"].dtype == output.dtype
        assert values.tensors["y"].shape == output.shape
    np.testing.assert_array_equal(ours.tensors["y"], reference.tensors["y"])
    assert ours.largest_sums == reference.largest_sums
    return reference.tensors["y"]


@given(SEEDS, st.sampled_from([3, 40, 1024, 1025, 2600]), st.sampled_from([8, 16, 32]), st.booleans())
@settings(max_examples=30)
def test_that_dense_layers_agree(seed: int, terms: int, bits: int, relu: bool) -> None:
    random = np.random.default_rng(seed)
    outputs, rows = (int(value) for value in random.integers(1, 9, 2))
    bias, shift = trained(random, outputs, 24)
    x, weight = int8(random, 2, rows, terms), int8(random, outputs, terms)
    y = same(Dense(weight, bias, shift, relu, bits), x, bits=bits)

    limits = np.iinfo(DTYPES[bits])
    total = sum(int(a) * int(w) for a, w in zip(x[0, 0], weight[0], strict=True)) + int(bias[0])
    assert y[0, 0, 0] == max(0 if relu else limits.min, min(limits.max, total >> int(shift[0])))


def test_that_sums_of_the_largest_products_are_exact() -> None:
    terms = 25_088  # 411,041,792: the first dense layer of VGG-16 at its very worst
    weight, x = np.full((2, terms), -128, np.int8), np.full((1, terms), -128, np.int8)
    weight[1, 0] = -127
    y = same(Dense(weight, np.zeros(2, np.int32), np.zeros(2, np.uint8), bits=32), x, bits=32)

    assert y.tolist() == [[terms * 2**14, terms * 2**14 - 128]]


@given(SEEDS, st.sampled_from([5, 1500]), st.booleans())
@settings(max_examples=20)
def test_that_products_of_two_tensors_agree(seed: int, terms: int, is_broadcast: bool) -> None:
    random = np.random.default_rng(seed)
    a, b = int8(random, 2, 3, 4, terms), int8(random, *(() if is_broadcast else (3,)), terms, 6)
    same(MatMul(*(int(value) for value in random.integers(0, 16, 2))), a, b)


@given(SEEDS, st.sampled_from([1, 2]), st.booleans())
@settings(max_examples=60)
def test_that_convolutions_agree(seed: int, rank: int, relu: bool) -> None:
    random = np.random.default_rng(seed)

    def draw(least: int, most: int) -> Shape:
        return tuple(int(value) for value in random.integers(least, most + 1, rank))

    kernel, stride, dilation, padding = (
        draw(1, 3),
        draw(1, 3),
        draw(1, 2),
        tuple(zip(draw(0, 3), draw(0, 3), strict=True)),
    )
    groups, channels, per_group = (int(value) for value in random.integers(1, 5, 3))
    space = tuple(length + 5 for length in draw(0, 5))
    outputs = groups * per_group
    bias, shift = trained(random, outputs, 12)
    conv = Conv(
        int8(random, outputs, channels, *kernel), bias, shift, Window(kernel, stride, padding, dilation), groups, relu
    )
    same(conv, int8(random, int(random.integers(1, 3)), channels * groups, *space))


def test_that_a_convolution_with_more_terms_than_float32_counts_is_exact() -> None:
    random = np.random.default_rng(3)
    window = Window((3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1))
    conv = Conv(np.full((2, 200, 3, 3), -128, np.int8), np.ones(2, np.int32), np.zeros(2, np.uint8), window, bits=32)
    x = np.full((1, 200, 5, 5), -128, np.int8)
    x[0, :, 2, 2] = int8(random, 200)
    same(conv, x, bits=32)


@given(SEEDS)
@settings(max_examples=20)
def test_that_convolutions_wider_than_a_block_agree(seed: int) -> None:
    random = np.random.default_rng(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "BLOCK", 200)
        patch.setattr(fast, "NARROW", 0)
        bias, shift = trained(random, 4, 10)
        window = Window((3, 2), (2, 1), ((1, 0), (2, 1)), (1, 2))
        same(Conv(int8(random, 4, 3, 3, 2), bias, shift, window, 2), int8(random, 2, 6, 9, 8))
        same(Dense(int8(random, 4, 90), bias, shift), int8(random, 3, 90))


WINDOW = Window((3, 2), (2, 1), ((1, 0), (1, 1)), (1, 1))
OTHERS: list[tuple[Operator, list[Shape]]] = [
    (Add((0, 3), 2), [(2, 3, 4), (3, 4)]),
    (Add((0, 0), 0, relu=True), [(2, 3), (2, 3)]),
    (Add((1, 0), 1, subtracts=True), [(2, 3), (2, 3)]),
    (Add((9, 8), 0, bits=16), [(2, 3), (2, 3)]),
    (Mul(7), [(2, 3, 4), (4,)]),
    (Affine(np.array([[300], [-4]], np.int16), np.array([[5], [9000]], np.int32), 9), [(3, 2, 4)]),
    (Affine(np.array(300, np.int16), np.array(9, np.int32), 0, bits=16), [(3, 2, 4)]),
    (Clip(0, 0, 96), [(3, 4)]),
    (Clip(-2), [(3, 4)]),
    (Gelu(4, 5), [(64, 7)]),
    (Gelu(4, 5, is_tanh=True), [(64, 7)]),
    (Silu(3, 3), [(64, 7)]),
    (Sigmoid(4, 7), [(64, 7)]),
    (Tanh(5, 7), [(64, 7)]),
    (Erf(5, 7), [(64, 7)]),
    (Softmax(4, 7), [(4, 9)]),
    (Softmax(4, 7, axis=0), [(4, 9)]),
    (Softmax(2, 7, mask=np.tri(5, dtype=np.bool_)), [(2, 5, 5)]),
    (Softmax(2, 7, divides=False), [(2, 5, 5)]),
    (Normalise(3), [(2, 5, 3), (2, 5, 5)]),
    (Normalise(-2, bits=16), [(2, 5, 3), (2, 5, 5)]),
    (LayerNorm(np.full(9, 16, np.float32), np.ones(9, np.float32), 0.01), [(4, 9)]),
    (LayerNorm(np.full((4, 9), 16, np.float32), None, 0.01, -2), [(2, 4, 9)]),
    (RMSNorm(np.full(9, 16, np.float32), 0.01), [(4, 9)]),
    (MaxPool(WINDOW), [(2, 3, 6, 5)]),
    (AvgPool(WINDOW, np.array(2731, np.int16), 14), [(2, 3, 6, 5)]),
    (Mean((2, 3), False, 2**16 // 30, 16), [(2, 3, 6, 5)]),
    (Concat(1, (0, 2)), [(2, 3), (2, 5)]),
    (Move(Reshape((6, 2))), [(3, 4)]),
    (Move(Transpose((1, 0))), [(3, 4)]),
    (Move(Slice(((0, 3, 2), (1, 4, 1)))), [(3, 4)]),
]


@pytest.mark.parametrize(("operator", "shapes"), OTHERS, ids=lambda value: type(value).__name__)
def test_that_all_other_operators_agree(operator: Operator, shapes: list[Shape]) -> None:
    random = np.random.default_rng(5)
    inputs = [int8(random, *shape) for shape in shapes]
    inputs = [np.maximum(x, 1) for x in inputs] if isinstance(operator, Normalise) else inputs
    same(operator, *inputs, bits=getattr(operator, "bits", 8))


def test_that_an_embedding_takes_rows() -> None:
    table = int8(np.random.default_rng(1), 6, 3)

    assert Embedding(table).compute(np.array([[5, 0]])).tolist() == [[table[5].tolist(), table[0].tolist()]]


def test_that_the_mac_array_cuts_downwards_and_the_arm_core_rounds() -> None:
    one = np.ones((1, 1), np.int8)
    dense = Dense(one, np.zeros(1, np.int32), np.ones(1, np.uint8))
    x = np.array([[-3], [-1], [1], [3]], np.int8)

    assert same(dense, x).reshape(-1).tolist() == [-2, -1, 0, 1]
    assert same(Clip(1), x).reshape(-1).tolist() == [-1, 0, 1, 2]


def test_that_a_padded_pixel_never_wins_a_pool() -> None:
    y = same(MaxPool(Window((2,), (1,), ((1, 0),), (1,))), np.array([[[-128, -5]]], np.int8))

    assert y.tolist() == [[[-128, -5]]]


@pytest.mark.parametrize("iterations", [4, 8, 16])
def test_that_the_exponential_is_below_the_exact_one_by_its_iterations(iterations: int) -> None:
    x = -np.concatenate([np.arange(2000), np.linspace(0, 2**20, 3000)]).astype(np.int64)
    exact, ours = np.exp(x / 2.0**15), exp_s0_31(x, iterations) / ONE

    assert np.all(ours <= exact + 2.0**-31)
    assert np.all(exact - ours <= exact * 2.0**-iterations * 1.01 + 2.0**-30)


@pytest.mark.parametrize(
    ("ours", "exact"),
    [(sigmoid_s0_31, lambda x: 1 / (1 + math.exp(-x))), (tanh_s0_31, math.tanh), (erf_s0_31, math.erf)],
)
def test_that_what_is_made_of_the_exponential_is_within_its_error(
    ours: Callable[[Integers, int], Integers], exact: Callable[[float], float]
) -> None:
    x = np.linspace(-12, 12, 4001)
    fixed = to_s16_15(np.rint(x * 2**15).astype(np.int64), 15)
    values = ours(fixed, 16) / ONE

    assert np.abs(values - [exact(value) for value in fixed / 2.0**15]).max() < 2.0**-13


@pytest.mark.parametrize("kind", [Sigmoid, Tanh, Erf, Silu, Gelu])
@pytest.mark.parametrize("exponent", [-60, -3, 0, 4, 9, 20, 80])
def test_that_activations_stay_in_range_whatever_the_step(kind: type[Activation], exponent: int) -> None:
    for output in (-40, 0, 7, 60):
        table = kind(exponent, output).table().astype(np.int64)

        assert np.all(np.diff(table[128:]) >= 0)
        assert table[128] == (table[128] if kind is Sigmoid else 0)


FLOAT: dict[type[Activation], Callable[[Any], Any]] = {
    Sigmoid: lambda x: 1 / (1 + np.exp(-x)),
    Tanh: np.tanh,
    Silu: lambda x: x / (1 + np.exp(-x)),
    Gelu: lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
}


@pytest.mark.parametrize("kind", FLOAT)
def test_that_an_activation_is_the_float_one_rounded(kind: type[Activation]) -> None:
    exponent, output = 4, 4 if kind in (Silu, Gelu) else 7
    exact = FLOAT[kind](np.arange(-128, 128) / 2.0**exponent) * 2**output

    assert np.abs(kind(exponent, output).table() - np.clip(exact, -128, 127)).max() < 0.52


def test_that_a_softmax_is_the_float_one_rounded() -> None:
    x = int8(np.random.default_rng(2), 5, 12)
    powers = np.exp(x / 16.0)
    exact = powers / powers.sum(axis=-1, keepdims=True) * 128

    assert np.abs(Softmax(4, 7).compute(x) - np.clip(exact, -128, 127)).max() < 0.52


def test_that_a_softmax_with_a_mask_is_one_over_what_it_allows() -> None:
    x = int8(np.random.default_rng(2), 2, 4, 4)
    y = Softmax(4, 7, mask=np.tri(4, dtype=np.bool_)).compute(x)

    for row in range(4):
        np.testing.assert_array_equal(y[:, row, : row + 1], Softmax(4, 7).compute(x[:, row, : row + 1]))
        assert not y[:, row, row + 1 :].any()


def test_that_a_layer_norm_is_the_float_one_rounded() -> None:
    random = np.random.default_rng(2)
    x, scale, shift = int8(random, 5, 12), random.normal(size=12), random.normal(size=12)
    real = x / 8.0
    centred = real - real.mean(-1, keepdims=True)
    exact = (centred / np.sqrt(real.var(-1, keepdims=True) + 1e-3) * scale + shift) * 32
    ours = LayerNorm((scale * 32).astype(np.float32), (shift * 32).astype(np.float32), 1e-3 * 64).compute(x)

    assert np.abs(ours - np.clip(exact, -128, 127)).max() < 0.51


def test_that_a_sum_of_16_bits_keeps_what_8_would_cut() -> None:
    a, b = np.array([[30_000, -30_000]], np.int16), np.array([[100, 100]], np.int8)

    assert Add((0, 1), 0, bits=16).compute(a, b).tolist() == [[30_200, -29_800]]
    assert Add((0, 1), 0).compute(a, b).tolist() == [[127, -128]]


def test_that_attention_that_is_divided_late_is_that_of_the_float_equation() -> None:
    random = np.random.default_rng(4)
    scores, values = random.integers(-300, 300, (6, 40)).astype(np.int16), int8(random, 40, 5)
    powers = Softmax(6, 7, divides=False).compute(scores)
    sums = MatMul(0, bits=32).compute(powers, values)
    ours = Normalise(2).compute(sums, powers)
    exact = np.exp(scores / 64.0)
    exact /= exact.sum(axis=-1, keepdims=True)

    assert np.abs(ours - np.clip(exact @ values * 4, -128, 127)).max() < 2
