"""DRAM: the image of a deep network in the chip's DRAM, region by region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel

from s2studio.draw.colours import POPULATION_COLOURS
from s2studio.draw.theme import NEAR_PX
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel
from s2studio.units import counted, with_unit

if TYPE_CHECKING:
    from s2studio.app.deep import DeepShown
    from s2studio.gui.controller import Controller
    from s2studio.mapping.layers.mapping import DramRegion

KINDS = {
    "config": marked("Configuration"),
    "times": marked("Measured times"),
    "headers": marked("Headers"),
    "parameters": marked("Parameters"),
    "weights": marked("Weights"),
    "tensor": marked("Tensor"),
}
_COLOURS = dict(zip(KINDS, POPULATION_COLOURS, strict=False))


class DramPanel(Panel):
    """Address, size and owner of every region; tensors share addresses where they do not live at the same time."""

    EMPTY = "Open a deep network (.onnx): what its image in the DRAM holds appears here."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.deep = controller.deep
        self.summary = QLabel(self.content)
        header = (tr("region"), tr("of"), tr("address"), tr("size"), tr("from layer"), tr("to layer"))
        self.table = Figures(header, tr("DRAM image"), self._chosen, words=(0, 1))
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addWidget(self.summary)
        layout.addWidget(self.table, 1)
        self.deep.shown_changed.connect(self._show)
        self._show(self.deep.shown)

    def _show(self, shown: DeepShown | None) -> None:
        self.set_empty(shown is None)
        if shown is None:
            return
        mapping = shown.mapping
        kept = sum(plan.is_resident for plan in mapping.layers)
        self.summary.setText(
            tr(
                "Image of {image}. Weights of {kept} stay in the PEs, {resident} in the fullest.",
                image=with_unit(mapping.dram_bytes, "B"),
                kept=counted(kept, "layer"),
                resident=with_unit(mapping.resident_bytes, "B"),
            )
        )
        self.table.show_figures([self._row(region) for region in mapping.dram])

    def _row(self, region: DramRegion) -> Figure:
        is_tensor = region.kind == "tensor"
        life = (tr("input") if region.first < 0 else f"{region.first}", f"{region.last}") if is_tensor else ("", "")
        cells = (tr(KINDS[region.kind]), region.name, f"0x{region.address:08x}", f"{region.bytes:,} B", *life)
        return Figure(cells, _COLOURS[region.kind])

    def _chosen(self, row: int) -> None:
        shown = self.deep.shown
        if shown is not None and row < len(shown.mapping.dram):
            names = shown.timeline.layers
            owner = shown.mapping.dram[row].name
            self.deep.select(names.index(owner) if owner in names else None)
