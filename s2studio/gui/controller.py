"""The use cases of the window: what a menu, a key or a drop asks for is asked of the engine, and its answer shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoStack

from s2studio.app.deep import DeepShown
from s2studio.app.events import CostFound, Progress, RunBegan, StageStarted
from s2studio.app.remote import Refusal
from s2studio.documents import Written, written
from s2studio.gui.commands import EditMapping
from s2studio.gui.deep import DeepWork
from s2studio.gui.edits import Edits
from s2studio.gui.forensics import Forensics
from s2studio.gui.models.deep import Deep
from s2studio.gui.models.mesh_values import Facts
from s2studio.gui.models.selection import Selection
from s2studio.gui.models.studio import Busy, Studio
from s2studio.gui.models.timeline import Timeline
from s2studio.gui.opening import Opening
from s2studio.gui.processes import Client, memory_bytes
from s2studio.gui.questions import Questions
from s2studio.gui.running import Running
from s2studio.gui.source import Source
from s2studio.gui.translation import tr
from s2studio.mapping.edit import Refused

if TYPE_CHECKING:
    from s2studio.app.engine import Prepared
    from s2studio.app.project import Project
    from s2studio.app.shown import RunShown
    from s2studio.mapping.mapping import ChipMapping
    from s2studio.mapping.rates import Rates

FRAME_MS = 16


class Controller(QObject):
    """Owns the models, the processes and the undo stack; panels and actions call its methods and read its models."""

    # A model was opened that has options to be asked for (dt, reset, scaling): carries what was prepared.
    options_wanted = Signal(object)
    # A script was dropped: carries its path. It runs only after a clear yes.
    script_wanted = Signal(object)
    # A file was opened: carries its path, for the list of recent files.
    opened = Signal(object)
    # The project was written: carries the path.
    saved = Signal(object)
    exported = Signal(object)
    # A command that a line of the log names was clicked: carries its name.
    action_wanted = Signal(str)
    # A search that is one of several found a cost: carries a `CostFound`.
    cost_found = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio, self.selection, self.timeline = Studio(), Selection(), Timeline()
        self.deep = Deep()
        self.undo = QUndoStack(self)
        self._clients: list[Client] = []
        self._under_way: list[Busy] = []
        self.engine = self.add_client(tr("engine"), "s2studio.app.engine:Engine")
        self.sessions = self.add_client(tr("session reader"), "s2studio.app.session_service:SessionService")
        self.source = Source(self.sessions, self.timeline, self)
        self.session_folder = Path(platformdirs.user_data_dir("s2studio")) / "sessions"
        self.engine.told.connect(self._told)
        self.opening, self.edits, self.questions = Opening(self), Edits(self), Questions(self)
        self.running, self.deep_work, self.forensics = Running(self), DeepWork(self), Forensics(self)
        self._progress: Progress | None = None
        self._mapped_for: tuple[object, ...] = ()
        self._saved: Project | None = None
        self._written: Written = None
        self.timer = QTimer(self)
        self.timer.setInterval(FRAME_MS)
        self.timer.timeout.connect(self.pull)
        self.timer.start()

    # ------------------------------------------------------------------------------------------------ opening things
    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open whatever `paths` are, models first, so that a stimulus dropped with one belongs to it."""
        self.opening.open_paths(paths)

    def begin(self, prepared: Prepared, then: Callable[[], None] = lambda: None) -> None:
        """Work on a project that was just opened, in place of what was open before."""
        self.deep.shown = None
        self._saved, self._written = prepared.project, written(prepared.project.document)
        self.studio.prepared = prepared
        self._map_again(prepared, then)

    def clear(self) -> None:
        """Show neither network nor run."""
        self.source.show(None)
        self.selection.clear()
        self.undo.clear()
        self.studio.shown = self.studio.prepared = self.studio.mapping = self.studio.summary = None

    def set_project(self, project: Project, then: Callable[[], None] = lambda: None) -> None:
        """Work on `project` from now on: lower again, and map again unless the placement still fits."""

        def prepared(value: Prepared) -> None:
            self.studio.prepared = value
            self._map_again(value, then)

        self.ask_engine(tr("Lowering"), "prepare", project, done=prepared)

    def change(self, **options: Any) -> None:
        """Change fields of the project: `change(lowering=..., run=...)`."""
        if self.studio.project is not None:
            self.set_project(replace(self.studio.project, **options))

    @property
    def is_changed(self) -> bool:
        """Whether the project, or its placement, differs from what was last opened or saved."""
        project = self.studio.project
        return project is not None and (project != self._saved or not self.undo.isClean())

    @property
    def is_changed_elsewhere(self) -> bool:
        """Whether another window or program wrote the project's file since it was opened or saved here."""
        project = self.studio.project
        now = written(project.document) if project is not None else None
        return now is not None and now != self._written

    def save_project(self, path: Path) -> None:
        """Write the project, with the placement if it was edited by hand, to `path`."""
        project = self.studio.project
        if project is None:
            return
        mapping = self.studio.mapping if self.undo.count() or project.mapping_file is not None else None

        def saved(prepared: Prepared) -> None:
            self.undo.setClean()
            self._saved, self._written = prepared.project, written(prepared.project.document)
            self._mapped_for = _places(prepared.project)
            self.studio.prepared = prepared
            self.saved.emit(path)
            self.opened.emit(path)
            self.studio.say("info", tr("Project saved to {path}.", path=path), path=path)

        self.ask_engine(tr("Saving"), "save_project", project, path, mapping, done=saved)

    def open_session(self, path: Path, run: int = 0) -> None:
        """Show a recorded run."""

        def summed(summary: Any) -> None:
            self.studio.summary = summary

        def shown(value: RunShown | DeepShown) -> None:
            self.opened.emit(path)
            if isinstance(value, DeepShown):
                self.deep_work.show(value)
                return
            self.deep.shown = self.studio.summary = None
            self.show_run(value)
            self.sessions.request("summary", path, run, done=summed, failed=lambda refusal: None)

        self.sessions.request("open", path, run, done=shown)

    # ------------------------------------------------------------------------------------------------------- mapping
    def place(self) -> None:
        """Map the network anew with the project's placer; an undoable step."""
        project = self.studio.project
        if project is not None:
            text = tr("Place with {placer}", placer=project.mapping.placer)
            self.ask_engine(tr("Placing"), "place", project, done=lambda mapping: self.edit(text, mapping))

    def place_rest(self, text: str, keep: frozenset[int], placer: str, rates: Rates | None) -> None:
        """Place all slices but those pinned and those of `keep` anew; an undoable step called `text`."""

        def placed(edited: ChipMapping | Refused) -> None:
            if isinstance(edited, Refused):
                self.studio.say("warning", str(edited))
            else:
                self.edit(text, edited)

        project, mapping = self.studio.project, self.studio.mapping
        if project is not None and mapping is not None:
            self.ask_engine(tr("Placing"), "place_rest", project, mapping, keep, placer, rates, done=placed)

    def edit(self, text: str, mapping: ChipMapping) -> None:
        """Take `mapping` in place of the present one; an undoable step called `text`."""
        if self.studio.mapping is None:
            self.studio.mapping = mapping
        else:
            self.undo.push(EditMapping(self.studio, text, mapping))

    @property
    def recorded(self) -> tuple[Path, int] | None:
        """The session that is shown, of ticks or of layers, and the number of its run; None where there is none."""
        deep, shown = self.deep.shown, self.studio.shown
        if deep is not None:
            return None if deep.source.session is None else (deep.source.session, deep.source.run)
        return None if shown is None else (shown.session, shown.number)

    def facts(self, of_moment: bool = False) -> Facts | None:
        """Return the placement to be shown, with what the run did in the timeline's span or at its cursor.

        It is the one that is edited, or that of the session where no project is open; None where there is neither.
        """
        studio, shown = self.studio, self.source.shown
        mapping = studio.mapping or (shown.mapping if shown is not None else None)
        if mapping is None or studio.machine is None:
            return None
        view = self.source.moment if of_moment else self.source.view
        fits = shown is not None and shown.mapping.network_digest == mapping.network_digest
        if view is None or shown is None or not fits or len(view.slice_spikes) != len(shown.mapping.slices):
            return Facts(mapping, studio.machine)
        return Facts(mapping, studio.machine, view, shown.mapping)

    def save_mapping(self, path: Path) -> None:
        """Write the placement to a mapping file."""

        def saved(where: Path) -> None:
            self.undo.setClean()
            self.studio.say("info", tr("Mapping saved to {where}.", where=where), path=where)

        self.ask_engine(tr("Saving"), "save_mapping", self.studio.mapping, path, done=saved)

    def cancel(self) -> None:
        """Cancel what the engine works on."""
        self.engine.request("cancel")

    def take(self, project: Project, text: str, mapping: ChipMapping) -> None:
        """Work on `project` with `mapping`, which was made for it and is not placed again; an edit called `text`."""
        self._mapped_for = _places(project)
        self.edit(text, mapping)
        self.set_project(project)

    # ------------------------------------------------------------------------------------------------------ every frame
    def pull(self) -> None:
        """Handle what came from the processes, and let panels draw the newest state: once per picture."""
        for client in tuple(self._clients):
            client.pull()
        self._show_progress()
        timeline = self.timeline
        if timeline.is_playing:
            step = max(1, round(timeline.speed * FRAME_MS / 1000 / timeline.tick_s))
            timeline.move(timeline.cursor + step)
            timeline.is_playing = timeline.cursor < timeline.length - 1
        if not self.source.pull():
            self.source.draw()

    def close(self) -> None:
        """End all processes."""
        self.timer.stop()
        self.undo.blockSignals(True)  # it tells of its own end, when those who listen are gone
        self.source.show(None)
        self.running.close()
        for client in self._clients:
            client.close()

    def add_client(self, title: str, service: str) -> Client:
        """Start a process behind the window, which is pulled with the others and ended with the window."""
        client = Client(title, service, memory_bytes(), self)
        client.refused.connect(self._refused)
        client.ended.connect(self._process_ended)
        self._clients.append(client)
        return client

    def drop_client(self, client: Client) -> None:
        """No longer pull a process that was closed."""
        self._clients.remove(client)

    # ----------------------------------------------------------------------------------------------------------- inside
    def _map_again(self, now: Prepared, then: Callable[[], None]) -> None:
        """Keep the placement where only the run changed, else place anew."""
        mapping, places = self.studio.mapping, _places(now.project)
        if now.network is None:
            self.undo.clear()
            self.studio.mapping = None
            then()
            return

        def placed(value: ChipMapping) -> None:
            self.undo.clear()
            fitted(value)

        def fitted(value: ChipMapping) -> None:
            self.studio.mapping = value
            self._mapped_for = places
            self.studio.unfit = ""
            then()

        if mapping is not None and self._mapped_for == places:
            # The steps of the history stay: their placements are fitted to the run when it starts.
            self.ask_engine(tr("Mapping"), "fit", now.project, mapping, done=fitted, failed=self._no_fit)
        else:
            self.ask_engine(tr("Placing"), "place", now.project, done=placed, failed=self._no_mapping)

    def _no_fit(self, refusal: Refusal) -> None:
        """Keep the placement, which is still good for what was asked for before, and say what stands against it now."""
        self.studio.unfit = str(next(iter(refusal.error.violations), refusal.error))
        self._refused(refusal)

    def _no_mapping(self, refusal: Refusal) -> None:
        self.undo.clear()
        self.studio.mapping = None
        self._refused(refusal)

    def ask_engine(
        self,
        what: str,
        command: str,
        *arguments: Any,
        done: Callable[[Any], None],
        failed: Callable[[Refusal], None] | None = None,
        always: Callable[[], None] = lambda: None,
    ) -> None:
        """Ask the engine, and show that it is busy meanwhile."""
        mine = Busy(what)
        self._under_way.append(mine)
        self.studio.busy = mine

        def over() -> None:
            # By identity: two requests may have the same name.
            self._under_way = [one for one in self._under_way if one is not mine]
            self._progress = None
            self.studio.busy = self._under_way[-1] if self._under_way else None
            always()

        def succeeded(value: Any) -> None:
            over()
            done(value)

        def refused(refusal: Refusal) -> None:
            over()
            (failed or self._refused)(refusal)

        def stopped() -> None:
            over()
            self.studio.say("info", tr("{what}: cancelled.", what=what))

        self.engine.request(command, *arguments, done=succeeded, failed=refused, stopped=stopped)

    def _told(self, _number: int, event: object) -> None:
        match event:
            case StageStarted():
                pass
            case Progress():
                self._progress = event
            case CostFound():
                self.cost_found.emit(event)
            case RunBegan(mapping):
                self.running.began(mapping)

    def _show_progress(self) -> None:
        """Show the newest progress: there may have been many since the last picture."""
        progress, self._progress = self._progress, None
        if progress is not None:
            self.studio.progressed(progress.done, progress.total)

    def show_run(self, value: RunShown, is_same: bool = False) -> None:
        """Show a run from its session; `is_same`: the one that was shown while it ran."""
        self.studio.shown = value
        if is_same:
            self.timeline.grow(value.ticks)
            self.timeline.expected = value.ticks
            self.timeline.is_following = False
            self.timeline.look(self.timeline.start, min(self.timeline.stop, value.ticks))
        else:
            self.timeline.begin(value.steps, value.tick_s, value.ticks)
        self.source.show(value)

    def _refused(self, refusal: Refusal) -> None:
        self.studio.say("error", str(refusal.error), refusal.error, refusal.trace)
        for violation in refusal.error.violations:
            self.studio.say("error", str(violation))

    def _process_ended(self, text: str) -> None:
        self.studio.say("error", text)


def _places(project: Project) -> tuple[object, ...]:
    """What of a project decides how slices are cut and placed."""
    return (project.model, project.chip, project.runtime, project.lowering, project.mapping, project.mapping_file)
