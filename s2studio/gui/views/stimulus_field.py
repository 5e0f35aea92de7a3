"""The field of the panel Run that says what drives an input: a file, Poisson noise, or nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFileDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from s2studio.app.project import Project, StimulusSource
from s2studio.draw.theme import NEAR_PX
from s2studio.gui.translation import tr

if TYPE_CHECKING:
    from s2studio.app.engine import Prepared
    from s2studio.gui.controller import Controller


class StimulusField(QWidget):
    """What drives one input: a file, Poisson noise at a rate, or nothing."""

    def __init__(self, controller: Controller, prepared: Prepared, name: str, target: Any, is_only: bool) -> None:
        super().__init__()
        self._controller, self._name, self._is_only = controller, name, is_only
        source = self._source(prepared.project)
        shape = tr(", shape {shape}", shape=" × ".join(map(str, target.shape))) if target.shape else ""
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("Stimulus of {name}", name=name))
        self.kind.addItems([tr("no stimulus"), tr("file…"), tr("Poisson noise")])
        self.rate = QDoubleSpinBox()
        self.rate.setRange(0.001, 1e6)
        self.rate.setSuffix(tr(" Hz"))
        self.rate.setAccessibleName(tr("Rate of the noise of {name}", name=name))
        self.rate.setValue(source.poisson_hz if source is not None and source.poisson_hz else 20.0)
        self.bin = QDoubleSpinBox()
        self.bin.setRange(0.0, 1e6)
        self.bin.setDecimals(3)
        self.bin.setSuffix(tr(" ms per step"))
        self.bin.setAccessibleName(tr("Length of a step of {name}", name=name))
        self.bin.setSpecialValueText(tr("file has steps"))
        self.bin.setToolTip(tr("Recordings of events in time are cut into steps of this length"))
        bin_s = None if source is None else source.events.bin_s
        self.bin.setValue(0.0 if bin_s is None else bin_s * 1e3)
        train = prepared.stimulus.get(name)
        spikes = 0 if train is None else len(train.step)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, NEAR_PX)
        layout.addWidget(QLabel(tr("<b>{name}</b>  {size:,} neurons{shape}", name=name, size=target.size, shape=shape)))
        layout.addWidget(self.kind)
        with QSignalBlocker(self.kind):
            self.kind.setCurrentIndex(0 if source is None else 2 if source.poisson_hz else 1)
        layout.addWidget(self.rate)
        layout.addWidget(self.bin)
        # Only now: without a parent, what is made visible is a window of its own.
        self.rate.setVisible(self.kind.currentIndex() == 2)
        self.bin.setVisible(self.kind.currentIndex() == 1)
        if source is not None and source.path is not None:
            layout.addWidget(
                muted(tr("{name}: {spikes:,} spikes", name=source.path.name, spikes=spikes), str(source.path))
            )
            again = QPushButton(tr("Choose another file…"))
            again.clicked.connect(self._choose_file)
            layout.addWidget(again)
        self.kind.activated.connect(self._kind_chosen)
        self.rate.editingFinished.connect(self._set_rate)
        self.bin.editingFinished.connect(self._set_bin)

    def _source(self, project: Project) -> StimulusSource | None:
        return next(
            (
                one
                for one in project.stimuli
                if one.population == self._name or (one.population is None and self._is_only)
            ),
            None,
        )

    def _replace(self, source: StimulusSource | None) -> None:
        project = self._controller.studio.project
        if project is None or source == self._source(project):
            return
        kept = tuple(one for one in project.stimuli if one != self._source(project))
        self._controller.change(stimuli=kept if source is None else (*kept, source))

    def _kind_chosen(self, index: int) -> None:
        if index == 1:
            self._choose_file()
        elif index == 2:
            self._set_rate()
        else:
            self._replace(None)

    def _choose_file(self) -> None:
        from s2studio.app.workbench import ASSUMED_DT_S
        from s2studio.network.stimulus import READERS, RECORDINGS

        patterns = " ".join(f"*{suffix}" for suffix in (*READERS, *RECORDINGS))
        name, _ = QFileDialog.getOpenFileName(
            self,
            tr("Stimulus of {name}", name=self._name),
            "",
            tr("Stimuli ({patterns});;All files (*)", patterns=patterns),
        )
        if name:
            project = self._controller.studio.project
            before = None if project is None else self._source(project)
            events = StimulusSource(None).events if before is None else before.events
            if Path(name).suffix in RECORDINGS and events.bin_s is None and project is not None:
                events = replace(events, bin_s=project.lowering.dt_s or ASSUMED_DT_S)
            self._replace(StimulusSource(self._name, Path(name), None, events))

    def _set_rate(self) -> None:
        if self.kind.currentIndex() == 2:
            self._replace(StimulusSource(self._name, None, self.rate.value()))

    def _set_bin(self) -> None:
        project = self._controller.studio.project
        source = None if project is None else self._source(project)
        if source is not None and source.path is not None:
            bin_s = self.bin.value() / 1e3 or None
            self._replace(replace(source, events=replace(source.events, bin_s=bin_s)))


def muted(text: str, tip: str = "") -> QLabel:
    """Return `text` in as many lines as it needs, in the quiet colour."""
    label = QLabel(text)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    label.setToolTip(tip)
    return label
