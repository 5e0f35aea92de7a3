"""Export: which format, which channels, which span, how large it will be, and where to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from s2studio.app.session_export import FORMATS, REPORT
from s2studio.draw.theme import NEAR_PX, SPACE_PX, WIDE_PX
from s2studio.gui.theme import give_room
from s2studio.gui.translation import tr
from s2studio.session.window import Window
from s2studio.units import with_unit

if TYPE_CHECKING:
    from s2studio.gui.controller import Controller
    from s2studio.session.export import Estimate

# So many channels stand beside each other.
CHANNELS_BESIDE = 4
# After the last change, before the size is worked out.
PAUSE_MS = 250


class ExportDialog(QDialog):
    """Exports the run that is shown; the size is estimated again after each change."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.controller = controller
        self.setWindowTitle(tr("Export"))
        self.setMinimumWidth(560)
        self.is_deep = controller.deep.shown is not None
        timeline = controller.deep.timeline if self.is_deep else controller.timeline
        end = max(timeline.length, 1) * timeline.tick_s
        self.format = QComboBox()
        for name, exporter in FORMATS.items():
            if not self.is_deep or exporter.write_layers is not None:
                self.format.addItem(tr(exporter.title), name)
        self.span = QComboBox()
        self.span.addItem(tr("the whole run"), (0.0, end))
        self.span.addItem(
            tr("the span that is shown"), (timeline.start * timeline.tick_s, timeline.stop * timeline.tick_s)
        )
        for mark in timeline.marks:
            self.span.addItem(mark.label, (mark.start * timeline.tick_s, mark.stop * timeline.tick_s))
        self.span.addItem(tr("from … to …"), None)
        self.start, self.stop = QDoubleSpinBox(), QDoubleSpinBox()
        for spin, value in ((self.start, 0.0), (self.stop, end)):
            spin.setRange(0.0, end)
            spin.setDecimals(6)
            spin.setSuffix(" s")
            spin.setValue(value)
        self.channels = QWidget()
        self._channels_layout = QGridLayout(self.channels)
        self._channels_layout.setContentsMargins(0, 0, 0, 0)
        self.estimated = QLabel()
        self.estimated.setProperty("role", "muted")
        self.estimated.setWordWrap(True)
        self.estimated.setMinimumHeight(2 * self.estimated.fontMetrics().lineSpacing())  # so that nothing jumps
        self.path = QLineEdit()
        self.path.setAccessibleName(tr("Where to"))
        self._browse = QPushButton(tr("Browse…"))
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._write = self._buttons.addButton(tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._estimate)
        self._lay_out()
        give_room(self)
        self.format.currentIndexChanged.connect(self._format_changed)
        self.span.currentIndexChanged.connect(self._changed)
        for spin in (self.start, self.stop):
            spin.valueChanged.connect(self._changed)
        self.path.textChanged.connect(self._changed)
        self._browse.clicked.connect(self._ask_path)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._format_changed()

    @property
    def format_name(self) -> str:
        """The format that is chosen."""
        return str(self.format.currentData())

    @property
    def window_(self) -> Window:
        """The span that is chosen."""
        chosen = self.span.currentData()
        start, stop = (self.start.value(), self.stop.value()) if chosen is None else chosen
        return Window() if self.span.currentIndex() == 0 else Window(start, stop)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The channels that are ticked."""
        boxes = self.channels.findChildren(QCheckBox)
        return tuple(box.text() for box in boxes if box.isChecked())

    def accept(self) -> None:
        """Write."""
        self.controller.questions.export(self.format_name, Path(self.path.text()), self.window_, self.chosen)
        super().accept()

    def _lay_out(self) -> None:
        between = QHBoxLayout()
        between.addWidget(self.span, 1)
        between.addWidget(self.start)
        between.addWidget(self.stop)
        where = QHBoxLayout()
        where.addWidget(self.path, 1)
        where.addWidget(self._browse)
        form = QFormLayout()
        form.setHorizontalSpacing(SPACE_PX)
        for title, widget in (
            (tr("Format"), self.format),
            (tr("Channels"), self.channels),
            (tr("Span"), between),
            (tr("Where to"), where),
            (tr("Size"), self.estimated),
        ):
            form.addRow(title, widget)
        for box, title in (
            (self.format, tr("Format")),
            (self.span, tr("Span")),
            (self.start, tr("Start of the span")),
            (self.stop, tr("End of the span")),
        ):
            box.setAccessibleName(title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(WIDE_PX, WIDE_PX, WIDE_PX, WIDE_PX)
        layout.setSpacing(NEAR_PX)
        layout.addLayout(form)
        layout.addWidget(self._buttons)

    def _format_changed(self) -> None:
        while self._channels_layout.count():
            item = self._channels_layout.takeAt(0)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.setParent(None)
        exporter = FORMATS[self.format_name]
        has_choice = self.format_name != REPORT
        names = () if not has_choice else exporter.layer_channels if self.is_deep else exporter.channels
        for number, name in enumerate(names):
            box = QCheckBox(name)
            box.setChecked(True)
            box.toggled.connect(self._changed)
            self._channels_layout.addWidget(box, *divmod(number, CHANNELS_BESIDE))
        if not names:
            self._channels_layout.addWidget(QLabel(tr("all of it")))
        shown = self.controller.recorded
        if shown is not None:
            session, suffix = shown[0], exporter.suffix
            folder = Path.home() if session.is_relative_to(self.controller.session_folder) else session.parent
            name = f"{session.stem}{suffix}" if suffix else f"{session.stem}-{self.format_name}"
            self.path.setText(str(folder / name))
        self._changed()

    def _changed(self) -> None:
        is_free = self.span.currentData() is None
        for spin in (self.start, self.stop):
            spin.setVisible(is_free)
        has_channels = self.format_name == REPORT or bool(self.chosen)
        self._write.setEnabled(bool(self.path.text().strip()) and has_channels)
        self.estimated.setText("…")
        self._timer.start()

    def _ask_path(self) -> None:
        if FORMATS[self.format_name].suffix:
            name, _ = QFileDialog.getSaveFileName(self, tr("Export to"), self.path.text())
        else:
            name = QFileDialog.getExistingDirectory(self, tr("Export into folder"), str(Path(self.path.text()).parent))
        if name:
            self.path.setText(name)

    def _estimate(self) -> None:
        shown = self.controller.recorded
        if shown is None or self.format_name == REPORT or not self.chosen:
            self.estimated.setText(
                tr("a few hundred kB") if self.format_name == REPORT else tr("choose at least one channel")
            )
            return

        def answered(found: Estimate) -> None:
            rows = ", ".join(f"{name} {count:,}" for name, count in found.rows.items())
            about = "" if found.is_exact else "about "
            self.estimated.setText(
                tr("{about}{bytes}   rows: {rows}", about=about, bytes=with_unit(found.bytes, "B"), rows=rows)
            )

        def refused(refusal: object) -> None:
            self.estimated.setText(str(getattr(refusal, "error", refusal)))

        arguments = (*shown, self.format_name, self.window_, self.chosen, Path(self.path.text()).name)
        self.controller.sessions.request("estimate", *arguments, done=answered, failed=refused)
