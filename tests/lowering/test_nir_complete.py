"""Every further NIR primitive, from a file: the lowered network against a plain NumPy evaluation of NIR's equation."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import nir
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.chip.spec import ChipSpec
from s2studio.errors import LoweringError, NetworkError, UsageError
from s2studio.lowering.lower import Lowered, lower
from s2studio.lowering.options import LoweringOptions
from s2studio.network.graph import Network
from s2studio.network.layers import IF, LIF, Conv2d, Input
from s2studio.network.readers.nir import read_nir
from s2studio.snn.connectivity import ConvWeights, DenseWeights, SynapseList
from tests.lowering.models import Ticks, run

EXACT = LoweringOptions(1e-3, "forward", "subtract", "fixed:1")
STEPS = 40


def read(folder: Path, shape: tuple[int, ...], **nodes: Any) -> Network:
    """Return input -> `nodes` in a row -> output, through a file."""
    every = {"input": nir.Input({"input": np.array(shape)}), **nodes, "output": nir.Output({"output": np.array([1])})}
    nir.write(folder / "net.nir", nir.NIRGraph(every, list(itertools.pairwise(every)), type_check=False))
    return read_nir(folder / "net.nir")


def trains(size: int, seed: int = 0, share: float = 0.3) -> Ticks:
    return (np.random.default_rng(seed).random((STEPS, size)) < share).astype(np.float32)


def integers(*shape: int, seed: int = 1, limit: int = 9) -> Any:
    return np.random.default_rng(seed).integers(-limit, limit + 1, shape).astype(np.float64)


def spikes_of(lowered: Lowered, given: Ticks, name: str = "fire") -> Ticks:
    return run(lowered.network, {"input": given}, STEPS)[name]


def if_spikes(current: Any, threshold: Any) -> Any:
    """Return NIR's IF with reset by subtraction; `current` (steps, neurons) of tick t comes in at tick t + 1."""
    late = np.concatenate([np.zeros((1, current.shape[1])), current])[: len(current)]
    v, spikes = np.zeros(current.shape[1]), np.zeros_like(late)
    for tick, arrived in enumerate(late):
        v = v + arrived
        spikes[tick] = v >= threshold
        v = v - spikes[tick] * threshold
    return spikes


def fire(*shape: int, threshold: float = 7.0) -> nir.IF:
    return nir.IF(r=np.ones(shape), v_threshold=np.full(shape, threshold), v_reset=np.zeros(shape))


def convolved(frames: Any, weight: Any, *, stride: int, pads: tuple[int, int], dilation: int, groups: int) -> Any:
    """Return the sum over every window, pixel by pixel: `frames` (steps, channels, height, width), pads both axes."""
    padded = np.pad(frames, ((0, 0), (0, 0), pads, pads))
    outputs, inputs, rows, columns = weight.shape
    height = (padded.shape[2] - dilation * (rows - 1) - 1) // stride + 1
    width = (padded.shape[3] - dilation * (columns - 1) - 1) // stride + 1
    result = np.zeros((len(frames), outputs, height, width))
    for o, i, ky, kx in itertools.product(range(outputs), range(inputs), range(rows), range(columns)):
        channel = o // (outputs // groups) * inputs + i
        for y, x in itertools.product(range(height), range(width)):
            pixel = padded[:, channel, y * stride + ky * dilation, x * stride + kx * dilation]
            result[:, o, y, x] += weight[o, i, ky, kx] * pixel
    return result


