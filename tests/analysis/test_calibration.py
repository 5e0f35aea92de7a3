from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.analysis.calibration import Calibration, FittedCost, calibrate
from s2studio.analysis.chip_file import write_calibrated_chip
from s2studio.analysis.least_squares import non_negative
from s2studio.app.measured import import_for_session
from s2studio.app.project import Project, RunOptions, open_project
from s2studio.app.workbench import Workbench
from s2studio.chip.loader import load_chip
from s2studio.chip.spec import ChipSpec
from s2studio.errors import SessionError, UsageError
from s2studio.mapping.mapping import MappingOptions
from s2studio.session.reader import open_session
from s2studio.session.run import Run
from tests.conftest import REPOSITORY
from tests.session.board_results import Arrays, results_of, write_results

NETWORK = """\
s2studio: network/1
populations:
  noise: {size: 60, model: poisson_process, params: {p: 0.1}}
  few: {size: 90, model: lif_no_delay, params: {threshold: 60, alpha_decay: 0.9}}
  many: {size: 100, model: lif, params: {threshold: 20, alpha_decay: 0.5}}
  # Slices of another size, so that the cost of a tick shows apart from that of a neuron.
  noise2: {size: 7, model: poisson_process, params: {p: 0.2, seed: 1}}
  few2: {size: 9, model: lif_no_delay, params: {threshold: 60, alpha_decay: 0.9}}
  many2: {size: 11, model: lif, params: {threshold: 20, alpha_decay: 0.5}}
projections:
  - {pre: noise, post: few, weights: {rule: probability, p: 0.3, weight: 20, seed: 1}}
  - {pre: noise, post: many, weights: {rule: probability, p: 0.7, weight: 5, seed: 2}}
  - {pre: few, post: many, weights: {rule: probability, p: 0.1, weight: 2, seed: 3}}
  - {pre: noise2, post: few2, weights: {rule: all_to_all, weight: 20}}
  - {pre: few2, post: many2, weights: {rule: all_to_all, weight: 5}}
"""
TRUE = {"tick": 350.0, "packet": 93.0, "synaptic_event": 15.5, "send": 31.0}
NEURONS = {"lif_no_delay": 66.0, "lif": 88.0, "poisson_process": 24.0}


def true_chip() -> ChipSpec:
    spec = load_chip()
    models = {
        name: replace(limits, cycles_per_neuron=NEURONS.get(name, limits.cycles_per_neuron))
        for name, limits in spec.models.items()
    }
    return replace(spec, cycles=replace(spec.cycles, **TRUE), models=models)


@pytest.fixture
def simulated(tmp_path: Path) -> Run:
    (tmp_path / "net.yaml").write_text(NETWORK)
    per_pe = {"few": 40, "many": 30, "noise": 20}
    options = RunOptions(steps=60, record={"many": frozenset({"spikes"})})
    Workbench(Project(tmp_path / "net.yaml", mapping=MappingOptions(neurons_per_pe=per_pe), run=options)).run(
        tmp_path / "sim.s2s"
    )
    return open_session(tmp_path / "sim.s2s").run()


def as_measured(simulated: Run, tmp_path: Path, noise_s: float = 0.0) -> Arrays:
    """Return what a board with the true costs returns, read with a timer that is off by `noise_s`."""
    arrays = results_of(simulated)
    done = np.concatenate([block.priced.time_done_s[0] for block in simulated.priced_blocks(chip=true_chip())])
    arrays["time_done_s"] = np.abs(done + np.random.default_rng(1).normal(0, noise_s, done.shape))
    return arrays


def measured(simulated: Run, arrays: Arrays, tmp_path: Path) -> Run:
    file = write_results(tmp_path / "results.npz", arrays)
    return open_session(import_for_session([file], simulated.session, tmp_path / "board.s2s")).run()


def by_key(calibration: Calibration) -> Mapping[str, FittedCost]:
    return {cost.key: cost for cost in calibration.costs}


def assert_fitted(cost: FittedCost, value: float) -> None:
    assert cost.status == "fitted"
    assert cost.value == pytest.approx(value, rel=1e-5)


def test_that_the_costs_of_the_board_are_found(simulated: Run, tmp_path: Path) -> None:
    found = calibrate(simulated, measured(simulated, as_measured(simulated, tmp_path), tmp_path), None)
    costs = by_key(found)

    for name, value in TRUE.items():
        assert_fitted(costs[f"cycles.{name}"], value)
    for model, value in NEURONS.items():
        assert_fitted(costs[f"models.{model}.cycles_per_neuron"], value)
    absent = costs["cycles.voltage_record"]
    assert (absent.status, absent.value) == ("absent", load_chip().cycles.voltage_record)
    assert found.error_after_s < 1e-6 * found.error_before_s
    assert found.rows == 60 * len(simulated.mapping.slices)


