"""Advice: the smallest safe tick, the PE that sets it, and what to change first, each change one click away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton

from s2studio.draw.theme import NEAR_PX
from s2studio.gui.models.selection import of_slices
from s2studio.gui.models.sure import about_column
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel, beside
from s2studio.mapping.edit import name_of
from s2studio.units import estimated, with_unit

if TYPE_CHECKING:
    from s2studio.analysis.advise import Advice
    from s2studio.gui.controller import Controller


class AdvicePanel(Panel):
    """Asks `s2studio advise` about the run that is shown, or the open project. All times are pessimistic ends."""

    EMPTY = "Open a network or a session: this panel says how short its tick may be, and what to change first."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.advice: Advice | None = None
        self.headline, self.cause = QLabel(self.content), QLabel(self.content)
        self.headline.setProperty("role", "heading")
        self.cause.setProperty("role", "muted")
        for label in (self.headline, self.cause):
            label.setWordWrap(True)
        self.wants = QCheckBox(tr("reach a tick of"), self.content)
        self.tick = QDoubleSpinBox(self.content)
        self.tick.setRange(0.001, 1e6)
        self.tick.setDecimals(3)
        self.tick.setSuffix(tr(" ms"))
        self.tick.setAccessibleName(tr("Wanted tick"))
        self.ask = QPushButton(tr("Advise"), self.content)
        self.apply = QPushButton(tr("Apply"), self.content)
        self.apply.setToolTip(
            tr("Change the project as the selected row says; a change of the placement can be undone")
        )
        self.fixes = Figures(
            (tr("change"), *map(about_column, (tr("safe tick"), tr("saves"), tr("late"))), tr("PEs")),
            tr("What to change"),
            self._chosen,
        )
        self.rooms = Figures(
            (tr("fullest PEs"), about_column(tr("longest")), about_column(tr("head-room")), tr("packets")),
            tr("Head-room by PE"),
            self._select,
        )
        self._lay_out()
        self.ask.clicked.connect(lambda _checked: self.advise())
        self.apply.clicked.connect(lambda _checked: self.apply_chosen())
        self.wants.toggled.connect(self.tick.setEnabled)
        self.tick.setEnabled(False)
        for event in (controller.studio.mapping_changed, controller.studio.shown_changed):
            event.connect(self._changed)
        self._changed(None)

    def advise(self) -> None:
        """Ask."""
        tick_s = self.tick.value() / 1e3 if self.wants.isChecked() else None
        self.controller.questions.ask(tr("Advising"), "advise", tick_s, done=self._show)

    def apply_chosen(self) -> None:
        """Apply the fix of the selected row."""
        row = self.fixes.currentRow()
        if self.advice is not None and 0 <= row < len(self.advice.fixes):
            self.controller.questions.apply_fix(self.advice.fixes[row])

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        for widget in (self.wants, self.tick, self.ask, self.apply):
            bar.addWidget(widget)
        top = QHBoxLayout()
        top.addWidget(self.headline, 1)
        top.addLayout(bar)
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addLayout(top)
        layout.addWidget(self.cause)
        self._found = beside(self.fixes, self.rooms, 680, 360)
        layout.addWidget(self._found, 1)
        layout.addStretch()

    def _changed(self, _value: object) -> None:
        """Advice is about what is there now: what was said before no longer holds."""
        studio = self.controller.studio
        self.set_empty(studio.mapping is None and studio.shown is None)
        self.advice = None
        self.apply.setEnabled(False)
        self.headline.setText(tr("Not asked since the last change"))
        self.cause.setText(tr("Advise: how short the tick may be, which PE sets it, and what to change first."))
        self._found.hide()
        project = studio.project
        if project is not None and not self.wants.isChecked():
            self.tick.setValue(project.run.tick_s * 1e3)

    def _show(self, advice: Advice) -> None:
        self.advice = advice
        self._found.show()
        now, deadline = advice.now, advice.deadline
        self.headline.setText(
            tr(
                "Smallest safe tick {safe_tick_s} at level {level}   (estimate)",
                safe_tick_s=with_unit(now.safe_tick_s, "s"),
                level=now.level,
            )
        )
        low, high = with_unit(deadline.low_s, "s"), with_unit(deadline.pessimistic_s, "s")
        self.cause.setText(
            tr(
                "Set by {slice} on {pe} in tick {tick:,}, mostly {phase}: {packets:,} packets, "
                "{synaptic_events:,} synaptic events, {low} to {high}.  FIFO: {fifo_needed:,} of "
                "{fifo_depth:,} packets needed.  ",
                slice=deadline.slice,
                pe=deadline.pe,
                tick=deadline.tick,
                phase=deadline.phase,
                packets=deadline.packets,
                synaptic_events=deadline.synaptic_events,
                low=low,
                high=high,
                fifo_needed=advice.fifo_needed,
                fifo_depth=advice.fifo_depth,
            )
            + "  ".join(f"{note[:1].upper()}{note[1:]}." for note in advice.notes)
        )
        self.fixes.show_figures(
            [
                Figure(
                    (
                        fix.title,
                        with_unit(fix.after.safe_tick_s, "s"),
                        with_unit(fix.saved_j, "J"),
                        f"{fix.after.late_ticks:,}",
                        f"{fix.after.pes_used}",
                    ),
                    tip=tr(
                        "{title}: {why}. The run then takes {energy_j}, {saved_j} less.",
                        title=fix.title,
                        why=fix.why,
                        energy_j=estimated(fix.after.energy_j, fix.after.energy_low_j, fix.after.energy_high_j, "J"),
                        saved_j=estimated(fix.saved_j, *fix.saved_ends_j, "J"),
                    ),
                )
                for fix in advice.fixes
            ]
        )
        if advice.fixes:
            self.fixes.selectRow(0)
        self.apply.setEnabled(bool(advice.fixes) and self.controller.studio.project is not None)
        self.rooms.show_figures(
            [
                Figure(
                    (
                        f"{room.slice}  {room.pe}",
                        with_unit(room.pessimistic_s, "s"),
                        with_unit(room.headroom_s, "s"),
                        f"{room.most_packets:,}",
                    ),
                    self.theme.bad if room.headroom_s < 0 else "",
                )
                for room in advice.rooms
            ]
        )

    def _chosen(self, _row: int) -> None:
        self.apply.setEnabled(self.controller.studio.project is not None)

    def _select(self, row: int) -> None:
        mapping = self.controller.studio.mapping
        if self.advice is None or mapping is None or row >= len(self.advice.rooms):
            return
        wanted = self.advice.rooms[row].slice
        found = [index for index in range(len(mapping.slices)) if name_of(mapping, index) == wanted]
        self.controller.selection.select(of_slices(mapping, frozenset(found)))
