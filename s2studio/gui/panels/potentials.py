"""Potentials: membrane voltages of the selected neurons, with their threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit

from s2studio.draw.colours import population_colours
from s2studio.draw.theme import NEAR_PX, Theme
from s2studio.gui.models.selection import Selected
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.panel import Panel
from s2studio.gui.views.step_curve import Level, LineCurve
from s2studio.gui.views.time_plot import TimePlot

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.app.shown import RunShown
    from s2studio.gui.controller import Controller

MOST_NEURONS = 8
# A curve of more points than a screen has columns is no clearer.
MOST_TICKS = 20_000


class PotentialsPanel(Panel):
    """Voltages in model units after each tick's reset, of neurons chosen by number or by a click in the raster."""

    EMPTY = (
        "No potentials. They are kept for populations whose voltage 'v' is recorded or observed: "
        "tick 'v' in the Run panel, then run."
    )

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.population = QComboBox(self.content)
        self.population.setAccessibleName(tr("Population"))
        self.neurons = QLineEdit("0", self.content)
        self.neurons.setAccessibleName(tr("Neurons"))
        self.neurons.setPlaceholderText(tr("neurons: 0, 3, 10-12"))
        self.neurons.setMaximumWidth(200)
        self.threshold_note = QLabel(self.content)
        self.threshold_note.setProperty("role", "muted")
        self.plot = TimePlot(controller.timeline, themes.theme, tr("potential"), "")
        self._curves = [LineCurve() for _ in range(MOST_NEURONS)]
        self._threshold = Level(themes.theme.muted)
        self.plot.set_items((*self._curves, self._threshold))
        bar = QHBoxLayout()
        for widget in (
            QLabel(tr("of"), self.content),
            self.population,
            QLabel(tr("neurons"), self.content),
            self.neurons,
        ):
            bar.addWidget(widget)
        bar.addWidget(self.threshold_note, 1)
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addLayout(bar)
        layout.addWidget(self.plot, 1)
        self._is_asking = False
        self._asked_for: tuple[object, ...] = ()
        self.population.currentTextChanged.connect(self._ask)
        self.neurons.editingFinished.connect(self._ask)
        controller.studio.shown_changed.connect(self._shown_changed)
        controller.selection.changed.connect(self._selected)
        self.apply_theme(themes.theme)
        self._shown_changed(controller.studio.shown)

    def draw_view(self, view: View | None) -> None:
        """Ask for the voltages of the span."""
        if view is not None:
            self._ask()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self._threshold.colour = theme.muted
        self.plot.apply_theme(theme)

    def chosen(self) -> tuple[int, ...]:
        """Return the neurons that the field names, at most `MOST_NEURONS`; what is no number is left out."""
        found: list[int] = []
        for part in self.neurons.text().replace(";", ",").split(","):
            first, _, last = part.strip().partition("-")
            if first.isdigit():
                found += range(int(first), (int(last) if last.isdigit() else int(first)) + 1)
            if len(found) >= MOST_NEURONS:
                break
        return tuple(dict.fromkeys(found[:MOST_NEURONS]))

    def _shown_changed(self, shown: RunShown | None) -> None:
        names = () if shown is None else shown.voltages_of
        self.set_empty(not names)
        if [self.population.itemText(index) for index in range(self.population.count())] != list(names):
            self.population.clear()
            self.population.addItems(list(names))
        self._asked_for = ()
        self._ask()

    def _selected(self, selected: Selected) -> None:
        shown = self.controller.source.shown
        own = [(name, neuron) for name, neuron in selected.neurons if shown is not None and name in shown.voltages_of]
        if own:
            self.population.setCurrentText(own[0][0])
            self.neurons.setText(", ".join(str(neuron) for _, neuron in own))
            self._ask()

    def _ask(self, *_values: object) -> None:
        shown, name = self.controller.source.shown, self.population.currentText()
        if shown is None or name not in shown.voltages_of or self._is_asking or not self.isVisible():
            return
        size = shown.network.spiking.population(name).size
        neurons = tuple(neuron for neuron in self.chosen() if neuron < size)
        timeline = self.controller.timeline
        start, stop = timeline.start, min(timeline.stop, timeline.start + MOST_TICKS)
        wish = (shown.session, shown.number, name, neurons, start, stop)
        if wish == self._asked_for or not neurons:
            return
        self._asked_for, self._is_asking = wish, True

        def answered(values: NDArray[np.float64]) -> None:
            self._is_asking = False
            self._draw(shown, name, neurons, start, values)
            self._ask()  # what was wished for meanwhile

        def refused(_refusal: object) -> None:
            self._is_asking = False

        self.controller.sessions.request("voltages", *wish, done=answered, failed=refused)

    def _draw(
        self, shown: RunShown, name: str, neurons: tuple[int, ...], start: int, values: NDArray[np.float64]
    ) -> None:
        times = (start + np.arange(len(values)) + 0.5) * shown.tick_s
        colours = list(population_colours([str(neuron) for neuron in neurons]).values())
        for index, curve in enumerate(self._curves):
            if index < len(neurons):
                curve.show_points(times, values[:, index], colours[index])
            else:
                curve.clear()
        threshold = self._threshold.value = self._threshold_of(name, neurons[0])
        low, high = float(values.min(initial=0.0)), float(values.max(initial=0.0))
        if threshold is not None:
            high = max(high, threshold)
            self.threshold_note.setText(tr("threshold {threshold:.4g} (dashed)", threshold=threshold))
        else:
            self.threshold_note.setText("")
        self.plot.set_y_range(low - 0.05 * (high - low), high + 0.05 * (high - low) or 1.0)

    def _threshold_of(self, name: str, neuron: int) -> float | None:
        """Return the threshold in model units; a session does not hold parameters, the open project does."""
        network = self.controller.studio.network
        if network is None or name not in [population.name for population in network.spiking.populations]:
            return None
        population = network.spiking.population(name)
        value = population.params.get("threshold")
        if value is None or isinstance(value, str):
            return None
        thresholds = np.broadcast_to(np.asarray(value, np.float64), (population.size,))
        scales = np.broadcast_to(np.asarray(population.v_scale, np.float64), (population.size,))
        found = float(thresholds[neuron] / scales[neuron])
        return found if np.isfinite(found) and abs(found) < 1e30 else None
