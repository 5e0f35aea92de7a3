"""What the report says of each population, against counting it out."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.spec import ChipSpec
from s2studio.errors import LoweringError
from s2studio.lowering.drive import largest_input, silent
from s2studio.lowering.lower import lower
from s2studio.lowering.options import LoweringOptions
from s2studio.lowering.report import PopulationReport
from s2studio.network.layers import Input, Layer
from s2studio.snn.connectivity import ConvWeights
from tests.lowering.models import affine, arriving, chain, conv, cuba_layer, graph, if_layer, lif_layer, linear


def report_of(spec: ChipSpec, *layers: Layer, size: tuple[int, ...] = (1,), **options: object) -> PopulationReport:
    """Return the row of the only layer of neurons."""
    chosen = replace(LoweringOptions(1e-3), **options)  # type: ignore[arg-type]
    (row,) = lower(chain(*layers, size=size), chosen, spec).report
    return row


def test_that_the_report_says_what_rounding_cost(spec: ChipSpec) -> None:
    row = report_of(spec, linear([[1.25, -3.0, 100.0]]), if_layer(), size=(3,), scale="none")

    assert (row.name, row.model, row.neurons, row.weights) == ("n1", "lif_no_delay", 1, 3)
    assert (row.scale, row.largest_weight, row.largest_integer) == (1.0, 100.0, 100)
    assert row.clipped_share == 0.0
    assert row.snr_db == pytest.approx(10 * math.log10((1.25**2 + 9 + 100**2) / 0.25**2))


def test_that_exact_integers_have_no_noise(spec: ChipSpec) -> None:
    assert report_of(spec, linear([[127.0, -3.0]]), if_layer(), size=(2,)).snr_db is None


def test_that_clipping_is_counted_and_warned_of(spec: ChipSpec) -> None:
    row = report_of(spec, linear([[0.5, -4.0, 1.0, 9.0]]), if_layer(), size=(4,), scale="fixed:100")

    assert row.clipped_share == 0.5
    assert row.largest_integer == 127
    assert any("2 of 4 weights are clipped" in warning for warning in row.warnings)


def test_that_weights_that_all_round_to_zero_are_warned_of(spec: ChipSpec) -> None:
    row = report_of(spec, linear([[0.1]]), if_layer(), scale="none")

    assert any("every weight becomes 0" in warning for warning in row.warnings)


def test_that_weights_used_for_two_sources_are_counted_once(spec: ChipSpec) -> None:
    layers: dict[str, Layer] = {
        "a": Input((2,)), "b": Input((2,)), "w": linear(np.ones((3, 2))), "n": if_layer((3,)),
    }  # fmt: skip
    (row,) = lower(graph(layers, [("a", "w"), ("b", "w"), ("w", "n")]), LoweringOptions(), spec).report

    assert row.weights == 6


def test_that_neurons_without_a_way_to_their_threshold_are_silent(spec: ChipSpec) -> None:
    weights = [[1.0, 0.0], [0.0, 0.0], [-1.0, -1.0], [0.5, 0.5]]
    row = report_of(spec, linear(weights), if_layer((4,)), size=(2,))

    assert row.silent_units == 2
    assert any("2 of 4 neurons can never reach" in warning for warning in row.warnings)


def test_that_a_bias_wakes_neurons_without_weights(spec: ChipSpec) -> None:
    row = report_of(spec, affine([[0.0], [0.0], [1.0]], [0.1, -0.1, 0.0]), if_layer((3,)), size=(1,))

    assert row.silent_units == 1


def test_that_a_leak_can_keep_neurons_below_their_threshold(spec: ChipSpec) -> None:
    # v approaches r * w * k / k = 1 while the source fires in every tick.
    row = report_of(spec, linear([[1.0], [1.0]]), lif_layer((2,), threshold=[0.99, 1.01]))

    assert row.silent_units == 1


def test_that_synaptic_currents_add_up(spec: ChipSpec) -> None:
    row = report_of(spec, linear([[1.0], [1.0]]), cuba_layer((2,), w_in=2.0, threshold=[1.98, 2.02]))

    assert row.silent_units == 1


def test_that_neurons_whose_bias_alone_reaches_the_threshold_are_saturated(spec: ChipSpec) -> None:
    row = report_of(spec, affine([[1.0]] * 3, [0.9, 1.0, 3.0]), if_layer((3,)))

    assert row.saturated_units == 2
    assert any("2 of 3 neurons fire in every tick" in warning for warning in row.warnings)


def test_that_a_population_without_input_is_warned_of(spec: ChipSpec) -> None:
    network = chain(linear([[1.0]]), if_layer())
    lonely = graph({**network.layers, "lonely": if_layer()}, network.edges)
    row = lower(lonely, LoweringOptions(), spec).report[-1]

    assert row.name == "lonely"
    assert row.warnings[0] == "nothing leads into it"
    assert row.silent_units == 1


def test_that_a_percentile_without_a_weight_is_refused_with_the_node(spec: ChipSpec) -> None:
    sparse = np.zeros((1, 50))
    sparse[0, 0] = 1.0

    with pytest.raises(LoweringError, match="percentile:50") as refusal:
        report_of(spec, linear(sparse), if_layer(), size=(50,), scale="percentile:50")

    assert refusal.value.subject == "node 'n1'"


def test_that_a_row_is_a_json_object(spec: ChipSpec) -> None:
    row = report_of(spec, conv(np.ones((2, 1, 2, 2)), (3, 3)), if_layer((2, 2, 2)), size=(1, 3, 3))

    assert json.loads(json.dumps(row.as_dict())) == row.as_dict()
    assert set(row.as_dict()) >= {"name", "scale", "clipped_share", "snr_db", "silent_units", "saturated_units"}


@given(st.integers(0, 2**32), st.integers(1, 2), st.integers(1, 2), st.tuples(*[st.integers(0, 2)] * 4))
def test_that_the_largest_input_of_a_convolution_is_that_of_all_its_sources_at_once(
    seed: int, step: int, pool: int, padding: tuple[int, int, int, int]
) -> None:
    generator = np.random.default_rng(seed)
    source, kernel = (2, 5, 7), (3, 2)
    rows = (source[1] // pool + padding[0] + padding[1] - kernel[0]) // step + 1
    columns = (source[2] // pool + padding[2] + padding[3] - kernel[1]) // step + 1
    if rows < 1:
        return
    weight = generator.integers(-127, 128, (3, 2, *kernel)).astype(np.int8)
    weights = ConvWeights(weight, source, (3, rows, columns), (step, step), padding, (pool, pool))
    excitatory = replace(weights, weight=np.maximum(weight, 0))
    everything = arriving(excitatory, np.ones((1, math.prod(source)), np.float32), 3 * rows * columns)[0]

    assert largest_input(weights, 3 * rows * columns).tolist() == everything.tolist()


@given(st.floats(0, 10), st.floats(-5, 5), st.floats(0, 0.98), st.floats(0, 0.9), st.floats(-1, 500))
def test_that_a_silent_neuron_never_fires_and_another_one_can(
    largest: float, offset: float, alpha: float, decay: float, threshold: float
) -> None:
    current, v, highest = 0.0, 0.0, -math.inf
    for _ in range(3000):
        current = decay * current + largest
        v = alpha * v + current + offset
        highest = max(highest, v)
    arrays = (np.array([value]) for value in (largest, offset, alpha, decay, threshold))

    if silent(*arrays):
        assert highest < threshold
    else:
        assert highest >= threshold - 1e-6 * max(1.0, abs(threshold)) or threshold <= 0
