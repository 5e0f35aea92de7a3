from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s2studio.chip.loader import load_chip, make_machine
from s2studio.chip.machine import PE, Machine
from s2studio.errors import MappingError
from s2studio.mapping.file import read_mapping, write_mapping
from s2studio.mapping.map import map_network
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions
from s2studio.snn.network import ChipNetwork
from tests.mapping.networks import all_to_all, demands, few_slices, image_network, networks

NETWORK = all_to_all(30, 20)
OPTIONS = MappingOptions(
    routing="c2c", seed=5, neurons_per_pe={"hidden": 10, "input": 10}, forbidden=frozenset({PE(0, 0, 7, 6, 1)})
)
in_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def mapping(machine: Machine) -> ChipMapping:
    return map_network(NETWORK, machine, OPTIONS, Demand(1))


@pytest.fixture
def file(mapping: ChipMapping, tmp_path: Path) -> Path:
    path = tmp_path / "mapping.yaml"
    write_mapping(mapping, path)
    return path


Edit = Callable[[str, str], ChipMapping]


@pytest.fixture
def edited(file: Path, machine: Machine) -> Edit:
    """Return a function that replaces `old` in the file by `new` and reads it."""

    def edit(old: str, new: str) -> ChipMapping:
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        return read_mapping(file, NETWORK, machine, Demand(1))

    return edit


def row(mapping: ChipMapping, index: int) -> str:
    piece = mapping.slices[index]
    return f"{{population: {piece.population}, start: {piece.start}, stop: {piece.stop}, pe: '{piece.pe}'}}"


def line_of(file: Path, text: str) -> int:
    return next(n for n, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if text in line)


# -- round trip


@in_folder
@given(data=st.data(), network=networks())
def test_that_a_mapping_reads_back_identical(
    machine: Machine, tmp_path: Path, data: st.DataObject, network: ChipNetwork
) -> None:
    options = MappingOptions(
        routing=data.draw(st.sampled_from(["mc", "c2c"])),
        seed=data.draw(st.integers(0, 2**63)),
        neurons_per_pe=data.draw(few_slices(network)),
        forbidden=frozenset(data.draw(st.sets(st.sampled_from(machine.pes), max_size=9))),
    )
    demand = data.draw(demands(network))
    mapping = map_network(network, machine, options, demand)
    path = tmp_path / "mapping.yaml"
    write_mapping(mapping, path)

    assert read_mapping(path, network, machine, demand) == mapping


def test_that_a_mapping_of_an_image_reads_back_identical(machine: Machine, tmp_path: Path) -> None:
    network = image_network((4, 20, 20), channels=2)
    mapping = map_network(network, machine, MappingOptions(), Demand(1))
    write_mapping(mapping, tmp_path / "m.yaml")

    assert read_mapping(tmp_path / "m.yaml", network, machine, Demand(1)) == mapping


@pytest.mark.parametrize("name", ["3", "null", "1e3", "yes", "a: b", "- x", "schön {1}, 'q'", "x" * 300, "#", "&a"])
def test_that_any_population_name_reads_back(machine: Machine, tmp_path: Path, name: str) -> None:
    source, hidden = NETWORK.spiking.populations
    (projection,) = NETWORK.spiking.projections
    part = replace(
        NETWORK.spiking,
        populations=(source, replace(hidden, name=name)),
        projections=(replace(projection, post=name),),
        outputs=(name,),
    )
    network = replace(NETWORK, name=name, spiking=part)
    mapping = map_network(network, machine, MappingOptions(neurons_per_pe={name: 4}), Demand(1))
    write_mapping(mapping, tmp_path / "m.yaml")

    assert read_mapping(tmp_path / "m.yaml", network, machine, Demand(1)) == mapping


def test_that_the_same_mapping_writes_the_same_bytes(machine: Machine, mapping: ChipMapping, file: Path) -> None:
    first = file.read_bytes()
    write_mapping(read_mapping(file, NETWORK, machine, Demand(1)), file)

    assert file.read_bytes() == first


