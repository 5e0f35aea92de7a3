"""What pictures are drawn of a deep network: its schedule, its roofline, its PEs; one table of views."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from s2studio.app.layer_runs import map_model
from s2studio.app.loading import LAYER_SUFFIXES
from s2studio.chip.machine import Machine
from s2studio.documents import nearest
from s2studio.draw.frame import Look
from s2studio.draw.picture import Picture
from s2studio.draw.views.layer_mesh import layer_mesh_picture
from s2studio.draw.views.roofline import roof_of, roofline_picture
from s2studio.draw.views.schedule import schedule_picture
from s2studio.errors import UsageError
from s2studio.mapping.layers.mapping import LayerMapping, LayerOptions
from s2studio.session.layer_run import LayerRun
from s2studio.session.reader import open_session
from s2studio.session.window import Window
from s2studio.sim.layers.ends import LayerEnds, layer_ends
from s2studio.sim.layers.simulate import simulate_layers
from s2studio.sim.layers.timeline import LayerTimeline
from s2studio.units import NS_PER_S, estimated, with_unit

if TYPE_CHECKING:
    from s2studio.app.workbench import Workbench


@dataclass(frozen=True, eq=False)
class LayerScene:
    """An inference of a deep network, and the span of it that is shown, in ns."""

    machine: Machine
    mapping: LayerMapping
    timeline: LayerTimeline
    start_ns: float
    stop_ns: float

    @cached_property
    def ends(self) -> LayerEnds:
        """Both ends of the inference."""
        return layer_ends(self.timeline, self.mapping, self.machine)

    @property
    def subtitle(self) -> str:
        """What is shown: network, chip, level and latency."""
        timeline = self.timeline
        which = "first inference" if timeline.is_first else "inference"
        where = f"{timeline.network} · {self.machine.spec.title}, {len(timeline.pes)} PEs at the level {timeline.level}"
        latency = estimated(timeline.latency_s, *self.ends.latency_s, "s")
        return f"{where} · {which} of {latency}, {estimated(timeline.energy_j, *self.ends.energy_j, 'J')}"


def layer_scene(mapping: LayerMapping, machine: Machine, timeline: LayerTimeline, window: Window) -> LayerScene:
    """Return the scene of an inference, the part of it in `window`. Raises UsageError where that is empty."""
    start_s, stop_s = window.start_s or 0.0, timeline.latency_s if window.stop_s is None else window.stop_s
    if not 0 <= start_s < min(stop_s, timeline.latency_s):
        found = f"{with_unit(start_s, 's')} to {with_unit(stop_s, 's')}"
        raise UsageError("span", found, f"the inference takes {with_unit(timeline.latency_s, 's')}")
    return LayerScene(machine, mapping, timeline, start_s * NS_PER_S, min(stop_s, timeline.latency_s) * NS_PER_S)


def layer_scene_of_run(run: LayerRun, window: Window) -> LayerScene:
    """Return the scene of a run that was recorded: of an inference after the first, where there is one."""
    return layer_scene(run.about.mapping, run.machine, run.timeline(run.kept[-1]), window)


def layer_scene_of(bench: Workbench, window: Window, number: int = 0) -> LayerScene | None:
    """Return the scene of the deep network that `bench` works on, or of the run `number` of a session of one.

    None where the project is no deep network.
    """
    model = bench.project.model
    if model.is_dir():
        run = open_session(model).any_run(number)
        return layer_scene_of_run(run, window) if isinstance(run, LayerRun) else None
    if model.suffix not in LAYER_SUFFIXES:
        return None
    opened = bench.layers.model(None)
    mapping = map_model(opened, LayerOptions(), bench.progress("map"))
    return layer_scene(mapping, opened.machine, simulate_layers(mapping, opened.machine, False), window)


def _schedule(scene: LayerScene, look: Look) -> Picture:
    return schedule_picture(scene.timeline, look, scene.subtitle, scene.start_ns, scene.stop_ns)


def _layers(scene: LayerScene, look: Look) -> Picture:
    roof = roof_of(scene.mapping, scene.machine.spec)
    return roofline_picture(scene.timeline, scene.ends, roof, look, scene.subtitle)


def _mesh(scene: LayerScene, look: Look) -> Picture:
    return layer_mesh_picture(scene.mapping, scene.machine, scene.timeline, look, scene.subtitle)


LAYER_VIEWS: Mapping[str, Callable[[LayerScene, Look], Picture]] = {
    "schedule": _schedule,
    "layers": _layers,
    "mesh": _mesh,
}


def draw_layers(scene: LayerScene, name: str | None, look: Look) -> Picture:
    """Return the view `name` (None: the schedule) of `scene`. Raises UsageError where there is none of that name."""
    name = name or "schedule"
    if name not in LAYER_VIEWS:
        limit = f"deep networks have {', '.join(LAYER_VIEWS)}"
        raise UsageError(f"view '{name}'", "is not for deep networks", limit, nearest(name, LAYER_VIEWS))
    return LAYER_VIEWS[name](scene, look)