@settings(max_examples=25, deadline=None)
@given(
    kernel=st.integers(1, 4),
    stride=st.integers(1, 2),
    padding=st.sampled_from(["same", "valid", 0, 1, 2]),
    dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2, 4]),
)
def test_that_a_convolution_of_any_padding_dilation_and_groups_does_what_nir_says(
    tmp_path_factory: pytest.TempPathFactory,
    spec: ChipSpec,
    kernel: int,
    stride: int,
    padding: Any,
    dilation: int,
    groups: int,
) -> None:
    stride = 1 if padding == "same" else stride
    total = dilation * (kernel - 1)
    pads = {"same": (total // 2, total - total // 2), "valid": (0, 0)}.get(padding, (padding, padding))
    weight = integers(4, 4 // groups, kernel, kernel)
    given = trains(4 * 8 * 8)
    expected = convolved(given.reshape(-1, 4, 8, 8), weight, stride=stride, pads=pads, dilation=dilation, groups=groups)
    shape = expected.shape[1:]
    node = nir.Conv2d((8, 8), weight, stride, padding, dilation, groups, np.zeros(4))
    network = read(tmp_path_factory.mktemp("conv"), (4, 8, 8), conv=node, fire=fire(*shape))

    lowered = lower(network, EXACT, spec)

    assert np.array_equal(spikes_of(lowered, given), if_spikes(expected.reshape(STEPS, -1), 7.0))


def test_that_a_convolution_in_one_dimension_is_one_of_height_1(tmp_path: Path, spec: ChipSpec) -> None:
    weight, given = integers(3, 2, 4), trains(2 * 9)
    node = nir.Conv1d(9, weight, 1, "same", 1, 1, np.zeros(3))
    network = read(tmp_path, (2, 9), conv=node, fire=fire(3, 9), w=nir.Linear(integers(2, 27)), last=fire(2))
    padded = np.pad(given.reshape(-1, 2, 9), ((0, 0), (0, 0), (1, 2)))
    expected = np.zeros((STEPS, 3, 9))
    for x in range(9):
        expected[:, :, x] = np.einsum("oik,tik->to", weight, padded[:, :, x : x + 4])

    lowered = lower(network, EXACT, spec)

    connectivity = lowered.network.spiking.projections[0].connectivity
    assert isinstance(connectivity, ConvWeights)
    assert (connectivity.source_shape, connectivity.target_shape) == ((2, 1, 9), (3, 1, 9))
    assert np.array_equal(spikes_of(lowered, given), if_spikes(expected.reshape(STEPS, -1), 7.0))


def test_that_an_average_pool_divides_the_weights_behind_it(tmp_path: Path, spec: ChipSpec) -> None:
    weight, given = 4 * integers(3, 8), trains(2 * 4 * 4)
    pool = nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
    flat = nir.Flatten({"input": np.array([2, 2, 2])}, 0, -1)
    network = read(tmp_path, (2, 4, 4), pool=pool, flat=flat, w=nir.Linear(weight), fire=fire(3))
    means = given.reshape(STEPS, 2, 2, 2, 2, 2).mean(axis=(3, 5)).reshape(STEPS, -1)

    assert np.array_equal(spikes_of(lower(network, EXACT, spec), given), if_spikes(means @ weight.T, 7.0))


def test_that_an_average_pool_without_weights_behind_it_counts_to_its_window(tmp_path: Path, spec: ChipSpec) -> None:
    given = trains(16)
    pool = nir.AvgPool2d(np.array([2, 2]), np.array([1, 1]), np.array([0, 0]))
    lowered = lower(read(tmp_path, (1, 4, 4), pool=pool, fire=fire(1, 3, 3, threshold=1.0)), EXACT, spec)
    windows = convolved(
        given.reshape(-1, 1, 4, 4), np.full((1, 1, 2, 2), 0.25), stride=1, pads=(0, 0), dilation=1, groups=1
    )

    assert np.array_equal(spikes_of(lowered, given, "pool"), if_spikes(windows.reshape(STEPS, -1), 1.0))
    assert any("average pool 'pool'" in assumed and "threshold 4" in assumed for assumed in lowered.assumed)


@pytest.mark.parametrize("place", ["before", "behind", "both"])
def test_that_a_scale_folds_into_the_weights_beside_it(tmp_path: Path, spec: ChipSpec, place: str) -> None:
    weight, bias, given = integers(3, 4, limit=5), integers(3, seed=2, limit=3), trains(4)
    before, behind = np.array([1.0, 2, -3, 4]), np.array([2.0, 1, -1])
    scales = {
        "s": nir.Scale(before if place != "behind" else np.ones(4)),
        "w": nir.Affine(weight, bias),
        "t": nir.Scale(behind if place != "before" else np.ones(3)),
    }
    network = read(tmp_path, (4,), **scales, fire=fire(3))
    current = (given * scales["s"].scale @ weight.T) * scales["t"].scale
    lowered = lower(network, EXACT, spec)
    (population,) = (one for one in lowered.network.spiking.populations if one.name == "fire")

    v, expected = np.zeros(3), np.zeros((STEPS, 3))
    for tick in range(STEPS):
        v = v + (current[tick - 1] if tick else 0) + bias * scales["t"].scale
        expected[tick] = v >= 7
        v = v - 7 * expected[tick]
    assert np.array_equal(spikes_of(lowered, given), expected)
    assert population.model == "lif_no_delay"


def test_that_a_scale_per_channel_folds_into_a_convolution_through_a_pool(tmp_path: Path, spec: ChipSpec) -> None:
    weight, given = integers(2, 2, 3, 3), trains(2 * 8 * 8)
    pool = nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
    conv = nir.Conv2d((4, 4), weight, 1, 1, 1, 1, np.zeros(2))
    scale = nir.Scale(np.array([2.0, -3.0]).reshape(2, 1, 1))
    network = read(tmp_path, (2, 8, 8), scale=scale, pool=pool, conv=conv, fire=fire(2, 4, 4))
    pooled = (given.reshape(STEPS, 2, 8, 8) * scale.scale).reshape(STEPS, 2, 4, 2, 4, 2).sum(axis=(3, 5))
    expected = convolved(pooled, weight, stride=1, pads=(1, 1), dilation=1, groups=1)

    assert np.array_equal(spikes_of(lower(network, EXACT, spec), given), if_spikes(expected.reshape(STEPS, -1), 7.0))


def test_that_a_scale_without_weights_is_one_to_one(tmp_path: Path, spec: ChipSpec) -> None:
    given, scale = trains(3), np.array([1.0, -2.0, 5.0])
    lowered = lower(read(tmp_path, (3,), scale=nir.Scale(scale), fire=fire(3)), EXACT, spec)

    assert isinstance(lowered.network.spiking.projections[0].connectivity, SynapseList)
    assert np.array_equal(spikes_of(lowered, given), if_spikes(given * scale, 7.0))
    assert lowered.assumed == ()


def test_that_a_scale_that_differs_within_a_channel_is_refused_by_name(tmp_path: Path, spec: ChipSpec) -> None:
    conv = nir.Conv2d((4, 4), integers(1, 1, 3, 3), 1, 1, 1, 1, np.zeros(1))
    scale = nir.Scale(np.arange(16.0).reshape(1, 4, 4))
    with pytest.raises(LoweringError, match="node 'conv': a Scale beside this Conv2d differs from pixel to pixel"):
        lower(read(tmp_path, (1, 4, 4), scale=scale, conv=conv, fire=fire(1, 4, 4)), EXACT, spec)


def test_that_a_threshold_spikes_wherever_its_input_reaches_it(tmp_path: Path, spec: ChipSpec) -> None:
    weight, given = integers(4, 6), trains(6)
    node = nir.Threshold(np.full(4, 5.0))
    lowered = lower(read(tmp_path, (6,), w=nir.Linear(weight), fire=node), EXACT, spec)
    late = np.concatenate([np.zeros((1, 4)), given @ weight.T])[:STEPS]

    assert np.array_equal(spikes_of(lowered, given), late >= 5.0)


@pytest.mark.parametrize("integrator", ["forward", "exponential"])
@pytest.mark.parametrize("kind", ["LI", "CubaLI", "I"])
def test_that_a_leaky_integrator_shows_the_voltage_that_nir_says(
    tmp_path: Path, spec: ChipSpec, kind: str, integrator: str
) -> None:
    weight, given = integers(2, 5), trains(5)
    ones = np.ones(2)
    node = {
        "LI": nir.LI(tau=0.02 * ones, r=2 * ones, v_leak=0.5 * ones),
        "CubaLI": nir.CubaLI(tau_syn=0.005 * ones, tau_mem=0.02 * ones, r=2 * ones, v_leak=0.5 * ones, w_in=3 * ones),
        "I": nir.I(r=2 * ones),
    }[kind]
    lowered = lower(
        read(tmp_path, (5,), w=nir.Linear(weight), out=node), LoweringOptions(1e-3, integrator, scale="fixed:1"), spec
    )
    population = lowered.network.spiking.population("out")

    mem, syn = 0.05, 0.2
    keep, keep_i = (1 - mem, 1 - syn) if integrator == "forward" else (np.exp(-mem), np.exp(-syn))
    v, i, expected = np.zeros(2), np.zeros(2), []
    for arrived in np.concatenate([np.zeros((1, 2)), given @ weight.T])[:STEPS]:
        i = keep_i * i + (1 - keep_i) * 3 * arrived if kind == "CubaLI" else arrived
        v = v + 2 * i if kind == "I" else keep * v + (1 - keep) * (0.5 + 2 * i)
        expected.append(v)
    assert population.record == frozenset({"v"})
    assert voltages(lowered, given, "out") / population.v_scale == pytest.approx(np.array(expected), rel=1e-4, abs=1e-4)
    assert lowered.report[0].silent_units == 0


def voltages(lowered: Lowered, given: Ticks, name: str) -> Any:
    """Return V (steps, neurons) of the chip's equation, worked out in float64."""
    population = lowered.network.spiking.population(name)
    (projection,) = lowered.network.spiking.projections
    assert isinstance(projection.connectivity, DenseWeights)
    arrived = np.concatenate([np.zeros((1, population.size)), given @ projection.connectivity.weight.astype(float)])
    params: Mapping[str, Any] = population.params
    i, v, result = np.zeros(population.size), np.zeros(population.size), []
    for current in arrived[:STEPS]:
        i = params.get("exc_decay", 0.0) * i + current
        v = params["alpha_decay"] * v + i + params["i_offset"]
        assert np.all(v < params["threshold"])
        result.append(v)
    return np.array(result)


def test_that_what_has_no_spikes_may_not_lead_on(tmp_path: Path, spec: ChipSpec) -> None:
    network = read(tmp_path, (1,), li=nir.LI(np.ones(1), np.ones(1), np.zeros(1)), w=nir.Linear(np.eye(1)), n=fire(1))
    with pytest.raises(LoweringError, match="node 'li': LI leads on to 'n'"):
        lower(network, EXACT, spec)


def delayed(given: Ticks, ticks: Any) -> Any:
    """Return every column of `given` later by its number of `ticks`."""
    result = np.zeros(given.shape)
    for column, later in enumerate(ticks):
        result[later:, column] = given[: STEPS - later, column]
    return result


def chip_spikes(lowered: Lowered, given: Ticks) -> Any:
    """Return the spikes of 'fire', the synapses with their delays walked one by one."""
    (projection,) = lowered.network.spiking.projections
    population, weights = lowered.network.spiking.population("fire"), projection.connectivity
    current = np.zeros((STEPS + 20, population.size))
    if isinstance(weights, DenseWeights):
        current[weights.delay : weights.delay + STEPS] = given @ weights.weight.astype(float)
    else:
        assert isinstance(weights, SynapseList)
        for pre, post, weight, delay in zip(weights.pre, weights.post, weights.weight, weights.delay, strict=True):
            current[delay : delay + STEPS, post] += given[:, pre] * int(weight)
    return if_spikes(current[:STEPS], population.params["threshold"])


@pytest.mark.parametrize("place", ["before", "behind", "both", "without weights"])
def test_that_a_delay_makes_spikes_act_later(tmp_path: Path, spec: ChipSpec, place: str) -> None:
    weight, given = integers(4, 4), trains(4)
    before, behind = np.array([0, 3, 1, 2]), np.array([4, 0, 1, 2])
    nodes: dict[str, Any] = {"d": nir.Delay(before * 1e-3)} if place != "behind" else {}
    if place != "without weights":
        nodes["w"] = nir.Linear(weight)
    if place in ("behind", "both"):
        nodes["e"] = nir.Delay(behind * 1e-3)
    lowered = lower(read(tmp_path, (4,), **nodes, fire=fire(4)), EXACT, spec)

    current = delayed(given, before) if place != "behind" else given
    current = current @ weight.T if "w" in nodes else current
    current = delayed(current, behind) if "e" in nodes else current
    assert lowered.network.spiking.population("fire").model == "lif"
    assert np.array_equal(chip_spikes(lowered, given), if_spikes(current, 7.0))


def test_that_a_delay_that_all_share_keeps_the_matrix_and_costs_are_told(tmp_path: Path, spec: ChipSpec) -> None:
    weight = np.random.default_rng(0).standard_normal((20, 30))
    network = read(tmp_path, (30,), d=nir.Delay(np.full(30, 2e-3)), w=nir.Linear(weight), fire=fire(20))
    lowered = lower(network, LoweringOptions(1e-3), spec)
    connectivity = lowered.network.spiking.projections[0].connectivity

    assert isinstance(connectivity, DenseWeights)
    assert connectivity.delay == 2
    assert np.abs(connectivity.weight).max() == 15
    plain = read(tmp_path, (30,), w=nir.Linear(weight), fire=fire(20))
    (row,), (wide,) = lowered.report, lower(plain, LoweringOptions(1e-3), spec).report
    assert row.snr_db is not None
    assert wide.snr_db is not None
    assert any(f"{wide.snr_db - row.snr_db:.1f} dB lost" in warning for warning in row.warnings)


def test_that_a_cuba_neuron_behind_a_delay_has_the_model_with_delays(tmp_path: Path, spec: ChipSpec) -> None:
    ones = np.ones(2)
    cuba = nir.CubaLIF(0.01 * ones, 0.02 * ones, ones, 0 * ones, ones, v_reset=0 * ones, w_in=ones)
    network = read(tmp_path, (2,), d=nir.Delay(np.array([1e-3, 7e-3])), w=nir.Linear(np.eye(2)), fire=cuba)

    assert lower(network, LoweringOptions(1e-3), spec).network.spiking.population("fire").model == "lif_curr_exp"


@pytest.mark.parametrize(
    ("delay", "words"),
    [(8e-3, "8 ticks of 0.001 s, the chip's delay field is 0 to 7"), (-1e-3, "-1 ticks of 0.001 s")],
)
def test_that_a_delay_the_field_cannot_hold_is_refused(
    tmp_path: Path, spec: ChipSpec, delay: float, words: str
) -> None:
    network = read(tmp_path, (1,), d=nir.Delay(np.array([delay])), w=nir.Linear(np.eye(1)), fire=fire(1))
    with pytest.raises(LoweringError, match=words):
        lower(network, EXACT, spec)


def test_that_a_delay_needs_a_time_step(tmp_path: Path, spec: ChipSpec) -> None:
    network = read(tmp_path, (1,), d=nir.Delay(np.ones(1)), w=nir.Linear(np.eye(1)), fire=fire(1))
    with pytest.raises(UsageError, match="Delay layer 'd' has its delay in seconds"):
        lower(network, LoweringOptions(), spec)


def test_that_a_delay_between_ticks_is_rounded_and_told(tmp_path: Path, spec: ChipSpec) -> None:
    network = read(tmp_path, (1,), d=nir.Delay(np.array([1.4e-3])), w=nir.Linear(np.eye(1)), fire=fire(1))
    lowered = lower(network, EXACT, spec)

    assert lowered.network.spiking.projections[0].connectivity.delay == 1  # type: ignore[union-attr]
    assert any("rounded to ticks of 0.001 s" in warning for warning in lowered.report[0].warnings)


def test_that_a_delay_before_a_convolution_is_refused_by_name(tmp_path: Path, spec: ChipSpec) -> None:
    conv = nir.Conv2d((4, 4), integers(1, 1, 3, 3), 1, 1, 1, 1, np.zeros(1))
    network = read(tmp_path, (1, 4, 4), d=nir.Delay(np.full((1, 4, 4), 1e-3)), conv=conv, fire=fire(1, 4, 4))
    with pytest.raises(LoweringError, match=r"node 'd'.*the chip's convolution has no delays"):
        lower(network, EXACT, spec)


def test_that_one_value_stands_for_all_neurons_that_come_in(tmp_path: Path, spec: ChipSpec) -> None:
    conv = nir.Conv2d((7, 7), integers(2, 1, 3, 3), 1, 1, 1, 1, np.zeros(2))
    lif = nir.LIF(*(np.array([value]) for value in (0.02, 1.0, 0.0, 1.0)), v_reset=np.zeros(1))
    read(tmp_path, (1, 7, 7), conv=conv, lif=lif, last=fire(1, threshold=3.0))
    with h5py.File(tmp_path / "net.nir", "a") as file:
        file["node/nodes/input/shape"][:] = (1, 5, 5)
        del file["node/nodes/conv/input_shape"]
        del file["node/nodes/lif/tau"]
        file["node/nodes/lif/tau"] = 0.02
    network = read_nir(tmp_path / "net.nir")
    layer, kernel, last = network.layers["lif"], network.layers["conv"], network.layers["last"]

    assert isinstance(layer, LIF)
    assert isinstance(kernel, Conv2d)
    assert isinstance(last, IF)
    assert layer.tau.shape == last.r.shape == (2, 5, 5)
    assert kernel.input_shape == (5, 5)
    assert {repair.node for repair in network.repairs} == {"conv", "lif", "last"}
    assert lower(network, EXACT, spec).network.spiking.population("lif").size == 50


def test_that_one_value_per_channel_and_scalars_among_them_are_stretched(tmp_path: Path) -> None:
    conv = nir.Conv2d((9, 9), integers(2, 1, 3, 3), 1, 1, 1, 1, np.zeros(2))
    lif = nir.LIF(np.array([0.01, 0.02]), np.ones(2), np.zeros(2), np.ones(2), v_reset=np.zeros(2))
    network = read(tmp_path, (1, 1, 5, 5), conv=conv, lif=lif)
    layer = network.layers["lif"]

    assert isinstance(layer, LIF)
    assert layer.tau[:, 0, 0].tolist() == [0.01, 0.02]
    assert layer.tau.shape == (2, 5, 5)
    assert network.layers["input"] == Input((1, 5, 5))
    assert [repair.node for repair in network.repairs] == ["input", "conv", "lif"]


def test_that_a_network_with_two_inputs_and_outputs_is_lowered_whole(tmp_path: Path, spec: ChipSpec) -> None:
    nodes = {
        "a": nir.Input({"input": np.array([2])}),
        "b": nir.Input({"input": np.array([3])}),
        "wa": nir.Linear(integers(4, 2)),
        "wb": nir.Linear(integers(4, 3)),
        "n": fire(4),
        "w": nir.Linear(integers(2, 4)),
        "last": fire(2),
        "x": nir.Output({"output": np.array([4])}),
        "y": nir.Output({"output": np.array([2])}),
    }
    edges = [("a", "wa"), ("b", "wb"), ("wa", "n"), ("wb", "n"), ("n", "w"), ("w", "last"), ("n", "x"), ("last", "y")]
    nir.write(tmp_path / "two.nir", nir.NIRGraph(nodes, edges, type_check=False))
    part = lower(read_nir(tmp_path / "two.nir"), EXACT, spec).network.spiking

    assert [one.name for one in part.populations] == ["a", "b", "n", "last"]
    assert part.outputs == ("n", "last")


def test_that_graphs_within_graphs_are_put_in_place_on_every_level(tmp_path: Path) -> None:
    def inside(node: Any, name: str) -> nir.NIRGraph:
        nodes = {"in": nir.Input({"input": np.array([2])}), name: node, "out": nir.Output({"output": np.array([2])})}
        return nir.NIRGraph(nodes, list(itertools.pairwise(nodes)), type_check=False)

    network = read(tmp_path, (2,), outer=inside(inside(inside(fire(2), "n"), "c"), "b"), w=nir.Linear(np.eye(2)))

    assert set(network.layers) == {"input", "outer.b.c.n", "w", "output"}
    assert len(network.repairs) == 3


def ports(*names: str) -> nir.NIRGraph:
    """Return a graph with two inputs, two outputs, and one way straight through."""
    nodes = {name: nir.Input({"input": np.array([2])}) for name in ("a", "b")}
    nodes |= {"one": fire(2), "wb": nir.Linear(2 * np.eye(2)), "two": fire(2)}
    nodes |= {name: nir.Output({"output": np.array([2])}) for name in ("x", "y", "straight")}
    edges = [("a", "one"), ("b", "wb"), ("wb", "two"), ("one", "x"), ("two", "y"), ("a", "straight")]
    inside = nir.NIRGraph(nodes, edges, type_check=False)
    outer = {"in": nir.Input({"input": np.array([2])}), "graph": inside, "w": nir.Linear(np.eye(2)), "last": fire(2)}
    outer |= {"out": nir.Output({"output": np.array([2])})}
    pairs = [("in", names[0]), ("in", "graph.b"), ("graph.x", "w"), ("graph.y", "w"), (names[1], "w"), ("w", "last")]
    return nir.NIRGraph(outer, [*pairs, ("last", "out")], type_check=False)


def test_that_a_graph_with_several_inputs_and_outputs_is_put_in_place(tmp_path: Path) -> None:
    nir.write(tmp_path / "net.nir", ports("graph.a", "graph.straight"))
    network = read_nir(tmp_path / "net.nir")

    assert set(network.layers) == {"in", "graph.one", "graph.wb", "graph.two", "w", "last", "out"}
    assert set(network.edges) == {
        ("in", "graph.one"),
        ("in", "graph.wb"),
        ("graph.wb", "graph.two"),
        ("graph.one", "w"),
        ("graph.two", "w"),
        ("in", "w"),
        ("w", "last"),
        ("last", "out"),
    }


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("graph", "graph.straight"), "2 Input nodes, .*; let the edge name one: graph.a, graph.b"),
        (("graph.a", "graph"), "3 Output nodes, .*; let the edge name one: graph.straight, graph.x, graph.y"),
    ],
)
def test_that_an_edge_to_a_graph_with_several_ports_must_name_one(
    tmp_path: Path, names: tuple[str, str], says: str
) -> None:
    nir.write(tmp_path / "net.nir", ports(*names))
    with pytest.raises(NetworkError, match=says):
        read_nir(tmp_path / "net.nir")
