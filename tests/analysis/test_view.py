"""A view: sums and extremes of a span are those of its ticks, in whatever pieces they come."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from s2studio.analysis.spike_levels import SpikeLevels
from s2studio.analysis.view import Layout, Span, View, Viewer
from s2studio.session.bins import Bins, Pyramid

SIZES, SLICES, LINKS, KINDS, TICK_S = (5, 40, 3), 4, 6, 8, 1e-3
POPULATION_OF = (0, 1, 1, 2)


def ticks_of(seed: int, count: int) -> Bins:
    """Return random ticks."""
    random = np.random.default_rng(seed)

    def integers(width: int) -> NDArray[np.int64]:
        return random.integers(0, 9, (count, width))

    done = random.random((count, SLICES)) * 2e-3
    return Bins(
        edges=np.arange(count + 1),
        packets=integers(SLICES).astype(np.int32),
        synaptic_events=integers(SLICES).astype(np.int32),
        spikes=integers(SLICES).astype(np.int32),
        late=(done > TICK_S).astype(np.int32),
        late_low=(0.9 * done > TICK_S).astype(np.int32),
        late_high=(1.2 * done > TICK_S).astype(np.int32),
        busy_s=np.minimum(done, TICK_S),
        busy_low_s=np.minimum(0.9 * done, TICK_S),
        busy_high_s=np.minimum(1.2 * done, TICK_S),
        clock_hz=random.random((count, SLICES)),
        pe_energy_j=random.random((count, SLICES)),
        pe_energy_low_j=random.random((count, SLICES)),
        pe_energy_high_j=random.random((count, SLICES)),
        energy_j=random.random((count, KINDS)),
        energy_low_j=random.random((count, KINDS + 1)),
        energy_high_j=random.random((count, KINDS + 1)),
        flits=integers(LINKS),
        packets_sent=random.integers(0, 9, count),
        longest_s=done,
        longest_low_s=0.9 * done,
        longest_high_s=1.2 * done,
        worst_low_s=0.9 * done.max(axis=1),
        worst_high_s=1.2 * done.max(axis=1),
        packets_peak=random.integers(0, 9, count),
        energy_peak_j=random.random(count),
        energy_peak_low_j=random.random(count),
        energy_peak_high_j=random.random(count),
    )


def layout() -> Layout:
    """Return the layout of `ticks_of`, the last population an output."""
    return Layout(SIZES, POPULATION_OF, LINKS, KINDS, TICK_S, (2,))


def view_of(ticks: Bins, span: Span, cuts: list[int]) -> View:
    """Return the view of `ticks` that come in pieces cut at `cuts`."""
    viewer = Viewer(span, layout())
    edges = [0, *sorted(cuts), ticks.stop]
    for start, stop in itertools.pairwise(edges):
        viewer.add(ticks.part(start, stop))
    return viewer.view()


def test_that_a_coarse_raster_has_the_mean_of_each_slice_and_counts_no_outputs() -> None:
    ticks = ticks_of(3, 20)
    viewer = Viewer(Span(0, 20, 10), layout())
    viewer.add(ticks)
    starts, stops = np.array([0, 5, 25, 45]), np.array([5, 25, 45, 48])
    viewer.make_coarse(starts, stops)
    view = viewer.view()

    sent = ticks.spikes.reshape(10, 2, SLICES).sum(axis=1).T
    for row, (start, stop) in enumerate(zip(starts, stops, strict=True)):
        mean = np.ceil(sent[row] / (stop - start))
        assert (view.raster[start:stop] == mean).all()
    assert view.is_coarse
    assert len(view.outputs) == 0


def test_that_spikes_beside_the_span_are_left_out() -> None:
    tick = np.array([0, 1, 1, 4, 5, 9], np.int64)
    population, neuron = np.array([0, 1, 2, 2, 0, 1], np.int32), np.array([4, 39, 2, 0, 0, 0], np.int32)
    viewer = Viewer(Span(1, 5, 4), layout())
    viewer.add_spikes(tick, population, neuron)
    view = viewer.view()

    assert np.argwhere(view.raster).tolist() == [[44, 0], [45, 3], [47, 0]]
    assert view.outputs.tolist() == [[0, 0, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]]


@settings(deadline=None)
@given(
    st.integers(0, 99),
    st.integers(1, 60),
    st.integers(0, 59),
    st.integers(1, 80),
    st.integers(1, 20),
    st.lists(st.integers(0, 60), max_size=3),
)
def test_that_sums_over_the_columns_are_those_of_the_ticks(
    seed: int, count: int, start: int, width: int, columns: int, cuts: list[int]
) -> None:
    ticks = ticks_of(seed, count)
    span = Span(start, start + width, columns)
    view = view_of(ticks, span, [min(cut, count) for cut in cuts])
    own = ticks.part(min(start, count), min(start + width, count))
    sent = own.spikes.sum(axis=0)

    assert view.ticks_seen == len(own.packets)
    assert len(view.edges) - 1 <= columns + 1
    assert view.spikes.sum(axis=1).tolist() == [sent[0], sent[1] + sent[2], sent[3]]
    assert (view.slice_packets == own.packets.sum(axis=0)).all()
    assert (view.link_flits == own.flits.sum(axis=0)).all()
    assert view.late.sum() == (own.longest_s > TICK_S).sum()
    assert view.worst_time_done_s.max(initial=0.0) == own.longest_s.max(initial=0.0)
    np.testing.assert_allclose(view.slice_energy_j, own.pe_energy_j.sum(axis=0))
    np.testing.assert_allclose(view.slice_time_done_s, own.longest_s.max(axis=0, initial=0.0))
    np.testing.assert_allclose(view.slice_energy_ends_j[1], own.pe_energy_high_j.sum(axis=0))
    np.testing.assert_allclose(view.slice_time_done_ends_s[0], own.longest_low_s.max(axis=0, initial=0.0))
    assert view.worst_high_s.max(initial=0.0) == own.worst_high_s.max(initial=0.0)


@settings(deadline=None)
@given(st.integers(0, 99), st.integers(1, 40), st.integers(1, 50))
def test_that_every_spike_of_the_span_is_in_its_column(seed: int, width: int, columns: int) -> None:
    random = np.random.default_rng(seed)
    tick = np.sort(random.integers(0, 60, 300))
    population = random.integers(0, 3, 300).astype(np.int32)
    neuron = (random.random(300) * np.array(SIZES)[population]).astype(np.int32)
    span = Span(10, 10 + width, columns)
    viewer = Viewer(span, layout())
    viewer.add_spikes(tick, population, neuron)
    view = viewer.view()

    inside = (tick >= 10) & (tick < 10 + width)
    expected, _ = np.histogram(tick[inside], view.edges)
    assert (view.raster.sum(axis=0) == expected).all() or view.edges[-1] in tick
    assert view.raster.sum() == inside.sum()
    assert view.outputs.sum() == (inside & (population == 2)).sum()
    for edge, following, column in zip(view.edges[:-1], view.edges[1:], view.raster.T, strict=True):
        assert column.sum() == ((tick >= edge) & (tick < following)).sum()


def test_that_the_worst_pe_of_a_column_is_named() -> None:
    ticks = ticks_of(1, 8)
    view = view_of(ticks, Span(0, 8, 8), [])

    assert (view.worst_slice == ticks.longest_s.argmax(axis=1)).all()


@settings(deadline=None)
@given(st.integers(0, 9), st.integers(1, 300), st.integers(0, 299), st.integers(1, 300), st.integers(1, 20))
def test_that_a_pyramid_answers_as_its_ticks_do(seed: int, count: int, start: int, width: int, columns: int) -> None:
    ticks, start = ticks_of(seed, count), min(start, count - 1)
    span = Span(start, min(start + width, count), columns)
    expected, viewer = view_of(ticks, span, []), Viewer(span, layout())
    for piece in Pyramid(ticks).pieces(span.start, span.stop, span.width):
        viewer.add(piece)
    found = viewer.view()

    for name, values in vars(expected).items():
        if isinstance(values, np.ndarray):
            np.testing.assert_allclose(getattr(found, name), values, err_msg=name)


@settings(deadline=None)
@given(st.integers(0, 9), st.integers(0, 199), st.integers(1, 250), st.integers(1, 40), st.sampled_from([1, 300, 4000]))
def test_that_counted_spikes_make_the_raster_that_spikes_make(
    seed: int, start: int, width: int, columns: int, values: int
) -> None:
    random = np.random.default_rng(seed)
    tick = np.sort(random.integers(0, 200, 500))
    population = random.integers(0, 3, 500).astype(np.int32)
    neuron = (random.random(500) * np.array(SIZES)[population]).astype(np.int32)
    span = Span(start, start + width, columns)
    expected, found = Viewer(span, layout()), Viewer(span, layout())
    expected.add_spikes(tick, population, neuron)
    levels = SpikeLevels(tick, layout().places(population, neuron), layout(), 200, values)
    levels.add_to(found)

    assert (found.view().raster == expected.view().raster).all()
    assert (found.view().outputs == expected.view().outputs).all()


def test_that_columns_stay_where_they_are_while_the_span_moves() -> None:
    before, after = (set(Span(start, start + 1000, 300).edges[1:-1].tolist()) for start in (100, 103))

    assert len(before & after) >= len(before) - 1
