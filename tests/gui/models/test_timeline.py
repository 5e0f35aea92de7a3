"""The timeline: span and cursor stay inside the run, whatever is asked of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from s2studio.gui.models.timeline import FOLLOWED_TICKS, Timeline


def recorded(length: int) -> Timeline:
    """Return the timeline of a recorded run."""
    timeline = Timeline()
    timeline.begin(length, 1e-3, length)
    return timeline


def test_that_a_recorded_run_is_shown_whole() -> None:
    timeline = recorded(5000)

    assert (timeline.start, timeline.stop) == (0, 5000)
    assert not timeline.is_following


def test_that_a_followed_run_shows_its_newest_ticks() -> None:
    timeline = Timeline()
    timeline.begin(50_000, 1e-3)
    timeline.grow(200)
    assert (timeline.start, timeline.stop, timeline.cursor) == (0, FOLLOWED_TICKS, 199)
    timeline.grow(7000)

    assert (timeline.start, timeline.stop, timeline.cursor) == (7000 - FOLLOWED_TICKS, 7000, 6999)


def test_that_moving_the_cursor_ends_following() -> None:
    timeline = Timeline()
    timeline.begin(50_000, 1e-3)
    timeline.grow(7000)
    timeline.move(100)
    timeline.grow(8000)

    assert timeline.cursor == 100
    assert timeline.start <= 100 < timeline.stop


def test_that_zooming_in_beyond_a_tick_looks_into_it_and_zooming_out_looks_at_the_span_again() -> None:
    timeline = recorded(1000)
    while not timeline.is_inside:
        timeline.zoom(0.8, 137)
    assert (timeline.start, timeline.stop, timeline.cursor) == (137, 138, 137)

    timeline.zoom(1.25)
    assert (timeline.is_inside, timeline.stop - timeline.start) == (False, 1)
    while timeline.stop - timeline.start < 1000:
        timeline.zoom(1.25)
    timeline.look_inside(True)
    assert (timeline.cursor, timeline.stop) == (137, 1000)
    timeline.look_at_all()
    assert not timeline.is_inside


@given(
    length=st.integers(1, 10_000),
    moves=st.lists(
        st.tuples(st.sampled_from(["zoom", "move", "look"]), st.integers(-20_000, 20_000), st.floats(0.1, 10)),
        max_size=12,
    ),
)
def test_that_span_and_cursor_stay_inside(length: int, moves: list[tuple[str, int, float]]) -> None:
    timeline = recorded(length)
    for what, place, factor in moves:
        match what:
            case "zoom":
                timeline.zoom(factor, place)
            case "move":
                timeline.move(place)
            case _:
                timeline.look(place, place + int(100 * factor))
        assert 0 <= timeline.start < timeline.stop <= max(length, 1)
        assert 0 <= timeline.cursor < length