def test_that_each_slice_is_one_line_below_a_header_in_words(mapping: ChipMapping, file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()

    assert lines[0] == "s2studio: mapping/1"
    assert {"network: chain", "chip: spinnaker2", "runtime: py-spinnaker2", "routing: c2c", "seed: 5"} <= set(lines)
    assert "neurons_per_pe: {hidden: 10, input: 10}" in lines
    assert "forbid: ['PE(7, 6, 1)']" in lines or 'forbid: ["PE(7, 6, 1)"]' in lines
    assert lines[-5:] == [f"- {row(mapping, index)}" for index in range(5)]


def test_that_memory_follows_the_run_and_not_the_file(machine: Machine, file: Path) -> None:
    demand = Demand(100, {"hidden": frozenset({"v"})})

    assert read_mapping(file, NETWORK, machine, demand) == map_network(NETWORK, machine, OPTIONS, demand)


# -- edits by hand


def test_that_a_slice_moves_to_the_pe_that_its_line_says(edited: Edit, mapping: ChipMapping) -> None:
    moved = edited(row(mapping, 4), row(mapping, 4).replace(str(mapping.slices[4].pe), "PE( 1,1 , 3 )"))

    assert moved.slices[4].pe == PE(0, 0, 1, 1, 3)
    assert [piece.pe for piece in moved.slices[:4]] == [piece.pe for piece in mapping.slices[:4]]
    assert moved.routes[4] == mapping.routes[4]
    assert moved.routes[0].packets == 2


def test_that_a_slice_splits_in_two_and_lines_may_change_places(edited: Edit, mapping: ChipMapping) -> None:
    last = row(mapping, 4)
    halves = (
        "{population: hidden, start: 15, stop: 20, pe: 'PE(1, 1, 0)'}\n"
        "- {population: hidden, start: 10, stop: 15, pe: 'PE(1, 1, 1)'}"
    )
    split = edited(last, halves)

    found = [(piece.start, piece.stop, str(piece.pe)) for piece in split.slices if piece.population == "hidden"]
    assert found[1:] == [(10, 15, "PE(1, 1, 1)"), (15, 20, "PE(1, 1, 0)")]
    assert split.routes[0].targets == (3, 4, 5)


# -- refusals


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed: 5", "sead: 5", "unknown key 'sead'; did you mean 'seed'?"),
        ("seed: 5\n", "", "key 'seed' is missing"),
        ("seed: 5", "seed: five", "'seed' is 'five', a whole number of at least 0"),
        ("seed: 5", "seed: true", "'seed' is True, a whole number of at least 0"),
        ("seed: 5", "seed: 5\nseed: 6", "key 'seed' stands twice"),
        ("routing: c2c", "routing: c2", "no routing 'c2'; did you mean 'c2c'?"),
        ("routing: c2c", "routing: [c2c]", "no routing '['c2c']'"),
        ("placer: sequential", "placer: random", "no placer 'random'"),
        ("hidden: 10, input", "hiden: 10, input", "no population 'hiden'; did you mean 'hidden'?"),
        ("hidden: 10, input", "hidden: 0, input", "'hidden' is 0, a whole number of at least 1"),
        ("forbid: [", "forbid: [PE(1), ", "PE name 'PE(1)', not understood; write it as 'PE(1, 1, 0)'"),
        ("forbid: ['PE(7, 6, 1)']", "forbid: all", "'forbid' is 'all', a list of PEs is expected"),
        ("stop: 10, pe", "stop: 10, core: 1, pe", "unknown key 'core'"),
        ("stop: 10, pe", "pe", "key 'stop' is missing"),
        ("start: 0", "start: -1", "'start' is -1, a whole number of at least 0"),
        ("start: 10", "start: 20", "'stop' is 20, a whole number of at least 21"),
        ("start: 0", "start: 0.0", "'start' is 0.0"),
        ("population: hidden", "population: hidde", "no population 'hidde'; did you mean 'hidden'?"),
        ("population: hidden", "population: [hidden]", "no population '['hidden']'"),
        ("pe: 'PE(", "pe: 'QPE(", "not understood; write it as 'PE(1, 1, 0)'"),
        ("- {population", "- 3\n- {population", "slice 3, {population, start, stop, pe} is expected"),
        ("mapping/1", "mapping/2", "'s2studio: mapping/1' is expected in the first line"),
        ("slices:", "slices: {}\nx:", "unknown key 'x'"),
        ("seed: 5", "seed: [5", "not valid YAML"),
        ("seed: 5", "seed: 2020-99-99", "not valid YAML"),
        ("seed: 5", f"seed: {'9' * 5000}", "not valid YAML"),
        ("pe: 'PE(7", f"pe: 'PE({'9' * 5000}", "not understood"),
    ],
)
def test_that_a_malformed_file_is_refused_in_words(edited: Edit, old: str, new: str, message: str) -> None:
    with pytest.raises(MappingError) as refused:
        edited(old, new)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [("seed: 5", "seed: five"), ("start: 10", "start: ten"), ("population: hidden", "population: nobody")],
)
def test_that_a_refusal_names_the_line(edited: Edit, file: Path, old: str, new: str) -> None:
    line = line_of(file, old)

    with pytest.raises(MappingError, match=rf"^mapping\.yaml, line {line}: "):
        edited(old, new)


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        ("start: 10, stop: 20, pe", "start: 11, stop: 20, pe", ["neuron 10 on no PE"]),
        ("start: 0, stop: 10, pe", "start: 0, stop: 12, pe", ["neurons 10 to 11 in two slices"]),
        ("start: 20, stop: 30", "start: 20, stop: 31", ["neuron 30 not in the population, which ends at 29"]),
        ("start: 20, stop: 30", f"start: 20, stop: {10**30}", ["not in the population"]),
        ("{population: input, start: 0", "{population: hidden, start: 0", ["neurons 0 to 9 on no PE", "in two slices"]),
        ("pe: 'PE(7, 6, 0)'", "pe: 'PE(7, 6, 1)'", ["it is forbidden"]),
        ("pe: 'PE(7, 6, 0)'", "pe: 'PE(7, 6, 2)'", ["it already holds neurons"]),
        ("pe: 'PE(7, 6, 0)'", "pe: 'PE(9, 9, 0)'", ["the machine has no such PE"]),
    ],
)
def test_that_an_edit_that_breaks_a_limit_is_a_violation(edited: Edit, old: str, new: str, messages: list[str]) -> None:
    with pytest.raises(MappingError) as refused:
        edited(old, new)
    remedies = " / ".join(violation.remedy for violation in refused.value.violations)
    assert all(message in remedies for message in messages)


