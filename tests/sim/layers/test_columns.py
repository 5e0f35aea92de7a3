"""A timeline reduced to columns: nothing of the time and of the bytes is lost or counted twice."""

from __future__ import annotations

import numpy as np
import pytest

from s2studio.chip.loader import load_chip, make_machine
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.mapping import LayerOptions
from s2studio.mapping.layers.work import matmul
from s2studio.sim.layers.columns import NOTHING, timeline_columns
from s2studio.sim.layers.simulate import simulate_layers
from s2studio.sim.layers.stages import STAGES
from s2studio.sim.layers.timeline import LayerTimeline
from s2studio.units import NS_PER_S


@pytest.fixture(scope="module")
def timeline() -> LayerTimeline:
    machine = make_machine(load_chip(), "dnn-scheduler")
    works = (matmul("first", 128, 768, 3072), matmul("second", 128, 3072, 768))
    return simulate_layers(map_layers("two", works, machine, LayerOptions("high")), machine)


@pytest.mark.parametrize("columns", [1, 7, 800])
def test_that_columns_hold_the_time_of_every_stage(timeline: LayerTimeline, columns: int) -> None:
    shown = timeline_columns(timeline, 0, timeline.end_ns, columns)

    lasted = (timeline.stop_ns - timeline.start_ns).astype(np.float64)
    expected = np.bincount(timeline.stage, lasted, len(STAGES))
    found = shown.busy.sum(axis=1) * np.diff(shown.edges_ns)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_that_columns_hold_every_byte_of_the_dram(timeline: LayerTimeline) -> None:
    shown = timeline_columns(timeline, 0, timeline.end_ns, 333)

    moved = float((shown.dram_rate * np.diff(shown.edges_ns)).sum()) / NS_PER_S
    totals = timeline.totals
    assert moved == pytest.approx(totals.read_bytes.sum() + totals.written_bytes.sum(), rel=0.01)


def test_that_a_column_shows_what_a_pe_does_for_most_of_it(timeline: LayerTimeline) -> None:
    longest = int(np.argmax(timeline.stop_ns - timeline.start_ns))
    start, stop = timeline.start_ns[longest], timeline.stop_ns[longest]

    shown = timeline_columns(timeline, float(start), float(stop), 3)

    assert (shown.stage[timeline.pe[longest]] == timeline.stage[longest]).all()


def test_that_there_is_nothing_outside_the_inference(timeline: LayerTimeline) -> None:
    shown = timeline_columns(timeline, timeline.end_ns, timeline.end_ns * 2, 4)

    assert (shown.stage == NOTHING).all()
    assert not shown.busy.any()
    assert not shown.dram_rate.any()
