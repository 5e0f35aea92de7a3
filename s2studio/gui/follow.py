"""Following a link of the inspector or the log: what it names is selected, shown in time, opened or done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from s2studio.chip.machine import PE
from s2studio.gui.models.selection import Selected, of_population, of_projection, of_slices

if TYPE_CHECKING:
    from s2studio.gui.controller import Controller
    from s2studio.mapping.mapping import ChipMapping


# What of that which the window writes it can open as well.
OWN_SUFFIXES = (".s2s", ".yaml")


def href(target: str) -> str:
    """Return the address of `target`, `kind:name`, for a page."""
    kind, _, name = target.partition(":")
    return f"{kind}:{bytes(QUrl.toPercentEncoding(name).data()).decode()}"


def follow(controller: Controller, url: QUrl) -> None:
    """Do what the link to `url` says, an address that `href` made."""
    kind, _, encoded = url.toString(QUrl.ComponentFormattingOption.FullyEncoded).partition(":")
    name = QUrl.fromPercentEncoding(encoded.encode())
    match kind:
        case "tick":
            controller.timeline.move(int(name))
        case "file":
            open_file(controller, Path(name))
        case "action":
            controller.action_wanted.emit(name)
        case _:
            facts = controller.facts()
            mapping = controller.studio.mapping or (None if facts is None else facts.mapping)
            if mapping is not None:
                controller.selection.select(_named(controller, mapping, kind, name))


def open_file(controller: Controller, path: Path) -> None:
    """Open what the studio can open in this window, anything else with the program that the desktop has for it."""
    if path.suffix in OWN_SUFFIXES:
        controller.open_paths([path])
    else:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def _named(controller: Controller, mapping: ChipMapping, kind: str, name: str) -> Selected:
    network = controller.studio.network
    match kind:
        case "slice":
            return of_slices(mapping, frozenset({int(name)}))
        case "population":
            return of_population(mapping, name)
        case "projection" if network is not None:
            return of_projection(network, mapping, int(name))
        case "pe":
            return _on(mapping, PE(*[0, 0, *map(int, name.split(","))][-5:]))
    return Selected()


def _on(mapping: ChipMapping, pe: PE) -> Selected:
    """Return a PE selected with the slice on it."""
    there = of_slices(mapping, frozenset(index for index, piece in enumerate(mapping.slices) if piece.pe == pe))
    return Selected(slices=there.slices, pes=frozenset({pe}), populations=there.populations)
