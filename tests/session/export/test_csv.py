"""CSV exports: exact columns, RFC 4180, energies that add up, and folders that are never half written."""

from __future__ import annotations

import csv
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from s2studio.errors import Cancelled, SessionError, UsageError
from s2studio.session.export import Window, export
from s2studio.session.export.text import csv_rows, quoted
from s2studio.session.reader import Session, open_session
from s2studio.sim.energy import ENERGY_KINDS
from s2studio.sim.level import LevelPolicy
from tests.session.runs import SPEC, TICK_S, V_SCALE, record, whole_block

TICKS = 300
KINDS = (*ENERGY_KINDS, "total")
FILES = ["columns.csv", "links.csv", "pe.csv", "power.csv", "spikes.csv", "summary.json", "voltages.csv"]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def session(tmp_path: Path) -> Session:
    policy = LevelPolicy("auto", {"lif_no_delay": 2})
    return open_session(record(tmp_path / "run.s2s", whole_block(TICKS), policy=policy))


@pytest.fixture
def tables(session: Session, tmp_path: Path) -> Path:
    return export(session, tmp_path / "csv")


def test_that_the_files_and_their_columns_are_the_documented_ones(tables: Path) -> None:
    heads = {file.name: file.read_bytes().split(b"\r\n")[0].decode() for file in tables.glob("*.csv")}

    assert sorted(file.name for file in tables.iterdir()) == FILES
    assert heads == {
        "columns.csv": "table,column,unit,mark,meaning",
        "spikes.csv": "population,neuron,step",
        "voltages.csv": "population,neuron,step,v,v_chip",
        "pe.csv": "step,pe,packets,synaptic_events,neuron_updates,spikes,cycles,time_done_s,"
        "time_done_low_s,time_done_pessimistic_s,level,energy_j,energy_low_j,energy_high_j",
        "links.csv": "step,from,to,flits",
        "power.csv": ",".join(["step", *(f"{kind}{end}_w" for end in ("", "_low", "_high") for kind in KINDS)]),
    }


def test_that_every_column_says_how_sure_it_is_and_estimates_carry_their_band(tables: Path) -> None:
    marks = {(row["table"], row["column"]): row["mark"] for row in _rows(tables / "columns.csv")}
    rows = _rows(tables / "pe.csv")

    assert marks["spikes", "step"] == marks["pe", "synaptic_events"] == marks["links", "flits"] == "exact"
    assert {marks["pe", "cycles"], marks["pe", "time_done_s"], marks["power", "total_w"]} == {"estimate"}
    for row in rows:
        assert float(row["time_done_low_s"]) <= float(row["time_done_s"]) <= float(row["time_done_pessimistic_s"])
        assert float(row["energy_low_j"]) <= float(row["energy_j"]) <= float(row["energy_high_j"])
    for row in _rows(tables / "power.csv"):
        assert float(row["total_low_w"]) < float(row["total_w"]) < float(row["total_high_w"])
        for kind in KINDS:
            assert float(row[f"{kind}_low_w"]) <= float(row[f"{kind}_w"]) <= float(row[f"{kind}_high_w"])


def test_that_phases_are_written_where_asked_for_and_fill_each_tick(session: Session, tmp_path: Path) -> None:
    folder = export(session, tmp_path / "phases", channels=["phases"], window=Window(0.0, 3e-3))
    rows = _rows(folder / "phases.csv")
    spans: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in rows:
        spans.setdefault((row["step"], row["pe"]), []).append((float(row["start_s"]), float(row["stop_s"])))

    assert {row["phase"] for row in rows} <= {"switching", "packets", "synapses", "neurons", "recording", "asleep"}
    assert {row["level"] for row in rows} <= {"low", "high"}
    for found in spans.values():
        assert found[0][0] == 0.0
        assert all(one[1] == after[0] for one, after in pairwise(found))
        assert found[-1][1] == session.runs[0].tick_s


def test_that_lines_end_as_rfc_4180_says(tables: Path) -> None:
    for file in tables.glob("*.csv"):
        text = file.read_bytes()
        assert text.endswith(b"\r\n")
        assert text.count(b"\n") == text.count(b"\r\n")


def test_that_every_spike_is_there(tables: Path) -> None:
    spikes = whole_block(TICKS).spikes
    names = ("input", "output")

    assert [(row["population"], int(row["neuron"]), int(row["step"])) for row in _rows(tables / "spikes.csv")] == [
        (names[population], neuron, tick)
        for population, neuron, tick in zip(spikes.population, spikes.neuron, spikes.tick, strict=True)
    ]


def test_that_voltages_read_back_exactly_in_both_units(tables: Path) -> None:
    rows = _rows(tables / "voltages.csv")
    written = whole_block(TICKS).voltages["output"].reshape(-1)

    assert {row["population"] for row in rows} == {"output"}
    np.testing.assert_array_equal(np.array([row["v_chip"] for row in rows], np.float32), written)
    np.testing.assert_array_equal([float(row["v"]) for row in rows], written.astype(np.float64) / V_SCALE)
    assert [(int(row["step"]), int(row["neuron"])) for row in rows[7:9]] == [(0, 7), (1, 0)]


def test_that_every_usable_pe_has_a_row_for_every_tick(session: Session, tables: Path) -> None:
    rows = _rows(tables / "pe.csv")
    pes = [str(pe) for pe in session.machine.usable_pes]

    assert [row["pe"] for row in rows] == pes * TICKS
    assert [int(row["step"]) for row in rows[:: len(pes)]] == list(range(TICKS))
    used = [row for row in rows if row["pe"] == "PE(2, 4, 0)"]
    counts = whole_block(TICKS).counts
    assert [int(row["packets"]) for row in used] == counts.packets[0, :, 2].tolist()
    assert [row["level"] for row in used] == ["high" if waiting >= 2 else "low" for waiting in counts.packets[0, :, 2]]
    assert {row["neuron_updates"] for row in used} == {"4"}


