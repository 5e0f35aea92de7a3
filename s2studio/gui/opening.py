"""Opening things: whatever is dropped or chosen, each by its kind, and what is told of it in the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from s2studio.app.deep import DeepShown
from s2studio.gui.translation import tr

if TYPE_CHECKING:
    from s2studio.app.engine import Prepared
    from s2studio.gui.controller import Controller

# Models first: what is dropped with one belongs to it.
ORDER = ("project", "network", "chip", "stimulus", "mapping", "session", "script", "program")


class Opening:
    """Opens files and sessions; reached as `controller.opening`."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open whatever `paths` are, one after the other."""

        def known(kinds: tuple[str, ...]) -> None:
            self._open_next(sorted(zip(kinds, paths, strict=True), key=lambda pair: ORDER.index(pair[0])))

        if paths:
            self._controller.ask_engine(tr("Reading"), "kinds", tuple(paths), done=known)

    def add_stimulus(self, path: Path, population: str | None = None) -> None:
        """Take the spikes in `path` for an input of the open network, in place of what drove that input.

        Events in time are cut into steps as long as the model's, unless the project says how long.
        """
        from s2studio.app.project import StimulusSource
        from s2studio.app.workbench import ASSUMED_DT_S
        from s2studio.network.stimulus import RECORDINGS

        studio = self._controller.studio
        if self._controller.deep.shown is not None:
            self._controller.deep_work.take_samples(path)
            return
        project = studio.project
        if project is None:
            studio.say(
                "warning",
                tr("{name} is a stimulus: open a network first, then drop it again.", name=path.name),
                action="open",
            )
            return
        kept = tuple(source for source in project.stimuli if population and source.population != population)
        events = project.stimuli[0].events if project.stimuli else StimulusSource(None).events
        if path.suffix in RECORDINGS and events.bin_s is None:
            events = replace(events, bin_s=project.lowering.dt_s or ASSUMED_DT_S)
            text = tr("{name}: events are cut into steps of {bin_s:g} s, see Run.", name=path.name, bin_s=events.bin_s)
            studio.say("info", text, action="preset_run")
        self._controller.change(stimuli=(*kept, StimulusSource(population, path, None, events)))

    def _open_next(self, waiting: list[tuple[str, Path]]) -> None:
        if not waiting:
            return
        (kind, path), rest = waiting[0], waiting[1:]
        controller = self._controller
        if kind in ("project", "network"):
            self._open_model(path, kind == "network", lambda: self._open_next(rest))
            return
        match kind:
            case "stimulus":
                self.add_stimulus(path)
            case "mapping":
                self._open_mapping(path)
            case "session":
                controller.open_session(path)
            case "script" | "program":
                controller.script_wanted.emit(path)
            case "chip":
                controller.change(chip=path)
        self._open_next(rest)

    def _open_model(self, path: Path, is_bare: bool, then: Callable[[], None]) -> None:
        controller = self._controller

        def opened(value: Prepared | DeepShown) -> None:
            if isinstance(value, DeepShown):
                controller.deep_work.show(value)
                controller.opened.emit(path)
                then()
                return
            before = controller.studio.prepared
            if is_bare and before is not None and before.project.model.suffix == path.suffix:
                # A new model of the same kind keeps the options that were chosen for the last.
                again = replace(before.project, model=path, stimuli=(), mapping_file=None, document=None)
                controller.set_project(again, then)
            else:
                controller.begin(value, then)
                if is_bare and path.suffix == ".nir":
                    controller.options_wanted.emit(value)
            controller.opened.emit(path)
            self._tell_about(value)

        controller.ask_engine(tr("Opening {name}", name=path.name), "open", path, done=opened)

    def _open_mapping(self, path: Path) -> None:
        controller = self._controller
        project = controller.studio.project
        if project is None:
            text = tr("{name} is a mapping: open its network first, then drop it again.", name=path.name)
            controller.studio.say("warning", text, action="open")
            return
        text = tr("Load {name}", name=path.name)
        controller.ask_engine(text, "load_mapping", project, path, done=lambda mapping: controller.edit(text, mapping))

    def _tell_about(self, value: Prepared) -> None:
        """Say in the log what was repaired, refused and assumed."""
        say, about = self._controller.studio.say, value.about
        for repair in about["repairs"]:
            where = tr("{model}, node '{node}'", model=value.project.model.name, node=repair["node"])
            say("info", f"{where}: {repair['action']}")
        for node in about["unsupported"]:
            where = tr("node '{node}' ({kind})", node=node["node"], kind=node["type_name"])
            say("error", f"{where}: {node['reason']}; {node['remedy']}")
        for violation in about["violations"]:
            where = violation["population"] or tr("the network")
            say("error", f"{where}: {violation['remedy']}")
        for note in about["assumed"]:
            text, option = in_words(note)
            say("info", tr("Assumed: {note}", note=text), action="lowering" if option == "dt" else "preset_run")
        for warning in about["warnings"]:
            say("warning", warning)


def in_words(note: str) -> tuple[str, str]:
    """Return what was assumed without the option of the command line that says otherwise, and that option."""
    text, _, option = note.partition(" (say --")
    return text, option.rstrip(")")
