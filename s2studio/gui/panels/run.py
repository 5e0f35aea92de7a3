"""Run: what drives the network, for how long, at which tick and level, and what is recorded of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from s2studio.draw.colours import population_colours
from s2studio.draw.theme import NEAR_PX, SPACE_PX
from s2studio.gui.theme import ThemeSwitch, give_room
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.panel import Panel, in_order
from s2studio.gui.views.stimulus_field import StimulusField, muted
from s2studio.sim.level import LevelPolicy
from s2studio.units import NS_PER_S

if TYPE_CHECKING:
    from s2studio.app.engine import Prepared
    from s2studio.chip.spec import ChipSpec
    from s2studio.gui.controller import Controller
    from s2studio.mapping.mapping import ChipMapping

Variables = Mapping[str, frozenset[str]]
LEVELS = ("low", "high", "auto")
# What stands in the panel needs so much, beside the scroll bar.
LEAST_PX = 376
ENGINES, FIFOS = ("lockstep", "per_pe"), ("drop", "overwrite", "stall")
SPEEDS = (
    (marked("as fast as possible"), None),
    (marked("real time"), 1.0),
    (marked("10 × slower"), 0.1),
    (marked("100 × slower"), 0.01),
)
COLUMNS = (
    marked("population"),
    marked("board\nspikes"),
    marked("board\nv"),
    marked("watch\nspikes"),
    marked("watch\nv"),
    marked("board\nB / PE"),
)
# What each column after the first switches: whether the board records it or only the simulator sees it, and what.
SWITCHES = ((True, "spikes"), (True, "v"), (False, "spikes"), (False, "v"))
SWITCH_PX, BYTES_PX = 44, 76
MOST_STEPS = 1_000_000_000
PJ_PER_J = 1e12


class RunPanel(Panel):
    """Every change works on the project at once: it is lowered and fitted again, and refused in the log if wrong."""

    EMPTY = "Open a network to run it: drop a file on the window, or press Ctrl+O."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.steps = QSpinBox()
        self.steps.setRange(0, MOST_STEPS)
        self.steps.setSpecialValueText(tr("as the stimulus needs"))
        self.steps.setSuffix(tr(" ticks"))
        self.steps.setGroupSeparatorShown(True)
        self.tick = QDoubleSpinBox()
        self.tick.setRange(0.001, 1_000_000.0)
        self.tick.setDecimals(3)
        self.tick.setSuffix(tr(" ms"))
        self.tick.setToolTip(tr("Wall time of a tick on the chip. The model's own step is chosen at import."))
        self.level = QComboBox()
        self.level.addItems(LEVELS)
        self.level.setToolTip(
            tr("Performance level: clock and voltage of the PEs. auto: by the packets waiting each tick.")
        )
        self.engine, self.fifo = QComboBox(), QComboBox()
        self.engine.addItems(ENGINES)
        self.engine.setToolTip(tr("lockstep: fast, as if no PE were late. per_pe: every PE by its own clock, slower."))
        self.fifo.addItems(FIFOS)
        self.fifo.setToolTip(tr("What a full FIFO does with a packet, where every PE goes by its own clock"))
        self.speed = QComboBox()
        for title, factor in SPEEDS:
            self.speed.addItem(tr(title), factor)
        self.speed.setToolTip(tr("How fast the simulator goes, against chip time"))
        self.sleep_level, self.unused_pes = QComboBox(), QComboBox()
        self.sleep_level.setToolTip(tr("At which level a PE sleeps until the next tick: published nowhere."))
        self.unused_pes.addItem(tr("asleep"), "asleep")
        self.unused_pes.addItem(tr("off"), "off")
        self.unused_pes.setToolTip(tr("What PEs do that no program uses: published nowhere."))
        self.switch_time, self.switch_energy = QDoubleSpinBox(), QDoubleSpinBox()
        for cost, suffix in ((self.switch_time, " ns"), (self.switch_energy, " pJ")):
            cost.setRange(0.0, 1e9)
            cost.setDecimals(1)
            cost.setSuffix(suffix)
            cost.setToolTip(
                tr("What a change of level costs a PE, before and after each tick at another level than it sleeps at.")
            )
        self.stimuli = QWidget()
        self._stimuli_layout = QVBoxLayout(self.stimuli)
        self._stimuli_layout.setContentsMargins(0, 0, 0, 0)
        self.table = self._make_table()
        self.memory = QLabel()
        self.memory.setWordWrap(True)
        self.memory.setProperty("role", "muted")
        self._lay_out()
        for spin in (self.steps, self.tick):
            spin.editingFinished.connect(self._changed)
        for cost in (self.switch_time, self.switch_energy):
            cost.editingFinished.connect(self._settings_changed)
        for setting in (self.sleep_level, self.unused_pes):
            setting.activated.connect(lambda _index: self._settings_changed())
        for box in (self.level, self.engine, self.fifo):
            box.currentIndexChanged.connect(self._changed)
        self.speed.currentIndexChanged.connect(self._speed_changed)
        self.table.itemChanged.connect(self._switched)
        controller.studio.prepared_changed.connect(self._prepared)
        controller.studio.mapping_changed.connect(self._mapped)
        controller.studio.unfit_changed.connect(lambda _text: self._mapped(controller.studio.mapping))
        self._prepared(controller.studio.prepared)

    def _lay_out(self) -> None:
        inner = QWidget()
        form = _form(
            (tr("Steps"), self.steps),
            (tr("Tick"), self.tick),
            (tr("Level"), self.level),
            (tr("Speed"), self.speed),
        )
        settings = _form(
            (tr("Engine"), self.engine),
            (tr("Full FIFO"), self.fifo),
            (tr("Sleep at level"), self.sleep_level),
            (tr("Unused PEs"), self.unused_pes),
            (tr("Time of a level change"), self.switch_time),
            (tr("Energy of a level change"), self.switch_energy),
        )
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(SPACE_PX, SPACE_PX, SPACE_PX, SPACE_PX)
        layout.setSpacing(NEAR_PX)
        layout.addWidget(_heading(tr("Stimulus")))
        layout.addWidget(self.stimuli)
        layout.addWidget(_heading(tr("Run")))
        layout.addLayout(form)
        layout.addWidget(_heading(tr("What is kept")))
        layout.addWidget(self.table)
        layout.addWidget(self.memory)
        layout.addWidget(_heading(tr("How the chip is simulated")))
        layout.addLayout(settings)
        layout.addStretch(1)
        area = QScrollArea(self.content)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(inner)
        area.setMinimumWidth(LEAST_PX + area.verticalScrollBar().sizeHint().width())
        self.column().addWidget(area)

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(COLUMNS))
        table.setHorizontalHeaderLabels([tr(title) for title in COLUMNS])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setStyleSheet("QHeaderView::section { padding: 4px 2px; }")
        table.setAccessibleName(tr("What is recorded and watched"))
        table.setToolTip(tr("Recorded: by the board, in the memory of its PEs. Watched: by the simulator only, free."))
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setDefaultSectionSize(SWITCH_PX)
        header.resizeSection(len(COLUMNS) - 1, BYTES_PX)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        return table

    def _prepared(self, prepared: Prepared | None) -> None:
        self.set_empty(prepared is None)
        if prepared is None:
            return
        options = prepared.project.run
        shown = (self.steps, self.tick, self.level, self.engine, self.fifo, self.table)
        blocked = [QSignalBlocker(widget) for widget in shown]
        self.steps.setValue(options.steps or 0)
        self.tick.setValue(options.tick_s * 1e3)
        self.level.setCurrentText(options.level.mode)
        self.engine.setCurrentText(options.engine)
        self.fifo.setCurrentText(options.fifo)
        self.fifo.setEnabled(options.engine == "per_pe")
        self._fill_table(prepared)
        del blocked
        self._show_settings(prepared.machine.spec)
        self._fill_stimuli(prepared)
        self._mapped(self.controller.studio.mapping)

    def _show_settings(self, spec: ChipSpec) -> None:
        self.sleep_level.clear()
        self.sleep_level.addItems(list(spec.levels))
        self.sleep_level.setCurrentText(spec.sleep_level)
        self.unused_pes.setCurrentIndex(self.unused_pes.findData(spec.unused_pes))
        self.switch_time.setValue(spec.switch_time_s * NS_PER_S)
        self.switch_energy.setValue(spec.switch_energy_j * PJ_PER_J)

    def _fill_table(self, prepared: Prepared) -> None:
        populations = () if prepared.network is None else prepared.network.spiking.populations
        names = [population.name for population in populations]
        colours = population_colours(names)
        self.table.setRowCount(len(names))
        for row, name in enumerate(names):
            first = QTableWidgetItem(name)
            first.setFlags(Qt.ItemFlag.ItemIsEnabled)
            first.setForeground(self.palette().text())
            first.setToolTip(
                tr(
                    "{name}: {size:,} neurons, {model}",
                    name=name,
                    size=populations[row].size,
                    model=populations[row].model,
                )
            )
            first.setData(Qt.ItemDataRole.DecorationRole, _swatch(colours[name]))
            self.table.setItem(row, 0, first)
            for column, (is_recorded, variable) in enumerate(SWITCHES, 1):
                kept = self._kept(prepared, is_recorded)
                item = QTableWidgetItem()
                can = variable == "spikes" or populations[row].model not in ("spike_list", "spikes_from_array", "relay")
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable if can else Qt.ItemFlag(0))
                if can:
                    is_on = variable in kept.get(name, frozenset())
                    item.setCheckState(Qt.CheckState.Checked if is_on else Qt.CheckState.Unchecked)
                self.table.setItem(row, column, item)
            self.table.setItem(row, len(COLUMNS) - 1, QTableWidgetItem("–"))
        self.table.resizeRowsToContents()
        height = self.table.horizontalHeader().sizeHint().height() + 4
        self.table.setFixedHeight(min(360, height + sum(self.table.rowHeight(row) for row in range(len(names)))))

    def _kept(self, prepared: Prepared, is_recorded: bool) -> Variables:
        """Return what is recorded, or watched, as things are."""
        if is_recorded:
            return prepared.record or {}
        asked = prepared.project.run.observe
        if asked is not None or prepared.network is None:
            return asked or {}
        return {population.name: frozenset({"spikes"}) for population in prepared.network.spiking.populations}

    def _fill_stimuli(self, prepared: Prepared) -> None:
        while self._stimuli_layout.count():
            old = self._stimuli_layout.takeAt(0)
            widget = None if old is None else old.widget()
            if widget is not None:
                widget.deleteLater()
        if not prepared.targets:
            self._stimuli_layout.addWidget(muted(tr("This network has no inputs: it drives itself.")))
        for name, target in prepared.targets.items():
            self._stimuli_layout.addWidget(
                StimulusField(self.controller, prepared, name, target, len(prepared.targets) == 1)
            )
        asked = [
            one
            for one in self.stimuli.findChildren(QWidget)
            if isinstance(one, QComboBox | QAbstractSpinBox | QPushButton)
        ]
        give_room(self.stimuli)
        own = (self.steps, self.tick, self.level, self.speed, self.table, self.engine, self.fifo)
        in_order(*asked, *own, *self._settings)

    def _mapped(self, mapping: ChipMapping | None) -> None:
        unfit = self.controller.studio.unfit
        self.memory.setProperty("role", "bad" if unfit else "muted")
        self.memory.style().polish(self.memory)
        if unfit:
            self.memory.setText(tr("Does not fit: {why}", why=unfit))
            return
        if mapping is None:
            self.memory.setText(tr("Not mapped: see the log for what stands against it."))
            return
        with QSignalBlocker(self.table):
            most: dict[str, int] = {}
            for piece in mapping.slices:
                most[piece.population] = max(most.get(piece.population, 0), piece.bytes["record"])
            for row in range(self.table.rowCount()):
                name, cell = self.table.item(row, 0), self.table.item(row, len(COLUMNS) - 1)
                if name is not None and cell is not None:
                    cell.setText(f"{most.get(name.text(), 0):,} B")
                    cell.setFlags(Qt.ItemFlag.ItemIsEnabled)
                    cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        fullest = max(mapping.slices, key=lambda piece: sum(piece.bytes.values()))
        machine = self.controller.studio.machine
        total = 0 if machine is None else machine.spec.memory.data_bytes
        used = sum(fullest.bytes.values())
        self.memory.setText(
            tr(
                "Fits: {steps:,} ticks recorded on the board. Fullest PE: {pe} with {used:,} B of {total:,} B.",
                steps=mapping.demand.steps,
                pe=fullest.pe,
                used=used,
                total=total,
            )
        )

    def _changed(self) -> None:
        project = self.controller.studio.project
        if project is None:
            return
        level = project.run.level
        if self.level.currentText() != level.mode:
            level = LevelPolicy.parse([self.level.currentText()])
        tick_s = project.run.tick_s
        if abs(self.tick.value() - tick_s * 1e3) > 1e-9:
            tick_s = self.tick.value() / 1e3
        options = replace(
            project.run,
            steps=self.steps.value() or None,
            tick_s=tick_s,
            level=level,
            engine=self.engine.currentText(),
            fifo=self.fifo.currentText(),
        )
        if options != project.run:
            self.controller.change(run=options)

    @property
    def _settings(self) -> tuple[QWidget, ...]:
        return self.sleep_level, self.unused_pes, self.switch_time, self.switch_energy

    def _settings_changed(self) -> None:
        """Put what differs from the chip as it is into the project."""
        prepared = self.controller.studio.prepared
        if prepared is None:
            return
        spec = prepared.machine.spec
        shown: dict[str, tuple[str | float, str | float]] = {
            "sleep_level": (self.sleep_level.currentText(), spec.sleep_level),
            "unused_pes": (self.unused_pes.currentData(), spec.unused_pes),
            "switch_time_s": (self.switch_time.value() / NS_PER_S, spec.switch_time_s),
            "switch_energy_j": (self.switch_energy.value() / PJ_PER_J, spec.switch_energy_j),
        }
        changed: dict[str, Any] = {
            name: chosen for name, (chosen, before) in shown.items() if not _is_same(chosen, before)
        }
        if changed:
            self.controller.change(settings=replace(prepared.project.settings, **changed))

    def _switched(self, item: QTableWidgetItem) -> None:
        prepared, name = self.controller.studio.prepared, self.table.item(item.row(), 0)
        if prepared is None or name is None or not 1 <= item.column() <= len(SWITCHES):
            return
        is_recorded, variable = SWITCHES[item.column() - 1]
        kept = {key: set(values) for key, values in self._kept(prepared, is_recorded).items()}
        own = kept.setdefault(name.text(), set())
        (own.add if item.checkState() == Qt.CheckState.Checked else own.discard)(variable)
        changed = {key: frozenset(values) for key, values in kept.items() if values}
        run = prepared.project.run
        self.controller.change(run=replace(run, record=changed) if is_recorded else replace(run, observe=changed))

    def _speed_changed(self) -> None:
        self.controller.running.set_speed(self.speed.currentData())


def _is_same(one: str | float, other: str | float) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return math.isclose(one, other, rel_tol=1e-9)


def _form(*rows: tuple[str, QWidget]) -> QFormLayout:
    form = QFormLayout()
    form.setHorizontalSpacing(SPACE_PX)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    for title, widget in rows:
        label = QLabel(title)
        label.setBuddy(widget)
        widget.setAccessibleName(title)
        form.addRow(label, widget)
    return form


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    return label


def _swatch(colour: str) -> Any:
    from PySide6.QtGui import QColor, QPixmap

    pixmap = QPixmap(10, 10)
    pixmap.fill(QColor(colour))
    return pixmap
