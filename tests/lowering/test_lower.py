"""What becomes of the nodes and edges of a network: populations, projections and their integers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.spec import ChipSpec
from s2studio.errors import UsageError
from s2studio.lowering.lower import lower, needs_dt
from s2studio.lowering.options import LoweringOptions
from s2studio.network.layers import Flatten, Input, Layer, Output, SumPool2d
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList
from tests.lowering.models import (
    affine,
    arriving,
    chain,
    conv,
    cuba_layer,
    graph,
    if_layer,
    lif_layer,
    linear,
    run,
)

POOL = SumPool2d((2, 2), (2, 2), (0, 0))
FLATTEN = Flatten(0, -1)
OPTIONS = LoweringOptions()


def test_that_populations_carry_the_names_of_their_nodes(spec: ChipSpec) -> None:
    network = chain(linear(np.ones((4, 3))), if_layer((4,)), linear(np.ones((2, 4))), if_layer((2,)), size=(3,))
    part = lower(network, OPTIONS, spec).network.spiking

    assert [(population.name, population.model, population.size) for population in part.populations] == [
        ("input", "spike_list", 3),
        ("n1", "lif_no_delay", 4),
        ("n3", "lif_no_delay", 2),
    ]
    assert [(projection.pre, projection.post) for projection in part.projections] == [("input", "n1"), ("n1", "n3")]
    assert part.outputs == ("n3",)
    assert all(population.record is None for population in part.populations)


def test_that_populations_come_in_the_order_of_the_signal_whatever_the_order_of_the_file(spec: ChipSpec) -> None:
    layers: dict[str, Layer] = {
        "b": if_layer(), "output": Output((1,)), "a": if_layer(), "wb": linear([[1.0]]), "wa": linear([[1.0]]),
        "input": Input((1,)),
    }  # fmt: skip
    edges = [("b", "output"), ("wb", "b"), ("a", "wb"), ("wa", "a"), ("input", "wa")]

    part = lower(graph(layers, edges), OPTIONS, spec).network.spiking

    assert [population.name for population in part.populations] == ["input", "a", "b"]


def test_that_weights_are_held_from_source_to_target(spec: ChipSpec) -> None:
    network = chain(linear([[127.0, -2.0, 3.0], [4.0, 5.0, -6.0]]), if_layer((2,)), size=(3,))
    weights = lower(network, OPTIONS, spec).network.spiking.projections[0].connectivity

    assert isinstance(weights, DenseWeights)
    assert weights.weight.dtype == np.int8
    assert weights.weight.tolist() == [[127, 4], [-2, 5], [3, -6]]
    assert weights.delay == 0


def test_that_the_time_step_is_kept_with_the_network(spec: ChipSpec) -> None:
    assert lower(chain(linear([[1.0]]), lif_layer()), LoweringOptions(2e-3), spec).network.dt_s == 2e-3
    assert lower(chain(linear([[1.0]]), if_layer()), OPTIONS, spec).network.dt_s is None


@pytest.mark.parametrize("layer", [lif_layer(), cuba_layer()])
def test_that_a_model_with_time_constants_needs_a_time_step(spec: ChipSpec, layer: Layer) -> None:
    network = chain(linear([[1.0]]), layer)

    assert needs_dt(network)
    with pytest.raises(UsageError, match=r"'n1'.*--dt 1e-3") as refusal:
        lower(network, OPTIONS, spec)
    assert refusal.value.subject == "--dt"


def test_that_if_neurons_need_no_time_step() -> None:
    assert not needs_dt(chain(linear([[1.0]]), if_layer()))


def test_that_recurrent_weights_share_the_scale_of_those_from_outside(spec: ChipSpec) -> None:
    layers: dict[str, Layer] = {
        "input": Input((1,)),
        "in_weights": affine([[1.0], [0.5]], [0.1, 0.2]),
        "recurrent": affine([[0.0, 2.0], [-2.0, 0.0]], [0.3, 0.4]),
        "neurons": cuba_layer((2,)),
        "output": Output((2,)),
    }
    edges = [
        ("input", "in_weights"),
        ("in_weights", "neurons"),
        ("neurons", "recurrent"),
        ("recurrent", "neurons"),
        ("neurons", "output"),
    ]
    lowered = lower(graph(layers, edges), LoweringOptions(1e-3, "forward"), spec)
    part, (report,) = lowered.network.spiking, lowered.report

    assert [(projection.pre, projection.post) for projection in part.projections] == [
        ("input", "neurons"),
        ("neurons", "neurons"),
    ]
    assert report.scale == 63.5
    assert part.projections[0].connectivity.weight.tolist() == [[64, 32]]
    assert part.projections[1].connectivity.weight.tolist() == [[0, -127], [127, 0]]
    # Both biases add up: bias * w_in * w_scale / ks, with ks = 0.1.
    assert part.population("neurons").params["i_offset"] == pytest.approx([0.4 * 635, 0.6 * 635])


def test_that_the_bias_of_weights_with_two_sources_counts_once(spec: ChipSpec) -> None:
    layers: dict[str, Layer] = {
        "left": Input((1,)), "right": Input((1,)), "weights": affine([[1.0]], [0.5]), "neuron": if_layer(),
    }  # fmt: skip
    edges = [("left", "weights"), ("right", "weights"), ("weights", "neuron")]
    part = lower(graph(layers, edges), OPTIONS, spec).network.spiking

    assert [projection.pre for projection in part.projections] == ["left", "right"]
    assert part.population("neuron").params["i_offset"] == 63.5


def test_that_an_edge_without_weights_is_one_to_one(spec: ChipSpec) -> None:
    lowered = lower(chain(if_layer((3,)), size=(3,)), LoweringOptions(scale="none"), spec)
    weights = lowered.network.spiking.projections[0].connectivity

    assert isinstance(weights, SynapseList)
    assert weights.pre.tolist() == weights.post.tolist() == [0, 1, 2]
    assert weights.weight.tolist() == [1, 1, 1]
    assert "weight 1" in lowered.assumed[0]


def test_that_a_convolution_becomes_a_convolution(spec: ChipSpec) -> None:
    kernel = np.arange(-18, 18).reshape(2, 1, 3, 6)
    network = chain(
        conv(kernel, (10, 12), bias=[1.0, -1.0], stride=(2, 3), padding=(1, 2)), if_layer((2, 5, 4)), size=(1, 10, 12)
    )
    part = lower(network, LoweringOptions(scale="none"), spec).network.spiking
    neurons, weights = part.population("n1"), part.projections[0].connectivity

    assert isinstance(weights, ConvWeights)
    assert neurons.model == "lif_conv2d"
    assert neurons.shape == weights.target_shape == (2, 5, 4)
    assert part.population("input").shape == weights.source_shape == (1, 10, 12)
    assert np.array_equal(weights.weight, kernel)
    assert weights.stride == (2, 3)
    assert weights.padding == (1, 1, 2, 2)
    assert np.array_equal(neurons.params["i_offset"], np.repeat([1.0, -1.0], 20))


def test_that_sum_pools_fold_into_the_next_convolution(spec: ChipSpec) -> None:
    network = chain(POOL, POOL, conv(np.ones((1, 1, 2, 2)), (2, 3)), if_layer((1, 1, 2)), size=(1, 9, 12))
    part = lower(network, OPTIONS, spec).network.spiking
    weights = part.projections[0].connectivity

    assert [population.name for population in part.populations] == ["input", "n3"]
    assert isinstance(weights, ConvWeights)
    assert weights.pool == (4, 4)
    assert weights.source_shape == (1, 9, 12)
    assert weights.target_shape == (1, 1, 2)


@given(st.integers(1, 3), st.integers(2, 7), st.integers(2, 7), st.integers(1, 2), st.integers(1, 2))
def test_that_a_sum_pool_folded_into_dense_weights_changes_no_sum(
    spec: ChipSpec, channels: int, height: int, width: int, down: int, right: int
) -> None:
    generator = np.random.default_rng(height * 100 + width)
    pooled = (channels, height // down, width // right)
    matrix = generator.integers(-127, 128, (5, int(np.prod(pooled)))).astype(np.float64)
    pool = SumPool2d((down, right), (down, right), (0, 0))
    network = chain(pool, FLATTEN, linear(matrix), if_layer((5,)), size=(channels, height, width))
    part = lower(network, LoweringOptions(scale="none"), spec).network.spiking
    spikes = (generator.random((4, channels, height, width)) < 0.5).astype(np.float32)

    cut = spikes[:, :, : pooled[1] * down, : pooled[2] * right]
    sums = cut.reshape(4, channels, pooled[1], down, pooled[2], right).sum(axis=(3, 5)).reshape(4, -1)
    assert [population.name for population in part.populations] == ["input", "n3"]
    assert np.array_equal(arriving(part.projections[0].connectivity, spikes.reshape(4, -1), 5), sums @ matrix.T)


@given(
    st.tuples(st.integers(1, 3), st.integers(3, 7), st.integers(3, 7)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.tuples(st.integers(0, 1), st.integers(0, 1)),
)
def test_that_a_sum_pool_that_cannot_fold_sums_its_windows(
    spec: ChipSpec,
    shape: tuple[int, int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int],
) -> None:
    network = graph(
        {"input": Input(shape), "pool": SumPool2d(kernel, stride, padding), "output": Output((1,))},
        [("input", "pool"), ("pool", "output")],
    )
    layers = {**network.layers, "w": linear(np.ones((1, shape[0]))), "n": if_layer(), "in2": Input((shape[0],))}
    edges = [*network.edges, ("in2", "w"), ("w", "n")]
    part = lower(graph(layers, edges), OPTIONS, spec).network.spiking
    image = (np.random.default_rng(shape[1]).random(shape) < 0.5).astype(np.float32)

    padded = np.pad(image, ((0, 0), (padding[0], padding[0]), (padding[1], padding[1])))
    rows = (shape[1] + 2 * padding[0] - kernel[0]) // stride[0] + 1
    columns = (shape[2] + 2 * padding[1] - kernel[1]) // stride[1] + 1
    expected = [
        padded[c, y * stride[0] : y * stride[0] + kernel[0], x * stride[1] : x * stride[1] + kernel[1]].sum()
        for c in range(shape[0])
        for y in range(rows)
        for x in range(columns)
    ]
    population = part.population("pool")
    (projection,) = (projection for projection in part.projections if projection.post == "pool")
    assert population.shape == (shape[0], rows, columns)
    assert arriving(projection.connectivity, image.reshape(1, -1), population.size)[0].tolist() == expected


@pytest.mark.parametrize("pool", [SumPool2d((2, 2), (1, 1), (0, 0)), SumPool2d((2, 2), (2, 2), (1, 1))])
def test_that_a_sum_pool_with_overlap_or_padding_does_not_fold(spec: ChipSpec, pool: SumPool2d) -> None:
    network = chain(pool, conv(np.ones((1, 1, 2, 2)), (3, 3)), if_layer((1, 2, 2)), size=(1, 4, 4))
    part = lower(network, OPTIONS, spec).network.spiking

    assert [(projection.pre, projection.post) for projection in part.projections] == [("input", "n0"), ("n0", "n2")]
    assert isinstance(part.projections[0].connectivity, SynapseList)


def test_that_a_sum_pool_in_front_of_neurons_passes_every_spike_on(spec: ChipSpec) -> None:
    lowered = lower(chain(POOL, if_layer((1, 1, 1)), size=(1, 2, 2)), LoweringOptions(reset="zero"), spec)
    part = lowered.network.spiking

    spikes = run(lowered.network, {"input": np.ones((1, 4), np.float32)}, 10)

    assert part.population("n0").params == {
        "threshold": 1.0,
        "alpha_decay": 1.0,
        "i_offset": 0.0,
        "reset": "reset_by_subtraction",
    }
    assert spikes["n0"].sum() == spikes["n1"].sum() == 4
    assert "sum pool 'n0'" in lowered.assumed[0]


def test_that_dense_weights_read_an_image_in_its_order_in_memory(spec: ChipSpec) -> None:
    network = chain(FLATTEN, linear(np.arange(12.0)[None]), if_layer(), size=(3, 2, 2))
    part = lower(network, LoweringOptions(scale="none"), spec).network.spiking

    assert part.population("input").shape == (3, 2, 2)
    assert part.projections[0].connectivity.weight[:, 0].tolist() == list(range(12))


def test_that_an_edge_that_stands_twice_counts_once(spec: ChipSpec) -> None:
    network = chain(linear([[1.0]]), if_layer())
    doubled = graph(network.layers, [*network.edges, network.edges[0]])

    assert len(lower(doubled, OPTIONS, spec).network.spiking.projections) == 1


def test_that_weights_that_lead_nowhere_are_left_out_with_a_warning(spec: ChipSpec) -> None:
    network = chain(linear([[1.0]]), if_layer())
    idle = graph({**network.layers, "spare": linear([[1.0]])}, [*network.edges, ("n1", "spare")])
    lowered = lower(idle, OPTIONS, spec)

    assert len(lowered.network.spiking.projections) == 1
    assert "'spare' leads nowhere" in lowered.warnings[0]


def test_that_lowering_leaves_its_input_as_it_was(spec: ChipSpec) -> None:
    weight, layer = linear([[0.3, -0.7]]), lif_layer(threshold=0.4)
    before = weight.weight.copy()
    lower(chain(weight, layer, size=(2,)), LoweringOptions(1e-3), spec)

    assert np.array_equal(weight.weight, before)
    assert layer.v_threshold.tolist() == [0.4]
