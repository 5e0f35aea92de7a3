"""Literature: what others published, beside what this run gave, and clearly apart from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QPushButton

from s2studio.analysis.beside import simulated
from s2studio.analysis.literature import KINDS, add_figures, literature_for
from s2studio.analysis.literature import Figure as Published
from s2studio.draw.theme import NEAR_PX
from s2studio.errors import S2StudioError
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.gui.views.panel import Panel

if TYPE_CHECKING:
    from s2studio.gui.controller import Controller

TITLES = {
    "energy": marked("Energy"),
    "power": marked("Power"),
    "latency": marked("Latency"),
    "throughput": marked("Throughput"),
    "accuracy": marked("Accuracy"),
}
APART = marked(
    "Published by others, on other networks. Nothing is computed from these figures, and none is of this run."
)


class LiteraturePanel(Panel):
    """Figures of one kind as a table, with hardware and conditions; above it, apart, the result of the run shown."""

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.kind = QComboBox(self.content)
        self.kind.setAccessibleName(tr("Kind of figure"))
        for kind in KINDS:
            self.kind.addItem(tr(TITLES[kind]), kind)
        self.ran = QLabel(self.content)
        self.ran.setProperty("role", "heading")
        self.apart = QLabel(tr(APART), self.content)
        self.apart.setProperty("role", "muted")
        self.apart.setWordWrap(True)
        self.add = QPushButton(tr("Add…"), self.content)
        self.add.setToolTip(tr("Keep a file of your own figures, of a GPU or another board, beside these"))
        header = (tr("published"), tr("figure"), tr("on"), tr("conditions"))
        self.table = Figures(header, tr("Published figures"), words=(0, 2, 3))
        top = QHBoxLayout()
        top.addWidget(self.kind)
        top.addWidget(self.ran, 1)
        top.addWidget(self.add)
        layout = self.column(spacing=NEAR_PX, margin=NEAR_PX)
        layout.addLayout(top)
        layout.addWidget(self.apart)
        layout.addWidget(self.table, 1)
        self.kind.currentIndexChanged.connect(lambda _index: self.show_kind())
        self.add.clicked.connect(lambda _checked: self.ask_add())
        controller.studio.summary_changed.connect(lambda _summary: self.show_kind())
        controller.studio.shown_changed.connect(lambda _shown: self.show_kind())
        self.set_empty(False)
        self.show_kind()

    def show_kind(self) -> None:
        """Show the figures of the chosen kind, and what the run gave of it."""
        kind = str(self.kind.currentData())
        summary = self.controller.studio.summary
        results = () if not summary else [one for one in simulated(summary) if one.kind == kind]
        self.ran.setText(
            "  ".join(
                tr("This run: {result}, {what}   ({mark})", result=one.text, what=tr(one.what), mark=tr(one.mark))
                for one in results
            )
            or tr("This run: no such result")
        )
        self.table.show_figures([_row(figure) for figure in literature_for(kind)])

    def ask_add(self) -> None:
        """Ask for a file of own figures and keep it."""
        name, _ = QFileDialog.getOpenFileName(self, tr("Add figures"), "", tr("Figures (*.yaml)"))
        if name:
            self.add_file(Path(name))

    def add_file(self, path: Path) -> None:
        """Keep the figures in the file `path`, and show them."""
        studio = self.controller.studio
        try:
            kept = add_figures(path)
        except S2StudioError as refusal:
            studio.say("error", str(refusal), refusal)
            return
        studio.say("info", tr("Figures of {name} are kept in {path}.", name=path.name, path=kept), path=kept)
        self.show_kind()


def _row(figure: Published) -> Figure:
    quoted = tr(" (quoted)") if figure.is_quoted else ""
    return Figure((figure.title, figure.text, figure.hardware, figure.conditions), tip=f"{figure.source}{quoted}")
