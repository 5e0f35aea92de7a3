"""Edits of the placement as steps that can be undone: a step holds the mapping before and the one after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QUndoCommand

from s2studio.gui.models.studio import Studio

if TYPE_CHECKING:
    from s2studio.mapping.mapping import ChipMapping


class EditMapping(QUndoCommand):
    """Replaces the mapping; `text` names the edit in the history."""

    def __init__(self, studio: Studio, text: str, mapping: ChipMapping) -> None:
        super().__init__(text)
        self._studio = studio
        self._before, self._after = studio.mapping, mapping

    def redo(self) -> None:
        """Set the mapping after the edit."""
        self._studio.mapping = self._after

    def undo(self) -> None:
        """Set the mapping before the edit."""
        self._studio.mapping = self._before
