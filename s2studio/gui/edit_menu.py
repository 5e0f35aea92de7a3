"""The edits of a placement by hand, as rows of the menu Map and of the mesh's context menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from s2studio.gui.actions import ActionRow
from s2studio.gui.translation import marked
from s2studio.mapping.place import PLACERS

if TYPE_CHECKING:
    from s2studio.gui.window import Window

# The context menu of the mesh, "" a separator; placers come after it as a menu of their own.
MESH_MENU = (
    "pick_up",
    "why_pe",
    "",
    "split",
    "merge",
    "neurons_per_pe",
    "",
    "pin",
    "unpin",
    "forbid",
    "allow",
    "",
    "place_rest",
    "place",
)
PLACERS_MENU = marked("Place the selection with")
PLACER_ROWS = tuple(f"place_with_{name}" for name in PLACERS)


def edit_rows(window: Window) -> tuple[ActionRow, ...]:
    """Return the edits by hand, on what is selected."""
    edits, mesh = window.controller.edits, window.mesh

    def with_slices() -> bool:
        return edits.can_edit and bool(edits.slices)

    return (
        ActionRow(
            "pick_up",
            "Map",
            "Pick &up or drop",
            mesh.pick_or_drop,
            "Ctrl+M",
            "mesh",
            "Pick up the slice at the focus, move it with the arrow keys, and drop it (M on the mesh)",
            enabled=lambda: edits.can_edit,
        ),
        ActionRow(
            "select_slices",
            "Map",
            "Select all s&lices",
            mesh.select_all,
            "Ctrl+Shift+A",
            enabled=lambda: window.controller.studio.mapping is not None,
        ),
        ActionRow(
            "split",
            "Map",
            "Spl&it in two",
            edits.split,
            "Ctrl+K",
            "split",
            "Cut each selected slice in two",
            enabled=with_slices,
        ),
        ActionRow(
            "merge",
            "Map",
            "&Merge with next",
            edits.merge,
            "Ctrl+J",
            "merge",
            "Put each selected slice and the next of its population on one PE",
            enabled=lambda: edits.can_edit and edits.can_merge(),
        ),
        ActionRow(
            "reset_mapping",
            "Map",
            "Reset placement",
            lambda: window.controller.undo.setIndex(0),
            tip="Take all edits back: the placement as it was made or loaded",
            enabled=window.controller.undo.canUndo,
        ),
        ActionRow(
            "neurons_per_pe",
            "Map",
            "&Neurons per PE…",
            mesh.ask_neurons_per_pe,
            "Ctrl+Shift+N",
            "",
            "Cut the population anew, with at most so many neurons in a slice",
            enabled=with_slices,
        ),
        ActionRow(
            "pin",
            "Map",
            "Pi&n here",
            edits.pin,
            "Ctrl+I",
            "pin",
            "Keep the selected slices where they are",
            enabled=lambda: with_slices() and bool(edits.slices - edits.pinned),
        ),
        ActionRow(
            "unpin",
            "Map",
            "Unpin",
            edits.unpin,
            "Ctrl+Shift+I",
            "unpin",
            "Let the selected slices move again",
            enabled=lambda: edits.can_edit and bool(edits.slices & edits.pinned),
        ),
        ActionRow(
            "forbid",
            "Map",
            "&Forbid PE",
            edits.forbid,
            "Ctrl+D",
            "forbid",
            "Keep the selected PEs empty",
            enabled=lambda: edits.can_edit and bool(edits.pes - edits.forbidden),
        ),
        ActionRow(
            "allow",
            "Map",
            "&Allow PE",
            edits.allow,
            "Ctrl+Shift+D",
            "",
            "Let the selected PEs be used again",
            enabled=lambda: edits.can_edit and bool(edits.pes & edits.forbidden),
        ),
        ActionRow(
            "place_rest",
            "Map",
            "Place the &rest",
            edits.place_rest,
            "Shift+F6",
            "",
            "Place every slice anew but the pinned and the selected ones",
            enabled=lambda: edits.can_edit,
        ),
        *(
            ActionRow(
                f"place_with_{placer}",
                PLACERS_MENU,
                placer,
                lambda placer=placer: edits.place_selection(placer),  # type: ignore[misc]
                enabled=with_slices,
            )
            for placer in PLACERS
        ),
        ActionRow("mesh_fit", "View", "Whole &chip", mesh.view.fit, "Alt+Home", "fit", "Show the whole chip"),
    )
