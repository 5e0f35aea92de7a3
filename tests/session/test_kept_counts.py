"""Counts are stored where they do not follow from spikes, or cost little beside these; read, they are the same."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from s2studio.errors import SessionError
from s2studio.session.reader import Session, open_session
from s2studio.session.recorder import Recorder
from s2studio.session.run import Run
from s2studio.session.tables import COUNTS, LINKS
from tests.session.runs import HEADER, cut, record, start_run, whole_block

TICKS = 400
OLD = Path(__file__).with_name("old") / "schema_1.tar.gz"


def _run(path: Path, ticks: int = TICKS, cuts: tuple[int, ...] = (), samples: int = 1) -> Run:
    return open_session(record(path, whole_block(ticks, samples), cuts)).runs[0]


def _assert_same_counts(run: Run, start: int, stop: int, samples: int = 1) -> None:
    written = whole_block(TICKS, samples).counts
    for name in ("packets", "synaptic_events", "spikes"):
        part = getattr(written, name)[:, start:stop]
        np.testing.assert_array_equal(getattr(run.counts(start, stop), name), part, err_msg=name)


@pytest.fixture
def old(tmp_path: Path) -> Session:
    """Return a session that version 0.1 wrote when it stored every count: 60 ticks of two samples."""
    with tarfile.open(OLD) as archive:
        archive.extractall(tmp_path, filter="data")
    return open_session(tmp_path / "schema_1.s2s")


def test_that_a_run_of_few_spikes_stores_neither_counts_nor_links(tmp_path: Path) -> None:
    run = _run(tmp_path / "run.s2s", cuts=(1, 300))

    assert not run.has(COUNTS)
    assert not run.has(LINKS)
    for start, stop in ((0, TICKS), (0, 1), (123, 124), (255, 257), (399, 400), (50, 50)):
        _assert_same_counts(run, start, stop)


def test_that_a_run_of_many_spikes_stores_its_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s2studio.session.kept_counts.SPIKES_PER_COUNT", 1)
    few, many = (
        open_session(record(tmp_path / f"{rate}.s2s", whole_block(TICKS, rate=rate), (1, 200))).runs[0]
        for rate in (0.1, 0.9)
    )

    assert (few.has(COUNTS), many.has(COUNTS)) == (False, True)
    assert many.table("counts").num_rows == TICKS * 3
    np.testing.assert_array_equal(
        many.counts(100, 300).packets, whole_block(TICKS, rate=0.9).counts.packets[:, 100:300]
    )


@pytest.mark.parametrize("ticks", [40, TICKS])
def test_that_the_first_ticks_decide_however_a_run_is_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ticks: int
) -> None:
    block = whole_block(ticks, rate=0.2)
    mean = block.counts.spikes[:, :256].mean()
    for name, threshold in (("below", mean * 0.999), ("above", mean)):
        monkeypatch.setattr("s2studio.session.kept_counts.SPIKES_PER_COUNT", threshold)
        runs = [
            open_session(record(tmp_path / f"{name}-{number}.s2s", block, cuts)).runs[0]
            for number, cuts in enumerate(((), (1, 2, 30), tuple(range(10, ticks, 10))))
        ]
        assert {run.has(COUNTS) for run in runs} == {name == "below"}
        assert len({tuple(run.content.items()) for run in runs}) == 1


@pytest.mark.parametrize("samples", [1, 2])
def test_that_tables_that_follow_are_those_that_would_be_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, samples: int
) -> None:
    follows = _run(tmp_path / "follows.s2s", samples=samples)
    monkeypatch.setattr("s2studio.session.kept_counts.SPIKES_PER_COUNT", -1)
    stored = _run(tmp_path / "stored.s2s", samples=samples)

    assert stored.has(COUNTS)
    for name in ("counts", "links"):
        assert follows.table(name).num_rows > TICKS
        assert follows.table(name).equals(stored.table(name))
    assert _without_paths(follows.summary()) == _without_paths(stored.summary())


def _without_paths(summary: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in summary.items() if name != "session"}


def test_that_counts_follow_from_spikes_that_nobody_asked_for(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.s2s", HEADER) as recorder:
        run = start_run(recorder, TICKS, observe_input=False)
        for piece in cut(whole_block(TICKS), [100, 230]):
            run.write(piece)
    read = open_session(recorder.path).runs[0]

    assert set(read.spikes().population) == {1}
    _assert_same_counts(read, 0, TICKS)
    open_session(recorder.path).verify()


def test_that_a_session_of_schema_1_is_read_with_the_counts_it_stores(old: Session, tmp_path: Path) -> None:
    run, written = old.runs[0], whole_block(60, samples=2)
    old.verify()

    assert run.has(COUNTS)
    assert run.has(LINKS)
    np.testing.assert_array_equal(run.counts().synaptic_events, written.counts.synaptic_events)
    np.testing.assert_array_equal(run.spikes(10, 20).neuron, _between(written.spikes, 10, 20))
    new = open_session(record(tmp_path / "new.s2s", written)).runs[0]
    assert new.table("links").equals(run.table("links"))
    same = {"energy_j", "packets_received", "synaptic_events", "late_ticks", "populations"}
    assert {name: run.summary()[name] for name in same - {"energy_j"}} == {
        name: new.summary()[name] for name in same - {"energy_j"}
    }


def _between(spikes: Any, start: int, stop: int) -> Any:
    return spikes.neuron[(spikes.tick >= start) & (spikes.tick < stop)]


def test_that_a_forged_time_is_noticed_though_it_is_in_no_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("s2studio.session.rows.NS_PER_S", 2e9)
    path = record(tmp_path / "run.s2s", whole_block(20))
    monkeypatch.undo()

    with pytest.raises(SessionError, match="content hash"):
        open_session(path).verify()


def test_that_the_rows_of_links_are_estimated_where_they_are_not_stored(tmp_path: Path) -> None:
    from s2studio.session.export.part import EXPORT_TABLES

    run = _run(tmp_path / "run.s2s")
    assert EXPORT_TABLES["links"].count(run, 0, TICKS) == run.table("links").num_rows
