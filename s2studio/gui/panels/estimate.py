"""Estimate: what the open network takes on the chip before any run, from how often its neurons spike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QHBoxLayout, QLabel, QPushButton, QTableWidgetItem

from s2studio.draw.theme import NEAR_PX
from s2studio.gui.models.sure import about_column
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel, beside, in_order
from s2studio.units import estimated, interval, with_unit

if TYPE_CHECKING:
    from s2studio.analysis.estimate import Estimate
    from s2studio.gui.controller import Controller

RATE = 2
USUAL_HZ, MOST_HZ = 10.0, 1e6
# The least width of a table: both fit beside the other panels of a small window.
TABLE_PX = 260
ORIGINS = {
    "given": marked("you"),
    "stimulus": marked("the stimulus"),
    "model": marked("the model"),
    "assumed": marked("as the stimulus"),
}


class EstimatePanel(Panel):
    """Asks `s2studio estimate` about the open project on its placement.

    A rate for all populations is given above the table of rates, one for a population alone in its row.
    """

    EMPTY = "Open a network: this panel says what it would take on the chip before it has run."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.found: Estimate | None = None
        self.own: dict[str, float] = {}
        self.headline, self.notes = QLabel(self.content), QLabel(self.content)
        self.headline.setProperty("role", "heading")
        self.notes.setProperty("role", "muted")
        for label in (self.headline, self.notes):
            label.setWordWrap(True)
        self.is_given = QCheckBox(tr("every neuron spikes at"), self.content)
        self.is_given.setToolTip(tr("Else neurons spike as often as those of the stimulus, chosen in the panel Run"))
        self.hz = QDoubleSpinBox(self.content)
        self.hz.setRange(0.0, MOST_HZ)
        self.hz.setValue(USUAL_HZ)
        self.hz.setSuffix(tr(" Hz"))
        self.hz.setAccessibleName(tr("Rate of every neuron"))
        self.hz.setEnabled(False)
        self.ask = QPushButton(tr("Estimate"), self.content)
        self.rates = Figures(
            (tr("population"), tr("neurons"), tr("rate"), tr("known from")),
            tr("Rates"),
            words=(0, 3),
            widest_px=TABLE_PX,
        )
        self.rates.setEditTriggers(Figures.EditTrigger.DoubleClicked | Figures.EditTrigger.EditKeyPressed)
        self.rates.setToolTip(
            tr("Double click or F2 on a rate sets it for that population alone, in Hz; empty: no more")
        )
        self.taken = Figures(
            (tr("takes"), about_column(tr("value")), tr("both ends, limits")),
            tr("What the network takes"),
            widest_px=TABLE_PX,
        )
        self._lay_out()
        self.ask.clicked.connect(lambda _checked: self.estimate())
        self.is_given.toggled.connect(self.hz.setEnabled)
        self.rates.itemChanged.connect(self._edited)
        controller.studio.mapping_changed.connect(self._changed)
        controller.studio.prepared_changed.connect(self._changed)
        self._changed(None)

    @property
    def wanted(self) -> dict[str | None, float]:
        """The rates that are given, in Hz by population; None for all others."""
        return ({None: self.hz.value()} if self.is_given.isChecked() else {}) | self.own

    @property
    def words(self) -> tuple[str, ...]:
        """The rates as words of the command line."""
        each = ("" if name is None else f"{name}=" for name in self.wanted)
        return tuple(
            word
            for name, rate in zip(each, self.wanted.values(), strict=True)
            for word in ("--rate", f"{name}{rate:.12g}")
        )

    def estimate(self) -> None:
        """Ask."""
        studio = self.controller.studio
        if studio.project is not None:
            arguments = (studio.project, studio.mapping, self.wanted)
            self.controller.ask_engine(tr("Estimating"), "estimate", *arguments, done=self._show)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.headline, 1)
        for widget in (self.is_given, self.hz, self.ask):
            top.addWidget(widget)
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addLayout(top)
        self._both = beside(self.taken, self.rates, 400, 340)
        layout.addWidget(self._both, 1)
        layout.addWidget(self.notes)
        in_order(self.is_given, self.hz, self.ask, self.taken, self.rates)

    def _changed(self, _value: object) -> None:
        """What was estimated of another network or placement no longer holds."""
        studio = self.controller.studio
        project, network = studio.project, studio.network
        self.set_empty(project is None)
        if project is None or network is None:
            return
        names = {population.name for population in network.spiking.populations}
        self.own = {name: rate for name, rate in self.own.items() if name in names}
        self.found = None
        self.headline.setText(tr("Not asked since the last change"))
        if not project.stimuli:
            self.is_given.setChecked(True)
        self.notes.setText(tr("Estimate: what this network takes on the chip if its neurons spike so often."))
        self.notes.show()
        self._both.hide()

    def _edited(self, item: QTableWidgetItem) -> None:
        """Take the rate that was written for a population, and ask again."""
        if self.found is None or item.column() != RATE or item.row() >= len(self.found.rates):
            return
        row = self.found.rates[item.row()]
        text = item.text().strip().removesuffix("Hz").strip()
        if text == with_unit(row.rate_hz, "Hz").removesuffix("Hz").strip():
            return
        try:
            self.own |= {row.population: float(text)} if text else {}
        except ValueError:
            item.setText(with_unit(row.rate_hz, "Hz"))
            return
        if not text:
            self.own.pop(row.population, None)
        self.estimate()

    def _show(self, found: Estimate) -> None:
        self.found = None
        after = found.outcome
        self._both.show()
        self.headline.setText(
            tr(
                "{energy}, safe tick {safe}   (estimate)",
                energy=estimated(after.energy_j, after.energy_low_j, after.energy_high_j, "J"),
                safe=with_unit(after.safe_tick_s, "s"),
            )
        )
        # Which rates are assumed stands in the table.
        notes = found.assumed[: len(found.assumed) - sum(row.origin == "assumed" for row in found.rates)]
        self.notes.setText("  ".join(f"{note[:1].upper()}{note[1:]}." for note in notes))
        self.notes.setVisible(bool(notes))
        self.taken.show_figures(_taken(found))
        self.rates.show_figures(
            [
                Figure((row.population, f"{row.neurons:,}", with_unit(row.rate_hz, "Hz"), tr(ORIGINS[row.origin])))
                for row in found.rates
            ]
        )
        self._let_edit_rates()
        self.found = found

    def _let_edit_rates(self) -> None:
        for row in range(self.rates.rowCount()):
            for column in range(self.rates.columnCount()):
                item = self.rates.item(row, column)
                if item is not None and column != RATE:
                    item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)


def _taken(found: Estimate) -> list[Figure]:
    size, after = found.size, found.outcome
    longest = (found.time_nominal_s, found.time_low_s, found.time_pessimistic_s)
    way = tr("From input to output, by the longest way through the populations.")
    latency = tr("{ticks} ticks at least", ticks=found.latency_ticks)
    return [
        Figure(
            (tr("Energy"), with_unit(after.energy_j, "J"), interval(after.energy_low_j, after.energy_high_j, "J")),
            tip=tr("Of {ticks:,} ticks of {tick}.", ticks=found.ticks, tick=with_unit(after.tick_s, "s")),
        ),
        Figure(
            (
                tr("Above idle"),
                with_unit(after.energy_dynamic_j, "J"),
                interval(after.energy_dynamic_low_j, after.energy_dynamic_high_j, "J"),
            )
        ),
        Figure((tr("Longest tick"), with_unit(longest[0], "s"), interval(*longest[1:], "s"))),
        Figure((tr("Late PE ticks"), f"{after.late_ticks:,}", tr("at most"))),
        Figure((tr("Safe tick"), with_unit(after.safe_tick_s, "s"), tr("at most"))),
        Figure((tr("Latency"), with_unit(found.latency_s, "s"), latency), tip=way),
        Figure((tr("At the safe tick"), with_unit(found.latency_safe_s, "s"), latency), tip=way),
        Figure((tr("PEs"), f"{size.pes_used:,}", tr("of {available:,}", available=size.pes_available))),
        Figure(
            (tr("Fullest PE"), f"{size.fullest_bytes:,} B", tr("of {whole:,} B", whole=size.pe_bytes)), tip=size.fullest
        ),
        Figure(
            (
                tr("FIFO"),
                tr("{packets:,} packets", packets=found.fifo_needed),
                tr("of {depth:,}", depth=found.fifo_depth),
            )
        ),
        Figure((tr("Packets received"), f"{found.packets_received:,}", tr("by the rates"))),
        Figure((tr("Synaptic events"), f"{found.synaptic_events:,}", tr("by the rates"))),
    ]
