"""Utilisation: how busy each PE is over time, and the busiest of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from s2studio.draw.colours import apply, colour_map, population_colours
from s2studio.draw.theme import NEAR_PX, Theme
from s2studio.gui.models.selection import of_slices
from s2studio.gui.models.sure import about_column
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.grid_image import GridImage, opaque
from s2studio.gui.views.panel import Panel, beside
from s2studio.gui.views.time_plot import TimePlot
from s2studio.units import estimated, interval, with_unit

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.gui.controller import Controller

BUSIEST = 12
# Room for the names of PEs.
PE_PX = 84


class UtilisationPanel(Panel):
    """A strip for each PE, coloured by the share of the tick it works, from 0 to 1; beside it the busiest PEs."""

    EMPTY = "No utilisation yet. Press Run (F5), or open a session."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.plot = TimePlot(controller.timeline, themes.theme, tr("PE"), "", left_px=PE_PX)
        self._image = GridImage()
        self.plot.add(self._image)
        self.figures = Figures(
            (tr("busiest"), *map(about_column, (tr("mean"), tr("both ends"), tr("worst"))), tr("packets")),
            tr("Busiest PEs"),
            self._select,
        )
        self._order: list[int] = []
        self.column(margin=NEAR_PX).addWidget(beside(self.plot, self.figures))
        self.apply_theme(themes.theme)
        self.set_empty(True)

    def draw_view(self, view: View | None) -> None:
        """Draw how busy every PE is."""
        shown = self.controller.source.shown
        self.set_empty(view is None or shown is None or not view.ticks_seen)
        if view is None or shown is None or not view.ticks_seen:
            return
        slices = shown.mapping.slices
        pixels = opaque(apply(view.busy, 0.0, 1.0, colour_map("viridis")))
        self._image.show_pixels(pixels, *view.grid_s, len(slices))
        step = max(1, len(slices) // 12)
        self.plot.name_rows([(row + 0.5, str(slices[row].pe)) for row in range(0, len(slices), step)])
        self.plot.show_range(0, len(slices))
        colours = population_colours([population.name for population in shown.network.spiking.populations])

        def busiest() -> list[Figure]:
            self._order = np.argsort(-view.slice_busy, kind="stable")[:BUSIEST].tolist()
            return [
                _figure(view, row, f"{slices[row].pe}  {slices[row].population}", colours[slices[row].population])
                for row in self._order
            ]

        self.figures.show_made(busiest)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.plot.apply_theme(theme)

    def _select(self, row: int) -> None:
        shown = self.controller.source.shown
        if shown is not None and row < len(self._order):
            self.controller.selection.select(of_slices(shown.mapping, frozenset({self._order[row]})))


def _figure(view: View, row: int, title: str, colour: str) -> Figure:
    """Return how busy the slice `row` is, with both ends."""
    low, high = view.slice_busy_ends[:, row].tolist()
    longest_s, (low_s, high_s) = float(view.slice_time_done_s[row]), view.slice_time_done_ends_s[:, row].tolist()
    cells = (
        title,
        with_unit(float(view.slice_busy[row]), "%"),
        interval(low, high, "%"),
        with_unit(longest_s, "s"),
        tr("{slice_packets:,.1f} /tick", slice_packets=view.slice_packets[row] / view.ticks_seen),
    )
    return Figure(cells, colour, tr("Longest tick {longest}.", longest=estimated(longest_s, low_s, high_s, "s")))
