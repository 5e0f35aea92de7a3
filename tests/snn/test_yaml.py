from __future__ import annotations

import itertools
import json
import re
import tracemalloc
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip
from s2studio.errors import NetworkError
from s2studio.resources import resource_path
from s2studio.snn.connectivity import DenseWeights, SynapseList, weight_count
from s2studio.snn.models import MODELS
from s2studio.snn.network import ChipNetwork
from s2studio.snn.rules import RULES
from s2studio.snn.validate import validate
from s2studio.snn.yaml import read_network_yaml

HEAD = "s2studio: network/1\npopulations:\n  a: {size: 4, model: spike_list}\n  b: {size: 4, model: lif}\n"


def read(folder: Path, text: str) -> ChipNetwork:
    (folder / "net.yaml").write_text(text)
    return read_network_yaml(folder / "net.yaml")


def projection(folder: Path, weights: str, more: str = "", pre: str = "a") -> Any:
    network = read(folder, f"{HEAD}projections:\n  - {{pre: {pre}, post: b, {more} weights: {{{weights}}}}}\n")
    return network.spiking.projections[0].connectivity


def schema() -> Any:
    return json.loads(resource_path("schemas", "network.schema.json").read_text())


def example(repository: Path) -> str:
    (text,) = re.findall(r"```yaml\n(.*?)```", (repository / "docs/network-yaml.md").read_text(), re.DOTALL)
    return str(text)


def test_that_the_documented_example_is_read_fits_the_schema_and_the_chip(repository: Path, tmp_path: Path) -> None:
    text = example(repository)
    jsonschema.validate(yaml.safe_load(text), schema())
    network = read(tmp_path, text)
    validate(network, load_chip())

    field = network.spiking.population("field")
    assert (network.name, network.dt_s, network.spiking.outputs) == ("ring", 0.001, ("winner",))
    assert field.record == frozenset({"spikes", "v"})
    assert network.spiking.population("winner").record is None
    assert np.ptp(field.params["v_init"]) > 10


def test_that_samples_fit_the_schema(repository: Path) -> None:
    models = [path for path in repository.glob("sample_projects/*/*.yaml") if "network/1" in path.read_text()]
    assert models
    for path in models:
        jsonschema.validate(yaml.safe_load(path.read_text()), schema())


def test_that_the_schema_knows_every_model_and_every_rule() -> None:
    assert set(schema()["$defs"]["population"]["properties"]["model"]["enum"]) == set(MODELS)
    assert RULES.keys() <= schema()["$defs"].keys()


def test_that_each_rule_makes_the_synapses_it_says(tmp_path: Path) -> None:
    every = projection(tmp_path, "rule: all_to_all, weight: 3", "delay: 2,")
    assert isinstance(every, DenseWeights)
    assert (every.weight == 3).all()
    assert every.delay == 2

    single = projection(tmp_path, "rule: one_to_one, weight: -5", "delay: 2,")
    assert isinstance(single, SynapseList)
    assert single.pre.tolist() == single.post.tolist() == [0, 1, 2, 3]
    assert (single.weight.tolist(), single.delay.tolist()) == ([-5] * 4, [2] * 4)

    listed = projection(tmp_path, "rule: list, connections: [[0, 1, 5], [3, 2, -7, 4]]", "delay: 1,")
    assert listed.post.tolist() == [1, 2]
    assert (listed.weight.tolist(), listed.delay.tolist()) == ([5, -7], [1, 4])

    ring = projection(tmp_path, "rule: gaussian, amplitude: 10, sigma: 1, inhibition: 2, ring: true", pre="b")
    assert ring.weight[0].tolist() == [8, 4, -1, 4]
    line = projection(tmp_path, "rule: gaussian, amplitude: 10, sigma: 1, inhibition: 2, autapses: false", pre="b")
    assert line.weight[0].tolist() == [0, 4, -1, -2]
    assert line.weight[3].tolist() == [-2, -1, 4, 0]
    peak = projection(tmp_path, "rule: gaussian, amplitude: 10, sigma: 1e-200", pre="b")
    assert peak.weight.tolist() == (10 * np.eye(4)).tolist()


