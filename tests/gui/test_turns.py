"""Panels draw in turn: none is left out, a round ends, and what moves in every picture is still drawn."""

from __future__ import annotations

import time

from s2studio.gui.turns import BUDGET_S, Turns
from s2studio.gui.window import Window
from s2studio.resources import resource_path
from tests.gui.conftest import Until

LIF = resource_path("sample_projects", "lif_neuron", "project.yaml")


class Busy:
    """Takes some processor time to draw."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.drawn = seconds, 0

    def draw_news(self) -> None:
        """Take it."""
        self.drawn += 1
        end = time.thread_time() + self.seconds
        while time.thread_time() < end:
            pass


def test_that_a_round_ends_although_all_wish_to_draw_in_every_picture() -> None:
    turns, panels = Turns(), [Busy(0.0) for _ in range(3)]
    for panel in panels:
        turns.wish(panel)
    turns.begin()
    pictures = 0
    while not turns.are_over:
        turns.draw()
        for panel in panels:
            turns.wish(panel)
        pictures += 1

    assert pictures <= len(panels)
    assert all(panel.drawn for panel in panels)


def test_that_quick_panels_share_a_picture_and_slow_ones_do_not() -> None:
    quick, slow = [Busy(0.0) for _ in range(3)], Busy(BUDGET_S)
    turns, panels = Turns(), (*quick, slow)
    for _ in range(60):
        for panel in panels:
            turns.wish(panel)
        turns.draw()
    before = slow.drawn, quick[0].drawn, quick[1].drawn
    for _ in range(8):
        for panel in panels:
            turns.wish(panel)
        turns.draw()

    # The slow one draws alone, in every second picture; all quick ones together in the others.
    assert slow.drawn - before[0] == 4
    assert quick[0].drawn - before[1] == quick[1].drawn - before[2] == 4


def test_that_the_span_is_drawn_while_it_moves_in_every_picture(window: Window, until: Until) -> None:
    window.show_preset("Profile")
    window.open_paths([LIF])
    controller = window.controller
    until(lambda: controller.studio.mapping is not None and controller.studio.busy is None)
    controller.running.start()
    until(lambda: controller.studio.summary is not None and controller.source.live is None)
    timeline, starts = controller.timeline, set()

    def drawn_elsewhere() -> bool:
        start = (timeline.start + 1) % 400
        timeline.look(start, start + 100)
        controller.pull()
        if controller.source.view is not None:
            starts.add(controller.source.view.span.start)
        return len(starts) > 5

    until(drawn_elsewhere)
