"""The ring: what is read is what was written, and what was overwritten is counted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from s2studio.session.ring import NEWEST, ROWS, Ring
from s2studio.sim.counts import Counts, SpikeRuns, SpikeTable, TickBlock

SLICES = 3


def block(start: int, ticks: int) -> TickBlock:
    """Return ticks whose numbers tell which tick they are."""
    values: NDArray[np.int32] = np.zeros((1, ticks, SLICES), np.int32)
    values[0] = np.add.outer(np.arange(start, start + ticks) * 10, np.arange(SLICES))
    tick = np.arange(start, start + ticks, dtype=np.int64)
    zero = np.zeros(ticks, np.int32)
    fixed = np.arange(SLICES, dtype=np.int32)
    spikes = SpikeTable(zero, tick, zero + 1, (tick % 7).astype(np.int32))
    return TickBlock(start, ticks, SpikeRuns.of(spikes), Counts(values, values + 1, values + 2, fixed, fixed + 5), {})


@pytest.fixture
def ends() -> Iterator[tuple[Ring, Ring]]:
    """The reading and the writing end of one ring."""
    reader = Ring.create(SLICES)
    writer = Ring.attach(reader.name, SLICES)
    reader.unlink()
    yield reader, writer
    writer.close()
    reader.close()


def test_that_ticks_arrive_in_order_and_once(ends: tuple[Ring, Ring]) -> None:
    reader, writer = ends
    writer.write(block(0, 5))
    first = reader.read()
    writer.write(block(5, 3))
    second = reader.read()

    assert (first.start, first.ticks, second.start, second.ticks) == (0, 5, 5, 3)
    assert (second.packets[:, 1] == np.array([51, 61, 71])).all()
    assert (second.spikes_sent[:, 0] == np.array([52, 62, 72])).all()
    assert second.spikes["tick"].tolist() == [5, 6, 7]
    assert second.recorded_bytes.tolist() == [5, 6, 7]
    assert reader.read().ticks == 0


def test_that_overwritten_ticks_are_counted(ends: tuple[Ring, Ring]) -> None:
    reader, writer = ends
    for start in range(0, 3 * ROWS, 1000):
        writer.write(block(start, 1000))
    news = reader.read()
    written = len(range(0, 3 * ROWS, 1000)) * 1000

    assert news.start + news.ticks == written
    assert news.ticks + news.skipped_ticks == written
    assert news.packets[0, 0] == news.start * 10


def test_that_a_row_torn_by_the_writer_is_dropped(ends: tuple[Ring, Ring]) -> None:
    reader, writer = ends
    writer.write(block(0, 10))
    writer._rows["first"][3] = ROWS + 4  # the writer has come round and is just overwriting tick 3

    news = reader.read()

    assert (news.start, news.ticks, news.skipped_ticks) == (4, 6, 4)


def test_that_at_most_as_many_as_asked_for_are_read(ends: tuple[Ring, Ring]) -> None:
    reader, writer = ends
    writer.write(block(0, 100))
    news = reader.read(20)

    assert (news.start, news.ticks, news.skipped_ticks) == (80, 20, 80)


def test_that_of_a_long_block_the_newest_ticks_arrive_with_their_spikes(ends: tuple[Ring, Ring]) -> None:
    reader, writer = ends
    writer.write(block(0, 3 * NEWEST))
    news = reader.read()

    assert (news.start, news.ticks, news.skipped_ticks) == (2 * NEWEST, NEWEST, 2 * NEWEST)
    assert news.spikes["tick"].tolist() == list(range(2 * NEWEST, 3 * NEWEST))
    assert (news.spikes["neuron"] == news.spikes["tick"] % 7).all()


@pytest.mark.parametrize(("spikes", "runs", "kept"), [(40, 1000, 40), (1000, 24, 24)])
def test_that_overwritten_spikes_are_dropped_and_the_newest_arrive(
    spikes: int, runs: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2studio.session.ring.SPIKES", spikes)
    monkeypatch.setattr("s2studio.session.ring.RUNS", runs)
    ring = Ring.create(SLICES)
    for start in range(0, 500, 10):
        ring.write(block(start, 10))
    news = ring.read()
    ring.unlink()
    ring.close()

    assert news.spikes["tick"].tolist() == list(range(500 - kept, 500))
    assert (news.spikes["neuron"] == news.spikes["tick"] % 7).all()
