"""The published figures of deep networks beside the model's: the second half of `make anchors` as a test."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from deep_shapes import NETWORKS

from s2studio.analysis.feasible import AnchorRow
from s2studio.analysis.layer_anchors import SIMULATED, layer_anchors
from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.spec import ChipSpec
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.mapping import LayerOptions
from s2studio.mapping.layers.of_part import works_of
from s2studio.mapping.layers.work import LayerWork
from s2studio.sim.layers.simulate import simulate_layers

SPEC = load_chip()
Works = Mapping[str, Sequence[LayerWork]]


@pytest.fixture(scope="module")
def networks() -> Works:
    return {name: works_of(NETWORKS[name]()) for name in (*SIMULATED.values(), "OPT-125M")}


@pytest.fixture(scope="module")
def rows(networks: Works) -> tuple[AnchorRow, ...]:
    return layer_anchors(SPEC, networks)


def test_that_the_model_agrees_with_each_published_figure_of_layers(rows: tuple[AnchorRow, ...]) -> None:
    for row in rows:
        assert row.agrees, f"{row.title}: {row.model:g} for {row.published:g} {row.unit}"
        assert row.source


def test_that_figures_of_an_unknown_dram_lie_between_the_ends_of_its_rate(rows: tuple[AnchorRow, ...]) -> None:
    found = {row.key: row for row in rows if row.interval is not None}

    assert set(found) == set(SIMULATED)
    for row in found.values():
        assert row.interval is not None
        assert row.interval[0] < row.published < row.interval[1]


def test_that_what_was_fitted_is_marked_as_input_and_what_was_assumed_is_said(rows: tuple[AnchorRow, ...]) -> None:
    inputs = {row.key for row in rows if row.role == "input"}

    assert {"mac_array.chip_measured_high", "scheduler_layer.time", "scheduler_layer.fc1_parts"} <= inputs
    assert "mac_array.chip_measured_low" not in inputs
    assert all("64 x 3072 x 256" in row.note for row in rows if row.key == "scheduler_layer.weights")


def test_that_a_wrong_constant_fails() -> None:
    def changed(key: str, value: float) -> ChipSpec:
        return replace(SPEC, quantities={**SPEC.quantities, key: replace(SPEC.quantities[key], value=value)})

    for key, value, expected in (
        ("dnn.matmul_step_cycles", 1.5, "mac_array.chip_measured_low"),
        ("dnn.conv_step_cycles", 1.25, "mac_array.utilisation_convolution"),
        ("dnn.reorder_cycles_per_byte", 3.0, "scheduler_layer.time"),
    ):
        failed = {row.key for row in layer_anchors(changed(key, value), {}) if not row.agrees}

        assert expected in failed, key


@pytest.mark.parametrize(("name", "asked_s"), [("ResNet-50", 5.0), ("OPT-125M", 30.0)])
def test_that_timing_a_network_takes_less_than_asked(networks: Works, name: str, asked_s: float) -> None:
    machine = make_machine(SPEC, "dnn-scheduler")
    simulate_layers(map_layers("warm", networks[name][:1], machine), machine)
    started = time.process_time()
    simulate_layers(map_layers(name, networks[name], machine, LayerOptions("high")), machine)

    assert time.process_time() - started < asked_s
