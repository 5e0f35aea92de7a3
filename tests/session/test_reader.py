"""Reading sessions: what was handed over comes back, and a damaged or hostile folder is a clear error."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset
import pytest

from s2studio.errors import SessionError, UsageError
from s2studio.session.manifest import read_manifest, write_manifest
from s2studio.session.reader import Session, open_session
from s2studio.session.recorder import Recorder
from s2studio.sim.pricing import price
from tests.session.runs import HEADER, SPEC, TICK_S, V_SCALE, mapping, network, record, start_run, whole_block

TICKS = 700


@pytest.fixture(params=[1, 2], ids=["one sample", "two samples"])
def samples(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def session(samples: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setattr("s2studio.session.chunks.CHUNK_ROWS", 500)
    return open_session(record(tmp_path / "run.s2s", whole_block(TICKS, samples), range(90, TICKS, 90)))


def test_that_spikes_come_back_in_their_order(session: Session, samples: int) -> None:
    read, written = session.runs[0].spikes(), whole_block(TICKS, samples).spikes

    for name in ("sample", "tick", "population", "neuron"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name))
        assert getattr(read, name).dtype == getattr(written, name).dtype


def test_that_counts_and_voltages_come_back(session: Session, samples: int) -> None:
    run, written = session.runs[0], whole_block(TICKS, samples)
    read = run.counts()

    for name in ("packets", "synaptic_events", "spikes", "updates", "recorded_bytes"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written.counts, name))
    np.testing.assert_array_equal(run.voltages("output", in_chip_units=True), written.voltages["output"])
    np.testing.assert_array_equal(run.voltages("output"), written.voltages["output"].astype(np.float64) / V_SCALE)


def test_that_a_part_of_a_run_is_that_part_of_the_whole(session: Session, samples: int) -> None:
    run, written = session.runs[0], whole_block(TICKS, samples)
    here = (written.spikes.tick >= 123) & (written.spikes.tick < 457)

    np.testing.assert_array_equal(run.spikes(123, 457).tick, written.spikes.tick[here])
    np.testing.assert_array_equal(run.counts(123, 457).packets, written.counts.packets[:, 123:457])
    np.testing.assert_array_equal(
        run.voltages("output", 123, 457, in_chip_units=True), written.voltages["output"][:, 123:457]
    )
    of_input = run.neuron_spikes(123, 457)["input"]
    np.testing.assert_array_equal(of_input.sum(axis=1), written.counts.spikes[:, 123:457, 0].sum(axis=1))


def test_that_zooms_hold_the_spikes_of_their_bins(session: Session, samples: int) -> None:
    run, spikes = session.runs[0], whole_block(TICKS, samples).counts.spikes
    populations = np.stack([spikes[:, :, 0], spikes[:, :, 1:].sum(axis=2)], axis=2)

    assert run.zooms == (1, 8, 64, 512, 4096)
    for zoom in run.zooms:
        expected = np.add.reduceat(populations, np.arange(0, TICKS, zoom), axis=1)
        np.testing.assert_array_equal(run.spike_counts(zoom), expected)
    np.testing.assert_array_equal(run.spike_counts(8, 100, 201), run.spike_counts(8)[:, 12:26])


def test_that_spikes_per_neuron_are_counted(session: Session, samples: int) -> None:
    spikes = whole_block(TICKS, samples).spikes
    of_output = session.runs[0].neuron_spikes()["output"]

    for sample in range(samples):
        mine = spikes.neuron[(spikes.sample == sample) & (spikes.population == 1)]
        np.testing.assert_array_equal(of_output[sample], np.bincount(mine, minlength=8))


def test_that_a_session_is_priced_without_the_model_file(session: Session, samples: int) -> None:
    run, counts = session.runs[0], whole_block(TICKS, samples).counts
    expected = price(counts, network(), mapping(), SPEC, run.about.level, TICK_S)

    for name in ("time_done_s", "levels", "flits", "packets_sent", "router_lookups"):
        read = np.concatenate([getattr(block.priced, name) for block in run.priced_blocks()], axis=1)
        np.testing.assert_array_equal(read, getattr(expected, name))


def test_that_the_manifest_says_what_was_run_with_which_chip(session: Session) -> None:
    assert session.chip == SPEC
    assert session.manifest.seed == 7
    assert session.manifest.options["run"]["level"] == {"mode": "auto", "thresholds": {"relay": 3}}
    assert (session.state, session.runs[0].state) == ("complete", "complete")
    assert "started" not in json.dumps([vars(entry) for entry in session.manifest.runs], default=vars)
    session.verify()


def test_that_other_tools_read_the_tables(session: Session, samples: int) -> None:
    folder = session.runs[0].path
    dataset: Any = pyarrow.dataset
    spikes = dataset.dataset(folder / "spikes").to_table().to_pydict()
    links = session.runs[0].table("links").to_pydict()
    segments = dataset.dataset(folder / "segments").to_table().to_pylist()

    assert set(spikes["population"]) == {"input", "output"}
    assert spikes["time_ns"] == [tick * 1_000_000 for tick in spikes["tick"]]
    assert sum(links["flits"]) == 4 * whole_block(TICKS, samples).counts.spikes[:, :, 0].sum()
    assert set(links["source"]) == {"QPE(4, 5)", "ROUTER", "QPE(3, 4)"}
    assert [(row["kind"], row["sample"], row["start_tick"], row["stop_tick"]) for row in segments] == [
        ("sample", sample, 0, TICKS) for sample in range(samples)
    ]


def test_that_only_what_was_kept_has_spikes(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.s2s", HEADER) as recorder:
        start_run(recorder, 50, observe_input=False).write(whole_block(50))
    run = open_session(recorder.path).runs[0]

    assert set(run.spikes().population) == {1}
    assert set(run.neuron_spikes(0, 20)) == {"output"}
    assert set(run.neuron_spikes()) == {"input", "output"}
    with pytest.raises(UsageError, match="neither recorded nor observed; did you mean 'output'"):
        run.voltages("outptu")


def test_that_a_run_that_is_being_written_can_be_read(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.s2s", HEADER) as recorder:
        run = start_run(recorder, 200)
        run.write(whole_block(100))
        run.flush()
        session = open_session(tmp_path / "run.s2s")

        assert (session.state, session.runs[0].ticks) == ("running", 100)
        np.testing.assert_array_equal(session.runs[0].spike_counts(64).sum(), session.runs[0].counts().spikes.sum())


def test_that_a_run_of_no_ticks_has_a_summary(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.s2s", HEADER) as recorder:
        start_run(recorder, 10)
    summary = open_session(recorder.path).runs[0].summary()

    assert (summary["steps"], summary["packets"], summary["energy_j"]["total"]) == (0, 0, 0)


def _edit(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda manifest: manifest.__setitem__(key, value)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (_edit("s2studio", "session/3"), "reads up to session/2; upgrade s2studio"),
        (_edit("s2studio", "network/1"), "is no manifest"),
        (_edit("runs", [{"path": "../../etc", "state": "complete"}]), "leads out of the session"),
        (_edit("runs", [{"path": "/etc", "state": "complete"}]), "leads out of the session"),
        (_edit("runs", "none"), "is not what is expected"),
        (_edit("state", "fine"), "is not what is expected"),
        (_edit("runtime", "unheard of"), "contradicts itself"),
        (lambda manifest: manifest.pop("chip"), "'chip' is missing"),
        (lambda manifest: manifest["chip"]["levels"]["low"].update(clock_hz=0), "contradicts itself"),
    ],
)
def test_that_a_manifest_that_cannot_be_trusted_is_refused(
    tmp_path: Path, edit: Callable[[dict[str, Any]], None], message: str
) -> None:
    path = record(tmp_path / "run.s2s", whole_block(5))
    manifest = json.loads((path / "manifest.json").read_text())
    edit(manifest)
    (path / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(SessionError, match=message):
        open_session(path)


def test_that_a_link_out_of_the_session_is_not_followed(tmp_path: Path) -> None:
    path = record(tmp_path / "run.s2s", whole_block(5))
    (path / "runs/0000").rename(tmp_path / "elsewhere")
    (path / "runs/0000").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(SessionError, match="leads out of the session"):
        open_session(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "nan", "\udcff"])
def test_that_a_manifest_that_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(SessionError):
        open_session(tmp_path)


def test_that_a_folder_without_a_manifest_is_no_session(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="is no session"):
        open_session(tmp_path)
    with pytest.raises(SessionError, match="no such folder"):
        open_session(tmp_path / "nowhere")


def test_that_a_run_that_is_not_there_is_named(tmp_path: Path) -> None:
    session = open_session(record(tmp_path / "run.s2s", whole_block(5)))

    with pytest.raises(SessionError, match=r"run 3 of .* has runs 0 to 0"):
        session.run(3)


def _use(path: Path) -> None:
    session = open_session(path)
    for run in session.runs:
        run.summary(1, 9)
        run.summary()
        run.voltages("output")
        run.spike_counts(8)
    session.verify()


def test_that_no_flipped_bit_and_no_truncation_passes_unnoticed_or_ends_in_a_traceback(tmp_path: Path) -> None:
    """Footers have no checksum: damage there is met by the content hash, or it hits what no one reads (statistics)."""
    whole = record(tmp_path / "run.s2s", whole_block(20))
    random = np.random.default_rng(0)
    tables = sorted((whole / "runs/0000").rglob("*.parquet"))
    data = {file: file.read_bytes() for file in tables}
    noticed = 0
    for _ in range(80):
        file = tables[random.integers(len(tables))]
        damaged = bytearray(data[file])
        if random.random() < 0.2:
            del damaged[random.integers(len(damaged)) :]
        else:
            damaged[random.integers(len(damaged))] ^= 1 << random.integers(8)
        file.write_bytes(damaged)
        try:
            _use(whole)
        except SessionError:
            noticed += 1
        file.write_bytes(data[file])
    _use(whole)

    assert noticed > 50


def test_that_a_table_that_contradicts_the_manifest_is_refused(tmp_path: Path) -> None:
    long, short = record(tmp_path / "long.s2s", whole_block(20)), record(tmp_path / "short.s2s", whole_block(10))
    shutil.copytree(long / "runs/0000/spike_counts_1", short / "runs/0000/spike_counts_1", dirs_exist_ok=True)

    with pytest.raises(SessionError, match="do not fit the run"):
        open_session(short).runs[0].summary()


def test_that_a_session_left_by_a_dead_process_is_crashed(tmp_path: Path) -> None:
    path = record(tmp_path / "run.s2s", whole_block(20))
    manifest = read_manifest(path)
    left = manifest.__class__(**vars(manifest) | {"state": "running"})
    write_manifest(path, left)
    assert open_session(path).state == "running"
    dead = manifest.provenance.__class__(**vars(manifest.provenance) | {"process": "0"})
    write_manifest(path, left.__class__(**vars(left) | {"provenance": dead}))

    assert open_session(path).state == "crashed"