def test_that_npz_holds_a_matrix_or_columns(tmp_path: Path) -> None:
    matrix = np.arange(16).reshape(4, 4) - 8
    np.savez(tmp_path / "w.npz", one=matrix, two=matrix.T)
    np.savez(tmp_path / "s.npz", pre=[0, 1], post=[2, 3], weight=[4, -4], delay=[0, 7])

    assert projection(tmp_path, "rule: npz, file: w.npz, key: two").weight.tolist() == matrix.T.tolist()
    columns = projection(tmp_path, "rule: npz, file: s.npz")
    assert [column.tolist() for column in vars(columns).values()] == [[0, 1], [2, 3], [4, -4], [0, 7]]


def big(folder: Path, p: float, seed: int, more: str = "") -> Any:
    text = (
        "s2studio: network/1\npopulations: {a: {size: 300, model: relay}, b: {size: 400, model: lif}}\nprojections:\n"
        f"  - {{pre: a, post: b, weights: {{rule: probability, p: {p}, weight: 2, seed: {seed}{more}}}}}\n"
    )
    return read(folder, text).spiking.projections[0].connectivity


@given(st.floats(0, 1), st.integers(0, 2**40))
def test_that_probability_joins_each_pair_at_most_once_and_about_as_often(
    tmp_path_factory: pytest.TempPathFactory, p: float, seed: int
) -> None:
    drawn = big(tmp_path_factory.mktemp("p"), p, seed)
    pairs = drawn.pre.astype(np.int64) * 400 + drawn.post

    assert len(np.unique(pairs)) == len(pairs)
    assert abs(len(pairs) - p * 120_000) <= 5 * (120_000 * p * (1 - p)) ** 0.5 + 1e-6
    assert all(
        column.min() >= 0 and column.max() < size
        for column, size in ((drawn.pre, 300), (drawn.post, 400))
        if len(pairs)
    )


def test_that_drawing_synapses_takes_little_memory_beside_the_10_bytes_of_each(tmp_path: Path) -> None:
    text = (
        "s2studio: network/1\npopulations: {a: {size: 5000, model: lif}}\nprojections:\n"
        "  - {pre: a, post: a, weights: {rule: probability, p: 0.1, weight: 2, autapses: false}}\n"
    )
    tracemalloc.start()
    try:
        synapses = weight_count(read(tmp_path, text).spiking.projections[0].connectivity)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert synapses > 2_000_000
    assert most < 16 * synapses


