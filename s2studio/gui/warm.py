"""Loads, once the window is there, what it will need: what is loaded when it is needed makes input wait for it."""

from __future__ import annotations

import gc
import importlib
import threading

from s2studio.gui.docks import PANELS

# What is imported inside functions of the window, so that it starts fast.
MODULES = (
    "networkx",
    "s2studio.gui.models.live",
    "s2studio.session.ring",
    "s2studio.session.target",
    "s2studio.mapping.edit_cost",
    "s2studio.app.project_writer",
    "s2studio.app.workbench",
    "s2studio.app.kinds",
    "s2studio.app.command_line",
    "s2studio.session.export",
    "s2studio.network.stimulus",
)


def warm() -> threading.Thread:
    """Load `MODULES` and the panels in a thread that takes turns with the window and ends with the process."""
    thread = threading.Thread(target=_load, name="s2studio imports", daemon=True)
    thread.start()
    return thread


def _load() -> None:
    panels = (f"s2studio.gui.panels.{row.source.partition(':')[0]}" for row in PANELS)
    for name in (*MODULES, *panels):
        importlib.import_module(name)
    # What stays for good need not be looked through again and again: each time, a picture would come late.
    gc.freeze()
