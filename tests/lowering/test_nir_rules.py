"""The equations of each NIR neuron, by hand and against NIR's own integration in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest

from s2studio.chip.spec import ChipSpec
from s2studio.errors import LoweringError
from s2studio.lowering.lower import lower
from s2studio.lowering.options import LoweringOptions
from s2studio.network.layers import Neuron, neuron_shape
from s2studio.snn.population import Population
from tests.lowering.models import affine, chain, cuba_layer, if_layer, lif_layer, linear, neurons

TICK = 1e-3


def lowered(
    spec: ChipSpec, layer: Neuron, options: LoweringOptions, weight: float = 0.5, bias: float = 0.25
) -> Population:
    """Return the population that `layer` becomes behind an Affine of one weight."""
    return lower(chain(affine([[weight]], [bias]), layer), options, spec).network.spiking.population("n1")


def test_that_if_neurons_keep_their_voltage(spec: ChipSpec) -> None:
    population = lowered(spec, if_layer(r=2.0, threshold=3.0), LoweringOptions())

    assert population.model == "lif_no_delay"
    assert population.v_scale == 127.0
    assert population.params == {
        "threshold": 381.0,
        "alpha_decay": 1.0,
        "i_offset": 63.5,
        "reset": "reset_by_subtraction",
    }


def test_that_lif_neurons_follow_forward_euler(spec: ChipSpec) -> None:
    layer = lif_layer(tau=0.02, r=2.0, leak=0.1, threshold=1.5)
    population = lowered(spec, layer, LoweringOptions(TICK, "forward"))

    # alpha = 1 - 0.05, k = 0.05 * 2, w_scale = 127 / 0.5, scale = 254 / 0.1
    assert population.v_scale == pytest.approx(2540)
    assert population.params["alpha_decay"] == np.float32(0.95)
    assert population.params["threshold"] == pytest.approx(3810)
    assert population.params["i_offset"] == pytest.approx(0.05 * 0.1 * 2540 + 0.25 * 254)


def test_that_lif_neurons_follow_exponential_euler(spec: ChipSpec) -> None:
    layer = lif_layer(tau=0.02, r=2.0, leak=0.1, threshold=1.5)
    population = lowered(spec, layer, LoweringOptions(TICK, "exponential"))

    # alpha = exp(-0.05) = 0.951229, kl = 0.0487706, k = 0.0975412, scale = 254 / k = 2604.03
    assert population.v_scale == pytest.approx(2604.03, rel=1e-6)
    assert population.params["alpha_decay"] == np.float32(math.exp(-0.05))
    assert population.params["threshold"] == pytest.approx(1.5 * 2604.03, rel=1e-6)
    assert population.params["i_offset"] == pytest.approx(0.0487706 * 0.1 * 2604.03 + 63.5, rel=1e-6)


def test_that_cuba_lif_neurons_follow_forward_euler(spec: ChipSpec) -> None:
    layer = cuba_layer(tau_mem=0.02, tau_syn=0.01, r=2.0, w_in=3.0, leak=0.1, threshold=1.5)
    population = lowered(spec, layer, LoweringOptions(TICK, "forward"))

    # k = 0.05 * 2, ks = 0.1 * 3, scale = 254 / 0.03, bias * w_in * w_scale / ks = 0.25 * 3 * 254 / 0.3
    scale = 254 / 0.03
    assert population.model == "lif_curr_exp_no_delay"
    assert population.v_scale == pytest.approx(scale)
    assert population.params["alpha_decay"] == np.float32(0.95)
    assert population.params["exc_decay"] == population.params["inh_decay"] == np.float32(0.9)
    assert population.params["threshold"] == pytest.approx(1.5 * scale)
    assert population.params["i_offset"] == pytest.approx(0.05 * 0.1 * scale + 635)
    assert population.params["t_refrac"] == 0.0


def test_that_cuba_lif_neurons_follow_exponential_euler(spec: ChipSpec) -> None:
    layer = cuba_layer(tau_mem=0.02, tau_syn=0.01, r=2.0, w_in=3.0, leak=0.1, threshold=1.5)
    population = lowered(spec, layer, LoweringOptions(TICK, "exponential"))

    # k = 0.0975412, ks = (1 - exp(-0.1)) * 3 = 0.285488
    scale = 254 / (0.0975411510 * 0.2854877459)
    assert population.v_scale == pytest.approx(scale)
    assert population.params["exc_decay"] == np.float32(math.exp(-0.1))
    assert population.params["i_offset"] == pytest.approx(
        0.0487705755 * 0.1 * scale + 0.25 * 3 * 254 / 0.2854877459, rel=1e-6
    )


def test_that_the_published_lif_neuron_has_the_published_integers(spec: ChipSpec) -> None:
    options = LoweringOptions(1e-4, "forward", "zero", "fixed:102.02")
    network = chain(affine([[1.0]], [0.0]), lif_layer(tau=2.5e-3, threshold=0.1))
    part = lower(network, options, spec).network.spiking
    neuron = part.population("n1")

    assert part.projections[0].connectivity.weight.tolist() == [[102]]
    assert neuron.params["threshold"] == np.float32(255.05)
    assert neuron.params["alpha_decay"] == np.float32(0.96)
    assert neuron.params["i_offset"] == 0.0
    assert neuron.params["v_reset"] == 0.0
    assert neuron.params["reset"] == "reset_to_v_reset"


def test_that_a_reset_voltage_is_scaled_like_the_threshold(spec: ChipSpec) -> None:
    population = lowered(spec, if_layer(threshold=2.0, reset=-0.5), LoweringOptions(reset="zero"))

    assert population.params["v_reset"] == -0.5 * 254


@pytest.mark.parametrize("integrator", ["forward", "exponential"])
@pytest.mark.parametrize("reset", ["zero", "subtract"])
def test_that_lif_neurons_on_the_chip_do_what_nir_says(spec: ChipSpec, integrator: str, reset: str) -> None:
    generator = np.random.default_rng(1)
    size = 20
    tau, r = generator.uniform(5e-3, 5e-2, size), generator.uniform(0.5, 3, size)
    leak, threshold = generator.uniform(-0.2, 0.2, size), generator.uniform(0.1, 0.3, size)
    # Every third neuron never fires, so that it shows 300 ticks of integration in one piece.
    threshold[::3] = 1e6
    bias = generator.uniform(-0.1, 0.3, size)
    integers = generator.integers(-127, 128, (size, 8))
    integers[0, 0] = 127
    layer = lif_layer((size,), tau=tau, r=r, leak=leak, threshold=threshold, reset=-0.1)
    network = chain(affine(integers * 0.01, bias), layer, size=(8,))
    population = lower(network, LoweringOptions(TICK, integrator, reset), spec).network.spiking.population("n1")
    arrived = (generator.random((300, 8)) < 0.2).astype(np.float32)

    spikes, voltages = neurons(population, arrived @ integers.T.astype(np.float32))

    x = TICK / tau
    decay = 1 - x if integrator == "forward" else np.exp(-x)
    v, expected_spikes, expected = np.zeros(size), np.zeros((300, size)), np.zeros((300, size))
    for tick, current in enumerate(arrived @ (integers * 0.01).T + bias):
        v = decay * v + (1 - decay) * (leak + r * current)
        fired = v >= threshold
        v = np.where(fired, v - threshold if reset == "subtract" else -0.1, v)
        expected_spikes[tick], expected[tick] = fired, v
    assert expected_spikes.sum() > 50
    assert np.array_equal(spikes, expected_spikes)
    assert voltages / population.v_scale == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("integrator", ["forward", "exponential"])
def test_that_cuba_lif_neurons_on_the_chip_do_what_nir_says(spec: ChipSpec, integrator: str) -> None:
    layer = cuba_layer(tau_mem=0.03, tau_syn=0.008, r=1.5, w_in=2.5, leak=-0.2, threshold=1e9)
    population = lowered(spec, layer, LoweringOptions(TICK, integrator), weight=127.0, bias=7.0)
    inputs = np.random.default_rng(2).choice([0.0, 127.0], 200)
    alpha, synapse, offset = (float(population.params[name]) for name in ("alpha_decay", "exc_decay", "i_offset"))

    v_chip, i_chip, v, i = 0.0, 0.0, 0.0, 0.0
    mem, syn = TICK / 0.03, TICK / 0.008
    keep_v, keep_i = (1 - mem, 1 - syn) if integrator == "forward" else (math.exp(-mem), math.exp(-syn))
    # A bias has been there for ever on the chip: its current does not build up with tau_syn.
    i = 2.5 * 7.0
    for current in inputs:
        i_chip = synapse * i_chip + current
        v_chip = alpha * v_chip + i_chip + offset
        i = keep_i * i + (1 - keep_i) * 2.5 * (current + 7.0)
        v = keep_v * v + (1 - keep_v) * (-0.2 + 1.5 * i)
        assert v_chip / population.v_scale == pytest.approx(v, rel=1e-5)


def test_that_values_that_all_neurons_share_are_scalars(spec: ChipSpec) -> None:
    network = chain(linear(np.eye(3)), lif_layer((3,), threshold=[1.0, 2.0, 3.0]), size=(3,))
    population = lower(network, LoweringOptions(TICK), spec).network.spiking.population("n1")

    threshold = population.params["threshold"]
    assert isinstance(threshold, np.ndarray)
    assert threshold.dtype == np.float32
    assert threshold.shape == (3,)
    assert isinstance(population.params["alpha_decay"], float)
    assert isinstance(population.v_scale, float)


def test_that_the_scale_is_per_neuron_where_r_is(spec: ChipSpec) -> None:
    network = chain(linear(np.eye(2)), if_layer((2,), r=[1.0, 2.0]), size=(2,))

    assert lower(network, LoweringOptions(), spec).network.spiking.population("n1").v_scale == pytest.approx(
        [127, 63.5]
    )


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (lif_layer(tau=0.0), "tau of neuron 0 is 0, it must be above 0"),
        (lif_layer((2,), tau=[0.02, -1.0]), "tau of neuron 1 is -1"),
        (lif_layer(r=0.0), "r of neuron 0 is 0"),
        (lif_layer(r=-1.0), "fold its sign into the weights"),
        (lif_layer(threshold=math.nan), "v_threshold of neuron 0 is nan"),
        (lif_layer(tau=math.inf), "tau of neuron 0 is inf"),
        (cuba_layer(w_in=0.0), "w_in of neuron 0 is 0"),
        (cuba_layer(tau_syn=-1e-3), "tau_syn of neuron 0 is -0.001"),
        (if_layer(r=0.0), "r of neuron 0 is 0"),
        (if_layer(r=1e-45), "threshold of neuron 0 becomes"),
        (if_layer(r=1e-320), "threshold of neuron 0 becomes inf"),
        (lif_layer(tau=1e306), "threshold of neuron 0 becomes"),
    ],
)
def test_that_a_parameter_without_meaning_is_refused(spec: ChipSpec, layer: Neuron, words: str) -> None:
    network = chain(linear(np.ones((*neuron_shape(layer), 1))), layer)

    with pytest.raises(LoweringError, match=words) as refusal:
        lower(network, LoweringOptions(TICK), spec)

    assert refusal.value.subject == "node 'n1'"


def test_that_forward_euler_beyond_its_stable_range_is_refused(spec: ChipSpec) -> None:
    network = chain(linear([[1.0]]), lif_layer(tau=5e-4))

    with pytest.raises(LoweringError, match=r"diverges.*--integrator exponential"):
        lower(network, LoweringOptions(1e-3, "forward"), spec)


def test_that_a_time_step_longer_than_the_time_constant_is_warned_of(spec: ChipSpec) -> None:
    network = chain(linear([[1.0]]), lif_layer(tau=8e-4))

    for integrator, effect in (("forward", "swings"), ("exponential", "at once")):
        (report,) = lower(network, LoweringOptions(1e-3, integrator), spec).report
        assert any("longer than tau" in warning and effect in warning for warning in report.warnings)


def test_that_a_time_step_too_short_for_fp32_is_warned_of(spec: ChipSpec) -> None:
    (report,) = lower(chain(linear([[1.0]]), lif_layer(tau=1.0)), LoweringOptions(1e-9), spec).report

    assert any("fp32 loses the decay" in warning for warning in report.warnings)
