"""About: what this is, its licence, and the packages it uses with theirs."""

from __future__ import annotations

import re
from importlib import metadata
from textwrap import shorten
from typing import NamedTuple

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from s2studio.draw.theme import NEAR_PX, WIDE_PX
from s2studio.gui.translation import tr
from s2studio.gui.views.figures import Figure, Figures
from s2studio.version import __version__

# Packages of this extra only test it.
NOT_USED = "test"
WIDTH_PX, HEIGHT_PX = 600, 480
# Licences of many parts are longer than a table can show.
WORDS = 40


class Package(NamedTuple):
    """A package that is installed and used, with what it says of its licence, "" where it says nothing."""

    name: str
    version: str
    licence: str


def packages() -> list[Package]:
    """Return the packages that s2studio uses and that are installed, by name."""
    try:
        wanted = metadata.requires("s2studio") or []
    except metadata.PackageNotFoundError:
        return []  # run from a checkout that was never installed
    found: dict[str, Package] = {}
    for line in wanted:
        name = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        if name == "s2studio" or re.search(rf"extra == .{NOT_USED}.", line):
            continue
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        found[name.lower()] = Package(str(about["Name"]), str(about["Version"]), _licence(about))
    return [found[name] for name in sorted(found)]


def _licence(about: metadata.PackageMetadata) -> str:
    if "License-Expression" in about:
        return str(about["License-Expression"])
    classes = [str(one) for one in about.get_all("Classifier") or () if str(one).startswith("License ::")]
    if classes:
        return ", ".join(one.rpartition(" :: ")[2] for one in classes)
    # Some give the whole text.
    return str(about["License"]).strip().partition("\n")[0] if "License" in about else ""


class AboutDialog(QDialog):
    """A few sentences above a table of packages."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About S2 Studio"))
        self.resize(WIDTH_PX, HEIGHT_PX)
        text = QLabel(
            tr(
                "<b>S2 Studio {version}</b><p>Maps spiking and deep networks onto the SpiNNaker2 chip, runs them as "
                "the chip does and profiles them, without the chip.</p><p>Apache License 2.0. It uses:</p>",
                version=__version__,
            )
        )
        text.setWordWrap(True)
        header = (tr("package"), tr("version"), tr("licence"))
        table = Figures(header, tr("Packages and their licences"), words=(0, 1, 2))
        table.show_figures(
            [
                Figure((name, version, shorten(terms, WORDS, placeholder=" …") or tr("not stated")), tip=terms)
                for name, version, terms in packages()
            ]
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(WIDE_PX, WIDE_PX, WIDE_PX, WIDE_PX)
        layout.setSpacing(NEAR_PX)
        for widget in (text, table, buttons):
            layout.addWidget(widget)
