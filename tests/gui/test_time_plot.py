"""Plots over time: what lies where, and that nothing of it is lost or blurred."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from s2studio.draw.theme import THEMES
from s2studio.gui.models.timeline import Timeline
from s2studio.gui.views.grid_image import ColourStrip, GridImage, opaque, translucent
from s2studio.gui.views.picture import save_widget
from s2studio.gui.views.stacked_areas import Band, StackedAreas
from s2studio.gui.views.step_curve import StepCurve
from s2studio.gui.views.time_plot import TimePlot

RED, BLUE = "#ff0000", "#0000ff"


@pytest.fixture
def plot(application: QApplication) -> TimePlot:
    """A plot of 100 ticks of 1 ms."""
    timeline = Timeline()
    timeline.begin(100, 1e-3, 100)
    found = TimePlot(timeline, THEMES["dark"], "power", "W")
    found.resize(400, 200)
    return found


def test_that_stacked_values_are_drawn_where_their_sums_and_times_are(plot: TimePlot) -> None:
    areas = StackedAreas([BLUE, RED])
    areas.show_values(np.array([[1.0], [4.0]]), 0.02, 0.04)
    plot.add(areas)
    plot.show_range(0.0, 10.0)
    plane, image = plot.plane, plot.grab().toImage()

    def colour(time_s: float, value: float) -> str:
        return image.pixelColor(round(plane.x(time_s)), round(plane.y(value))).name()

    assert (colour(0.03, 0.5), colour(0.03, 1.5), colour(0.0205, 4.5)) == (BLUE, RED, RED)
    assert RED not in (colour(0.03, 5.5), colour(0.019, 1.5), colour(0.041, 1.5))


def test_that_a_band_lies_between_its_ends_and_a_strip_along_the_lower_edge(plot: TimePlot) -> None:
    band, strip = Band(RED), ColourStrip()
    band.show_ends(np.array([2.0, 6.0]), np.array([4.0, 8.0]), 0.0, 0.1)
    strip.show_colours(np.array([[255, 0, 0], [0, 0, 255]], np.uint8), 0.0, 0.1)
    for item in (band, strip):
        plot.add(item)
    plot.show_range(-1.0, 10.0)
    plane, image = plot.plane, plot.grab().toImage()

    def redness(time_s: float, value: float) -> int:
        colour = image.pixelColor(round(plane.x(time_s)), round(plane.y(value)))
        return colour.red() - colour.green()

    assert redness(0.03, 3.2) > 20 < redness(0.08, 7.2)
    assert abs(redness(0.03, 7.2)) < 10 > abs(redness(0.08, 3.2))
    bottom = round(plane.box.bottom()) - 3
    assert [image.pixelColor(round(plane.x(time_s)), bottom).name() for time_s in (0.03, 0.08)] == [RED, BLUE]


def test_that_a_point_of_the_plot_is_the_tick_that_is_drawn_there(plot: TimePlot) -> None:
    assert plot.tick_at(QPointF(plot.plane.x(0.0425), 50)) == 42
    assert plot.plane.value(plot.plane.y(0.25)) == pytest.approx(0.25)


def test_that_a_single_spike_among_more_cells_than_pixels_is_seen(plot: TimePlot) -> None:
    pixels = np.zeros((1000, 3000), np.uint32)
    pixels[123, 1777] = opaque(np.array([[255, 0, 0]], np.uint8))[0]
    image = GridImage(keeps_densest=True)
    image.show_pixels(pixels, 0.0, 0.1, 1000)
    plot.add(image)
    plot.show_range(0.0, 1000.0)
    drawn, plane = plot.grab().toImage(), plot.plane

    seen = [(x, y) for x in range(400) for y in range(200) if drawn.pixelColor(x, y).name() == RED]
    assert len(seen) == 1
    assert list(seen[0]) == pytest.approx([plane.x(0.1 * 1777 / 3000), plane.y(123.5)], abs=1)


def test_that_pixels_are_multiplied_by_their_alpha() -> None:
    found = translucent(np.array([[200, 100, 50]], np.uint8), np.array([0, 128, 255], np.uint32)[:, None])
    assert [hex(value) for value in found.ravel()] == ["0x0", "0x80643219", "0xffc86432"]


def test_that_a_plot_in_a_file_is_lines_and_letters(plot: TimePlot, tmp_path: Path) -> None:
    curve = StepCurve(RED)
    curve.show_steps(np.array([0.02, 0.04, 0.06]), np.array([0.2, 0.4]))
    plot.add(curve)
    save_widget(plot, tmp_path / "plot.svg", QColor("#000000"))
    drawn = (tmp_path / "plot.svg").read_text(encoding="utf-8")
    assert "power (W)" in drawn
    assert "<polyline" in drawn
    assert "<image" not in drawn
