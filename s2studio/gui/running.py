"""Running a network: start, pause, step and stop, and what is shown of a run while it goes and once it has ended."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from s2studio.app.remote import Refusal
from s2studio.errors import S2StudioError
from s2studio.gui.translation import tr
from s2studio.units import estimated

if TYPE_CHECKING:
    from s2studio.app.engine import Ran
    from s2studio.app.project import Project
    from s2studio.app.shown import RunShown
    from s2studio.gui.controller import Controller
    from s2studio.mapping.mapping import ChipMapping


class Running:
    """The one run that may be under way; reached as `controller.running`."""

    def __init__(self, controller: Controller) -> None:
        self._controller, self._studio = controller, controller.studio
        self._ring: Any = None
        self._path = Path()
        self._first: int | None = None
        self._speed: float | None = None

    def start(self, first: int | None = None) -> None:
        """Run the network on the placement as it is, into a new session; `first` lets it wait after so many ticks.

        Where a deep network is open, its samples are run.
        """
        studio = self._studio
        if self._controller.deep.shown is not None:
            self._controller.deep_work.run()
            return
        if studio.project is None or studio.mapping is None or studio.run_state != "none" or studio.busy is not None:
            return
        from s2studio.session.ring import Ring
        from s2studio.session.target import reserved_path

        try:
            self._path = reserved_path(self._controller.session_folder / f"{studio.project.name}.s2s")
        except S2StudioError as error:
            studio.say("error", str(error), error)
            return
        self._ring = Ring.create(len(studio.mapping.slices))
        self._first = first
        pace = self._ticks_per_s(studio.project)
        arguments = (studio.project, studio.mapping, self._path, self._ring.name, first, pace)
        self._controller.ask_engine(tr("Simulating"), "run", *arguments, done=self._ran, always=self._ended)

    def pause(self) -> None:
        """Let the run wait."""
        if self._studio.run_state == "running":
            self._controller.engine.request("pause")
            self._studio.run_state = "paused"

    def resume(self) -> None:
        """Let the run go on."""
        if self._studio.run_state == "paused":
            self._controller.engine.request("resume")
            self._studio.run_state = "running"
            self._controller.timeline.follow()

    def step(self, ticks: int = 1) -> None:
        """Let the run do `ticks` ticks and wait; starts one where there is none."""
        if self._studio.run_state == "none":
            self.start(first=ticks)
            return
        self._controller.engine.request("step", ticks)
        self._studio.run_state = "paused"

    def stop(self) -> None:
        """End the run; what it made stays."""
        if self._studio.run_state != "none":
            self._controller.engine.request("stop")

    def set_speed(self, speed: float | None) -> None:
        """Run, now and from now on, at most `speed` times as fast as the chip (None: as fast as possible)."""
        self._speed = speed
        if self._studio.project is not None and self._studio.run_state != "none":
            self._controller.engine.request("set_speed", self._ticks_per_s(self._studio.project))

    def close(self) -> None:
        """Let go of the memory that the run under way shares."""
        if self._ring is not None:
            self._ring.unlink()

    def began(self, mapping: ChipMapping) -> None:
        """Show the run that the engine began on `mapping`."""
        from s2studio.app.shown import RunShown
        from s2studio.gui.models.live import LiveRun

        prepared = self._studio.prepared
        if prepared is None or prepared.network is None or prepared.demand is None:
            return
        ring, options = self._ring, prepared.project.run
        ring.unlink()
        live = LiveRun(ring, prepared.network, mapping, prepared.machine, options.level, options.tick_s)
        shown = RunShown(
            session=self._path,
            number=0,
            state="running",
            network=prepared.network,
            mapping=mapping,
            machine=prepared.machine,
            tick_s=options.tick_s,
            steps=prepared.demand.steps,
            ticks=0,
            runs=1,
            voltages_of=(),
        )
        self._studio.run_state = "running" if self._first is None else "paused"
        self._studio.summary = None
        self._studio.shown = shown
        self._controller.timeline.begin(shown.steps, shown.tick_s)
        self._controller.source.show(shown, live)

    # ----------------------------------------------------------------------------------------------------------- inside
    def _ticks_per_s(self, project: Project) -> float | None:
        return None if self._speed is None else self._speed / project.run.tick_s

    def _ran(self, ran: Ran) -> None:
        summary = ran.summary
        spikes = sum(population["spikes"] for population in summary["populations"])
        self._studio.say(
            "info",
            tr(
                "Ran {steps:,} ticks: {spikes:,} spikes, {late:,} late PE ticks, ≈ {energy}. Recorded in {session}.",
                steps=summary["steps"],
                spikes=spikes,
                late=summary["late_ticks"],
                energy=estimated(summary["energy_j"]["total"], summary["energy_low_j"], summary["energy_high_j"], "J"),
                session=ran.session,
            ),
            path=ran.session,
            action="trouble_on" if summary["late_ticks"] or summary.get("packets_lost") else "",
        )
        self._studio.summary = summary

    def _ended(self) -> None:
        self._studio.run_state = "none"
        self._ring.unlink()  # a run that was refused never attached to it
        with suppress(OSError):
            self._path.rmdir()  # nor wrote anything
        self._controller.source.pull()

        def shown(value: RunShown) -> None:
            self._controller.show_run(value, is_same=True)

        def nothing(_refusal: Refusal) -> None:
            """Show no run: the engine said why there is none."""
            self._controller.source.show(None)
            self._studio.shown = None

        self._controller.sessions.request("open", self._path, 0, done=shown, failed=nothing)
