"""Graph: the layers of a deep network, as the file has them and as the chip runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton

from s2studio.draw.theme import NEAR_PX, SPACE_PX, TIGHT_PX, Theme
from s2studio.gui.icons import icon
from s2studio.gui.models.layer_graph import layer_graph
from s2studio.gui.models.selection import Selected
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.network_view import NetworkView
from s2studio.gui.views.panel import Panel
from s2studio.units import counted

if TYPE_CHECKING:
    from s2studio.app.deep import DeepShown
    from s2studio.gui.controller import Controller


class LayerGraphPanel(Panel):
    """The graph, before or after fusion; a click selects a layer everywhere."""

    EMPTY = "Open a deep network (.onnx): the graph of its layers appears here."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.deep = controller.deep
        self.view = NetworkView(themes.theme)
        self.view.setAccessibleName(tr("Graph of the layers"))
        self.stage = QComboBox(self.content)
        self.stage.addItem(tr("as the chip runs it"), True)
        self.stage.addItem(tr("as in the file"), False)
        self.stage.setAccessibleName(tr("Before or after fusion"))
        self.stage.setToolTip(tr("Layers that the chip runs as one are one box, or each has its own"))
        self._about = QLabel(self.content)
        self._about.setProperty("role", "small")
        self._fit = QToolButton(self.content)
        self._fit.setToolTip(tr("Show the whole network  (0)"))
        self._fit.setAccessibleName(tr("Show the whole network  (0)"))
        self._fit.setIcon(icon("fit", self.theme))
        bar = QHBoxLayout()
        bar.setContentsMargins(SPACE_PX, TIGHT_PX, NEAR_PX, TIGHT_PX)
        bar.setSpacing(NEAR_PX)
        bar.addWidget(self.stage)
        bar.addWidget(self._about, 1)
        bar.addWidget(self._fit)
        layout = self.column()
        layout.addLayout(bar)
        layout.addWidget(self.view, 1)
        self._fit.clicked.connect(lambda _checked: self.view.fit())
        self.stage.currentIndexChanged.connect(lambda _row: self._show(self.deep.shown))
        self.view.chosen.connect(self._choose)
        self.deep.shown_changed.connect(self._show)
        self.deep.layer_changed.connect(self._select)
        self._show(self.deep.shown)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.view.theme = theme
        self.view.update()
        self._fit.setIcon(icon("fit", theme))

    def _show(self, shown: DeepShown | None) -> None:
        about = None if shown is None else shown.about
        text = None if shown is None else tr("A session keeps no graph: open its model.")
        self.set_empty(about is None, text)
        if about is None:
            return
        graph = layer_graph(about, bool(self.stage.currentData()))
        self._about.setText(counted(about["parameters"], "parameter"))
        self.view.show_graph(graph)
        self._select(self.deep.layer)

    def _choose(self, names: frozenset[str], _adds: bool) -> None:
        shown = self.deep.shown
        if shown is not None:
            found = [number for number, name in enumerate(shown.timeline.layers) if name in names]
            self.deep.select(found[0] if found else None)

    def _select(self, layer: int | None) -> None:
        shown = self.deep.shown
        name = None if shown is None or layer is None else shown.timeline.layers[layer]
        self.view.selected = Selected() if name is None else Selected(populations=frozenset({name}))
        self.view.update()
