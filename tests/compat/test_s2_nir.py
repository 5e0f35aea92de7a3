"""`s2_nir` beyond the networks of the conformance material: arguments, order, delays, patches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nir
import numpy as np
import pytest

from s2studio.compat import install
from s2studio.compat.names import CompatWarning
from s2studio.compat.spinnaker2 import hardware, s2_nir, snn
from s2studio.compat.studio import Studio
from s2studio.compat.synapses import Synapses
from s2studio.errors import LoweringError, NetworkError, UsageError
from s2studio.session.reader import open_session

pytestmark = pytest.mark.usefixtures("spinnaker2")


def _graph(delay: float | None = None) -> nir.NIRGraph:
    ones = np.ones(2)
    nodes: dict[str, Any] = {
        "z_in": nir.Input(input_type={"input": np.array([3])}),
        "w": nir.Affine(np.array([[1.0, -0.5, 0.25], [0.5, 1.0, 0.0]]), np.array([0.1, 0.0])),
        "a": nir.LIF(tau=ones * 1e-2, r=ones, v_leak=ones * 0, v_threshold=ones),
        "out": nir.Output(output_type={"output": np.array([2])}),
    }
    edges = [("z_in", "w"), ("w", "a"), ("a", "out")]
    if delay is not None:
        nodes["late"] = nir.Delay(np.full(3, delay))
        edges = [("z_in", "late"), ("late", "w"), *edges[1:]]
    return nir.NIRGraph(nodes=nodes, edges=edges, type_check=False)


def _config(**changes: Any) -> s2_nir.ConversionConfig:
    given = {"dt": 1e-3, "conn_delay": 0, "scale_weights": True, "integrator": s2_nir.IntegratorMethod.FORWARD}
    return s2_nir.ConversionConfig(**{**given, **changes})


def _synapses(net: snn.Network) -> Synapses:
    (projection,) = net.projections
    assert isinstance(projection, snn.Projection)
    return projection.synapses


def test_that_the_equations_of_the_conversion_are_those_of_the_reference() -> None:
    net, (inp,), (outp,) = s2_nir.from_nir(_graph(), _config())

    # w_scale = 127 / max |w|; k = dt / tau * r; scale = w_scale / k; bias * w_scale is the offset.
    assert [population.name for population in net.populations] == ["z_in", "a"]
    assert (inp.neuron_model, outp.neuron_model) == ("spike_list", "lif_no_delay")
    assert outp.nir_w_scale == 127.0
    np.testing.assert_allclose(outp.nir_v_scale, 127 / 0.1)
    np.testing.assert_allclose(outp.params["threshold"], 1270, rtol=1e-6)
    np.testing.assert_allclose(outp.params["alpha_decay"], 0.9, rtol=1e-6)
    np.testing.assert_allclose(outp.params["i_offset"], [12.7, 0], rtol=1e-6)
    assert _synapses(net).weight.tolist() == [127, 64, -64, 127, 32]
    assert (outp.record, inp.record) == (["spikes"], [])


def test_that_a_session_says_what_became_of_the_weights(tmp_path: Path) -> None:
    install(tmp_path / "net.s2s")
    net, (inp,), _ = s2_nir.from_nir(_graph(), _config())
    inp.params = {0: [0]}
    hardware.SpiNNaker2Chip().run(net, 4)
    Studio.current().close()

    summary = open_session(tmp_path / "net.s2s").runs[0].summary()
    assert [(row["name"], row["largest_integer"]) for row in summary["lowering"]] == [("a", 127)]
    assert summary["tick_over_dt"] == 1.0
    assert list(summary["outputs"]) == ["a"]


def test_that_populations_may_be_patched_before_they_run() -> None:
    net, (inp,), (outp,) = s2_nir.from_nir(_graph(), _config(output_record=["v", "spikes"]))
    outp.params["i_offset"][:] = 0
    outp.params["threshold"][0] = 100.0
    inp.params = {0: [0], 1: [0]}
    hardware.SpiNNaker2Chip().run(net, 4)

    # 127 - 64 = 63 for neuron 0; 64 + 127 = 191 for neuron 1.
    np.testing.assert_allclose(outp.get_voltages()[0], [0, 63, 56.7, 51.03], rtol=1e-6)
    np.testing.assert_allclose(outp.get_voltages()[1], [0, 191, 171.9, 154.71], rtol=1e-6)
    assert outp.get_spikes() == {0: [], 1: []}


def test_that_the_arguments_of_earlier_versions_are_known(tmp_path: Path) -> None:
    nir.write(tmp_path / "net.nir", _graph())
    net, _, (outp,) = s2_nir.from_nir(
        str(tmp_path / "net.nir"), outputs=["v"], discretization_timestep=1e-3, conn_delay=0, scale_weights=True
    )

    assert net.name == "net"
    assert outp.record == ["v"]
    np.testing.assert_allclose(outp.params["alpha_decay"], np.exp(-0.1), rtol=1e-6)
    with pytest.raises(UsageError, match="no argument 'scale_weigths', ConversionConfig has dt, output_record"):
        s2_nir.from_nir(_graph(), scale_weigths=True)


def test_that_a_file_which_the_nir_package_refuses_is_mended_and_said(conformance: Path) -> None:
    path = conformance / "braille/braille_noDelay_bias_zero_subgraph.nir"
    with pytest.warns(CompatWarning) as told:
        net, (inp,), (outp,) = s2_nir.from_nir(path, _config(dt=1e-4, reset=s2_nir.ResetMethod.ZERO))

    assert any("the graph inside this node was put in its place" in str(each.message) for each in told)
    assert (inp.size, outp.size, len(net.projections)) == (12, 7, 3)


def test_that_connection_delays_hold_for_models_that_have_them() -> None:
    undelayed, _, _ = s2_nir.from_nir(_graph(), _config(conn_delay=3))
    with pytest.warns(CompatWarning, match="delays leave 4 bits"):
        delayed, _, _ = s2_nir.from_nir(_graph(delay=2e-3), _config(conn_delay=3))
    with pytest.warns(CompatWarning, match="delays leave 4 bits"):
        at_once, _, _ = s2_nir.from_nir(_graph(delay=0.0), _config(conn_delay=3))

    fields = [_synapses(net).delay for net in (undelayed, delayed, at_once)]
    assert [set(field.tolist()) for field in fields] == [{0}, {2}, {3}]
    assert delayed.populations[1].neuron_model == "lif"


def test_that_weights_which_are_not_scaled_are_rounded_as_they_are() -> None:
    graph = _graph()
    graph.nodes["w"].weight = graph.nodes["w"].weight * 10.4
    net, _, (outp,) = s2_nir.from_nir(graph, _config(scale_weights=False))

    assert _synapses(net).weight.tolist() == [10, 5, -5, 10, 3]
    assert outp.nir_w_scale == 1.0


def test_that_what_nir_cannot_become_is_refused_by_node() -> None:
    graph = _graph()
    graph.nodes["a"].tau[1] = -1.0
    with pytest.raises(LoweringError, match="tau of neuron 1 is -1"):
        s2_nir.from_nir(graph, _config())
    with pytest.raises(NetworkError, match=r"a nir\.NIRGraph is expected"):
        s2_nir.from_nir({"nodes": {}}, _config())
    with pytest.raises(ValueError, match="Backward-Euler"):
        s2_nir.from_nir(_graph(), _config(integrator="Backward-Euler"))
