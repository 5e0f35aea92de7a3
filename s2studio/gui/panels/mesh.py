"""The mesh: the chip as it is, with slices, heat map and links, on which slices are moved by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from s2studio.draw.metrics import METRICS
from s2studio.draw.theme import NEAR_PX, TIGHT_PX, WIDE_PX, Theme
from s2studio.gui.icons import icon
from s2studio.gui.models.selection import Selected, of_slices
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.canvas import ZOOM_PER_NOTCH
from s2studio.gui.views.layer_scene import LAYER_METRICS, ROLE, layer_scene
from s2studio.gui.views.mesh_legend import MeshLegend
from s2studio.gui.views.mesh_scene import POPULATION, Carried, scene
from s2studio.gui.views.mesh_strip import MeshStrip
from s2studio.gui.views.mesh_view import MeshView
from s2studio.gui.views.panel import Panel
from s2studio.gui.views.trace_bar import TraceBar
from s2studio.mapping.edit import Refused, name_of

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.app.deep import DeepShown
    from s2studio.chip.machine import PE
    from s2studio.gui.controller import Controller
    from s2studio.mapping.mapping import ChipMapping, Link

SPAN, MOMENT = "span", "moment"
# The heat maps of spiking networks and of layers, by name and title.
SPIKING_ROWS = ((POPULATION, marked("Population")), *((metric.name, metric.title) for metric in METRICS.values()))
LAYER_ROWS = ((ROLE, marked("Role")), *((metric.name, metric.title) for metric in LAYER_METRICS.values()))
# Below this height the strip has a row less.
LOW_PX = 520
# How wide legend and strip are beside the mesh, and a width that nothing reaches.
ASIDE_PX, ANY_PX = 250, 100_000
# How long a refusal stays in the strip.
SAID_MS = 6000


class MeshPanel(Panel):
    """Toolbar, mesh, legend and strip. `menu_wanted` asks for the context menu at a place on the screen."""

    EMPTY = "No placement yet. Open a network: it is placed on the chip, and you can move its slices here."
    menu_wanted = Signal(QPoint)

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.edits, self.editing = controller.edits, controller.edits.editing
        self.view = MeshView(themes.theme)
        self.legend, self.strip = MeshLegend(themes.theme), MeshStrip()
        layout = self.column()
        layout.addWidget(self._make_bar())
        self.traced = TraceBar(controller.forensics, self.content)
        layout.addWidget(self.traced)
        self._aside = QWidget(self.content)
        self._aside.setProperty("class", "Panel")
        self._aside.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        beside = QVBoxLayout(self._aside)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(0)
        beside.addWidget(self.legend)
        beside.addWidget(self.strip)
        beside.addStretch(1)
        self._body = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._body.addWidget(self.view, 1)
        self._body.addWidget(self._aside)
        layout.addLayout(self._body, 1)
        self._is_strip_wanted = True
        self._said = QTimer(self)
        self._said.setSingleShot(True)
        self._said.setInterval(SAID_MS)
        self._said.timeout.connect(self._show_strip)
        self._connect()
        self._renew()
        self._show_strip()

    # -------------------------------------------------------------------------------------------------------- commands
    def show_metric(self, name: str) -> None:
        """Colour the PEs by the heat map `name` of `METRICS`, or by `population`."""
        self.heat.setCurrentIndex(self.heat.findData(name))

    def want_strip(self, is_wanted: bool) -> None:
        """Show below the mesh what the placement costs and what an edit would change, or leave it out."""
        self._is_strip_wanted = is_wanted
        self._show_strip()

    def pick_or_drop(self) -> None:
        """Pick up the slice at the focus, or drop what is held."""
        self.view.setFocus()
        self.view.pick_or_drop()

    def ask_neurons_per_pe(self) -> None:
        """Ask how many neurons of the selected slice's population a PE may hold, and cut it anew."""
        mapping = self.controller.studio.mapping
        if mapping is None or not self.edits.slices:
            return
        piece = mapping.slices[min(self.edits.slices)]
        most = max(one.size for one in mapping.slices if one.population == piece.population)
        title, text = (
            tr("Neurons per PE"),
            tr("At most so many neurons of {population} on a PE:", population=piece.population),
        )
        neurons, is_given = QInputDialog.getInt(self, title, text, most, 1)
        if is_given:
            self.edits.set_neurons_per_pe(piece.population, neurons)

    def select_all(self) -> None:
        """Select every slice."""
        mapping = self.controller.studio.mapping
        if mapping is not None:
            self.controller.selection.select(of_slices(mapping, frozenset(range(len(mapping.slices)))))

    # ---------------------------------------------------------------------------------------------------------- drawing
    def draw_view(self, _view: View | None) -> None:
        """Colour by what happened in the timeline's span."""
        if self.when.currentData() == SPAN:
            self._renew()

    def draw_moment(self, _moment: View | None) -> None:
        """Colour by what happened at the timeline's cursor."""
        if self.when.currentData() == MOMENT:
            self._renew()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the mesh the room it can use: a chip is about as wide as it is high."""
        super().resizeEvent(event)
        self._take_sides(event.size())

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.view.theme = self.legend.theme = theme
        for button, name in self._buttons.items():
            button.setIcon(icon(name, theme))
        self.view.update()
        self.legend.update()

    # ----------------------------------------------------------------------------------------------------------- inside
    def _take_sides(self, size: QSize) -> None:
        """Put legend and strip beside the mesh where that makes it larger, else below it."""
        is_aside = size.width() - ASIDE_PX > size.height()
        self._body.setDirection(QBoxLayout.Direction.LeftToRight if is_aside else QBoxLayout.Direction.TopToBottom)
        # Beside the mesh they must not say how high it has to be.
        policy = QSizePolicy.Policy
        self._aside.setSizePolicy(policy.Preferred, policy.Ignored if is_aside else policy.Maximum)
        self._aside.setMinimumWidth(ASIDE_PX if is_aside else 0)
        self._aside.setMaximumWidth(ASIDE_PX if is_aside else ANY_PX)
        self.legend.set_aside(is_aside)
        self.strip.set_aside(is_aside)
        self.strip.set_compact(size.height() < LOW_PX)

    def _make_bar(self) -> QWidget:
        bar = QWidget(self.content)
        row = QHBoxLayout(bar)
        row.setContentsMargins(WIDE_PX, TIGHT_PX, NEAR_PX, TIGHT_PX)
        row.setSpacing(NEAR_PX)
        self.heat, self.when = QComboBox(bar), QComboBox(bar)
        self._offered: tuple[tuple[str, str], ...] = ()
        self._offer(SPIKING_ROWS)
        self.heat.setToolTip(tr("What the colour of a PE shows"))
        self.heat.setAccessibleName(tr("Heat map"))
        self.when.addItem(tr("in the span"), SPAN)
        self.when.addItem(tr("at the cursor"), MOMENT)
        self.when.setToolTip(tr("Of the run: the span that the timeline shows, or the tick at its cursor"))
        self.when.setAccessibleName(tr("When"))
        self.names = QCheckBox(tr("Names"), bar)
        self.names.setChecked(True)
        self.names.setToolTip(tr("Number the columns and rows of QPEs"))
        label = QLabel(tr("Colour by"), bar)
        label.setProperty("role", "muted")
        for widget in (label, self.heat, self.when, self.names):
            row.addWidget(widget)
        row.addStretch(1)
        self._buttons: dict[QToolButton, str] = {}
        for name, title, do in (
            ("zoom-out", tr("Zoom out  (-)"), lambda: self.view.zoom(1 / ZOOM_PER_NOTCH)),
            ("zoom-in", tr("Zoom in  (+)"), lambda: self.view.zoom(ZOOM_PER_NOTCH)),
            ("fit", tr("Show the whole chip  (0)"), self.view.fit),
        ):
            button = QToolButton(bar)
            button.setIcon(icon(name, self.theme))
            button.setToolTip(title)
            button.setAccessibleName(title)
            button.clicked.connect(lambda _checked=False, do=do: do())
            self._buttons[button] = name
            row.addWidget(button)
        return bar

    def _connect(self) -> None:
        view, studio, selection = self.view, self.controller.studio, self.controller.selection
        self.heat.currentIndexChanged.connect(lambda _index: self._renew())
        self.when.currentIndexChanged.connect(lambda _index: self._renew())
        self.names.toggled.connect(self._show_names)
        view.chosen.connect(self._choose)
        view.link_chosen.connect(lambda link: selection.select(Selected(links=frozenset({link}))))
        view.pointed.connect(self._point)
        view.grabbed.connect(self._grab)
        view.aimed.connect(self._aim)
        view.dropped.connect(self._drop)
        view.menu_wanted.connect(self._menu)
        studio.mapping_changed.connect(lambda _mapping: self._mapping_changed())
        studio.shown_changed.connect(lambda _shown: self._renew())
        self.controller.deep.shown_changed.connect(lambda _shown: self._mapping_changed())
        self.controller.deep.layer_changed.connect(lambda _layer: self._renew())
        selection.changed.connect(self._selected)
        selection.hovered.connect(self._hovered)
        self.edits.refused.connect(self._refused)
        self.controller.forensics.changed.connect(self._show_trace)
        self.edits.judged.connect(self._show_strip)

    def _show_trace(self) -> None:
        self.view.trace = self.controller.forensics.seen
        self.view.update()

    def _show_names(self, is_on: bool) -> None:
        self.view.names = is_on
        self.view.update()

    def _offer(self, rows: tuple[tuple[str, str], ...]) -> None:
        """Offer heat maps, each a name and a title; the first is chosen where the one before is not among them."""
        if rows == self._offered:
            return
        before, self._offered = self.heat.currentData(), rows
        self.heat.blockSignals(True)
        self.heat.clear()
        for name, title in rows:
            self.heat.addItem(tr(title), name)
        self.heat.setCurrentIndex(max(0, self.heat.findData(before)))
        self.heat.blockSignals(False)

    def _renew(self) -> None:
        deep = self.controller.deep
        self.when.setVisible(deep.shown is None)
        if deep.shown is not None:
            self._renew_deep(deep.shown, deep.layer)
            return
        self._offer(SPIKING_ROWS)
        is_moment = self.when.currentData() == MOMENT
        facts, network = self.controller.facts(is_moment), self.controller.studio.network
        self.set_empty(facts is None or network is None)
        if facts is None or network is None:
            self.view.show_scene(None)
            self.legend.show_legend(None)
            return
        self._enable_metrics(facts.view is not None)
        names = tuple(population.name for population in network.spiking.populations)
        shown = scene(facts, names, self.heat.currentData())
        self.view.show_scene(shown)
        self.legend.show_legend(shown.legend)

    def _renew_deep(self, shown: DeepShown, layer: int | None) -> None:
        """Show the PEs of a deep network: of the layer that is selected, or of all."""
        self._offer(LAYER_ROWS)
        self.set_empty(False)
        made = layer_scene(shown, layer, self.heat.currentData(), self.theme)
        self.view.show_scene(made)
        self.legend.show_legend(made.legend)

    def _enable_metrics(self, has_run: bool) -> None:
        model = self.heat.model()
        for row, metric in enumerate(METRICS.values(), 1):
            item = model.item(row)  # type: ignore[attr-defined]
            item.setEnabled(has_run or not metric.needs_run)
        self.when.setEnabled(has_run)

    def _mapping_changed(self) -> None:
        self.view.carried = None
        self._renew()
        self._show_strip()

    # --------------------------------------------------------------------------------------------- selecting and moving
    def _choose(self, pes: frozenset[PE], adds: bool) -> None:
        shown, selection = self.view.scene, self.controller.selection
        if shown is None:
            return
        slices = frozenset(shown.slice_at[pe] for pe in pes if pe in shown.slice_at)
        if adds and len(pes) == 1 and pes <= selection.now.pes:
            slices, pes = selection.now.slices - slices, selection.now.pes - pes
        elif adds:
            slices, pes = slices | selection.now.slices, pes | selection.now.pes
        found = Selected() if shown.mapping is None else of_slices(shown.mapping, slices)
        selection.select(Selected(found.slices, found.pes | pes, found.populations))

    def _point(self, pe: PE | None, link: Link | None) -> None:
        shown = self.view.scene
        found = Selected(links=frozenset({link})) if link is not None else Selected()
        if pe is not None and shown is not None:
            index = shown.slice_at.get(pe)
            found = Selected(pes=frozenset({pe}))
            if index is not None and shown.mapping is not None:
                population = shown.mapping.slices[index].population
                found = Selected(frozenset({index}), frozenset({pe}), frozenset({population}))
        self.controller.selection.hover(found)

    def _grab(self, pe: PE) -> None:
        """Pick up the slice on `pe`, with all others that are selected if it is among them."""
        shown = self.view.scene
        if shown is None or pe not in shown.slice_at or not self.edits.can_edit:
            return
        lead = shown.slice_at[pe]
        if lead not in self.edits.slices:
            self._choose(frozenset({pe}), adds=False)
        slices = self.edits.slices
        legality = self.editing.legality(slices, lead)
        changes = self.editing.changes(slices, lead, [one for one, refused in legality.items() if refused is None])
        self.view.carried = Carried(lead, slices, legality, changes)
        self.view.focus = pe
        self._aim(pe)

    def _aim(self, pe: PE | None) -> None:
        held = self.view.carried
        if held is None or (pe is not None and pe == held.target):
            return
        self.view.carried = Carried(held.lead, held.slices, held.legality, held.changes, pe)
        self.view.update()
        self._show_strip()

    def _drop(self, pe: PE | None) -> None:
        held, self.view.carried = self.view.carried, None
        self.view.update()
        if held is not None and pe is not None:
            plan = self.editing.plan(held.slices, held.lead, pe)
            if isinstance(plan, Refused):
                self._refused(plan)
                return
            self.view.focus = pe
            self.edits.drop(plan)
        self._show_strip()

    def _menu(self, pe: PE | None, at: QPoint) -> None:
        if pe is not None and pe not in self.controller.selection.now.pes:
            self._choose(frozenset({pe}), adds=False)
        self.menu_wanted.emit(at)

    # -------------------------------------------------------------------------------------------------------- telling
    def _selected(self, selected: Selected) -> None:
        self.view.selected = selected
        self.view.update()
        self._show_strip()

    def _hovered(self, under: Selected) -> None:
        self.view.hovered = under
        self.view.update()

    def _refused(self, refused: Refused) -> None:
        self._said.start()
        self._show_strip()
        self.strip.show_refusal(refused)

    def _show_strip(self) -> None:
        mapping, held = self.controller.studio.mapping, self.view.carried
        self.strip.setVisible(mapping is not None and self._is_strip_wanted)
        if mapping is None:
            return
        if held is None or held.target is None:
            if not self._said.isActive() or held is not None:
                self.strip.show_state(
                    self._heading(mapping), self.editing.now(), self.editing.basis, self.editing.board
                )
            return
        preview = self.editing.preview(self.editing.plan(held.slices, held.lead, held.target))
        self.strip.show_preview(preview, self.editing.basis)

    def _heading(self, mapping: ChipMapping) -> str:
        chosen = sorted(self.edits.slices)
        if len(chosen) == 1:
            return f"{name_of(mapping, chosen[0])} on {mapping.slices[chosen[0]].pe}"
        if chosen:
            return tr("{chosen} slices selected", chosen=len(chosen))
        machine = self.controller.studio.machine
        usable = len(machine.usable_pes) if machine is not None else 0
        return tr("{pes_used} of {usable} PEs", pes_used=mapping.pes_used, usable=usable)
