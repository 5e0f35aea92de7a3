"""Exports of runs of layers: every format holds the same rows, the trace is one of Perfetto's."""

from __future__ import annotations

import csv
import gzip
import json
from itertools import pairwise
from pathlib import Path

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest

from s2studio.app.session_export import export as export_any
from s2studio.chip.loader import load_chip, make_machine
from s2studio.dnn.tensor import Tensor
from s2studio.errors import UsageError
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.work import matmul, values
from s2studio.session.export import estimate, export
from s2studio.session.layer_about import LayersAbout
from s2studio.session.layer_run import LayerRun
from s2studio.session.layer_writer import Timelines, write_layers
from s2studio.session.reader import open_session
from s2studio.session.recorder import Recorder, SessionHeader
from s2studio.session.window import Window
from s2studio.sim.layers.simulate import simulate_layers

NAMES = ("stages", "layers", "links", "dram", "power", "inferences", "outputs")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    machine = make_machine(load_chip(), "dnn-scheduler")
    mapping = map_layers("net", (matmul("first", 8, 64, 96), values("last", "softmax", 8, 96)), machine)
    timelines = Timelines(*(simulate_layers(mapping, machine, is_first) for is_first in (True, False)))
    about = LayersAbout("net", 3, mapping, (Tensor("last", (8, 96), 4),), tuple([30.0] * len(mapping.layers)))
    outputs = [{"last": np.full((8, 96), number, np.int8)} for number in range(3)]
    path = tmp_path_factory.mktemp("layers") / "net.s2s"
    with Recorder(path, SessionHeader("net", 0, machine.spec, machine.runtime.name)) as recorder:
        recorder.add_run(3, lambda folder: write_layers(folder, about, timelines, outputs), "layers")
    return path


def _run(session: Path) -> LayerRun:
    return open_session(session).layer_runs[0]


def test_that_csv_parquet_and_hdf5_hold_the_same_rows(session: Path, tmp_path: Path) -> None:
    for name, target in (("csv", "c"), ("parquet", "p"), ("hdf5", "h.h5")):
        export(session, tmp_path / target, name)
    with h5py.File(tmp_path / "h.h5") as file:
        for name in NAMES:
            table = pq.read_table(tmp_path / "p" / f"{name}.parquet").to_pydict()
            with (tmp_path / "c" / f"{name}.csv").open(newline="") as text:
                rows = list(csv.DictReader(text))
            numbers = [column for column in table if column not in ("pe", "stage", "name", "operator", "from", "to")]

            assert len(rows) == len(next(iter(table.values()))) > 0
            for column in (column for column in numbers if column != "tensor"):
                values_of_csv = np.array([float(row[column]) for row in rows])

                assert np.array_equal(values_of_csv, np.array(table[column], float), equal_nan=True), (name, column)
                assert np.array_equal(np.array(file[name][column], float), values_of_csv, equal_nan=True)


def test_that_outputs_and_inferences_are_those_that_were_recorded(session: Path) -> None:
    run = _run(session)

    assert [int(run.outputs(number)["last"][0, 0]) for number in range(3)] == [0, 1, 2]
    assert run.costs["stop_ns"][-1] == run.timeline(0).end_ns + 2 * run.timeline(1).end_ns


def test_that_the_trace_has_a_track_for_each_pe_and_a_slice_for_each_stage(session: Path, tmp_path: Path) -> None:
    export(session, tmp_path / "trace.json.gz", "chrome")
    trace = json.loads(gzip.decompress((tmp_path / "trace.json.gz").read_bytes()))
    events, run = trace["traceEvents"], _run(session)
    threads = {event["tid"] for event in events if event["ph"] == "X" and event["pid"] == 2}
    slices = [event for event in events if event["ph"] == "X"]

    assert len(threads) == len(run.about.mapping.pes)
    assert len(slices) == sum(len(run.timeline(number).pe) + 2 for number in (0, 1))
    assert {event["name"] for event in events if event["ph"] == "C"} == {"DRAM (GB/s)", "power (W)"}
    for thread in threads:
        own = sorted((event["ts"], event["ts"] + event["dur"]) for event in slices if event["tid"] == thread)
        assert all(stop <= start + 1e-6 for (_, stop), (start, _) in pairwise(own))


def test_that_a_window_takes_what_starts_in_it(session: Path, tmp_path: Path) -> None:
    run = _run(session)
    half_s = run.timeline(0).end_ns / 1e9
    export(session, tmp_path / "first", "parquet", Window(None, half_s))
    export(session, tmp_path / "rest", "parquet", Window(half_s, None))
    rows = [
        [pq.read_table(tmp_path / part / f"{name}.parquet").num_rows for name in NAMES] for part in ("first", "rest")
    ]

    assert [sum(pair) for pair in zip(*rows, strict=True)] == [
        run.stored({"links": "layer_links", "power": "chip_power"}.get(name, name)).rows for name in NAMES
    ]
    assert min(rows[0]) > 0


def test_that_an_estimate_of_the_size_is_exact_and_writes_nothing(session: Path, tmp_path: Path) -> None:
    found = estimate(session, "csv")
    export(session, tmp_path / "c", "csv")

    assert found.is_exact
    assert found.bytes == sum(path.stat().st_size for path in (tmp_path / "c").iterdir())


def test_that_formats_for_spikes_are_refused_with_those_that_fit(session: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="csv, parquet, hdf5, json, chrome and report"):
        export(session, tmp_path / "x", "nir")


def test_that_the_report_names_every_layer_and_loads_nothing(session: Path, tmp_path: Path) -> None:
    text = export_any(session, tmp_path / "report.html", "report").read_text()

    assert "first" in text
    assert "softmax" in text
    assert "<script" not in text
    assert "estimate" in text
