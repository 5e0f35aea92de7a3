"""The network before rounding: equal to its equations in the model's own units, and to the chip once it is rounded."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from s2studio.analysis.causes import changes
from s2studio.analysis.chip_side import each_alone, program_of, raster_of, run_chip, run_each_alone, train
from s2studio.analysis.float_network import float_network, run_float
from s2studio.app.dataset import read_dataset
from s2studio.app.lowering_bench import float_output_spikes
from s2studio.chip.spec import ChipSpec
from s2studio.lowering.lower import lower
from s2studio.lowering.options import LoweringOptions
from s2studio.network.graph import Network
from s2studio.network.layers import AvgPool2d, Delay, Flatten, Input, Scale, SumPool2d
from s2studio.network.readers.nir import read_nir
from s2studio.network.stimulus import Target
from tests.lowering.models import affine, chain, conv, cuba_layer, graph, if_layer, lif_layer, linear

STEPS, SAMPLES = 60, 3
RANDOM = np.random.default_rng(5)


def weights(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return RANDOM.normal(0.1, 0.3, size=shape)


NETWORKS = {
    "dense": chain(
        affine(weights(7, 6), weights(7) / 20),
        lif_layer((7,), r=10.0),
        linear(weights(4, 7)),
        if_layer((4,)),
        size=(6,),
    ),
    "recurrent": graph(
        {"input": Input((6,)), "w": linear(weights(8, 6)), "r": linear(weights(8, 8)), "n": cuba_layer((8,), r=9.0)},
        [("input", "w"), ("w", "n"), ("n", "r"), ("r", "n")],
    ),
    "images": chain(
        conv(weights(3, 2, 3, 3), (8, 8), bias=0.01, padding=(1, 1)),
        lif_layer((3, 8, 8), threshold=0.5),
        AvgPool2d((2, 2), (2, 2), (0, 0)),
        conv(weights(4, 3, 3, 3) * 3, (4, 4), stride=(2, 1)),
        if_layer((4, 1, 2)),
        Flatten(0, 2),
        linear(weights(3, 8)),
        if_layer((3,)),
        size=(2, 8, 8),
    ),
    "pool": chain(SumPool2d((3, 3), (2, 2), (1, 1)), if_layer((2, 4, 4), threshold=2.0), size=(2, 8, 8)),
    "delays": chain(
        Delay(np.array([0.0, 1e-3, 3e-3, 2e-3])), Scale(np.array([1.0, 2.0, 0.5, 1.0])), linear(weights(5, 4)),
        lif_layer((5,), threshold=0.5), size=(4,),
    ),
}  # fmt: skip


def given_spikes(network: Network) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    shape = network.layers["input"].shape  # type: ignore[union-attr]
    return {"input": np.random.default_rng(1).random((STEPS, SAMPLES, int(np.prod(shape)))) < 0.3}


@pytest.mark.parametrize("reset", ["zero", "subtract"])
@pytest.mark.parametrize("name", NETWORKS)
def test_that_with_the_chips_integers_it_spikes_as_the_chip_does(name: str, reset: str, spec: ChipSpec) -> None:
    network, options = NETWORKS[name], LoweringOptions(1e-3, "forward", reset)
    lowered = lower(network, options, spec).network
    clipped = float_network(network, options, spec).with_weights(changes("nearest")["clipped"])
    given = given_spikes(network)
    stimuli = [{"input": train(given["input"][:, sample])} for sample in range(SAMPLES)]

    found = run_float(clipped, given, STEPS, SAMPLES).spikes
    on_chip = run_chip(program_of(lowered, spec), list(stimuli), STEPS).spikes
    alone = run_each_alone(program_of(each_alone(lowered), spec), found, STEPS, SAMPLES)

    assert list(found) == list(on_chip)
    for population in found:
        np.testing.assert_array_equal(found[population], on_chip[population], population)
        np.testing.assert_array_equal(found[population], alone.get(population, given.get(population)))
    assert all(spikes.any() for spikes in found.values())


def test_that_without_rounding_it_is_forward_euler_in_the_models_own_units(spec: ChipSpec) -> None:
    network, options = NETWORKS["dense"], LoweringOptions(1e-3, "forward", "zero")
    given = given_spikes(network)
    found = run_float(float_network(network, options, spec), given, STEPS, SAMPLES).spikes["n1"]

    layer, v = network.layers["n0"], np.zeros((SAMPLES, 7))
    expected = np.zeros_like(found)
    for tick in range(STEPS):
        sent = given["input"][tick - 1] if tick else np.zeros((SAMPLES, 6))
        current = sent @ layer.weight.T + layer.bias  # type: ignore[union-attr]
        v += 1e-3 / 0.02 * (10 * current - v)
        expected[tick] = v >= 1.0
        v[expected[tick]] = 0.0
    np.testing.assert_array_equal(found, expected)


def test_that_a_layer_that_is_fed_hears_nothing_else(spec: ChipSpec) -> None:
    network = NETWORKS["recurrent"]
    exact = float_network(network, LoweringOptions(1e-3, "forward", "zero"), spec)
    given = given_spikes(network)
    silence = {"input": np.zeros_like(given["input"]), "n": np.zeros((STEPS, SAMPLES, 8), np.bool_)}

    assert run_float(exact, given, STEPS, SAMPLES).spikes["n"].any()
    assert not run_float(exact, given, STEPS, SAMPLES, silence).spikes["n"].any()


def test_that_the_real_cnn_with_the_chips_integers_spikes_as_the_chip_does(conformance: Path, spec: ChipSpec) -> None:
    network = read_nir(conformance / "nmnist/cnn_sinabs.nir")
    options = LoweringOptions(1e-3, "forward", "zero")
    given = {"input": np.random.default_rng(2).random((40, 1, 2 * 34 * 34)) < 0.02}
    clipped = float_network(network, options, spec).with_weights(changes("nearest")["clipped"])

    found = run_float(clipped, given, 40, 1).spikes
    on_chip = run_chip(
        program_of(lower(network, options, spec).network, spec), [{"input": train(given["input"][:, 0])}], 40
    )
    for name, spikes in found.items():
        np.testing.assert_array_equal(spikes, on_chip.spikes[name], name)
    assert found["12"].any()


def test_that_without_rounding_it_sends_what_the_trained_network_sends_in_torch(
    spec: ChipSpec, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = pytest.importorskip("torch")
    sample = repository / "sample_projects/event_digits"
    monkeypatch.syspath_prepend(str(sample))
    in_torch = import_module("network").read_nir(sample / "model.nir")
    model, targets = read_nir(sample / "model.nir"), {"input": Target(512, (2, 16, 16))}
    samples = read_dataset(sample / "recordings", targets, 1e-3)[:20]
    events = raster_of([one.read() for one in samples], {"input": 512}, 60)["input"]
    with torch.no_grad():
        expected, _ = in_torch(torch.from_numpy(events.reshape(60, 20, 2, 16, 16)).float())

    # Each of the three layers hears the one before a tick later: after 63 ticks all is through, and nothing more.
    exact = float_network(model, LoweringOptions(1e-3, "forward", "subtract"), spec)
    found = float_output_spikes(exact, "lif3", samples, lambda _: 63)
    assert found.tolist() == expected.sum(0).int().tolist()
    assert found.sum() > 1000
