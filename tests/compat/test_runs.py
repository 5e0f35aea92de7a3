"""Repeated runs: what is compiled again and what is not, and what a population gives when."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2studio.app.simulation import FIRST_SPAN
from s2studio.compat import install, run
from s2studio.compat.names import CompatWarning
from s2studio.compat.spinnaker2 import hardware, snn
from s2studio.compat.spinnaker2.experiment_backends.backend_settings import ROUTING, BackendSettings
from s2studio.compat.studio import Studio, StudioOptions
from s2studio.errors import MappingError, NetworkError, UsageError
from s2studio.session.reader import open_session
from s2studio.sim.counts import TickBlock
from s2studio.sim.lockstep import Simulator

LIF = {"threshold": 10.0, "alpha_decay": 0.5}


@pytest.fixture(autouse=True)
def fresh(spinnaker2: None) -> Iterator[None]:
    yield
    Studio.begin(StudioOptions())


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of what is mapped and compiled from here on."""
    calls: list[str] = []
    for name in ("map_network", "compile_program"):
        monkeypatch.setattr(run, name, _noting(calls, name, getattr(run, name)))
    return calls


def _noting(calls: list[str], name: str, function: Any) -> Any:
    def noting(*arguments: Any) -> Any:
        calls.append(name)
        return function(*arguments)

    return noting


def _network(weight: float = 12, **population: Any) -> tuple[snn.Network, snn.Population, snn.Population]:
    stim = snn.Population(2, "spike_list", {0: [0, 3]}, "stim")
    pop = snn.Population(2, "lif", dict(LIF), "pop", **population)
    net = snn.Network("net")
    net.add(stim, pop, snn.Projection(stim, pop, [[0, 0, weight, 0], [1, 1, weight, 0]]))
    return net, stim, pop


def test_that_the_second_run_of_a_network_compiles_nothing_again(compiled: list[str]) -> None:
    net, _, pop = _network()
    hw = hardware.SpiNNaker2Chip()
    hw.run(net, 10)
    assert compiled == ["map_network", "compile_program"]
    first = pop.get_spikes()

    hardware.SpiNNaker2Chip().run(net, 10)

    assert len(compiled) == 2
    assert pop.get_spikes() == first == {0: [1, 4], 1: []}


def test_that_neither_does_one_with_other_spikes_and_ticks_nor_an_equal_network(
    compiled: list[str], tmp_path: Path
) -> None:
    install(tmp_path / "net.s2s")
    net, stim, pop = _network()
    hardware.SpiNNaker2Chip().run(net, 10)
    stim.params = {1: np.array([5, 15])}
    hardware.SpiNNaker2Chip().run(net, 20)
    assert pop.get_spikes() == {0: [], 1: [6, 16]}

    twin, _, of_twin = _network()
    twin.name = "twin"
    hardware.SpiNNaker2Chip().run(twin, 10)
    Studio.current().close()
    runs = open_session(tmp_path / "net.s2s").runs
    assert [(run.about.network, run.ticks) for run in runs] == [("net", 10), ("net", 20), ("twin", 10)]

    assert len(compiled) == 2
    assert of_twin.get_spikes() == {0: [1, 4], 1: []}


@pytest.mark.parametrize(
    "change",
    [
        lambda net: net.populations[1].params.update(threshold=11.0),
        lambda net: setattr(net.projections[0], "connections", [[0, 0, 11, 0]]),
        lambda net: net.populations[1].record.append("v"),
        lambda net: net.populations[1].set_max_atoms_per_core(1),
        lambda net: net.remove(net.projections[0]),
        lambda net: setattr(BackendSettings(), "routing_type", ROUTING.C2C),
    ],
)
def test_that_whatever_else_changes_is_compiled_anew(compiled: list[str], change: Any) -> None:
    net, _, _ = _network()
    hardware.SpiNNaker2Chip().run(net, 10)
    change(net)
    hardware.SpiNNaker2Chip().run(net, 10)

    assert compiled == ["map_network", "compile_program"] * 2


