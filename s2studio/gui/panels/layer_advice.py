"""Bounds: what the time of a deep network goes to, and what would change it, each change one click away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton

from s2studio.draw.theme import NEAR_PX
from s2studio.gui.models.sure import about_column
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel, beside
from s2studio.units import interval, with_unit

if TYPE_CHECKING:
    from s2studio.analysis.layer_advice import LayerAdvice, LayerFix
    from s2studio.app.deep import DeepShown
    from s2studio.gui.controller import Controller


class LayerAdvicePanel(Panel):
    """Asks `s2studio advise` about the deep network that is open."""

    EMPTY = "Open a deep network (.onnx): this panel says what bounds its latency, and what to change."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.advice: LayerAdvice | None = None
        self.headline = QLabel(self.content)
        self.headline.setProperty("role", "heading")
        self.headline.setWordWrap(True)
        self.ask = QPushButton(tr("Advise"), self.content)
        self.apply = QPushButton(tr("Apply"), self.content)
        self.apply.setToolTip(tr("Map and time the network as the selected row says"))
        estimates = (tr("inference"), tr("first one"), tr("energy"), tr("DRAM energy"))
        header = (tr("change"), *map(about_column, estimates))
        self.fixes = Figures(header, tr("What to change"))
        self.shares = Figures((tr("time goes to"), about_column(tr("share"))), tr("What bounds the latency"))
        top = QHBoxLayout()
        top.addWidget(self.headline, 1)
        for button in (self.ask, self.apply):
            top.addWidget(button)
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addLayout(top)
        self._found = beside(self.fixes, self.shares, 680, 380)
        layout.addWidget(self._found, 1)
        layout.addStretch()
        self.ask.clicked.connect(lambda _checked: controller.deep_work.advise(self._show))
        self.apply.clicked.connect(lambda _checked: self.apply_chosen())
        controller.deep.shown_changed.connect(self._changed)
        self._changed(controller.deep.shown)

    def apply_chosen(self) -> None:
        """Take the change of the selected row, of the first where none is."""
        row = max(0, self.fixes.currentRow())
        if self.advice is not None and row < len(self.advice.fixes):
            self.controller.deep_work.take(self.advice.fixes[row].options)

    def _changed(self, shown: DeepShown | None) -> None:
        """Advice is about what is there now: what was said before no longer holds."""
        self.set_empty(shown is None)
        self.advice = None
        self.apply.setEnabled(False)
        self.headline.setText(tr("Advise: what bounds the latency, and what to change first"))
        self._found.hide()

    def _show(self, advice: LayerAdvice) -> None:
        from s2studio.analysis.layer_advice import BOUND_WORDS, headline

        self.advice = advice
        self._found.show()
        self.headline.setText(headline(advice) + "   " + tr("(estimate)"))
        self.fixes.show_figures(
            [
                Figure(
                    (
                        fix.title,
                        with_unit(fix.inference_s, "s"),
                        with_unit(fix.first_inference_s, "s"),
                        with_unit(fix.energy_j, "J"),
                        with_unit(fix.dram_energy_j, "J"),
                    ),
                    tip=_ends(fix),
                )
                for fix in advice.fixes
            ]
        )
        if advice.fixes:
            self.fixes.selectRow(0)
        self.apply.setEnabled(bool(advice.fixes) and self.controller.deep.shown is not None)
        shares = sorted(advice.shares.items(), key=lambda share: -share[1])
        rows = [
            Figure((tr(BOUND_WORDS[name]), f"{share:.0%}"), tip=interval(*advice.share_ends[name], "%"))
            for name, share in shares
        ]
        longest = [
            Figure(
                (tr("layer {name}: {bound}", name=one.layer, bound=tr(one.bound)), with_unit(one.time_s, "s")),
                tip=interval(*one.ends_s, "s"),
            )
            for one in advice.longest
        ]
        self.shares.show_figures([*rows, *longest])


def _ends(fix: LayerFix) -> str:
    """Return how the command line says a change, and both ends of what it gives."""
    return tr(
        "{option}: an inference {later}, the first one {first}, {energy}, in the DRAM {dram}",
        option=fix.option,
        later=interval(*fix.ends_s, "s"),
        first=interval(*fix.first_ends_s, "s"),
        energy=interval(*fix.energy_ends_j, "J"),
        dram=interval(*fix.dram_energy_ends_j, "J"),
    )
