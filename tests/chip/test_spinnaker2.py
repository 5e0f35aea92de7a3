"""The shipped chip files against the published facts."""

from __future__ import annotations

import math
from itertools import permutations

import pytest

from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import PE
from s2studio.chip.spec import ChipSpec


@pytest.fixture(scope="module")
def spec() -> ChipSpec:
    return load_chip()


@pytest.fixture(scope="module")
def benchmark_chip() -> ChipSpec:
    return load_chip("benchmark")


def test_that_the_mesh_has_38_qpes_and_four_holes(spec: ChipSpec) -> None:
    holes = {*spec.router_cells, *spec.periphery_cells}
    grid = {(x, y) for x in range(1, 8) for y in range(1, 7)}

    assert len(spec.qpe_order) == len(set(spec.qpe_order)) == 38
    assert holes == {(4, 3), (4, 4), (7, 3), (7, 4)}
    assert set(spec.qpe_order) == grid - holes


def test_that_cores_are_numbered_in_the_published_order(spec: ChipSpec) -> None:
    pes = make_machine(spec).pes
    core = {pe: number for number, pe in enumerate(pes, start=1)}

    assert len(pes) == 152
    assert core[PE(0, 0, 7, 6, 0)] == 1
    assert core[PE(0, 0, 4, 5, 0)] == 45
    assert core[PE(0, 0, 1, 1, 3)] == 80
    assert core[PE(0, 0, 5, 3, 3)] == 152


@pytest.mark.parametrize(("runtime", "usable"), [(None, 148), ("dnn-scheduler", 152), ("custom", 152)])
def test_that_each_runtime_leaves_its_number_of_pes(spec: ChipSpec, runtime: str | None, usable: int) -> None:
    assert len(make_machine(spec, runtime).usable_pes) == usable


def test_that_336_of_1406_xy_paths_cross_a_hole(spec: ChipSpec) -> None:
    holes = {*spec.router_cells, *spec.periphery_cells}
    pairs = list(permutations(spec.qpe_order, 2))
    crossing = [pair for pair in pairs if holes & set(_xy_cells(*pair))]

    assert len(pairs) == 1406
    assert len(crossing) == spec.quantities["mesh.xy_paths_across_holes"].value == 336


def _xy_cells(source: tuple[int, int], target: tuple[int, int]) -> list[tuple[int, int]]:
    (x, y), (to_x, to_y) = source, target
    along_x = [(column, y) for column in range(min(x, to_x), max(x, to_x) + 1)]
    along_y = [(to_x, row) for row in range(min(y, to_y), max(y, to_y) + 1)]
    return along_x + along_y


def test_that_a_pe_has_94208_bytes_free_beside_its_stack(spec: ChipSpec) -> None:
    assert spec.memory.free_bytes == 94_208


def test_that_derived_powers_follow_from_the_measured_chip_powers(spec: ChipSpec) -> None:
    measured = spec.measured_power_w
    for name, level in spec.levels.items():
        for state, derived in {
            "asleep": level.asleep_w,
            "arm_busy": level.arm_busy_w,
            "mla_busy": level.mla_busy_w,
        }.items():
            per_pe = (measured[f"measured_power.{state}.{name}"] - measured["measured_power.pes_off"]) / 152

            assert derived == pytest.approx(per_pe, rel=2e-3)


def test_that_energies_above_sleep_follow_from_power_and_clock(spec: ChipSpec) -> None:
    macs = {
        name: float(str(spec.quantities[f"mac_array.chip_measured_{name}"].value)) * 1e12 / 2 / 152
        for name in spec.levels
    }
    for name, level in spec.levels.items():
        per_cycle = (level.arm_busy_w - level.asleep_w) / level.clock_hz
        per_mac = (level.mla_busy_w - level.asleep_w) / macs[name]

        assert level.cycle_above_sleep_j == pytest.approx(per_cycle, rel=2e-3)
        assert level.mac_above_sleep_j == pytest.approx(per_mac, rel=3e-3)


def test_that_cycle_costs_keep_the_published_throughput(spec: ChipSpec) -> None:
    """12 M synaptic events/s with 1,024 neurons at a 1 ms tick and 300 MHz, with packets of at least one per row."""
    for model in ("lif", "lif_no_delay", "lif_curr_exp", "lif_curr_exp_no_delay", "lif_conv2d"):
        spent = 12e6 * spec.cycles.synaptic_event + 1_024e3 * spec.models[model].cycles_per_neuron
        ticks_and_packets = 1_000 * spec.cycles.tick + 1_000 * 300 * spec.cycles.packet

        assert spent + ticks_and_packets <= 300e6


