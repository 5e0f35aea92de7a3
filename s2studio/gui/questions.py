"""Questions that the window asks of the engine about what is open, and what is done with the answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2studio.gui.models.selection import of_slices
from s2studio.gui.translation import tr

if TYPE_CHECKING:
    from s2studio.analysis.advise import Fix
    from s2studio.analysis.race import Race
    from s2studio.analysis.trouble import Trouble
    from s2studio.gui.controller import Controller


class Questions:
    """Asks about the run that is shown, or the open project where none is; reached as `controller.questions`."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def ask(self, what: str, command: str, *more: Any, done: Callable[[Any], None]) -> None:
        """Ask `command` of the engine; `what` says in the status bar what it works on."""
        studio = self._controller.studio
        shown = studio.shown
        session = None if shown is None or shown.state == "running" else shown.session
        number = 0 if shown is None else shown.number
        self._controller.ask_engine(what, command, studio.project, session, number, *more, done=done)

    def race(self, seeds: int, done: Callable[[Race], None]) -> None:
        """Try every placer with `seeds` seeds on the project's traffic."""
        project = self._controller.studio.project
        if project is not None:
            self._controller.ask_engine(tr("Racing"), "race", project, (), seeds, done=done)

    def apply_fix(self, fix: Fix) -> None:
        """Change the open project as `fix` says: tick, level and recording, and the placement, which can be undone."""
        studio = self._controller.studio
        project = studio.project
        if project is None:
            studio.say(
                "warning", tr("The session's model is not open: open its project, then apply the fix."), action="open"
            )
            return
        run = replace(project.run, tick_s=fix.tick_s, level=fix.policy or project.run.level)
        changed = replace(project, run=run if fix.record is None else replace(run, record=fix.record))
        if fix.mapping is None:
            self._controller.set_project(changed)
            return
        changed = replace(changed, mapping=fix.mapping.options, traffic=None, mapping_file=None)
        self._controller.take(changed, fix.title, fix.mapping)

    def go_to_trouble(self, is_forward: bool = True) -> None:
        """Look at the next tick, or the last before, in which a PE is late or loses packets; select what is on it."""
        controller, shown = self._controller, self._controller.studio.shown
        if shown is None:
            return

        def found(trouble: Trouble | None) -> None:
            if trouble is None:
                controller.studio.say("info", tr("No PE is late in this run, and none loses packets."))
                return
            controller.timeline.move(trouble.tick)
            controller.selection.select(of_slices(shown.mapping, frozenset({trouble.slice})))

        tick = controller.timeline.cursor
        controller.sessions.request("next_trouble", shown.session, shown.number, tick, is_forward, done=found)

    def export(self, format_name: str, path: Path, window: Any, channels: tuple[str, ...] = ()) -> None:
        """Write the run that is shown, or a part of it, in another format."""
        controller = self._controller
        shown = controller.recorded
        if shown is None:
            return
        session, number = shown

        def written(where: Path) -> None:
            controller.studio.say("info", tr("Exported to {where}.", where=where), path=where)
            controller.exported.emit(where)

        arguments = (session, format_name, path, window, number, channels)
        controller.ask_engine(tr("Exporting"), "export", *arguments, done=written)
