"""The use cases of deep networks in the window: shown as mapped and timed, timed anew, run on samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from s2studio.gui.models.sure import about
from s2studio.gui.translation import tr
from s2studio.units import estimated

if TYPE_CHECKING:
    from s2studio.analysis.layer_advice import LayerAdvice
    from s2studio.app.deep import DeepShown, DeepSource
    from s2studio.gui.controller import Controller
    from s2studio.mapping.layers.beside import Beside
    from s2studio.mapping.layers.mapping import LayerOptions


class DeepWork:
    """Shows deep networks and runs them; reached as `controller.deep_work`."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        # The spiking network that was on the chip when the deep one came.
        self._neighbour: Beside | None = None

    @property
    def can_run(self) -> bool:
        """Whether there is a network to run, with samples."""
        shown = self._controller.deep.shown
        return shown is not None and shown.source.data is not None and self._controller.studio.busy is None

    def show(self, shown: DeepShown) -> None:
        """Show a deep network in place of whatever was open."""
        controller = self._controller
        if controller.deep.shown is None:
            self._neighbour = self._leave(shown)
            controller.clear()
        controller.deep.shown = shown
        for note in shown.notes:
            controller.studio.say("info", note)

    def _leave(self, shown: DeepShown) -> Beside | None:
        """Return what the network that `shown` takes the place of has of the chip, and say that both have room."""
        from s2studio.mapping.layers.beside import beside_slices

        facts = self._controller.facts()
        if facts is None or not facts.mapping.slices:
            return None
        project, beside = self._controller.studio.project, beside_slices(facts.mapping)
        if project is not None:
            beside = replace(beside, network=project.name)
        text = tr(
            "'{spiking}' had {count} PEs of the chip. '{deep}' can run beside it, on the PEs that it leaves free.",
            spiking=beside.network,
            count=len(beside.pes),
            deep=shown.timeline.network,
        )
        self._controller.studio.say("info", text, action="beside")
        return beside

    @property
    def is_beside(self) -> bool:
        """Whether the network shares the chip with a spiking one."""
        shown = self._controller.deep.shown
        return shown is not None and shown.mapping.options.beside is not None

    @property
    def can_share(self) -> bool:
        """Whether there is a spiking network to share the chip with, or no longer to."""
        shown = self._controller.deep.shown
        has_model = shown is not None and shown.about is not None
        return has_model and (self.is_beside or self._neighbour is not None)

    def share(self) -> None:
        """Map the network beside the spiking one that was there before it; where it is, on the whole chip again."""
        shown = self._controller.deep.shown
        if shown is None:
            return
        present = shown.mapping.options.beside
        self._neighbour = self._neighbour or present
        self.take(replace(shown.source.options, beside=self._neighbour if present is None else None))

    def again(self, level: str, dram_bytes_per_s: float, is_first: bool) -> None:
        """Map and time the network at another level or rate of the DRAM."""
        shown = self._controller.deep.shown
        if shown is not None:
            options = replace(shown.source.options, level=level, dram_bytes_per_s=dram_bytes_per_s)
            self._make(replace(shown.source, options=options, is_first=is_first, session=None))

    def take(self, options: LayerOptions) -> None:
        """Map and time the network with other options."""
        shown = self._controller.deep.shown
        if shown is not None:
            self._make(replace(shown.source, options=options, session=None))

    def advise(self, done: Callable[[LayerAdvice], None]) -> None:
        """Ask what bounds the latency and what changes it."""
        shown = self._controller.deep.shown
        if shown is not None:
            self._controller.ask_engine(tr("Advising"), "advise_deep", shown.source, done=done)

    def import_code(self, path: Path) -> None:
        """Import the network in `path`, code that the user has said yes to, and open it."""
        from s2studio.session.target import free_path

        controller = self._controller
        target = free_path(controller.session_folder / f"{path.stem}.onnx")

        def made(where: Path) -> None:
            controller.studio.say("info", tr("Imported as {path}.", path=where), path=where)
            controller.open_paths([where])

        controller.ask_engine(tr("Importing"), "import_code", path, target, done=made)

    def take_samples(self, path: Path) -> None:
        """Let the samples in `path` choose the int8 steps, and a run take them."""
        shown = self._controller.deep.shown
        if shown is not None and shown.about is None:
            text = tr("A session holds no weights: open its model, then drop {name} again.", name=path.name)
            self._controller.studio.say("warning", text, action="open")
        elif shown is not None:
            self._make(replace(shown.source, data=path, session=None))

    def run(self) -> None:
        """Run the network on its samples, into a new session."""
        from s2studio.session.target import free_path

        controller, shown = self._controller, self._controller.deep.shown
        if shown is None or shown.source.data is None:
            controller.studio.say("warning", tr("No samples yet: drop a .npy or .npz of them on the window."))
            return
        path = free_path(controller.session_folder / f"{shown.source.model.stem}.s2s")
        controller.ask_engine(tr("Running"), "run_deep", shown.source, path, done=self._ran)

    def _ran(self, shown: DeepShown) -> None:
        controller, timeline = self._controller, shown.timeline
        noted = controller.deep.shown
        # The session knows the times, the model what int8 does to each layer.
        controller.deep.shown = shown if noted is None else replace(shown, about=noted.about, rows=noted.rows)
        text = tr(
            "Ran {network}: {latency} and {energy} per inference. Recorded in {session}.",
            network=timeline.network,
            latency=about(estimated(timeline.latency_s, *shown.ends.latency_s, "s")),
            energy=about(estimated(timeline.energy_j, *shown.ends.energy_j, "J")),
            session=shown.source.session,
        )
        controller.studio.say("info", text)

    def _make(self, source: DeepSource) -> None:
        self._controller.ask_engine(tr("Mapping"), "deep", source, done=self.show)