def test_that_stored_spikes_which_no_longer_fit_are_mapped_anew_or_refused(compiled: list[str]) -> None:
    stim = snn.Population(100, "spike_list", {0: [0]}, "stim")
    pop = snn.Population(1, "lif", dict(LIF), "pop")
    net = snn.Network("net")
    net.add(stim, pop, snn.Projection(stim, pop, [[i, 0, 1, 0] for i in range(100)]))
    hw = hardware.SpiNNaker2Chip()
    hw.run(net, 1000)
    assert hw.mapping is not None
    assert len(hw.mapping.slices) == 2

    # 100 x 400 spikes of 4 B are 160 kB: too many for one PE.
    stim.params = {i: range(400) for i in range(100)}
    hw.run(net, 1000)
    assert len(hw.mapping.slices) == 3
    assert len(compiled) == 4

    # Neurons per PE that were asked for are not changed.
    stim.set_max_atoms_per_core(100)
    with pytest.raises(MappingError, match="population 'stim'"):
        hw.run(net, 1000)


def test_that_mapping_only_maps_and_gives_nothing(compiled: list[str], tmp_path: Path) -> None:
    install(tmp_path / "none.s2s")
    net, _, pop = _network()
    hw = hardware.SpiNNaker2Chip()
    hw.run(net, 10, mapping_only=True)

    assert hw.mapping is not None
    assert [str(piece.pe) for piece in hw.mapping.slices] == ["PE(7, 6, 0)", "PE(7, 6, 1)"]
    assert pop.get_spikes() == {}
    assert not (tmp_path / "none.s2s").exists()


def test_that_every_run_is_in_the_session_while_the_script_goes_on(tmp_path: Path) -> None:
    install(tmp_path / "sweep.s2s")
    net, stim, pop = _network()
    found = []
    for step in range(12):
        stim.params = {0: list(range(step))}
        hardware.SpiNNaker2Chip().run(net, 40)
        found.append(sum(len(ticks) for ticks in pop.get_spikes().values()))
    Studio.current().close()

    session = open_session(tmp_path / "sweep.s2s")
    session.verify()
    assert session.state == "complete"
    assert [int(run.neuron_spikes()["pop"].sum()) for run in session.runs] == found == list(range(12))


def test_that_what_is_not_recorded_is_not_there_and_says_so() -> None:
    net, _, pop = _network(record=["time_done"])
    assert pop.get_voltages() == {}
    hardware.SpiNNaker2Chip().run(net, 10)

    with pytest.warns(CompatWarning, match=r"'pop' recorded no v: add record=\['v'\]"):
        assert pop.get_voltages() == {}
    assert set(pop.get_time_done_times()) == {"PE(7, 6, 1)"}


def test_that_a_population_records_its_spikes_where_nothing_is_said() -> None:
    net, stim, pop = _network()

    assert (pop.record, stim.record) == (["spikes"], [])
    hardware.SpiNNaker2Chip().run(net, 10)
    assert pop.get_spikes() == {0: [1, 4], 1: []}


def test_that_parameters_which_the_model_lacks_or_misses_are_noted() -> None:
    net, _, pop = _network()
    pop.params = {"threshold": 10.0, "t_refract": 2}

    with pytest.warns(CompatWarning) as told:
        hardware.SpiNNaker2Chip().run(net, 10)

    texts = [str(each.message) for each in told]
    assert texts[0].startswith("population 'pop': lif has no parameter 't_refract': it is ignored")
    assert texts[1].startswith("population 'pop': no alpha_decay given: 1 is taken")


def test_that_names_may_be_missing_or_shared() -> None:
    stim = snn.Population(1, "spike_list", {0: [0]})
    one, two = (snn.Population(1, "lif", dict(LIF), "pop") for _ in range(2))
    net = snn.Network()
    net.add([stim, one, two], snn.Projection(stim, two, [[0, 0, 12, 0]]))
    hardware.SpiNNaker2Chip().run(net, 5)

    assert (one.get_spikes(), two.get_spikes()) == ({0: []}, {0: [1]})


