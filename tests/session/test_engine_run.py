"""Sessions of the real mapper and engine: nothing lost on the NoC, and the same content for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2studio.chip.loader import make_machine
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions, Routing
from s2studio.session.manifest import read_manifest
from s2studio.session.reader import open_session
from s2studio.session.recorder import Recorder, SessionHeader
from s2studio.sim.level import LevelPolicy
from s2studio.sim.lockstep import Simulator
from s2studio.sim.program import compile_program
from s2studio.snn.connectivity import DenseWeights
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection
from tests.session.runs import SPEC

STEPS = 120
RECORDED = {"neurons": frozenset({"spikes"})}


def _network() -> ChipNetwork:
    random = np.random.default_rng(0)
    weights = (random.integers(-15, 16, (60, 60)) * (random.random((60, 60)) < 0.3)).astype(np.int8)
    populations = (
        Population("noise", 20, "poisson_process", {"p": 0.2, "seed": 1.0}),
        Population("neurons", 60, "lif", {"threshold": 20.0, "alpha_decay": 0.9}),
    )
    projections = (
        Projection("noise", "neurons", DenseWeights(np.abs(weights[:20]))),
        Projection("neurons", "neurons", DenseWeights(weights, 1)),
    )
    return ChipNetwork("real", SpikingPart(populations, projections, ("neurons",)), 1e-3)


def _mapping(network: ChipNetwork, per_pe: int, routing: Routing) -> ChipMapping:
    options = MappingOptions(neurons_per_pe={"neurons": per_pe}, routing=routing)
    return map_network(network, make_machine(SPEC), options, Demand(STEPS, RECORDED))


def _record(
    path: Path, network: ChipNetwork, mapping: ChipMapping, seed: int = 0, batch: int = 1, threads: int = 1
) -> Path:
    simulator = Simulator(compile_program(network, mapping, SPEC, {"neurons"}), seed, batch, threads=threads)
    observed = {"noise": frozenset({"spikes"}), "neurons": frozenset({"v"})}
    with Recorder(path, SessionHeader(network.name, seed, SPEC, mapping.runtime)) as recorder:
        run = recorder.start_run(network, mapping, LevelPolicy(), 1e-3, STEPS, RECORDED, observed, batch)
        for ticks in (1, 50, STEPS - 51):
            run.write(simulator.advance(ticks))
    return recorder.path


def _hashes(path: Path) -> dict[str, str]:
    return {name: content.sha256 for name, content in read_manifest(path).runs[0].tables.items()}


@pytest.mark.parametrize("routing", ["mc", "c2c"])
@pytest.mark.parametrize("per_pe", [60, 7])
def test_that_every_packet_arrives_at_each_target_pe(tmp_path: Path, routing: Routing, per_pe: int) -> None:
    network = _network()
    run = open_session(_record(tmp_path / "run.s2s", network, _mapping(network, per_pe, routing), batch=2)).runs[0]
    summary, sent = run.summary(), run.counts().spikes.sum(axis=(0, 1))
    copies = [spikes * len(route.targets) for spikes, route in zip(sent, run.mapping.routes, strict=True)]

    assert summary["packets"] > 1000
    assert summary["packets_received"] + summary["packets_in_flight"] == sum(copies)


def test_that_the_same_seed_gives_the_same_content_and_another_does_not(tmp_path: Path) -> None:
    network = _network()
    mapping = _mapping(network, 20, "mc")
    first, again, other = (
        _hashes(_record(tmp_path / f"{number}.s2s", network, mapping, seed)) for number, seed in enumerate((3, 3, 4))
    )

    assert first == again
    assert first["spikes"] != other["spikes"]


def test_that_spikes_and_voltages_have_one_hash_however_the_network_is_placed(tmp_path: Path) -> None:
    network = _network()
    wide, narrow = (
        _hashes(_record(tmp_path / f"{per_pe}.s2s", network, _mapping(network, per_pe, "mc"))) for per_pe in (60, 7)
    )

    for table in ("spikes", "voltages", "neuron_spikes", "spike_counts_1"):
        assert wide[table] == narrow[table]
    assert wide["slices"] != narrow["slices"]


@pytest.mark.parametrize("threads", [2, 3])
def test_that_no_content_depends_on_the_number_of_threads(tmp_path: Path, threads: int) -> None:
    network = _network()
    mapping = _mapping(network, 20, "mc")
    one = _record(tmp_path / "one.s2s", network, mapping, batch=5)
    many = _record(tmp_path / "many.s2s", network, mapping, batch=5, threads=threads)

    assert _hashes(one) == _hashes(many)
