"""Spike raster: all populations stacked, each in its colour, with its rate above."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QResizeEvent

from s2studio.draw.colours import population_colours
from s2studio.draw.theme import TIGHT_PX, Theme, rgb
from s2studio.gui.models.selection import Selected
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.grid_image import GridImage, translucent
from s2studio.gui.views.panel import Panel
from s2studio.gui.views.step_curve import StepCurve
from s2studio.gui.views.time_plot import TimePlot

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.app.shown import RunShown
    from s2studio.gui.controller import Controller

# The share of the panel's height that the rates take.
RATES, RASTER = 1, 4
# Room for the label of the rates.
RATES_PX = 68
# More spikes in a pixel look the same; one spike is as opaque as this.
MOST_SHADES, FAINTEST = 255, 180
# The height of the name of a population.
NAME_PX = 16


class RasterPanel(Panel):
    """Spikes of the timeline's span as one image: a pixel is a few neurons in a few ticks, denser with more spikes."""

    EMPTY = "No spikes yet. Press Run (F5), or open a session."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.rates = TimePlot(controller.timeline, themes.theme, tr("rate"), "Hz", has_times=False)
        self.rates.setMinimumHeight(RATES_PX)
        self.raster = _Raster(self, controller.timeline, themes.theme)
        self._image = GridImage(keeps_densest=True)
        self.raster.add(self._image)
        self._curves: dict[str, StepCurve] = {}
        layout = self.column(spacing=0, margin=TIGHT_PX)
        layout.addWidget(self.rates, RATES)
        layout.addWidget(self.raster, RASTER)
        controller.studio.shown_changed.connect(self._shown_changed)
        self._shown_changed(controller.studio.shown)

    def draw_view(self, view: View | None) -> None:
        """Draw the spikes of `view`."""
        shown = self.controller.source.shown
        if view is None or shown is None:
            self.set_empty(True)
            return
        self.set_empty(False)
        neurons = self._offsets[-1]
        self._image.show_pixels(self._coloured(view.raster), *view.grid_s, neurons)
        self.raster.redraw()
        widths = np.diff(view.times_s)
        top = 0.0
        for index, (name, curve) in enumerate(self._curves.items()):
            rate = view.spikes[index] / widths / max(1, self._sizes[name])
            top = max(top, float(rate.max(initial=0.0)))
            curve.show_steps(view.times_s, rate)
        self.rates.set_y_range(0.0, top or 1.0)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.rates.apply_theme(theme)
        self.raster.apply_theme(theme)
        self.draw_view(self.controller.source.view)

    def select_at(self, position: QPointF) -> None:
        """Select the neuron, and with it slice and PE, under a point of the raster."""
        shown = self.controller.source.shown
        if shown is None:
            return
        place = int(self.raster.plane.value(position.y()))
        if not 0 <= place < self._offsets[-1]:
            return
        index = int(np.searchsorted(self._offsets, place, "right")) - 1
        name, neuron = list(self._sizes)[index], place - int(self._offsets[index])
        for number, piece in enumerate(shown.mapping.slices):
            if piece.population == name and piece.start <= neuron < piece.stop:
                found = Selected(frozenset({number}), frozenset({piece.pe}), frozenset({name}))
                self.controller.selection.select(
                    Selected(found.slices, found.pes, found.populations, neurons=((name, neuron),))
                )

    def _shown_changed(self, run: RunShown | None) -> None:
        self._curves = {}
        if run is None:
            self.set_empty(True)
            return
        populations = run.network.spiking.populations
        self._sizes: dict[str, int] = {population.name: population.size for population in populations}
        self._offsets: NDArray[np.int64] = np.cumsum([0, *self._sizes.values()])
        colours = population_colours(list(self._sizes))
        self._rgb = np.array([rgb(colour) for colour in colours.values()], np.uint8)
        for name, colour in colours.items():
            self._curves[name] = StepCurve(colour)
        self.rates.set_items(tuple(self._curves.values()))
        self.raster.show_range(0.0, float(self._offsets[-1]))
        self.show_names()

    def show_names(self) -> None:
        """Put the names of populations where there is room for them now."""
        if not self._curves:
            return
        height = max(1.0, self.raster.plane.box.height())
        centres = (self._offsets[:-1] + self._offsets[1:]) / 2
        places = spread(centres, NAME_PX / height * float(self._offsets[-1]), float(self._offsets[-1]))
        self.raster.name_rows(list(zip(places.tolist(), self._sizes, strict=True)))

    def _coloured(self, raster: NDArray[np.int32]) -> NDArray[np.uint32]:
        """Return spikes (rows, columns) as pixels: the population's colour, more opaque with more spikes."""
        first = (np.arange(len(raster)) * self._offsets[-1]) // max(1, len(raster))
        population = np.searchsorted(self._offsets, first, "right") - 1
        most = min(MOST_SHADES, max(1, int(raster.max(initial=1))))
        alpha = np.append(0, FAINTEST + (255 - FAINTEST) * np.arange(1, most + 1) // most).astype(np.uint32)
        table = translucent(self._rgb[:, None, :], alpha)
        # One look-up of four bytes for each pixel: a picture must be there in a few ms.
        place = np.minimum(raster, most) + (population * (most + 1)).astype(np.int32)[:, None]
        found: NDArray[np.uint32] = np.take(table.ravel(), place)
        return found


def spread(centres: NDArray[np.float64], apart: float, end: float) -> NDArray[np.float64]:
    """Return `centres`, in order, moved so that neighbours are `apart` and all lie between 0 and `end`.

    Where there is no room for all they are as far apart as there is room.
    """
    apart = min(apart, end / max(1, len(centres)))
    slots = apart * np.arange(len(centres))
    first = np.maximum.accumulate(np.maximum(centres, apart / 2) - slots)
    return np.asarray(np.minimum(first, end - apart / 2 - slots[-1] if len(slots) else end) + slots)


class _Raster(TimePlot):
    """The raster's plot; a click also selects the neuron under it."""

    def __init__(self, panel: RasterPanel, timeline: object, theme: Theme) -> None:
        super().__init__(timeline, theme, "", "")  # type: ignore[arg-type]
        self._panel = panel

    def clicked(self, position: QPointF) -> None:
        """Select what was clicked."""
        self._panel.select_at(position)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Let the names have the room there is now."""
        super().resizeEvent(event)
        self._panel.show_names()