def test_that_the_same_seed_draws_the_same_and_another_seed_another_network(tmp_path: Path) -> None:
    first, again, other = (big(tmp_path, 0.1, seed) for seed in (1, 1, 2))

    np.testing.assert_array_equal(first.post, again.post)
    assert len(first.post) != len(other.post) or (first.post != other.post).any()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("s2studio: network/2\n", r"net\.yaml, line 1: 's2studio: network/2'"),
        ("s2studio: network/1\n", "'populations' is missing"),
        (HEAD + "  c: {size: 4, modle: lif}\n", r"line 5: unknown key 'modle'; did you mean 'model'"),
        (HEAD + "  c: {size: 4}\n", "line 5: key 'model' is missing"),
        (HEAD + "  c: {size: 0, model: lif}\n", "line 5: 'size' is 0, a whole number from 1"),
        (HEAD + "  c: {size: 1000000000000, model: lif}\n", "line 5: 'size' is 1000000000000"),
        (HEAD + "  c: {size: 2, model: lif, params: {threshold: [1, 2, 3]}}\n", "line 5: 'threshold' has 3 values"),
        (HEAD + "  c: {size: 2, model: lif, params: {threshold: .nan}}\n", "line 5: 'threshold' is nan"),
        (HEAD + "  c: {size: 2, model: lif, params: {threshold: 1e40}}\n", "line 5: 'threshold' is '1e40'"),
        (HEAD + "  c: {size: 2, model: lif, params: {v_init: {unifrom: [0, 1]}}}\n", "did you mean 'uniform'"),
        (HEAD + "  c: {size: 2, model: lif, params: {v_init: {uniform: [2, 1]}}}\n", "the second is too low"),
        (HEAD + "  c: {size: 2, model: lif, record: [spike]}\n", "'spike' is unknown; did you mean 'spikes'"),
        (HEAD + "outputs: [d]\n", "line 5: 'd' is unknown"),
        (HEAD + "dt: 0\n", "line 5: 'dt' is 0, a positive number"),
        (HEAD + "projections: {pre: a}\n", "line 5: 'projections' is no list"),
        (HEAD + "  a: {size: 4, model: lif}\n", "line 5"),
    ],
)
def test_that_a_malformed_document_is_refused_with_its_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(NetworkError, match=says):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ("weight: 3", "key 'rule' is missing"),
        ("rule: all_to_al, weight: 3", "'all_to_al' is unknown; did you mean 'all_to_all'"),
        ("rule: all_to_all", "key 'weight' is missing"),
        ("rule: all_to_all, weight: 1.5", "'weight' is 1.5, a whole number from -127"),
        ("rule: all_to_all, weight: 300", "'weight' is 300"),
        ("rule: all_to_all, weight: true", "'weight' is True"),
        ("rule: all_to_all, weight: 3, p: 1", "unknown key 'p'"),
        ("rule: probability, p: 1.5, weight: 1", "'p' is 1.5"),
        ("rule: list, connections: [[0, 1]]", "'connections' is malformed"),
        ("rule: list, connections: [[0, 9, 1]]", "post 9 in synapse 0, 0 to 3 are possible"),
        ("rule: list, connections: [[0, 1, 1], [-1, 1, 1]]", "pre -1 in synapse 1"),
        ("rule: list, connections: [[0, 1, 200]]", "weights that the chip cannot hold"),
        ("rule: npz, file: none.npz", "'none.npz' cannot be read"),
        ("rule: npz, file: ../net.npz", r"'\.\./net\.npz' leads out of the folder of this file"),
        ("rule: npz, file: w.npz", "no array '' in the file, there are one, two"),
        ("rule: npz, file: w.npz, key: one", r"'one' has the shape \(2, 2\), \(4, 4\) is expected"),
        ("rule: npz, file: w.npz, key: two", "weights that the chip cannot hold"),
    ],
)
def test_that_malformed_weights_are_refused_with_their_line(tmp_path: Path, weights: str, says: str) -> None:
    np.savez(tmp_path / "w.npz", one=np.zeros((2, 2)), two=np.full((4, 4), 0.5))
    with pytest.raises(NetworkError, match=rf"net\.yaml, line 6: {says}"):
        projection(tmp_path, weights)


def test_that_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", w=np.full((4, 4), print, dtype=object))
    with pytest.raises(NetworkError, match="cannot be read"):
        projection(tmp_path, "rule: npz, file: w.npz, key: w")


@given(st.text(max_size=200))
def test_that_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    with pytest.raises(NetworkError):
        read(tmp_path_factory.mktemp("text"), f"s2studio: network/1\n{text}\npopulations: 3\n")


def test_that_a_population_may_have_a_number_as_its_name(tmp_path: Path) -> None:
    text = "s2studio: network/1\npopulations: {1: {size: 3, model: relay}, 2: {size: 3, model: lif}}\noutputs: [2]\n"
    network = read(tmp_path, text + "projections: [{pre: 1, post: 2, weights: {rule: one_to_one, weight: 1}}]\n")

    assert [population.name for population in network.spiking.populations] == ["1", "2"]
    assert (network.spiking.projections[0].pre, network.spiking.outputs) == ("1", ("2",))


@pytest.mark.parametrize("value", ["{a: {size: *z, model: lif}}", "*z", "{a: {size: 1, model: lif, record: *z}}"])
def test_that_aliases_that_stand_for_too_much_are_refused_at_once(tmp_path: Path, value: str) -> None:
    more = "".join(
        f"  - &{name} [{', '.join([f'*{inner}'] * 10)}]\n" for inner, name in itertools.pairwise("abcdefghijz")
    )
    with pytest.raises(NetworkError, match="its aliases stand for more than 64 MiB"):
        read(tmp_path, f"s2studio: network/1\ndescription:\n  - &a [1, 2]\n{more}populations: {value}\n")


def test_that_an_error_does_not_repeat_a_long_value(tmp_path: Path) -> None:
    with pytest.raises(NetworkError) as refused:
        read(tmp_path, f"s2studio: network/1\npopulations: {{a: {{size: {[1] * 10_000}, model: lif}}}}\n")
    assert len(str(refused.value)) < 400
