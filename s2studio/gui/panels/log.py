"""The log: what happened, in plain words; a refusal with everything that can be done about it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QTextBrowser

from s2studio.draw.theme import TIGHT_PX, Theme
from s2studio.gui.follow import follow, href
from s2studio.gui.models.mentions import Mention, mentions
from s2studio.gui.models.studio import Said
from s2studio.gui.theme import ThemeSwitch
from s2studio.gui.translation import marked, tr
from s2studio.gui.views.panel import Panel
from s2studio.mapping.edit import name_of

if TYPE_CHECKING:
    from s2studio.gui.controller import Controller


# Older lines are dropped: a script may print without end.
MOST_LINES = 5000
# What a command is called at the end of a line that it helps with.
ACTIONS = {
    "open": marked("Open…"),
    "beside": marked("Share the chip"),
    "lowering": marked("Quantisation…"),
    "preset_run": marked("Show Run"),
    "save_mapping": marked("Save mapping…"),
    "stop_script": marked("Stop script"),
    "trouble_on": marked("Show where"),
}


class LogPanel(Panel):
    """Every line of the log, newest last. What it names (slice, PE, population, tick, file, command) can be clicked."""

    EMPTY = "Nothing happened yet."

    def __init__(self, controller: Controller, themes: ThemeSwitch) -> None:
        super().__init__(controller, themes)
        self.text = QTextBrowser(self.content)
        self.text.setOpenLinks(False)
        self.text.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.text.setAccessibleName(tr("Log"))
        self.text.document().setMaximumBlockCount(MOST_LINES)
        self.column(margin=TIGHT_PX).addWidget(self.text)
        self.text.anchorClicked.connect(lambda url: follow(controller, url))
        controller.studio.said.connect(self._add)
        self.apply_theme(self.theme)

    def apply_theme(self, theme: Theme) -> None:
        """Write all lines again in the colours of `theme`."""
        self.text.clear()
        for line in self.controller.studio.log:
            self._append(line, theme)
        self.set_empty(not self.controller.studio.log)

    def _add(self, line: Said) -> None:
        self.set_empty(False)
        self._append(line, self.theme)

    def _append(self, line: Said, theme: Theme) -> None:
        colour = {"info": theme.text, "warning": theme.warning, "error": theme.bad}[line.level]
        self.text.append(f'<span style="color: {colour}">{self._page(line, theme)}</span>')
        if line.trace:
            self.text.append(f'<pre style="color: {theme.muted}">{html.escape(line.trace)}</pre>')

    def _page(self, line: Said, theme: Theme) -> str:
        """Return the text of `line`, what it names as links."""
        facts, network = self.controller.facts(), self.controller.studio.network
        slices = {}
        if facts is not None and "[" in line.text:
            slices = {name_of(facts.mapping, index): index for index in range(len(facts.mapping.slices))}
        names = frozenset() if network is None else frozenset(one.name for one in network.spiking.populations)
        found = list(mentions(line.text, slices, names))
        at = -1 if line.path is None else line.text.find(str(line.path))
        if line.path is not None and at >= 0:
            stop = at + len(str(line.path))
            found = [one for one in found if one.stop <= at or one.start >= stop]
            found.append(Mention(at, stop, f"file:{line.path}"))
        parts, done = [], 0
        for one in sorted(found, key=lambda mention: mention.start):
            parts += [
                html.escape(line.text[done : one.start]),
                _link(one.target, line.text[one.start : one.stop], theme),
            ]
            done = one.stop
        parts.append(html.escape(line.text[done:]))
        if line.action:
            parts.append("&nbsp; " + _link(f"action:{line.action}", tr(ACTIONS[line.action]), theme))
        return "".join(parts)


def _link(target: str, text: str, theme: Theme) -> str:
    return f'<a href="{href(target)}" style="color: {theme.accent}; text-decoration: none">{html.escape(text)}</a>'
