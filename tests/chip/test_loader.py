"""What the chip loader refuses, and what a chip file of one's own can say."""

from __future__ import annotations

from pathlib import Path

import pytest

from s2studio.chip.loader import load_chip, make_machine
from s2studio.errors import ChipError, UsageError
from s2studio.resources import resource_path

HEAD = "s2studio: chip/1\nextends: spinnaker2\nname: mine\nsources: {me: my own guess}\n"


def _chip(folder: Path, text: str, head: str = HEAD) -> Path:
    path = folder / "mine.yaml"
    path.write_text(head + text, encoding="utf-8")
    return path


def _edited(folder: Path, old: str, new: str) -> Path:
    text = resource_path("chips", "spinnaker2.yaml").read_text(encoding="utf-8")
    assert old in text
    return _chip(folder, text.replace(old, new, 1), head="")


def _refusal(path: Path | str) -> str:
    with pytest.raises(ChipError) as refused:
        load_chip(path)
    return str(refused.value)


def test_that_a_file_overrides_only_the_leaves_it_holds(tmp_path: Path) -> None:
    mine = load_chip(_chip(tmp_path, "energy:\n  flit_hop: {value: 35, unit: pJ, source: me, mark: estimate}\n"))
    published = load_chip()

    assert mine.energy.flit_hop_j == 35e-12
    assert mine.energy.router_lookup_j == published.energy.router_lookup_j
    assert mine.quantities["energy.flit_hop"].source == "me"
    assert mine.digest != published.digest


def test_that_a_changed_note_keeps_the_digest(tmp_path: Path) -> None:
    edited = load_chip(_edited(tmp_path, "note: waiting for interrupt", "note: WFI"))

    assert edited.digest == load_chip().digest


def test_that_a_level_of_ones_own_can_be_added(tmp_path: Path) -> None:
    rows = {
        "voltage": (0.6, "V"),
        "clock": (200, "MHz"),
        "asleep": (1.5, "mW"),
        "arm_busy": (3.5, "mW"),
        "mla_busy": (7, "mW"),
        "cycle_above_sleep": (10, "pJ"),
        "mac_above_sleep": (0.6, "pJ"),
    }
    leaves = "".join(
        f"    {key}: {{value: {value}, unit: {unit}, source: me, mark: estimate}}\n"
        for key, (value, unit) in rows.items()
    )
    mine = load_chip(_chip(tmp_path, f"levels:\n  middle:\n{leaves}"))

    assert tuple(mine.levels) == ("low", "high", "middle")
    assert mine.levels["middle"].clock_hz == 200e6


def test_that_a_bare_off_is_the_word_off(tmp_path: Path) -> None:
    """YAML reads it as false."""
    path = tmp_path / "mine.yaml"
    path.write_text(
        "s2studio: chip/1\nextends: spinnaker2\nname: mine\nsources: {me: measured}\n"
        "settings: {unused_pes: {value: off, unit: asleep or off, source: me, mark: estimate}}\n"
    )

    assert load_chip(path).unused_pes == "off"