def test_that_a_slice_on_a_reserved_pe_is_a_violation(edited: Edit, mapping: ChipMapping, machine: Machine) -> None:
    reserved = min(machine.reserved_pes)

    with pytest.raises(MappingError, match="runtime 'py-spinnaker2' reserves it"):
        edited(str(mapping.slices[0].pe), str(reserved))


def test_that_slices_merged_beyond_the_limit_are_a_violation(machine: Machine, tmp_path: Path) -> None:
    network = all_to_all(1, 300)
    mapping = map_network(network, machine, MappingOptions(), Demand(1))
    path = tmp_path / "m.yaml"
    write_mapping(mapping, path)
    text = path.read_text(encoding="utf-8").replace(f"- {row(mapping, 2)}\n", "").replace("stop: 150", "stop: 300")
    path.write_text(text, encoding="utf-8")

    with pytest.raises(MappingError, match=r"slice 1 of 1 on PE\(7, 6, \d\): 300 targets needed, 256 are free"):
        read_mapping(path, network, machine, Demand(1))


def test_that_a_run_that_does_not_fit_the_file_is_refused(machine: Machine, file: Path) -> None:
    with pytest.raises(MappingError, match="record needs"):
        read_mapping(file, NETWORK, machine, Demand(100_000, {"hidden": frozenset({"v"})}))


def test_that_a_mapping_of_another_network_is_refused(machine: Machine, file: Path) -> None:
    with pytest.raises(MappingError, match=r"line \d+: made for network 'chain', network_digest is \w{64}, not \w{64}"):
        read_mapping(file, all_to_all(30, 21), machine, Demand(1))
    other = replace(all_to_all(30, 21), name="other")
    with pytest.raises(MappingError, match="made for network 'chain', this is network 'other'; map again"):
        read_mapping(file, other, machine, Demand(1))


def test_that_a_mapping_for_another_chip_or_runtime_is_refused(machine: Machine, file: Path) -> None:
    with pytest.raises(MappingError, match="made for chip 'spinnaker2', this is chip 'benchmark'"):
        read_mapping(file, NETWORK, make_machine(load_chip("benchmark")), Demand(1))
    with pytest.raises(MappingError, match="made for runtime 'py-spinnaker2', this is runtime 'custom'"):
        read_mapping(file, NETWORK, make_machine(load_chip(), "custom"), Demand(1))
    changed = replace(machine, spec=replace(machine.spec, digest="0" * 64))
    with pytest.raises(MappingError, match="made for chip 'spinnaker2', chip_digest is"):
        read_mapping(file, NETWORK, changed, Demand(1))


@in_folder
@given(at=st.integers(0, 2_000), cut=st.integers(0, 30), junk=st.binary(max_size=8))
def test_that_a_damaged_file_is_read_or_refused(
    machine: Machine, mapping: ChipMapping, file: Path, at: int, cut: int, junk: bytes
) -> None:
    write_mapping(mapping, file)
    text = file.read_bytes()
    at %= len(text)
    file.write_bytes(text[:at] + junk + text[at + cut :])
    try:
        found = read_mapping(file, NETWORK, machine, Demand(1))
    except MappingError:
        return
    assert sum(piece.size for piece in found.slices) == 50


# -- writing


def test_that_a_file_that_cannot_be_written_is_refused_and_leaves_nothing(mapping: ChipMapping, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "missing" / "m.yaml"):
        with pytest.raises(MappingError) as refused:
            write_mapping(mapping, path)
        assert str(path) in str(refused.value)

    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_that_a_write_that_fails_keeps_the_old_file(
    mapping: ChipMapping, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = file.read_bytes()

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(MappingError, match="No space left on device"):
        write_mapping(replace(mapping, network="new"), file)

    assert file.read_bytes() == old
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_that_a_file_that_is_not_there_is_refused(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="No such file"):
        read_mapping(tmp_path / "none.yaml", NETWORK, machine, Demand(1))
