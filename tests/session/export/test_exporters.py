"""What every exporter must do, over all of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from s2studio.errors import Cancelled, SessionError, UsageError
from s2studio.session.export import EXPORTERS, Window, estimate, export
from s2studio.session.export.part import ON_REQUEST
from s2studio.session.reader import Session, open_session
from s2studio.session.recorder import Recorder
from tests.session.runs import HEADER, TICK_S, record, start_run, whole_block

TICKS = 300
# A script for the board and a NIR file hold whole networks only, which this run has not; they have tests of their own.
every_format = pytest.mark.parametrize("name", sorted(EXPORTERS.keys() - {"spinnaker2", "nir"}))


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return open_session(record(tmp_path_factory.mktemp("run") / "run.s2s", whole_block(TICKS)))


def target(folder: Path, name: str) -> Path:
    return folder / f"export{EXPORTERS[name].suffix}"


def content(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else sorted(path.iterdir())
    return {file.name: file.read_bytes() for file in files}


@every_format
def test_that_the_same_run_exports_to_the_same_bytes_and_leaves_nothing_else(
    session: Session, tmp_path: Path, name: str
) -> None:
    first = content(export(session, target(tmp_path / "a", name), name))
    second = content(export(session, target(tmp_path / "b", name), name))

    assert first == second
    assert all(first.values())
    assert not list(tmp_path.rglob(".unfinished*"))


@every_format
def test_that_a_cancelled_export_leaves_nothing_and_what_was_there_stays(
    session: Session, tmp_path: Path, name: str
) -> None:
    def cancel(done: int, total: int) -> None:
        assert 0 <= done <= total
        raise Cancelled

    path = target(tmp_path / "new", name)
    with pytest.raises(Cancelled):
        export(session, path, name, progress=cancel)
    assert not (tmp_path / "new").exists()

    before = content(export(session, path, name))
    with pytest.raises(Cancelled):
        export(session, path, name, overwrite=True, progress=cancel)
    assert content(path) == before
    assert not list(tmp_path.rglob(".unfinished*"))


@every_format
def test_that_what_is_there_is_refused_and_replaced_on_demand(session: Session, tmp_path: Path, name: str) -> None:
    path = target(tmp_path, name)
    whole = content(export(session, path, name))
    with pytest.raises(SessionError, match=r"exists|has files in it"):
        export(session, path, name, window=Window(0.1))
    assert content(path) == whole

    assert content(export(session, path, name, window=Window(0.1), overwrite=True)) != whole
    wrong = tmp_path / "wrong"
    (wrong.mkdir if EXPORTERS[name].suffix else wrong.touch)()
    with pytest.raises(SessionError, match="is a f"):
        export(session, wrong, name)


@every_format
def test_that_progress_never_falls_back_and_stays_within_its_total(session: Session, tmp_path: Path, name: str) -> None:
    told: list[float] = []

    def progress(done: int, total: int) -> None:
        assert 0 <= done <= total
        told.append(done / total)

    export(session, target(tmp_path, name), name, progress=progress)
    assert told
    assert told == sorted(told)


@every_format
def test_that_an_estimate_is_near_the_bytes_that_are_written(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2studio.session.export.size._SAMPLE_ROWS", 30_000)
    session = open_session(record(tmp_path / "run.s2s", whole_block(2_000)))
    found = estimate(session, name)
    written = sum(map(len, content(export(session, target(tmp_path, name), name)).values()))

    assert set(found.rows) == set(EXPORTERS[name].channels) - set(ON_REQUEST)
    assert 0.75 * written <= found.bytes <= 1.25 * written
    assert not found.is_exact or found.bytes == written


def test_that_the_estimate_of_a_trace_goes_by_the_name_of_its_file(session: Session) -> None:
    packed, plain = (estimate(session, "chrome", name=name).bytes for name in ("trace.json.gz", "trace.json"))

    assert plain > 3 * packed > 0


@every_format
def test_that_each_channel_alone_is_smaller_and_an_unknown_one_is_named(
    session: Session, tmp_path: Path, name: str
) -> None:
    whole = sum(map(len, content(export(session, target(tmp_path / "all", name), name)).values()))
    for channel in EXPORTERS[name].channels:
        path = export(session, target(tmp_path / channel, name), name, channels=[channel])
        size = sum(map(len, content(path).values()))
        assert 0 < size < whole or channel in ON_REQUEST or len(EXPORTERS[name].channels) == 1
    with pytest.raises(UsageError, match="is not in format"):
        export(session, target(tmp_path / "none", name), name, channels=["nothing"])


@every_format
def test_that_a_run_cancelled_before_its_first_tick_exports(tmp_path: Path, name: str) -> None:
    with Recorder(tmp_path / "run.s2s", HEADER) as recorder:
        start_run(recorder, TICKS)
    path = export(tmp_path / "run.s2s", target(tmp_path, name), name)

    assert content(path)
    assert estimate(tmp_path / "run.s2s", name).bytes > 0


def test_that_the_tables_of_parquet_and_hdf5_hold_what_csv_says(session: Session, tmp_path: Path) -> None:
    import csv

    import h5py

    window = Window(50 * TICK_S, 80 * TICK_S)
    csvs, parquets = (export(session, tmp_path / name, name, window=window) for name in ("csv", "parquet"))
    with h5py.File(export(session, tmp_path / "t.h5", "hdf5", window=window)) as file:
        for table in ("spikes", "voltages", "pe", "links", "power"):
            with (csvs / f"{table}.csv").open(newline="") as text:
                head, *rows = list(csv.reader(text))
            parquet = pq.read_table(parquets / f"{table}.parquet")
            assert parquet.column_names == head == [name for name in head if name in file[table]]
            assert parquet.num_rows == len(rows) > 0
            for number, name in enumerate(head):
                texts = [row[number] for row in rows]
                values = file[table][name][:]
                if f"{name}_names" in file[table]:
                    names = file[table][f"{name}_names"].asstr()[:]
                    assert list(names[values]) == texts == parquet[name].to_pylist()
                else:
                    np.testing.assert_array_equal(values, parquet[name].to_numpy())
                    np.testing.assert_array_equal(values, np.array(texts, values.dtype))
        assert json.loads(file["summary"][()]) == json.loads((csvs / "summary.json").read_text())


@pytest.mark.parametrize("samples", [1, 2])
def test_that_a_trace_follows_the_trace_event_format(tmp_path: Path, samples: int) -> None:
    block = whole_block(TICKS, samples)
    session = open_session(record(tmp_path / "run.s2s", block))
    plain = json.loads(export(session, tmp_path / "t.json", "chrome").read_text())
    events = plain["traceEvents"]
    with gzip.open(export(session, tmp_path / "t.json.gz", "chrome")) as file:
        assert json.load(file) == plain

    ends: dict[tuple[int, int, str], float] = {}
    named = {(event["pid"], event["tid"]) for event in events if event["name"] == "thread_name"}
    for event in events:
        assert event["ph"] in ("M", "X", "C")
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        if event["ph"] == "M":
            continue
        track = (event["pid"], event["tid"], "" if event["ph"] == "X" else event["name"])
        # Microseconds, whole nanoseconds; a track never goes back and its slices never overlap.
        assert ends.get(track, 0.0) <= event["ts"] + 1e-9 < TICKS * TICK_S * 1e6
        ends[track] = event["ts"] + event.get("dur", 0.0)
        if event["ph"] == "X":
            assert event["dur"] > 0
            assert (event["pid"], event["tid"]) in named
        else:
            assert all(isinstance(value, int | float) for value in event["args"].values())


def test_that_a_trace_adds_up_to_what_the_run_says(session: Session, tmp_path: Path) -> None:
    run = session.runs[0]
    events = json.loads(export(session, tmp_path / "t.json", "chrome").read_text())["traceEvents"]
    (block,) = run.priced_blocks()
    busy = [sum(event["dur"] for event in events if event["ph"] == "X" and event["tid"] == tid) for tid in (1, 2, 3)]
    counters = {
        name: [event["args"] for event in events if event["ph"] == "C" and event["name"] == name]
        for name in ("power (W)", "link load (flits)", "spikes")
    }

    # Each end of a phase is rounded to a nanosecond.
    np.testing.assert_allclose(busy, block.priced.time_done_s[0].sum(axis=0) * 1e6, atol=TICKS * 2e-3)
    summary = run.summary()
    assert sum(sum(args.values()) for args in counters["power (W)"]) * TICK_S == pytest.approx(
        summary["energy_j"]["total"]
    )
    assert sum(args["all links"] for args in counters["link load (flits)"]) == summary["flit_hops"]
    assert {name: sum(args[name] for args in counters["spikes"]) for name in ("input", "output")} == {
        each["name"]: each["spikes"] for each in summary["populations"]
    }
