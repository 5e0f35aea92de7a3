from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2studio.analysis.compare import compare_runs
from s2studio.app.measured import import_for_session
from s2studio.errors import SessionError
from s2studio.session.export import export
from s2studio.session.reader import open_session
from s2studio.session.results_file import read_results
from s2studio.session.run import Run
from s2studio.session.tables import N_PACKETS, TIME_DONE
from tests.session.board_results import Arrays, results_of, write_results
from tests.session.runs import record, whole_block

STEPS = 40


@pytest.fixture
def simulated(tmp_path: Path) -> Run:
    return open_session(record(tmp_path / "sim.s2s", whole_block(STEPS))).run()


def imported(simulated: Run, arrays: Arrays, tmp_path: Path) -> Run:
    file = write_results(tmp_path / "results.npz", arrays)
    return open_session(import_for_session([file], simulated.session, tmp_path / "board.s2s", overwrite=True)).run()


def test_that_a_board_that_does_as_simulated_compares_equal(simulated: Run, tmp_path: Path) -> None:
    board = imported(simulated, results_of(simulated), tmp_path)
    comparison = compare_runs(simulated, board)

    assert (comparison.a.origin, comparison.b.origin) == ("simulated", "measured")
    assert comparison.spikes_equal is True
    assert comparison.populations[1].first_voltage is None
    for row in comparison.pes:
        assert row.time_done_max_a_s == row.time_done_max_b_s
        assert row.time_done_mean_a_s == pytest.approx(row.time_done_mean_b_s)
        assert row.packets_a == row.packets_b
    numbers = {number.key: number for number in comparison.numbers}
    assert numbers["packets_received"].change == 0
    assert numbers["time_done_max_s"].change == 0
    assert numbers["power_mean_w"].b == pytest.approx(0.3)


def test_that_everything_says_that_it_was_measured(simulated: Run, tmp_path: Path) -> None:
    board = imported(simulated, results_of(simulated), tmp_path)
    manifest = json.loads((board.session / "manifest.json").read_text())
    summary = board.summary()

    assert manifest["origin"] == "measured"
    assert board.about.origin == summary["origin"] == "measured"
    assert "Measured on a board" in summary["estimates"]
    assert "energy_dynamic_j" not in summary
    assert [entry["role"] for entry in manifest["inputs"]] == ["results"]
    with pytest.raises(SessionError, match="a board returns no counts"):
        board.counts()
    with pytest.raises(SessionError, match="a board returns no counts"):
        export(board.session, tmp_path / "csv", channels=["pe"])
    assert not (tmp_path / "csv").exists()
    export(board.session, tmp_path / "csv")
    assert sorted(path.name for path in (tmp_path / "csv").iterdir()) == [
        *("columns.csv", "spikes.csv", "summary.json", "voltages.csv"),
    ]
    open_session(board.session).verify()


def test_that_the_first_tick_and_neuron_that_differ_are_found(simulated: Run, tmp_path: Path) -> None:
    arrays = results_of(simulated)
    kept = arrays["1.spikes"][:, 0] < 12
    arrays["1.spikes"] = np.concatenate([arrays["1.spikes"][kept], [[17, 3]]])
    row = compare_runs(simulated, imported(simulated, arrays, tmp_path)).populations[1]

    spikes = results_of(simulated)["1.spikes"]
    later = spikes[spikes[:, 0] >= 12]
    assert row.spikes is not None
    assert row.spikes.first is not None
    assert (row.spikes.first.tick, row.spikes.first.neuron) == tuple(later[np.lexsort((later[:, 1], later[:, 0]))][0])


def test_that_what_was_not_recorded_is_unknown_not_zero(simulated: Run, tmp_path: Path) -> None:
    arrays = results_of(simulated)
    for name in ("0.spikes", "n_packets", "power", "1.v"):
        del arrays[name]
    arrays["time_done_s"], arrays["time_done_s_pes"] = arrays["time_done_s"][:, :1], arrays["time_done_s_pes"][:1]
    board = imported(simulated, arrays, tmp_path)
    summary = board.summary()

    assert [row["spikes"] is None for row in summary["populations"]] == [True, False]
    assert summary["packets_received"] is summary["power_mean_w"] is summary["energy_j"]["total"] is None
    assert summary["pes_with_time_done"] == 1
    assert (len(board.measured(TIME_DONE)), len(board.measured(N_PACKETS))) == (1, 0)
    comparison = compare_runs(simulated, board)
    assert any("time_done of 1 of 3 PEs" in note for note in comparison.notes)
    rows = comparison.populations
    assert (rows[0].spikes, rows[1].largest_v) == (None, None)