def test_that_other_reserved_pes_are_a_setting(tmp_path: Path) -> None:
    reserved = "reserved: {value: [[1, 1, 0], [1, 1, 1], [2, 1, 0], [7, 6, 3]], unit: PE, source: me, mark: estimate}"
    mine = make_machine(load_chip(_chip(tmp_path, f"runtimes:\n  py-spinnaker2:\n    {reserved}\n")))

    assert len(mine.usable_pes) == 148
    assert {str(pe) for pe in mine.reserved_pes} == {"PE(1, 1, 0)", "PE(1, 1, 1)", "PE(2, 1, 0)", "PE(7, 6, 3)"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "energy:\n  flit_hopp: {value: 1, unit: pJ, source: me, mark: estimate}\n",
            ("flit_hopp", "'energy.flit_hop'"),
        ),
        ("energy:\n  flit_hop: 20\n", ("energy.flit_hop", "line 6", "is 20")),
        ("energy:\n  flit_hop: {value: 1, source: me, mark: estimate}\n", ("energy.flit_hop", "no unit")),
        ("energy:\n  flit_hop: {value: 1, unit: pJ, mark: estimate}\n", ("energy.flit_hop", "no source")),
        ("energy:\n  flit_hop: {value: 1, unit: pJ, source: me}\n", ("energy.flit_hop", "no mark")),
        ("energy:\n  flit_hop: {unit: pJ, source: me, mark: estimate}\n", ("energy.flit_hop", "no value")),
        ("energy:\n  flit_hop: {value: 1, unit: pJ, source: me, mark: estimat}\n", ("estimat", "'estimate'")),
        ("energy:\n  flit_hop: {value: 1, unit: pJ, source: you, mark: estimate}\n", ("'you'", "'sources'")),
        ("energy:\n  flit_hop: {value: 1, units: pJ, source: me, mark: estimate}\n", ("'units'", "'unit'")),
        ("energy:\n  flit_hop: {value: 1, unit: pW, source: me, mark: estimate}\n", ("'pW'", "J")),
        ("energy:\n  flit_hop: {value: -1, unit: pJ, source: me, mark: estimate}\n", ("-1", "at least 0")),
        ("energy:\n  flit_hop: {value: .nan, unit: pJ, source: me, mark: estimate}\n", ("energy.flit_hop", "number")),
        ("energy:\n  flit_hop: {value: true, unit: pJ, source: me, mark: estimate}\n", ("energy.flit_hop", "number")),
        (
            "energy:\n  flit_hop: {value: 1, unit: pJ, source: me, mark: estimate, range: [2, 1]}\n",
            ("energy.flit_hop", "range"),
        ),
        ("fifo:\n  depth: {value: 1.5, unit: packets, source: me, mark: estimate}\n", ("fifo.depth", "whole number")),
        ("fifo:\n  depht: null\n", ("fifo.depht", "'fifo.depth'")),
        ("fifo: null\n", ("fifo.depth", "is missing")),
        ("settings:\n  sleep_level: {value: lo, unit: level, source: me, mark: estimate}\n", ("'lo'", "'low'")),
        ("settings:\n  hole_crossing: {value: fly, unit: x, source: me, mark: estimate}\n", ("'fly'", "pass")),
        ("mesh:\n  columns: {value: 8, unit: QPEs, source: me, mark: estimate}\n", ("(8, 1)", "8 x 6")),
        (
            "mesh:\n  router_cells: {value: [[4, 3, 1]], unit: cells, source: me, mark: estimate}\n",
            ("mesh.router_cells", "2 whole numbers"),
        ),
        (
            "runtimes:\n  py-spinnaker2:\n    reserved: {value: [[4, 4, 0]], unit: PE, source: me, mark: estimate}\n",
            ("reserved", "(4, 4, 0)", "no such PE"),
        ),
        (
            "runtimes:\n  py-spinnaker2:\n    reserved: {value: [[1, 1, 0]], unit: PE, source: me, mark: estimate}\n",
            ("runtimes.py-spinnaker2.usable_pes", "148", "151"),
        ),
        ("default_runtime: py-spinnaker\n", ("'py-spinnaker'", "'py-spinnaker2'")),
        ("levels: {low: {clock: [1, 2]}}\n", ("levels.low.clock", "line 5")),
    ],
)
def test_that_a_wrong_file_is_refused_with_key_and_remedy(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    message = _refusal(_chip(tmp_path, text))

    assert all(part in message for part in parts), message


def test_that_a_missing_number_is_named(tmp_path: Path) -> None:
    message = _refusal(_edited(tmp_path, "  log_bytes:", "  logs_bytes:"))

    assert "memory.log_bytes" in message


@pytest.mark.parametrize("name", ["", "name: spinnaker2\n"])
def test_that_changed_numbers_need_a_name_of_their_own(tmp_path: Path, name: str) -> None:
    message = _refusal(_chip(tmp_path, "", head=f"s2studio: chip/1\nextends: spinnaker2\n{name}"))

    assert "'name' in mine.yaml" in message


def test_that_a_file_cannot_extend_itself(tmp_path: Path) -> None:
    message = _refusal(_chip(tmp_path, "", head="s2studio: chip/1\nextends: mine.yaml\n"))

    assert "leads back" in message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1, 2]",
        "s2studio: network/1\n",
        "s2studio: chip/1\n",
        "s2studio: chip/1\nname: {\n",
        "s2studio: chip/1\nsources: 3\n",
        HEAD + "a: {b: {c: {d: {e: {f: {g: {h: {i: {}}}}}}}}}\n",
        HEAD + "a: &a {b: *a}\n",
        HEAD + "? [1, 2]\n: 3\n",
        HEAD + "energy: !!python/object/apply:os.system [id]\n",
    ],
)
def test_that_a_file_that_is_no_chip_is_refused(tmp_path: Path, text: str) -> None:
    assert "mine.yaml" in _refusal(_chip(tmp_path, text, head=""))


def test_that_aliases_cannot_blow_up_memory(tmp_path: Path) -> None:
    wide = ["a0: &a0 {" + ", ".join(f"k{i}: {{x: {{value: 1}}}}" for i in range(50)) + "}"]
    wide += [f"a{n}: &a{n} {{" + ", ".join(f"k{i}: *a{n - 1}" for i in range(50)) + "}" for n in range(1, 5)]

    assert "its aliases stand for more than 64 MiB" in _refusal(_chip(tmp_path, "\n".join(wide)))


def test_that_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "nowhere.yaml" in _refusal(tmp_path / "nowhere.yaml")


def test_that_a_misspelt_chip_names_the_nearest() -> None:
    assert "'spinnaker2'" in _refusal("spinaker2")


def test_that_a_misspelt_runtime_names_the_nearest() -> None:
    with pytest.raises(UsageError, match="'py-spinnaker2'"):
        make_machine(load_chip(), "pyspinnaker2")