def test_that_values_with_a_range_lie_in_it(spec: ChipSpec) -> None:
    ranged = [quantity for quantity in spec.quantities.values() if quantity.range]

    assert len(ranged) >= 8
    for quantity in ranged:
        assert quantity.range is not None
        assert isinstance(quantity.value, int | float)
        assert quantity.range[0] <= quantity.value <= quantity.range[1], quantity.key


def test_that_memory_of_the_models_is_the_published_table(spec: ChipSpec) -> None:
    rows = {
        name: (
            limits.ring_bytes,
            limits.ring_bytes_per_neuron,
            limits.input_buffer_bytes,
            limits.state_bytes_per_neuron,
            limits.params_bytes_per_neuron,
            limits.synapse_bytes,
            limits.kernel_weight_bytes,
            limits.stored_spike_bytes,
        )
        for name, limits in spec.models.items()
    }

    assert rows == {
        "lif_curr_exp": (16_384, 0, 2_048, 8, 36, 2, 0, 0),
        "lif": (16_384, 0, 1_024, 8, 24, 2, 0, 0),
        "lif_curr_exp_no_delay": (2_048, 0, 2_048, 8, 36, 2, 0, 0),
        "lif_no_delay": (2_048, 0, 1_024, 8, 24, 2, 0, 0),
        "lif_conv2d": (0, 4, 0, 8, 24, 0, 1, 0),
        "spike_list": (0, 0, 0, 4, 0, 0, 0, 4),
        "poisson_process": (0, 0, 0, 8, 8, 0, 0, 0),
        "relay": (0, 0, 0, 8, 8, 0, 0, 0),
    }


def test_that_numbers_are_in_si_units_in_code(spec: ChipSpec) -> None:
    assert spec.levels["high"].clock_hz == 300e6
    assert spec.levels["low"].cycle_above_sleep_j == 8.30e-12
    assert spec.energy.flit_hop_j == 20e-12
    assert spec.timer_hz == 1e6


def test_that_every_source_is_spelled_out(spec: ChipSpec, benchmark_chip: ChipSpec) -> None:
    assert "10.1109/OJCAS.2026.3714974" in spec.sources["CHIP26"]
    assert {"CHIP26", "invented"} <= set(benchmark_chip.sources)


def test_that_estimates_are_marked(spec: ChipSpec) -> None:
    estimates = [quantity.key for quantity in spec.quantities.values() if quantity.mark == "estimate"]

    assert {"settings.sleep_level", "settings.hole_crossing", "energy.flit_hop", "cycles.packet"} <= set(estimates)
    assert "runtimes.py-spinnaker2.reserved" in estimates
    assert not [key for key in estimates if key.startswith(("levels.", "mesh.", "measured_power."))]


def test_that_the_benchmark_chip_says_what_it_is_not(benchmark_chip: ChipSpec, spec: ChipSpec) -> None:
    assert not benchmark_chip.is_spinnaker2
    assert benchmark_chip.label == "not a SpiNNaker2"
    assert spec.is_spinnaker2
    assert spec.label == ""


def test_that_the_benchmark_chip_has_room_for_thousands_of_slices(benchmark_chip: ChipSpec, spec: ChipSpec) -> None:
    usable = make_machine(benchmark_chip).usable_pes

    assert len(usable) == 4 * (32 * 32 - 2) == len(set(usable))
    assert benchmark_chip.memory.data_bytes > 1_000 * spec.memory.data_bytes
    assert benchmark_chip.cycles == spec.cycles
    assert benchmark_chip.levels == spec.levels


def test_that_two_chips_have_two_digests(benchmark_chip: ChipSpec, spec: ChipSpec) -> None:
    assert spec.digest == load_chip().digest
    assert benchmark_chip.digest != spec.digest


def test_that_all_numbers_are_finite(spec: ChipSpec) -> None:
    numbers = [quantity.value for quantity in spec.quantities.values() if isinstance(quantity.value, int | float)]

    assert len(numbers) > 200
    assert all(math.isfinite(number) for number in numbers)
