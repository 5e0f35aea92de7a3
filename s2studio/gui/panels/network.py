"""Network: the graph of populations and projections, and the weights of the projection that is selected."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from s2studio.draw.theme import NEAR_PX, SPACE_PX, TIGHT_PX, Theme
from s2studio.gui.icons import icon
from s2studio.gui.models.network_graph import GraphNode, groups_of, initially_open, network_graph
from s2studio.gui.models.selection import Selected, of_population, of_projection
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.network_view import NetworkView
from s2studio.gui.views.panel import Panel
from s2studio.gui.views.weights import WeightHistogram

if TYPE_CHECKING:
    from s2studio.gui.controller import Controller
    from s2studio.snn.network import ChipNetwork


# How high the histogram of weights is.
WEIGHTS_PX = 220


class NetworkPanel(Panel):
    """The graph, a row of buttons, and a histogram that is there while a projection is selected."""

    EMPTY = "No network yet. Open or drop a .nir file, a network YAML or a project."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.view = NetworkView(themes.theme)
        self.is_open: frozenset[str] = frozenset()
        self._network: ChipNetwork | None = None
        self._groups: Mapping[str, tuple[str, ...]] = {}
        self._bar = self._make_bar()
        below = QWidget()
        below.setProperty("class", "Panel")
        below.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        below.setFixedHeight(WEIGHTS_PX)
        self._column = column = QVBoxLayout(below)
        column.setContentsMargins(0, TIGHT_PX, 0, 0)
        column.setSpacing(0)
        self._weights_title = QLabel(below)
        self._weights_title.setContentsMargins(SPACE_PX, 0, SPACE_PX, 0)
        column.addWidget(self._weights_title)
        self._below = below
        layout = self.column()
        layout.addWidget(self._bar)
        layout.addWidget(self.view, 1)
        layout.addWidget(below)
        below.hide()
        self.view.chosen.connect(self._choose)
        self.view.edge_chosen.connect(self._choose_edge)
        self.view.toggled.connect(self._toggle)
        self.view.pointed.connect(lambda names: controller.selection.hover(Selected(populations=names)))
        controller.studio.prepared_changed.connect(lambda _prepared: self._renew())
        controller.studio.shown_changed.connect(lambda _shown: self._renew())
        controller.selection.changed.connect(self._selected)
        controller.selection.hovered.connect(self._hovered)
        self._renew()
        self._selected(controller.selection.now)

    @cached_property
    def weights(self) -> WeightHistogram:
        """The histogram, made when it is first looked at: that takes half as long as all the rest of the panel."""
        found = WeightHistogram(self.theme, self._below)
        self._column.addWidget(found)
        return found

    def set_open(self, is_open: frozenset[str]) -> None:
        """Open the groups of `is_open` and close all others."""
        self.is_open = is_open
        if self._network is not None:
            self.view.show_graph(network_graph(self._network, self._groups, is_open), keeps_camera=True)

    def open_all(self) -> None:
        """Open every group."""
        self.set_open(frozenset(group for chain in self._groups.values() for group in chain))

    def close_all(self) -> None:
        """Close every group."""
        self.set_open(frozenset())

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.view.theme = theme
        self.view.update()
        if "weights" in vars(self):
            self.weights.apply_theme(theme)
        self._fit.setIcon(icon("fit", theme))

    # ----------------------------------------------------------------------------------------------------------- inside
    def _make_bar(self) -> QWidget:
        bar = QWidget(self.content)
        row = QHBoxLayout(bar)
        row.setContentsMargins(SPACE_PX, TIGHT_PX, NEAR_PX, TIGHT_PX)
        row.setSpacing(TIGHT_PX)
        self._about = QLabel(bar)
        self._about.setProperty("role", "small")
        row.addWidget(self._about, 1)
        self._open, self._close, self._fit = QToolButton(bar), QToolButton(bar), QToolButton(bar)
        for button, text, tip, do in (
            (self._open, tr("Open all"), tr("Show every population of every group"), self.open_all),
            (self._close, tr("Close all"), tr("Show groups as one box each"), self.close_all),
            (self._fit, "", tr("Show the whole network  (0)"), self.view.fit),
        ):
            button.setText(text)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(lambda _checked=False, do=do: do())
            row.addWidget(button)
        self._fit.setIcon(icon("fit", self.theme))
        return bar

    def _renew(self) -> None:
        network = self.controller.studio.network
        self.set_empty(network is None)
        if network is None or network is self._network:
            self._network = network
            return
        self._network = network
        populations = network.spiking.populations
        self._groups = groups_of([population.name for population in populations])
        self.is_open = initially_open(self._groups)
        has_groups = any(self._groups.values())
        self._open.setVisible(has_groups)
        self._close.setVisible(has_groups)
        neurons = sum(population.size for population in populations)
        self._about.setText(
            tr("{populations:,} populations, {neurons:,} neurons", populations=len(populations), neurons=neurons)
        )
        self.view.show_graph(network_graph(network, self._groups, self.is_open))

    def _choose(self, names: frozenset[str], adds: bool) -> None:
        mapping, selection = self.controller.studio.mapping, self.controller.selection
        names = names | selection.now.populations if adds else names
        found = [of_population(mapping, name) for name in sorted(names)]
        selection.select(
            Selected(
                slices=frozenset().union(*(one.slices for one in found)),
                pes=frozenset().union(*(one.pes for one in found)),
                populations=names,
            )
        )

    def _choose_edge(self, projections: tuple[int, ...]) -> None:
        if self._network is not None:
            mapping = self.controller.studio.mapping
            self.controller.selection.select(of_projection(self._network, mapping, projections[0]))

    def _toggle(self, node: GraphNode) -> None:
        """Open the group that was double clicked, or close the innermost group of a population."""
        if node.group:
            self.set_open(self.is_open | {node.group})
            return
        groups = self._groups.get(node.populations[0], ())
        if groups:
            self.set_open(self.is_open - {groups[-1]})

    def _selected(self, selected: Selected) -> None:
        self.view.selected = selected
        self.view.update()
        network = self._network
        numbers = sorted(selected.projections) if network is not None else []
        if network is not None and numbers and numbers[0] < len(network.spiking.projections):
            projection = network.spiking.projections[numbers[0]]
            self._weights_title.setText(tr("Weights from {pre} to {post}", pre=projection.pre, post=projection.post))
            self.weights.show_projections((projection,))
        self._below.setVisible(bool(numbers))

    def _hovered(self, under: Selected) -> None:
        self.view.hovered = under
        self.view.update()
