from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from s2studio.app.project import open_project
from s2studio.app.workbench import Workbench
from s2studio.errors import SessionError
from s2studio.session.network_file import network_path, read_network, write_network
from s2studio.session.reader import open_session
from s2studio.snn.connectivity import ConvWeights, DenseWeights
from s2studio.snn.digest import network_digest
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import ParameterValue, Population
from s2studio.snn.projection import Projection
from tests.conftest import REPOSITORY
from tests.mapping.networks import networks


def conv_network() -> ChipNetwork:
    random = np.random.default_rng(3)
    kernel = ConvWeights(random.integers(-127, 128, (2, 1, 3, 3)).astype(np.int8), (1, 6, 6), (2, 4, 4))
    params: dict[str, ParameterValue] = {
        "threshold": random.random(32).astype(np.float32),
        "alpha_decay": 0.1,
        "reset": "reset_to_v_reset",
    }
    populations = (
        Population("in", 36, "spike_list", shape=(1, 6, 6)),
        Population("conv", 32, "lif_conv2d", params, frozenset({"v"}), (2, 4, 4), random.random(32), 16),
        Population("out", 3, "lif", {"threshold": 5.0}, v_scale=0.1 + 0.2),
    )
    dense = DenseWeights(random.integers(-15, 16, (32, 3)).astype(np.int8), 4)
    projections = (Projection("in", "conv", kernel), Projection("conv", "out", dense))
    return ChipNetwork("a net", SpikingPart(populations, projections, ("out",)), 1e-3)


@settings(max_examples=40)
@given(network=networks())
def test_that_any_network_reads_back_the_same(tmp_path_factory: pytest.TempPathFactory, network: ChipNetwork) -> None:
    path = tmp_path_factory.mktemp("networks") / "n.npz"
    write_network(path, network)
    assert network_digest(read_network(path)) == network_digest(network)


def test_that_every_parameter_array_and_shape_reads_back(tmp_path: Path) -> None:
    network = conv_network()
    write_network(tmp_path / "n.npz", network)
    again = read_network(tmp_path / "n.npz", network_digest(network))

    assert (again.name, again.dt_s, again.spiking.outputs) == ("a net", 1e-3, ("out",))
    assert again.spiking.population("conv").shape == (2, 4, 4)
    assert np.array_equal(again.spiking.population("conv").v_scale, network.spiking.population("conv").v_scale)


def test_that_a_run_keeps_its_network_once_and_gives_it_back(tmp_path: Path) -> None:
    bench = Workbench(open_project(REPOSITORY / "sample_projects/lif_neuron/project.yaml"))
    bench.run(tmp_path / "a.s2s")
    run = open_session(tmp_path / "a.s2s").run()

    assert network_digest(run.whole_network) == run.about.network_digest == network_digest(bench.lower().network)
    assert len(list((tmp_path / "a.s2s/networks").iterdir())) == 1


def without(path: Path, name: str) -> None:
    with np.load(path) as arrays:
        kept = {key: arrays[key] for key in arrays.files if key != name}
    np.savez(path, **kept)


def with_flat_weights(path: Path) -> None:
    with np.load(path) as arrays:
        kept = {key: arrays[key] for key in arrays.files}
    np.savez(path, **kept | {"0:weight": kept["0:weight"].reshape(-1)})


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"PK\x03\x04" + bytes(100)),
        lambda path: path.unlink(),
        lambda path: without(path, "about"),
        lambda path: without(path, "1.threshold"),
        lambda path: without(path, "1:weight"),
        with_flat_weights,
    ],
)
def test_that_a_damaged_network_is_refused(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "n.npz"
    write_network(path, conv_network())
    damage(path)
    with pytest.raises(SessionError, match=r"n\.npz"):
        read_network(path)


def test_that_another_network_than_was_run_is_refused(tmp_path: Path) -> None:
    bench = Workbench(open_project(REPOSITORY / "sample_projects/lif_neuron/project.yaml"))
    bench.run(tmp_path / "a.s2s")
    run = open_session(tmp_path / "a.s2s").run()
    write_network(network_path(run.session, run.about.network_digest), conv_network())

    with pytest.raises(SessionError, match="not the network that was run"):
        _ = run.whole_network
