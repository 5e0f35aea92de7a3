"""How a float model becomes integers: time step, integrator, reset and scaling, with what they do to the weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from s2studio.draw.theme import NEAR_PX, SPACE_PX, WIDE_PX, Theme
from s2studio.gui.opening import in_words
from s2studio.gui.theme import give_room
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.weights import WeightHistogram
from s2studio.lowering.options import LoweringOptions

if TYPE_CHECKING:
    from s2studio.app.engine import Prepared
    from s2studio.gui.controller import Controller

INTEGRATORS = ((marked("exponential Euler"), "exponential"), (marked("forward Euler"), "forward"))
RESETS = ((marked("subtract the threshold"), "subtract"), (marked("to v_reset"), "zero"))
SCALES = (
    (marked("largest weight"), "max"),
    (marked("percentile of |w|"), "percentile"),
    (marked("fixed factor"), "fixed"),
    (marked("none: weights are integers already"), "none"),
)
# The header and four rows.
REPORT_PX = 124
ROUNDINGS = ((marked("to nearest"), "nearest"), (marked("toward zero"), "truncate"))


class LoweringDialog(QDialog):
    """Asks for the options of lowering; every change shows at once what it does. OK keeps them, Cancel what was."""

    def __init__(self, controller: Controller, prepared: Prepared, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.controller = controller
        self._before = prepared.project
        self.setWindowTitle(tr("Import {name}", name=prepared.project.model.name))
        self.setMinimumSize(820, 600)
        options = prepared.project.lowering
        self.dt = QDoubleSpinBox()
        self.dt.setRange(0.000_001, 1e6)
        self.dt.setDecimals(6)
        self.dt.setSuffix(tr(" ms"))
        self.dt.setValue((options.dt_s or 1e-3) * 1e3)
        self.dt.setToolTip(tr("NIR holds no time step. Take the one the model was trained with."))
        self.integrator = _choice(INTEGRATORS, options.integrator, tr("How time constants become decays"))
        self.reset = _choice(
            RESETS, options.reset, tr("What a spike does to the voltage. NIR does not say; the training did.")
        )
        kind, _, value = options.scale.partition(":")
        self.scale = _choice(SCALES, kind, tr("What becomes the largest integer weight"))
        self.percentile, self.factor = QDoubleSpinBox(), QDoubleSpinBox()
        self.percentile.setRange(50.0, 100.0)
        self.percentile.setDecimals(3)
        self.percentile.setSuffix(" %")
        self.percentile.setValue(float(value) if kind == "percentile" else 99.9)
        self.factor.setRange(1e-6, 1e9)
        self.factor.setDecimals(4)
        self.factor.setValue(float(value) if kind == "fixed" else 127.0)
        self.rounding = _choice(ROUNDINGS, options.rounding, tr("How scaled weights become integers"))
        self._detail = QStackedWidget()
        self._detail.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        for widget in (QWidget(), self.percentile, self.factor):
            self._detail.addWidget(widget)
        self.report = Figures(
            (tr("population"), tr("weights"), tr("largest"), tr("clipped"), tr("SNR"), tr("silent")),
            tr("Report of lowering"),
        )
        self.report.setMinimumHeight(REPORT_PX)
        self.histogram = WeightHistogram(theme)
        self.clipped = QLabel()
        self.clipped.setWordWrap(True)
        self.clipped.setProperty("role", "small")
        self.repairs = QPlainTextEdit()
        self.repairs.setReadOnly(True)
        self.repairs.setMaximumHeight(96)
        self.repairs.setAccessibleName(tr("Repairs"))
        self._lay_out()
        give_room(self)
        for choice in (self.integrator, self.reset, self.scale, self.rounding):
            choice.currentIndexChanged.connect(self._changed)
        for spin in (self.dt, self.percentile, self.factor):
            spin.editingFinished.connect(self._changed)
        controller.studio.prepared_changed.connect(self._show)
        self._show(prepared)

    @property
    def options(self) -> LoweringOptions:
        """The options as they are chosen."""
        kind = str(self.scale.currentData())
        detail = {"percentile": f":{self.percentile.value():g}", "fixed": f":{self.factor.value():g}"}
        return LoweringOptions(
            dt_s=self.dt.value() / 1e3,
            integrator=self.integrator.currentData(),
            reset=self.reset.currentData(),
            scale=kind + detail.get(kind, ""),
            rounding=self.rounding.currentData(),
        )

    def accept(self) -> None:
        """Keep what was chosen."""
        self._changed()
        self.controller.studio.prepared_changed.disconnect(self._show)
        super().accept()

    def reject(self) -> None:
        """Go back to what was before."""
        self.controller.studio.prepared_changed.disconnect(self._show)
        now = self.controller.studio.project
        if now is not None and now.lowering != self._before.lowering:
            self.controller.set_project(replace(now, lowering=self._before.lowering))
        super().reject()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(SPACE_PX)
        scale = QHBoxLayout()
        scale.addWidget(self.scale, 2)
        scale.addWidget(self._detail, 1)
        for title, widget in (
            (tr("Time step dt"), self.dt),
            (tr("Integrator"), self.integrator),
            (tr("Reset"), self.reset),
            (tr("Scaling"), scale),
            (tr("Rounding"), self.rounding),
        ):
            form.addRow(title, widget)
            (widget if isinstance(widget, QWidget) else self.scale).setAccessibleName(title)
        self.percentile.setAccessibleName(tr("Percentile of |w|"))
        self.factor.setAccessibleName(tr("Factor of the scaling"))
        top = QHBoxLayout()
        top.setSpacing(WIDE_PX)
        top.addLayout(form, 1)
        right = QVBoxLayout()
        right.addWidget(self.histogram, 1)
        right.addWidget(self.clipped)
        top.addLayout(right, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(WIDE_PX, WIDE_PX, WIDE_PX, WIDE_PX)
        layout.setSpacing(NEAR_PX)
        layout.addLayout(top)
        layout.addWidget(self.report, 2)
        layout.addWidget(QLabel(tr("Repairs and remarks")))
        layout.addWidget(self.repairs)
        layout.addWidget(buttons)

    def _changed(self) -> None:
        kind = str(self.scale.currentData())
        self._detail.setCurrentIndex({"percentile": 1, "fixed": 2}.get(kind, 0))
        project = self.controller.studio.project
        if project is not None and project.lowering != self.options:
            self.controller.change(lowering=self.options)

    def _show(self, prepared: Prepared) -> None:
        about = prepared.about
        self.report.show_figures([_figure(row) for row in about["lowering"]])
        lines = [f"{repair['node']}: {repair['action']}" for repair in about["repairs"]]
        lines += [
            f"{node['node']} ({node['type_name']}): {node['reason']}; {node['remedy']}" for node in about["unsupported"]
        ]
        lines += [*about["warnings"], *(tr("assumed: {note}", note=in_words(note)[0]) for note in about["assumed"])]
        self.repairs.setPlainText("\n".join(lines) or tr("Nothing had to be repaired."))
        self.histogram.show_network(prepared.network)
        clipped = sum(int(row["weights"]) * float(row["clipped_share"] or 0.0) for row in about["lowering"])
        weights = sum(int(row["weights"]) for row in about["lowering"])
        self.clipped.setText(
            tr(
                "{count:,} of {weights:,} weights ({share:.3g} %) are cut to the largest integer, the last bar",
                count=round(clipped),
                weights=weights,
                share=100 * clipped / max(1, weights),
            )
        )


def _choice(rows: tuple[tuple[str, str], ...], value: str, tip: str) -> QComboBox:
    box = QComboBox()
    for title, data in rows:
        box.addItem(tr(title), data)
    box.setCurrentIndex(max(0, box.findData(value)))
    box.setToolTip(tip)
    box.setAccessibleDescription(tip)
    return box


def _figure(row: dict[str, object]) -> Figure:
    snr, clipped = row["snr_db"], row["clipped_share"]
    return Figure(
        (
            str(row["name"]),
            f"{row['weights']:,}",
            f"{row['largest_weight']:.4g} → {row['largest_integer']}",
            f"{100 * clipped:.3g} %" if isinstance(clipped, float) else "–",
            tr("{snr:.1f} dB", snr=snr) if isinstance(snr, float) else tr("exact"),
            f"{row['silent_units']:,}",
        ),
        tip="; ".join(map(str, row["warnings"])) if isinstance(row["warnings"], list) else "",
    )
