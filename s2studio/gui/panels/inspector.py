"""Inspector: everything about what is selected; what is named in it can be clicked and is selected then."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, QUrl
from PySide6.QtWidgets import QFrame, QLabel, QTextBrowser, QVBoxLayout

from s2studio.draw.theme import BODY_PX, NEAR_PX, SMALL_PX, SPACE_PX, Theme
from s2studio.gui.follow import follow, href
from s2studio.gui.models.inspect import Known, Section, Sheet, inspected
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import tr
from s2studio.gui.views.memory_bar import MemoryBar
from s2studio.gui.views.panel import Panel

if TYPE_CHECKING:
    from s2studio.analysis.view import View
    from s2studio.gui.controller import Controller

# While a run goes on its numbers change with every picture; they are read at this pace.
RENEW_MS = 250


class InspectorPanel(Panel):
    """Heading, memory by region as a bar, and sections of values."""

    EMPTY = "Nothing to look into yet. Open a network, then click a PE, a link or a population."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.sheet: Sheet | None = None
        self.title, self.subtitle = QLabel(self.content), QLabel(self.content)
        self.title.setProperty("role", "heading")
        self.title.setWordWrap(True)
        self.subtitle.setProperty("role", "muted")
        self.memory = MemoryBar(themes.theme, self.content)
        self.page = QTextBrowser(self.content)
        self.page.setOpenLinks(False)
        self.page.setFrameShape(QFrame.Shape.NoFrame)
        self.page.setStyleSheet("border: none")
        self.page.document().setDocumentMargin(SPACE_PX - 2)  # the cells have 2 px of their own
        self.page.setAccessibleName(tr("Values of the selection"))
        self.page.anchorClicked.connect(self._follow)
        layout = self.column()
        head = QVBoxLayout()
        head.setContentsMargins(SPACE_PX, NEAR_PX, SPACE_PX, 0)
        head.setSpacing(0)
        head.addWidget(self.title)
        head.addWidget(self.subtitle)
        layout.addLayout(head)
        layout.addWidget(self.memory)
        layout.addWidget(self.page, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(RENEW_MS)
        self._timer.timeout.connect(self.renew)
        controller.selection.changed.connect(lambda _selected: self.renew())
        controller.studio.mapping_changed.connect(lambda _mapping: self.renew())
        controller.studio.shown_changed.connect(lambda _shown: self.renew())
        controller.edits.judged.connect(self.renew)
        self.renew()

    def draw_view(self, _view: View | None) -> None:
        """Show what the span's numbers are, at the pace of reading."""
        if not self._timer.isActive():
            self._timer.start()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of `theme`."""
        self.memory.theme = theme
        self.memory.update()
        self.renew()

    def renew(self) -> None:
        """Show what is selected now."""
        known = self._known()
        self.set_empty(known is None)
        if known is None:
            self.sheet = None
            return
        sheet = inspected(self.controller.selection.now, known)
        if sheet == self.sheet and self.page.property("theme") == self.theme.name:
            return
        self.sheet = sheet
        self.title.setText(sheet.title)
        self.subtitle.setText(sheet.subtitle)
        self.memory.show_memory(sheet.memory, sheet.capacity)
        self.memory.setVisible(bool(sheet.memory))
        place = self.page.verticalScrollBar().value()
        self.page.setProperty("theme", self.theme.name)
        self.page.setHtml(page(sheet, self.theme))
        self.page.verticalScrollBar().setValue(place)

    def _known(self) -> Known | None:
        network, facts = self.controller.studio.network, self.controller.facts()
        if network is None or facts is None:
            return None
        measured = self.controller.edits.editing.measured
        return Known(
            network,
            facts,
            measured.rates if measured is not None else None,
            measured.ticks if measured is not None else 0,
        )

    def _follow(self, url: QUrl) -> None:
        """Select what was clicked."""
        follow(self.controller, url)


def page(sheet: Sheet, theme: Theme) -> str:
    """Return the sections of `sheet` as the page of a text browser."""
    return (
        f"<html><body style='color:{theme.text}; font-size:{BODY_PX}px'>"
        + "".join(_section(section, theme) for section in sheet.sections if section.rows)
        + "</body></html>"
    )


def _section(section: Section, theme: Theme) -> str:
    rows = []
    for row in section.rows:
        name, value = escape(row.name), escape(row.value)
        if row.target:
            link = f"<a href='{href(row.target)}' style='color:{theme.accent}; text-decoration:none'>"
            name, value = (f"{link}{name}</a>", value) if row.is_about_name else (name, f"{link}{value}</a>")
        rows.append(
            f"<tr><td style='color:{theme.muted}; padding-right:{NEAR_PX}px'>{name}</td>"
            f"<td align='right'>{value}</td></tr>"
        )
    return (
        f"<p style='font-size:{SMALL_PX}px; font-weight:600; margin:{NEAR_PX}px 2px 2px'>"
        f"{escape(section.title)}</p><table width='100%' cellspacing='0' cellpadding='2'>{''.join(rows)}</table>"
    )
