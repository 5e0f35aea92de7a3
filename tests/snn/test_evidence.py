from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from s2studio.network.layers import Shape
from s2studio.snn.connectivity import Connectivity, ConvWeights, DenseWeights, SynapseList
from s2studio.snn.evidence import BASES, evidence_of, evidence_table
from s2studio.snn.models import MODELS
from s2studio.snn.models.lif import SUBTRACT, TO_RESET
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection
from tests.conftest import REPOSITORY
from tests.snn.evidence_page import page


def dense(weight: int, delay: int = 0) -> DenseWeights:
    return DenseWeights(np.full((2, 3), weight, np.int8), delay)


def found(model: str, weights: Connectivity | None, shape: Shape | None = None, **params: Any) -> Any:
    population = Population("b", 3, model, params, shape=shape)
    projections = [Projection("b", "c", dense(127, 7)), *([Projection("a", "b", weights)] if weights else [])]
    return evidence_of(population, projections)


def test_that_every_model_and_reset_has_a_row() -> None:
    keys = {f"model.{model}" for model in MODELS} | {f"reset.{reset}" for reset in (SUBTRACT, TO_RESET)}

    assert keys <= set(evidence_table().features)


def test_that_every_row_names_a_source_and_a_test_stands_behind_each_recording() -> None:
    table = evidence_table()
    tests = "\n".join(path.read_text() for path in (REPOSITORY / "tests").rglob("test_*.py"))

    for row in (*table.features.values(), *table.chip.values()):
        names = [re.split("[,:]", part)[0].strip() for part in row.source.split(";")]
        assert set(names) <= set(table.sources), row.key
        if row.stands_on == "recording":
            assert set(names) <= {"DNF", "NIR-LIF"}, row.key
    assert "dnf/recorded_spikes.csv" in tests
    assert "lif/lif_spinnaker2.csv" in tests


def test_that_the_page_is_made_from_the_table() -> None:
    said = (REPOSITORY / "docs/evidence.md").read_text(encoding="utf-8")

    assert said == page(), "run: python tests/snn/evidence_page.py > docs/evidence.md"


@pytest.mark.parametrize(
    ("model", "weights", "params", "stands_on", "keys"),
    [
        ("lif_curr_exp", dense(5), {}, "recording", {"delay.none", "weights.4bit", "refractory.none"}),
        ("lif_curr_exp", dense(5), {"t_refrac": 2.0}, "reading", {"refractory.ticks"}),
        ("lif", dense(5, 1), {}, "equation", {"delay.field", "projection.synapses"}),
        ("lif_no_delay", dense(-102), {"reset": TO_RESET}, "recording", {"weights.8bit", f"reset.{TO_RESET}"}),
        ("lif_no_delay", dense(1), {"i_offset": 1.0}, "recording", {"offset"}),
        ("lif_no_delay", dense(1), {"threshold": np.ones(3, np.float32)}, "equation", {"parameters.per_neuron"}),
        ("spike_list", None, {}, "recording", {"model.spike_list"}),
        ("poisson_process", None, {"p": 0.1}, "equation", {"model.poisson_process"}),
    ],
)
def test_that_a_population_is_as_sure_as_its_least_sure_feature(
    model: str, weights: Connectivity | None, params: dict[str, Any], stands_on: str, keys: set[str]
) -> None:
    evidence = found(model, weights, **params)

    assert evidence.stands_on == stands_on
    assert keys <= {row.key for row in evidence.features}
    assert set(evidence.as_dict()["features"].values()) <= set(BASES)


def test_that_convolution_pooling_and_a_list_with_delays_are_seen() -> None:
    kernel = ConvWeights(np.full((1, 1, 1, 1), 20, np.int8), (1, 2, 2), (1, 1, 1), pool=(2, 2))
    one = np.zeros(1, np.int32)
    late = SynapseList(one, one, np.array([3], np.int8), np.array([2], np.uint8))

    conv = {row.key for row in found("lif_conv2d", kernel, (1, 1, 1)).features}
    assert {"projection.conv2d", "projection.pooling", "weights.8bit"} <= conv
    assert "delay.field" in {row.key for row in found("lif", late).features}
