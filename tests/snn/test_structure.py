from __future__ import annotations

import numpy as np
import pytest

from s2studio.snn.connectivity import DenseWeights
from s2studio.snn.network import SpikingPart
from s2studio.snn.population import Population
from s2studio.snn.projection import Projection
from s2studio.snn.structure import longest_path_populations, output_populations

ONE = DenseWeights(np.ones((1, 1), np.int8))


def part(edges: str, outputs: tuple[str, ...] = ()) -> SpikingPart:
    """Return populations joined as in "i>a a>b"; names that start with i are inputs."""
    pairs = [edge.split(">") for edge in edges.split()]
    names = dict.fromkeys(name for pair in pairs for name in pair)
    populations = tuple(Population(name, 1, "spike_list" if name.startswith("i") else "lif") for name in names)
    return SpikingPart(populations, tuple(Projection(pre, post, ONE) for pre, post in pairs), outputs)


@pytest.mark.parametrize(
    ("edges", "populations"),
    [
        ("i>a", 2),
        ("i>a a>b b>c", 4),
        ("i>a a>b b>c i>c", 4),
        ("i>a a>a", 2),
        ("i>a a>b b>a b>c", 4),
        ("i>a a>b x>b x>y y>z z>b", 3),
        ("a>b b>a", 2),
    ],
)
def test_that_the_longest_path_counts_populations_from_a_source_to_an_output(edges: str, populations: int) -> None:
    assert longest_path_populations(part(edges)) == populations


def test_that_a_path_beyond_the_outputs_does_not_count() -> None:
    assert longest_path_populations(part("i>a a>b b>c", outputs=("a",))) == 2


@pytest.mark.parametrize(
    ("edges", "outputs"),
    [("i>a a>b", ("b",)), ("i>a a>a", ("a",)), ("i>a i>b", ("a", "b")), ("i>a a>b b>a", ("a", "b"))],
)
def test_that_outputs_are_the_populations_that_lead_to_no_other(edges: str, outputs: tuple[str, ...]) -> None:
    assert output_populations(part(edges)) == outputs