def test_that_a_coarse_timer_leaves_the_costs_within_their_standard_errors(simulated: Run, tmp_path: Path) -> None:
    board = measured(simulated, as_measured(simulated, tmp_path, noise_s=1e-7), tmp_path)
    found = calibrate(simulated, board, None)

    true = {f"cycles.{name}": value for name, value in TRUE.items()}
    for cost in found.costs:
        if cost.key in true:
            assert cost.standard_error is not None
            assert abs(cost.value - true[cost.key]) < 5 * cost.standard_error
    assert found.error_after_s == pytest.approx(1e-7, rel=0.1)


def test_that_costs_which_never_vary_apart_are_held_or_tied(tmp_path: Path) -> None:
    Workbench(open_project(REPOSITORY / "sample_projects/lif_neuron/project.yaml")).run(tmp_path / "sim.s2s")
    simulated = open_session(tmp_path / "sim.s2s").run()
    board = measured(simulated, results_of(simulated), tmp_path)
    costs = {cost.key: cost.status for cost in calibrate(simulated, board, None).costs}

    # One neuron with one synapse: a packet is an event. The source updates nothing, so it shows tick and send alone.
    assert costs["cycles.tick"] == costs["cycles.send"] == "fitted"
    assert {costs["cycles.packet"], costs["cycles.synaptic_event"]} == {"tied", "held"}
    assert costs["models.spike_list.cycles_per_neuron"] == "absent"


def test_that_ticks_whose_counts_are_not_the_boards_are_left_out(simulated: Run, tmp_path: Path) -> None:
    arrays = as_measured(simulated, tmp_path)
    arrays["time_done_s"][5, 2] = 2e-3
    arrays["n_packets"][7, 4] += 1
    arrays["time_done_s"][7, 4] *= 3
    arrays["time_done_s"][50:] *= 2
    found = calibrate(simulated, measured(simulated, arrays, tmp_path), first_tick=50)

    slices = len(simulated.mapping.slices)
    assert found.left_out == {
        "after the first spike that differs": 10 * slices,
        "late": 1,
        "with other packets": 1,
    }
    assert_fitted(by_key(found)["cycles.packet"], 93.0)


def test_that_a_calibrated_chip_prices_the_simulation_as_the_board(simulated: Run, tmp_path: Path) -> None:
    board = measured(simulated, as_measured(simulated, tmp_path), tmp_path)
    found = calibrate(simulated, board, None)
    write_calibrated_chip(tmp_path / "mine.yaml", found, simulated.machine.spec)
    spec = load_chip(tmp_path / "mine.yaml")

    assert (spec.name, spec.is_spinnaker2) == ("mine", True)
    assert spec.quantities["cycles.packet"].mark == "measured"
    assert spec.quantities["cycles.voltage_record"].mark == "estimate"
    priced = simulated.summary(chip=spec)
    assert priced["time_done_max_s"] == pytest.approx(board.summary()["time_done_max_s"], rel=1e-4)
    again = replace(found, costs=found.costs[:1])
    write_calibrated_chip(tmp_path / "second.yaml", again, spec)
    assert load_chip(tmp_path / "second.yaml").cycles.packet == pytest.approx(93.0, rel=1e-5)


def test_that_a_file_is_not_overwritten_and_two_simulations_are_not_fitted(simulated: Run, tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="one run must be simulated"):
        calibrate(simulated, simulated, None)
    found = calibrate(simulated, measured(simulated, as_measured(simulated, tmp_path), tmp_path), None)
    for name in ("sim.s2s", "spinnaker2.yaml", "net.yaml"):
        with pytest.raises(UsageError, match="--fit"):
            write_calibrated_chip(tmp_path / name, found, simulated.machine.spec)


def test_that_nothing_to_fit_is_refused(simulated: Run, tmp_path: Path) -> None:
    arrays = as_measured(simulated, tmp_path)
    del arrays["time_done_s"]
    with pytest.raises(SessionError, match="no PE and tick to fit"):
        calibrate(simulated, measured(simulated, arrays, tmp_path), None)


@given(seed=st.integers(0, 2**32 - 1), unknowns=st.integers(1, 6))
def test_that_non_negative_least_squares_meets_the_conditions_of_its_optimum(seed: int, unknowns: int) -> None:
    random = np.random.default_rng(seed)
    x, y = random.random((20, unknowns)), random.normal(size=20)
    gram, right = x.T @ x, x.T @ y
    found = non_negative(gram, right)
    gradient = right - gram @ found

    assert (found >= 0).all()
    assert (gradient <= 1e-8 * np.abs(right).max()).all()
    assert np.abs(gradient[found > 0]).max(initial=0.0) <= 1e-8 * np.abs(right).max()
