"""Placers, pins and measured traffic from the command line, the project and a session; spikes heed none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2studio
from s2studio.app.project import Project, open_project
from s2studio.app.rates import rates_of_session
from s2studio.app.workbench import Workbench
from s2studio.chip.machine import PE
from s2studio.errors import UsageError
from s2studio.mapping.place import PLACERS
from s2studio.session.manifest import read_manifest
from s2studio.session.reader import open_session

CliJson = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def balanced() -> Project:
    folder = Path(__file__).resolve().parents[2] / "sample_projects"
    project = open_project(folder / "balanced_network/project.yaml")
    return replace(project, run=replace(project.run, steps=20))


@pytest.fixture(scope="module")
def session(balanced: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sessions") / "a.s2s"
    Workbench(balanced).run(path)
    return path


SAMPLES = {"balanced_network": 20, "event_digits": 64, "lif_neuron": 200}
PLACE_FREE = ("spikes", "voltages", "neuron_spikes", "spike_counts_1", "spike_counts_8", "v_scales")


def place_free_hashes(path: Path) -> dict[str, str]:
    """Return the content hash of every table that says what neurons did."""
    tables = read_manifest(path).runs[0].tables
    assert {"spikes", "neuron_spikes"} <= tables.keys()
    return {name: tables[name].sha256 for name in PLACE_FREE if name in tables}


@pytest.fixture(scope="module")
def samples(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Project, dict[str, str]]]:
    """Return each sample, shortened, with the hashes of a run as it is mapped without any option."""
    found = {}
    for name, steps in SAMPLES.items():
        project = open_project(repository / "sample_projects" / name / "project.yaml")
        project = replace(project, run=replace(project.run, steps=steps))
        path = tmp_path_factory.mktemp(name) / "a.s2s"
        Workbench(project).run(path)
        found[name] = project, place_free_hashes(path)
    return found


@pytest.mark.parametrize("placer", sorted(PLACERS))
@pytest.mark.parametrize("sample", SAMPLES)
def test_that_spikes_and_their_hash_depend_on_no_placer_slice_pin_or_routing(
    samples: dict[str, tuple[Project, dict[str, str]]], tmp_path: Path, sample: str, placer: str
) -> None:
    project, plain = samples[sample]
    bench = Workbench(project)
    spiking, whole = bench.lower().network.spiking, bench.map()
    sizes = {each.name: [s.size for s in whole.slices if s.population == each.name] for each in spiking.populations}
    options = replace(
        project.mapping,
        placer=placer,
        routing="c2c",
        # Every population is cut finer, the first slice of all goes to a place of its own.
        neurons_per_pe={name: max(1, 2 * max(found) // 3) for name, found in sizes.items()},
        pinned={f"{spiking.populations[0].name}[0]": PE(0, 0, 1, 1, 2)},
    )
    bench = Workbench(replace(project, mapping=options))
    mapping = bench.map()
    bench.run(tmp_path / "b.s2s")

    assert mapping.slices[0].pe == PE(0, 0, 1, 1, 2) != whole.slices[0].pe
    assert len(mapping.slices) > len(whole.slices) or sample == "lif_neuron"
    assert place_free_hashes(tmp_path / "b.s2s") == plain


def test_that_the_command_line_takes_placer_and_pin(repository: Path, cli_json: CliJson, tmp_path: Path) -> None:
    model = repository / "sample_projects/lif_neuron/project.yaml"
    out = tmp_path / "m.yaml"
    name = last_population(model)
    cli_json("map", model, "--placer", "hilbert", "--pin", f"{name}[0]=PE(3, 1, 2)", "-o", out)

    assert "placer: hilbert" in out.read_text()
    assert f"pin: {{'{name}[0]': 'PE(3, 1, 2)'}}" in out.read_text()
    assert "pe: 'PE(3, 1, 2)'" in out.read_text()


def test_that_a_project_takes_pins_and_traffic(repository: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(
        "s2studio: project/1\nmodel: net.yaml\n"
        "mapping: {placer: greedy, traffic: a.s2s, pin: {'a[2]': 'PE(1, 1, 0)', 'b[0]': 'PE(2, 1, 3)'}}\n"
    )
    project = open_project(path)

    assert project.mapping.pinned == {"a[2]": PE(0, 0, 1, 1, 0), "b[0]": PE(0, 0, 2, 1, 3)}
    assert project.traffic == tmp_path / "a.s2s"
    path.write_text("s2studio: project/1\nmodel: net.yaml\nmapping:\n  pin:\n    a: 'PE(1, 1, 0)'\n")
    with pytest.raises(UsageError, match=r"line [45].*not understood"):
        open_project(path)


def test_that_the_traffic_of_a_session_is_its_spikes_per_neuron(balanced: Project, session: Path) -> None:
    network = Workbench(balanced).lower().network
    rates = rates_of_session(session, network)
    spikes = open_session(session).runs[0].neuron_spikes()

    assert set(rates) == {population.name for population in network.spiking.populations}
    for name, of_neurons in rates.items():
        np.testing.assert_array_equal(of_neurons, spikes[name].sum(axis=0))


def test_that_placing_by_measured_traffic_saves_hops_of_that_traffic(balanced: Project, session: Path) -> None:
    """What was measured is what the energy of the NoC is paid for."""
    rates = rates_of_session(session, Workbench(balanced).lower().network)

    def hops(project: Project) -> float:
        mapping = Workbench(project).map()
        return sum(
            float(np.asarray(rates[piece.population])[piece.start : piece.stop].sum()) * route.hops
            for piece, route in zip(mapping.slices, mapping.routes, strict=True)
        )

    options = replace(balanced.mapping, placer="anneal")
    blind, measured = replace(balanced, mapping=options), replace(balanced, mapping=options, traffic=session)

    assert hops(measured) < hops(blind) < hops(balanced)


def test_that_a_session_of_another_network_is_refused(repository: Path, session: Path) -> None:
    other = open_project(repository / "sample_projects/lif_neuron/project.yaml")
    with pytest.raises(UsageError, match="no population of this network"):
        Workbench(replace(other, traffic=session)).map()


def test_that_a_script_pins_slices_and_states_rates(balanced: Project) -> None:
    network = Workbench(balanced).lower().network
    mapping = s2studio.map_network(
        network, placer="greedy", pin={"inhibitory[0]": "PE(1, 1, 0)"}, rates={"excitatory": 0.0}
    )
    first = next(piece for piece in mapping.slices if piece.population == "inhibitory")

    assert first.pe == PE(0, 0, 1, 1, 0)
    assert mapping.options.pinned == {"inhibitory[0]": PE(0, 0, 1, 1, 0)}


def last_population(model: Path) -> str:
    """Return the name of the last population of a project's network."""
    return Workbench(open_project(model)).lower().network.spiking.populations[-1].name