def test_that_csv_tables_hold_the_same(simulated: Run, tmp_path: Path) -> None:
    export(simulated.session, tmp_path / "csv")
    files = [tmp_path / "csv" / name for name in ("spikes.csv", "voltages.csv")]
    arrays = results_of(simulated)
    lines = ["pe,step,time_done_s,packets"]
    for column, pe in enumerate(arrays["time_done_s_pes"].tolist()):
        done, packets = arrays["time_done_s"][:, column].tolist(), arrays["n_packets"][:, column].tolist()
        lines += [f'"{pe}",{step},{done[step]!r},{packets[step]}' for step in range(STEPS)]
    (tmp_path / "pes.csv").write_text("\n".join(lines))
    (tmp_path / "power.csv").write_text("time_s,power_w\n0,0.2\n0.02,0.4\n")
    files += [tmp_path / "pes.csv", tmp_path / "power.csv"]
    board = open_session(import_for_session(files, simulated.session, tmp_path / "csv.s2s")).run()
    archive = imported(simulated, arrays, tmp_path)

    assert board.content == archive.content


def flat(values: Any, **changes: Any) -> Any:
    return np.array(values, **changes)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"network_digest": flat("0" * 64)}, "another network"),
        ({"steps": flat(-1)}, "ticks of"),
        ({"steps": flat(2**31)}, "ticks of"),
        ({"tick_s": flat(np.nan)}, "ticks of"),
        ({"populations": flat(["input", "outpt"])}, "did you mean 'output'"),
        ({"1.spikes": flat([[STEPS, 0]])}, "tick 40"),
        ({"1.spikes": flat([[0, 8]])}, "neuron 8"),
        ({"1.spikes": flat([[0, -1]])}, "neuron -1"),
        ({"1.spikes": flat([[0.5, 0]])}, "whole numbers"),
        ({"1.spikes": flat([0, 1])}, "no table"),
        ({"1.v": np.zeros((STEPS, 7))}, "voltages of 'output'"),
        ({"1.v": np.full((STEPS, 8), np.inf)}, "finite"),
        ({"time_done_s_pes": flat(["PE(9, 9, 0)"] * 3)}, "no PE of chip"),
        ({"time_done_s_pes": flat(["PE"] * 3)}, "not understood"),
        ({"time_done_s_pes": flat(["PE(1, 1, 0)"])}, "3 columns for 1 PEs"),
        ({"time_done_s": -np.ones((STEPS, 3))}, "at least 0"),
        ({"n_packets": np.ones((STEPS - 1, 3))}, "39 values"),
        ({"power": flat([[1.0, 0.1], [0.5, 0.1]])}, "ascending"),
        ({"s2studio": flat("results/2")}, "results/1"),
        ({"s2studio": flat([object()], dtype=object)}, "holds no results"),
    ],
)
def test_that_what_does_not_fit_is_refused(simulated: Run, tmp_path: Path, changes: dict[str, Any], found: str) -> None:
    with pytest.raises(SessionError, match=found):
        imported(simulated, results_of(simulated) | changes, tmp_path)
    assert not (tmp_path / "board.s2s").exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a,b\n1,2\n", "known are"),
        ("population,neuron,step\noutput,0\n", "line 2"),
        ("population,neuron,step\noutput,0,1\noutput,x,1\n", "line 3: neuron is 'x'"),
        ("population,neuron,step\noutput,0,-1\n", "line 2: step"),
        ('pe,step,packets\n"PE(1, 1, 0)",999999999,1\n', "each tick must be there once"),
        ('pe,step,packets\n"PE(1, 1, 0)",0,1\n"PE(1, 1, 0)",0,1\n', "each tick must be there once"),
        ("time_s,power_w\n0,nan\n", "a finite number"),
        ("", "the header"),
    ],
)
def test_that_a_malformed_table_is_refused_with_its_line(tmp_path: Path, text: str, found: str) -> None:
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(SessionError, match=found):
        read_results([tmp_path / "r.csv"])


def test_that_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.txt").write_text("x")
    for name in ("r.txt", "missing.npz"):
        with pytest.raises(SessionError, match=name.replace(".", r"\.")):
            read_results([tmp_path / name])
