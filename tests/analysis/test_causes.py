"""Networks of a few synapses, each made so that one thing alone makes it differ on the chip."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from s2studio.app.lowering_bench import lowering_report
from s2studio.chip.spec import ChipSpec
from s2studio.lowering.lower import lower
from s2studio.lowering.options import LoweringOptions
from s2studio.network.layers import Delay, I
from tests.analysis.conftest import Compare
from tests.lowering.models import chain, if_layer, lif_layer, linear

Row = dict[str, Any]


def layer(found: dict[str, Any], name: str) -> Row:
    (row,) = (row for row in found["populations"] if row["name"] == name)
    return dict(row)


def test_that_rounding_is_blamed_on_the_synapse_that_was_rounded_most(compare: Compare) -> None:
    network = chain(linear([[0.3, 0.75]]), if_layer((1,)), size=(2,))
    row = layer(compare(network, {0: [0, 1]}, scale="fixed:1.5", integrator="forward"), "n1")

    first = row["first_difference"]
    assert row["causes"] == {"rounding": 1}
    assert (first["tick"], first["neuron"], first["cause"], first["spiked_in_float"]) == (1, 0, "rounding", True)
    assert first["v_float"] == pytest.approx(1.05)
    assert first["v_chip"] == pytest.approx(1 / 1.5)
    assert (first["synapse"]["pre"], first["synapse"]["neuron"], first["synapse"]["layer"]) == ("input", 0, "n0")
    assert (first["synapse"]["weight"], first["synapse"]["integer"]) == (pytest.approx(0.3), 0)
    assert first["synapse"]["contribution"] == pytest.approx(-0.3)


def test_that_what_the_range_cut_off_is_a_clip(compare: Compare) -> None:
    network = chain(linear([[0.5, 1.0]]), if_layer((1,)), size=(2,))
    first = layer(compare(network, {3: [1], 5: [0]}, scale="fixed:200"), "n1")["first_difference"]

    assert (first["tick"], first["cause"]) == (4, "clip")
    assert (first["synapse"]["neuron"], first["synapse"]["scaled"], first["synapse"]["integer"]) == (1, 200.0, 127)


def test_that_what_four_bits_lose_and_seven_would_not_is_due_to_the_delay(compare: Compare) -> None:
    # 0.48 becomes 7 of 15, twice that is below the threshold of 14.25; or 61 of 127, twice that is above 120.65.
    network = chain(Delay(np.array([2e-3, 0.0])), linear([[0.48, 1.0]]), if_layer((1,), threshold=0.95), size=(2,))
    row = layer(compare(network, {0: [0], 1: [0]}), "n2")

    assert row["causes"] == {"delay": 1}
    assert row["first_difference"]["tick"] == 4
    assert row["first_difference"]["synapse"]["delay_ticks"] == 2


def test_that_a_neuron_that_can_never_fire_on_the_chip_is_named_so(compare: Compare) -> None:
    network = chain(linear([[1.2]]), lif_layer((1,), tau=1.2e-3), size=(1,))
    found = compare(network, {tick: [0] for tick in range(20)}, scale="fixed:200", integrator="forward")
    first = layer(found, "n1")["first_difference"]

    assert (first["cause"], first["synapse"]) == ("silent unit", None)
    assert any("'n1' is silent on the chip" in warning for warning in found["warnings"])


def test_that_a_neuron_that_errs_because_its_source_did_inherits(compare: Compare) -> None:
    # 126.3 becomes 126, so that the first layer misses its first spike; the second one is right with any two.
    network = chain(linear([[1.0]]), if_layer((1,)), linear([[1.0]]), if_layer((1,), threshold=1.5), size=(1,))
    found = compare(network, {tick: [0] for tick in range(0, 12, 2)}, scale="fixed:126.3", integrator="forward")
    own, inherits = layer(found, "n1"), layer(found, "n3")

    assert (own["causes"], inherits["causes"]) == ({"rounding": 1}, {"inherited": 1})
    assert (own["first_difference"]["tick"], inherits["first_difference"]["tick"]) == (1, 4)
    synapse = inherits["first_difference"]["synapse"]
    assert (synapse["pre"], synapse["neuron"], synapse["layer"]) == ("n1", 0, "n2")
    assert synapse["contribution"] == pytest.approx(-126 / 126.3)


def test_that_what_only_single_precision_explains_is_said_to_be_that(compare: Compare) -> None:
    # 3.000000001 is 3 in single precision: on the chip three spikes are enough.
    network = chain(linear([[1.0]]), if_layer((1,), threshold=3.000000001), size=(1,))
    first = layer(compare(network, {tick: [0] for tick in range(5)}, scale="none"), "n1")["first_difference"]

    assert (first["tick"], first["spiked_in_float"], first["cause"], first["synapse"]) == (3, False, "fp32", None)


def test_that_a_network_of_small_whole_weights_does_not_differ(compare: Compare) -> None:
    network = chain(linear([[1.0, -2.0], [3.0, 1.0]]), if_layer((2,), threshold=3.0), size=(2,))
    found = compare(network, {tick: [tick % 2] for tick in range(15)}, scale="none")
    row = layer(found, "n1")

    assert (row["differing_spikes"], row["causes"], row["differences"]) == (0, {}, [])
    assert row["spikes"]["float"] == row["spikes"]["chip"] > 0


def test_that_delays_are_reported_with_what_they_cost(spec: ChipSpec) -> None:
    network = chain(Delay(np.array([2e-3, 0.0])), linear([[0.48, 1.0]]), if_layer((1,)), size=(2,))
    options = LoweringOptions(1e-3)
    (row,) = lowering_report(network, lower(network, options, spec), options, spec)["delays"]

    assert row["population"] == "n2"
    assert row["lost_db"] == pytest.approx(row["snr_db_without_delays"] - row["snr_db"])
    assert row["lost_db"] > 10


def test_that_an_integrator_is_compared_by_its_voltage(compare: Compare) -> None:
    network = chain(linear([[0.3, 0.75]]), I(np.ones(1)), size=(2,))
    found = compare(network, {0: [0], 4: [1]}, scale="fixed:1.5", integrator="forward")

    assert found["output"] is None
    assert found["voltages"] == [
        {"name": "n1", "largest_v_float": pytest.approx(1.05), "largest_difference": pytest.approx(1.05 - 1 / 1.5)}
    ]