def test_that_energy_of_pes_and_of_what_is_outside_them_is_the_total(tables: Path) -> None:
    energy = json.loads((tables / "summary.json").read_text())["energy_j"]
    of_pes = sum(float(row["energy_j"]) for row in _rows(tables / "pe.csv"))

    assert of_pes + energy["always_on"] + energy["noc"] + energy["router"] == pytest.approx(energy["total"], rel=1e-12)


def test_that_links_have_rows_where_there_is_traffic(tables: Path) -> None:
    sent = whole_block(TICKS).counts.spikes[0, :, 0]
    rows = [row for row in _rows(tables / "links.csv") if (row["from"], row["to"]) == ("ROUTER", "QPE(3, 4)")]

    assert [(int(row["step"]), int(row["flits"])) for row in rows] == [
        (tick, sent[tick]) for tick in range(TICKS) if sent[tick]
    ]


def test_that_the_summary_is_the_one_of_the_run(session: Session, tables: Path) -> None:
    assert json.loads((tables / "summary.json").read_text()) == session.runs[0].summary()


def test_that_a_window_holds_its_ticks_and_energies_that_add_up(session: Session, tmp_path: Path) -> None:
    tables = export(session, tmp_path / "part", window=Window(100 * TICK_S, 0.2))
    energy = json.loads((tables / "summary.json").read_text())["energy_j"]
    of_pes = sum(float(row["energy_j"]) for row in _rows(tables / "pe.csv"))

    for name in ("spikes.csv", "voltages.csv", "pe.csv", "links.csv"):
        steps = {int(row["step"]) for row in _rows(tables / name)}
        assert (min(steps), max(steps)) == (100, 199)
    assert of_pes + energy["always_on"] + energy["noc"] + energy["router"] == pytest.approx(energy["total"], rel=1e-12)


@pytest.mark.parametrize("window", [Window(1.0), Window(0.1, 0.1), Window(0.2, 0.1), Window(-1.0), Window(None, 0.0)])
def test_that_a_window_without_ticks_is_wrong_usage(session: Session, window: Window, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="window from"):
        export(session, tmp_path / "part", window=window)
    assert not (tmp_path / "part").exists()


def test_that_a_batch_has_a_column_for_the_sample(tmp_path: Path) -> None:
    block = whole_block(20, samples=2)
    tables = export(record(tmp_path / "run.s2s", block), tmp_path / "csv")
    spikes, pes = _rows(tables / "spikes.csv"), _rows(tables / "pe.csv")
    summary = json.loads((tables / "summary.json").read_text())

    assert len(spikes) == len(block.spikes.tick)
    assert sum(row["sample"] == "1" for row in spikes) == (block.spikes.sample == 1).sum()
    assert len(pes) == 2 * 20 * 148
    assert sum(float(row["energy_j"]) for row in pes) == pytest.approx(
        sum(summary["energy_j"][kind] for kind in ("asleep", "neurons", "synapses", "packets", "recording"))
    )
    assert len(_rows(tables / "voltages.csv")) == 2 * 20 * 8


def test_that_a_folder_with_files_is_refused_and_overwrite_leaves_strangers_alone(
    session: Session, tables: Path
) -> None:
    (tables / "notes.txt").write_text("mine")
    (tables / "pe.csv").write_text("old")
    with pytest.raises(SessionError, match="has files in it"):
        export(session, tables)
    assert (tables / "pe.csv").read_text() == "old"

    export(session, tables, overwrite=True)
    assert sorted(file.name for file in tables.iterdir()) == sorted([*FILES, "notes.txt"])
    assert len(_rows(tables / "pe.csv")) == TICKS * 148


@pytest.mark.parametrize("exists", [False, True])
def test_that_a_cancelled_export_leaves_nothing(session: Session, tmp_path: Path, exists: bool) -> None:
    if exists:
        (tmp_path / "csv").mkdir()
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        if done > total / 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        export(session, tmp_path / "csv", progress=progress)
    assert (tmp_path / "csv").exists() == exists
    assert not list((tmp_path / "csv").glob("*"))
    assert all(0 <= done <= total for done, total in told)


def test_that_an_unknown_format_names_the_nearest(session: Session, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'csv'"):
        export(session, tmp_path / "csv", "cvs")


def test_that_a_file_in_the_way_is_a_clear_error(session: Session, tmp_path: Path) -> None:
    (tmp_path / "csv").write_text("")
    with pytest.raises(SessionError, match="is a file"):
        export(session, tmp_path / "csv")
    with pytest.raises(SessionError, match="Not a directory"):
        export(session, tmp_path / "csv/inside")


def test_that_any_text_and_number_reads_back() -> None:
    names = ['a, "b"', "new\r\nline", "plain", ""]
    numbers = np.array([1e-300, 1 / 3, -0.0, 12345678901234567.0])
    text = csv_rows([(quoted(names), np.arange(4)), numbers, np.arange(4)]).decode()
    read = list(csv.reader(text.splitlines(keepends=True)))

    assert [row[0] for row in read] == names
    np.testing.assert_array_equal([float(row[1]) for row in read], numbers)


def test_that_sleeping_pes_are_at_the_sleep_level(tables: Path) -> None:
    unused = [row for row in _rows(tables / "pe.csv") if row["pe"] == "PE(1, 1, 0)"]

    assert {(row["level"], row["cycles"], row["neuron_updates"]) for row in unused} == {(SPEC.sleep_level, "0", "0")}
