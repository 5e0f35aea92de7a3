from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from s2studio.dnn.builder import RandomPart
from s2studio.dnn.layer_part import LayerPart
from s2studio.dnn.operators.operator import Product
from s2studio.dnn.run import run
from s2studio.dnn.tensor import Integers
from s2studio.dnn.validate import validate_layers
from s2studio.errors import NetworkError
from s2studio.network.operators.arithmetic import Window

WINDOW = Window((3, 3), (2, 2), ((1, 1), (1, 1)), (1, 1))


@pytest.fixture
def part() -> LayerPart:
    """Return a block of a CNN and one of a transformer."""
    build = RandomPart(4)
    image, tokens = build.input("image", (1, 6, 8, 8)), build.input("tokens", (1, 5), "int32")
    x = build.conv("conv", image, 8, WINDOW, 2, relu=True)
    x = build.sum(
        "sum",
        x,
        build.max_pool("pool", build.conv("side", image, 8, Window((1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1))), WINDOW),
    )
    x = build.dense("head", build.mean("mean", build.average_pool("average", x, WINDOW), (2, 3)), 3)
    y = build.layer_norm("norm", build.embedding("embedding", tokens, 7, 12))
    scores = build.matmul("scores", y, build.transpose("transpose", y, (0, 2, 1)))
    y = build.gelu("gelu", build.matmul("mix", build.softmax("softmax", scores), y))
    y = build.reshape("reshape", build.slice("slice", y, ((0, 1, 1), (4, 5, 1), (0, 12, 1))), (1, 12))
    return build.part(x, y)


def test_that_each_layer_says_what_mapping_needs(part: LayerPart) -> None:
    conv, scores = part.layer("conv"), part.layer("scores")

    assert (conv.kind, conv.unit, conv.product) == ("convolution", "mac_array", Product(2, 16, 27, 4))
    assert conv.macs == 16 * 27 * 8
    assert conv.weight_bytes == 8 * 27 + 8 * 4 + 8
    assert (conv.input_bytes, conv.output.bytes) == (6 * 64, 8 * 16)
    assert (scores.kind, scores.product) == ("matmul", Product(1, 5, 12, 5))
    assert part.layer("softmax").unit == "exponential_unit"
    assert part.layer("norm").unit == "arm"
    assert part.tensors["tokens"].bytes == 20
    assert part.macs == sum(layer.macs for layer in part.layers)


def test_that_a_run_agrees_with_the_reference_and_repeats(part: LayerPart) -> None:
    random = np.random.default_rng(1)
    inputs: dict[str, Integers] = {
        "image": random.integers(-128, 128, (1, 6, 8, 8)).astype(np.int8),
        "tokens": np.array([[1, 2, 3, 4, 6]], np.int32),
    }
    ours, reference = run(part, inputs), run(part, inputs, is_reference=True)

    assert ours.largest_sums == reference.largest_sums
    assert set(ours.tensors) == set(part.tensors)
    for name, values in reference.tensors.items():
        np.testing.assert_array_equal(ours.tensors[name], values)


def test_that_random_weights_keep_values_in_range() -> None:
    build = RandomPart(2)
    x = build.input("x", (4, 300))
    for layer in range(12):
        x = build.dense(f"dense {layer}", x, 300, relu=True)
    part = build.part(x)
    made = run(part, {"x": np.random.default_rng(1).integers(-128, 128, (4, 300)).astype(np.int8)}).tensors

    for tensor in list(part.tensors.values())[1:]:
        assert made[tensor.name].std() > 4
        assert np.mean(made[tensor.name] == 127) < 0.2


def test_that_an_input_of_another_dtype_is_refused(part: LayerPart) -> None:
    with pytest.raises(NetworkError, match=r"'image': it is float64 of 1 x 6 x 8 x 8, int8"):
        run(part, {"image": np.zeros((1, 6, 8, 8))})
    with pytest.raises(NetworkError, match="'image': it is missing"):
        run(part, {})


def test_that_parts_whose_layers_do_not_fit_are_refused(part: LayerPart) -> None:
    with pytest.raises(NetworkError, match="nothing before it makes its input"):
        validate_layers(replace(part, layers=part.layers[::-1]))
    with pytest.raises(NetworkError, match="there already"):
        validate_layers(replace(part, layers=(*part.layers, part.layers[0])))
    with pytest.raises(NetworkError, match="no layer makes it"):
        validate_layers(replace(part, layers=part.layers[:-1]))
    wrong = replace(part.layers[0], output=replace(part.layers[0].output, shape=(1, 8, 4, 5)))
    with pytest.raises(NetworkError, match="it makes 1 x 8 x 4 x 4, 1 x 8 x 4 x 5 is declared"):
        validate_layers(replace(part, layers=(wrong,)))
