"""The networks of the benchmarks are those that were published, and take no longer than was asked for."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from deep_shapes import IMAGE, NETWORKS

from s2studio.chip.loader import load_chip, make_machine
from s2studio.dnn.layer_part import LayerPart
from s2studio.dnn.operators.movements import Embedding
from s2studio.dnn.operators.products import Conv, Dense
from s2studio.dnn.run import run
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.of_part import works_of
from s2studio.sim.layers.simulate import simulate_layers

# Millions of trained values and 10^9 multiplications, as torchvision lists them; of OPT-125M (Zhang et al. 2022) the
# table of tokens counts twice, for it also makes the logits.
PUBLISHED = {
    "VGG-16": (138.36, 15.47),
    "ResNet-50": (25.56, 4.09),
    "MobileNetV2": (3.50, 0.30),
    "OPT-125M": (125.2 + 38.6, None),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_that_a_network_has_the_published_size(name: str) -> None:
    part = NETWORKS[name]()
    millions, macs = PUBLISHED[name]
    held = (layer.operator for layer in part.layers)
    trained = sum(
        one.weight.size + one.bias.size if isinstance(one, Conv | Dense) else one.table.size
        for one in held
        if isinstance(one, Conv | Dense | Embedding)
    )

    # Normalisations are folded into convolutions, or small.
    assert trained / 1e6 == pytest.approx(millions, rel=0.01)
    assert macs is None or part.macs / 1e9 == pytest.approx(macs, rel=0.01)


def processor_s(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def time_layers(part: LayerPart) -> None:
    machine = make_machine(load_chip())
    simulate_layers(map_layers("network", works_of(part), machine), machine)


@pytest.mark.parametrize(("name", "asked_s"), [("ResNet-50", 5.0), ("OPT-125M", 30.0)])
def test_that_a_network_is_tiled_and_timed_in_the_time_asked_for(name: str, asked_s: float) -> None:
    part = NETWORKS[name]()

    assert processor_s(lambda: time_layers(part)) < asked_s


def test_that_resnet_50_runs_in_int8_in_the_time_asked_for() -> None:
    part = NETWORKS["ResNet-50"]()
    image = np.random.default_rng(1).integers(-128, 128, IMAGE).astype(np.int8)

    assert processor_s(lambda: run(part, {"image": image})) < 60
