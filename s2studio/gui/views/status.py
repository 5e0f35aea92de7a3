"""The status bar: what is worked on, and always chip, PEs used, memory, live rate, ticks the display skipped."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from s2studio.draw.scale import quantity
from s2studio.gui.models.sure import about
from s2studio.gui.translation import tr
from s2studio.gui.views.readout import Readout
from s2studio.units import with_unit

if TYPE_CHECKING:
    from s2studio.gui.controller import Controller
    from s2studio.gui.models.studio import Busy

EVERY_MS, RATE_PX, PROGRESS_PX = 500, 320, 160
# What is done sooner than this is not announced, and between two steps of one thing nothing disappears: no flicker.
SOON_MS = 100


class StatusBusy(QWidget):
    """What the engine works on, how far it is, and the button that cancels it: nothing while it is idle."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = controller.studio
        self._doing, self._progress = QLabel(self), QProgressBar(self)
        self._progress.setFixedWidth(PROGRESS_PX)
        self._progress.setTextVisible(False)
        cancel = QPushButton(tr("Cancel"), self)
        cancel.clicked.connect(controller.cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._doing, self._progress, cancel):
            layout.addWidget(widget)
        self.setVisible(False)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._appear)
        self._studio.busy_changed.connect(lambda _busy: self._soon.start())
        self._studio.busy_progressed.connect(self._show)

    def _appear(self) -> None:
        busy = self._studio.busy
        if busy is not None:
            self._show(busy)
        self.setVisible(busy is not None)

    def _show(self, busy: Busy) -> None:
        self._doing.setText(f"{busy.what} …")
        self._progress.setRange(0, busy.total)
        self._progress.setValue(busy.done)


class StatusFacts(QWidget):
    """Labels at the right end of the status bar."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self._rate, self._used, self._chip = Readout(RATE_PX, parent=self), QLabel(self), QLabel(self)
        self._rate.label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for label in (self._rate, self._used, self._chip):
            layout.addWidget(label)
        self._last = (time.monotonic(), 0)
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._show_rate)
        self._timer.start()
        for event in (
            controller.studio.prepared_changed,
            controller.studio.mapping_changed,
            controller.studio.shown_changed,
            controller.deep.shown_changed,
        ):
            event.connect(self._show)
        self._show(None)

    def _show(self, _value: object) -> None:
        studio, deep = self._controller.studio, self._controller.deep.shown
        machine, mapping = studio.machine, studio.mapping
        chip = machine if deep is None else deep.machine
        label = "" if chip is None or not chip.spec.label else f" ({chip.spec.label})"
        self._chip.setText("" if chip is None else f"{chip.spec.title}{label}")
        if deep is not None:
            self._used.setText(
                tr(
                    "{pes_used} of {usable_pes} PEs   {dram} in the DRAM",
                    pes_used=len(deep.mapping.pes),
                    usable_pes=len(deep.machine.usable_pes),
                    dram=with_unit(deep.mapping.dram_bytes, "B"),
                )
            )
            return
        if machine is None or mapping is None:
            self._used.setText("")
            return
        fullest = max((sum(piece.bytes.values()) for piece in mapping.slices), default=0)
        self._used.setText(
            tr(
                "{pes_used} of {usable_pes} PEs   fullest {fullest} of {data_bytes:,} B",
                pes_used=mapping.pes_used,
                usable_pes=len(machine.usable_pes),
                fullest=about(quantity(fullest / machine.spec.memory.data_bytes, "%")),
                data_bytes=machine.spec.memory.data_bytes,
            )
        )

    def _show_rate(self) -> None:
        live, now = self._controller.source.live, time.monotonic()
        if live is None:
            self._rate.setText("")
            self._last = (now, 0)
            return
        before, ticks = self._last
        rate = max(0, live.stop - ticks) / max(1e-6, now - before)
        self._last = (now, live.stop)
        speed = rate * self._controller.timeline.tick_s
        skipped = tr("   {skipped:,} ticks not shown", skipped=live.skipped) if live.skipped else ""
        self._rate.setText(
            tr(
                "{rate} ({speed:.3g} × real time){skipped}",
                rate=with_unit(rate, "ticks/s"),
                speed=speed,
                skipped=skipped,
            )
        )