def test_that_arrays_of_spikes_are_one_spike_per_neuron() -> None:
    stim = snn.Population(3, "spikes_from_array", np.array([4, 0, 2]), "stim", record=["spikes"])
    net = snn.Network()
    net.add(stim)
    hardware.SpiNNaker2Chip().run(net, 5)

    assert stim.get_spikes() == {0: [4], 1: [0], 2: [2]}


def test_that_spikes_outside_of_the_run_are_counted() -> None:
    net, stim, pop = _network()
    stim.params = {0: [0, 10, 11], 1: 3}

    with pytest.warns(CompatWarning, match="'stim': 2 spikes outside of the 10 ticks"):
        hardware.SpiNNaker2Chip().run(net, 10)
    assert pop.get_spikes() == {0: [1], 1: [4]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda net: setattr(net.populations[0], "params", {2: [0]}), "spikes of neuron 2, its neurons are 0 to 1"),
        (lambda net: setattr(net.populations[0], "params", {0: [0.5]}), "a spike at 0.5"),
        (lambda net: setattr(net.populations[1], "params", {"threshold": "high"}), "parameter 'threshold'"),
        (lambda net: setattr(net.populations[1], "params", dict(LIF, threshold=[1, 2, 3])), "3 values"),
        (lambda net: setattr(net.populations[1], "record", ["x_mean"]), "no variable 'x_mean' to record"),
        (lambda net: net.populations.pop(), "'pop' is not in network 'net'"),
        (lambda net: net.add(net.populations[0]), "added twice"),
        (lambda net: setattr(net.projections[0], "connections", [[0, 5, 1, 0]]), "a synapse at neuron 5"),
        (lambda net: setattr(net.projections[0], "connections", [[0, 1, 1]]), "a table of 1 x 3"),
        (lambda net: net.add("pop"), "str added"),
        (lambda net: net.remove("pop"), "'pop' is not in it"),
        (lambda net: setattr(net, "populations", []), "it has no populations"),
    ],
)
def test_that_mistakes_are_refused_by_name(change: Any, message: str) -> None:
    net, _, _ = _network()
    hw = hardware.SpiNNaker2Chip()

    def mistake() -> None:
        change(net)
        hw.run(net, 10)

    with pytest.raises(NetworkError, match=message):
        mistake()


def test_that_kernels_and_images_must_agree() -> None:
    stim, pop = snn.Population(32, "spike_list", {}, "stim"), snn.Population(18, "lif_conv2d", dict(LIF), "pop")
    net = snn.Network("net")
    projection = snn.Conv2DProjection(stim, pop, np.ones((3, 2, 2, 2)), {"in_height": 4, "in_width": 4})
    net.add(stim, pop, projection)

    with pytest.raises(NetworkError, match=r"make 'stim' an image of \(3, 4, 4\), it has 32 neurons"):
        net.validate()
    projection.weights = np.ones((2, 2, 2, 2))
    assert net.validate()


@pytest.mark.parametrize(("steps", "tick_s"), [(0, 1e-3), (10, 0.0)])
def test_that_a_run_needs_ticks_and_time(steps: int, tick_s: float) -> None:
    net, _, _ = _network()

    with pytest.raises(UsageError, match=r"hw\.run"):
        hardware.SpiNNaker2Chip().run(net, steps, sys_tick_in_s=tick_s)


def test_that_an_interrupt_within_compiled_code_ends_the_run_as_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "net.s2s")
    net, _, _ = _network()
    advance = Simulator.advance
    # Processes of pytest-xdist ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupted(simulator: Simulator, *arguments: Any) -> TickBlock:
        signal.raise_signal(signal.SIGINT)
        return advance(simulator, *arguments)

    monkeypatch.setattr(Simulator, "advance", interrupted)
    with pytest.raises(KeyboardInterrupt):
        hardware.SpiNNaker2Chip().run(net, 1000)
    monkeypatch.undo()
    Studio.current().close("cancelled")

    (run,) = open_session(tmp_path / "net.s2s").runs
    assert (run.state, run.ticks) == ("cancelled", FIRST_SPAN)
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler
