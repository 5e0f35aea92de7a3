"""The bar over the mesh while packets are traced: whose tick, why, the ways to choose from, and a button to clear."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QWidget

from s2studio.draw.theme import NEAR_PX, TIGHT_PX, WIDE_PX
from s2studio.gui.translation import tr
from s2studio.units import with_unit

if TYPE_CHECKING:
    from s2studio.draw.trace import Trace, Way
    from s2studio.gui.forensics import Forensics

CAUSE_PX, ALL = 160, -1


class TraceBar(QWidget):
    """Shows the trace of `forensics`; hidden where there is none."""

    def __init__(self, forensics: Forensics, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._forensics = forensics
        self._shown: Trace | None = None
        self.cause = QLabel(self)
        self.cause.setWordWrap(True)
        self.cause.setMinimumWidth(CAUSE_PX)
        self.cause.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.ways = QComboBox(self)
        self.ways.setMinimumContentsLength(16)
        self.ways.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.ways.setToolTip(tr("Whose packets are traced: those of all senders, or of one"))
        self.ways.setAccessibleName(tr("Traced sender"))
        self.ways.currentIndexChanged.connect(lambda _index: self._choose())
        self.clear = QPushButton(tr("Clear"), self)
        self.clear.setToolTip(tr("Trace nothing  (Escape)"))
        self.clear.clicked.connect(lambda _checked: forensics.clear())
        row = QHBoxLayout(self)
        row.setContentsMargins(WIDE_PX, TIGHT_PX, NEAR_PX, TIGHT_PX)
        row.setSpacing(NEAR_PX)
        row.addWidget(self.cause, 1)
        row.addWidget(self.ways)
        row.addWidget(self.clear)
        forensics.changed.connect(self._renew)
        self._renew()

    def _renew(self) -> None:
        trace = self._forensics.trace
        self.setVisible(trace is not None)
        if trace is None or trace is self._shown:
            return
        self._shown = trace
        self.cause.setText(tr("Tick {tick:,}: {cause}", tick=trace.tick, cause=trace.cause))
        self.cause.setProperty("role", "bad" if trace.is_bad else "")
        self.cause.style().polish(self.cause)
        self.ways.blockSignals(True)
        self.ways.clear()
        total = sum(way.packets for way in trace.ways)
        self.ways.addItem(tr("{senders:,} senders, {packets:,} packets", senders=len(trace.ways), packets=total), ALL)
        for number, way in enumerate(trace.ways):
            self.ways.addItem(_words(way), number)
        self.ways.blockSignals(False)

    def _choose(self) -> None:
        number = self.ways.currentData()
        self._forensics.choose(None if number == ALL else number)


def _words(way: Way) -> str:
    return tr(
        "{packets:,} from '{population}' on {source}, {hops} links, {under_way}",
        packets=way.packets,
        population=way.population,
        source=way.source,
        hops=len(way.links),
        under_way=with_unit(way.unloaded_s + way.waiting_s, "s"),
    )
