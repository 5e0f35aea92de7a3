"""What pictures are drawn of: a project mapped onto the chip, or a run of a session; one table of views of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from s2studio.analysis.forensics import Why, why
from s2studio.app.trace import trace_of
from s2studio.chip.machine import Machine
from s2studio.documents import nearest
from s2studio.draw.frame import Look, empty
from s2studio.draw.metrics import Metric
from s2studio.draw.picture import Picture
from s2studio.draw.views.deadline import deadline_picture
from s2studio.draw.views.mesh import mesh_picture
from s2studio.draw.views.network import Input, Node, network_picture, nodes_of
from s2studio.draw.views.power import power_picture
from s2studio.draw.views.raster import raster, raster_columns, raster_picture
from s2studio.draw.views.shading import MeshSubject
from s2studio.draw.views.tick import tick_picture
from s2studio.draw.views.traffic import traffic_picture
from s2studio.draw.views.utilisation import utilisation_picture
from s2studio.draw.views.why import why_picture
from s2studio.errors import SessionError, UsageError
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.moment import busiest_tick, moment_of
from s2studio.session.profile import Profile, profile
from s2studio.session.reader import Session
from s2studio.session.run import Progress, Run, no_progress
from s2studio.session.window import Window
from s2studio.snn.network import ChipNetwork
from s2studio.units import counted, with_unit


@dataclass(frozen=True, eq=False)
class Scene:
    """A mapping on its machine, the graph of its network, and the ticks `start` to `stop` of a run, where there is one.

    `progress` is told how far the run has been read.
    """

    machine: Machine
    mapping: ChipMapping
    nodes: tuple[Node, ...]
    run: Run | None = None
    start: int = 0
    stop: int = 0
    progress: Progress = no_progress

    @property
    def names(self) -> tuple[str, ...]:
        """The populations in the network's order."""
        return tuple(node.name for node in self.nodes)

    @property
    def subtitle(self) -> str:
        """What is shown: network, chip, and the part of the run."""
        chip = self.machine.spec.title
        where = f"{self.mapping.network} · {chip}, {self.mapping.pes_used} PEs"
        if self.run is None:
            return where
        ticks, tick_s = self.stop - self.start, self.run.tick_s
        shown = f"{counted(ticks, 'tick')} of {with_unit(tick_s, 's')}"
        if ticks < self.run.ticks:
            shown += f" from {with_unit(self.start * tick_s, 's')}"
        samples = f", {self.run.about.samples:,} samples side by side" if self.run.about.samples > 1 else ""
        return f"{where} · {shown}{samples}"

    def has_run(self) -> Run:
        """Return the run; raises UsageError without one."""
        if self.run is None:
            raise UsageError("a model", "has not run", hint="name a session: s2studio run MODEL -o OUT.s2s")
        return self.run

    @cached_property
    def profile(self) -> Profile:
        """What the run did; raises UsageError without one."""
        return profile(self.has_run(), self.start, self.stop, progress=self.progress)

    @property
    def subject(self) -> MeshSubject:
        """What the mesh shows."""
        return MeshSubject(self.machine, self.mapping, self.names, self.profile if self.run is not None else None)


def scene_of_network(network: ChipNetwork, mapping: ChipMapping, machine: Machine) -> Scene:
    """Return the scene of a network that has not run."""
    return Scene(machine, mapping, nodes_of(network.spiking))


def scene_of_session(
    session: Session, number: int = 0, window: Window | None = None, progress: Progress = no_progress
) -> Scene:
    """Return the scene of the run `number` of `session`, the part of it in `window`."""
    run = session.run(number)
    return scene_of_run(run, *(window or Window()).ticks(run.tick_s, run.ticks), progress)


def scene_of_run(run: Run, start: int, stop: int, progress: Progress = no_progress) -> Scene:
    """Return the scene of the ticks `start` to `stop` of `run`."""
    try:
        nodes = nodes_of(run.whole_network.spiking)
    except SessionError:
        nodes = _nodes_of_run(run)
    return Scene(run.machine, run.mapping, nodes, run, start, stop, progress)


def _nodes_of_run(run: Run) -> tuple[Node, ...]:
    """Return the populations of a run whose network is not there: who sends to whom is in its routes."""
    slices = run.mapping.slices
    pairs = dict.fromkeys(
        (slices[number].population, slices[target].population)
        for number, route in enumerate(run.mapping.routes)
        for target in route.targets
    )
    return tuple(
        Node(
            entry.name,
            entry.model,
            entry.size,
            None,
            entry.is_output,
            tuple(Input(source) for source, target in pairs if target == entry.name),
        )
        for entry in run.about.populations
    )


def draw_why(run: Run, found: Why, look: Look) -> Picture:
    """Return the picture of what `found` tells of a tick of `run`."""
    names = tuple(entry.name for entry in run.about.populations)
    where = (
        f"{run.mapping.network} · {run.machine.spec.title} · tick of {with_unit(run.tick_s, 's')}, {run.about.engine}"
    )
    return why_picture(MeshSubject(run.machine, run.mapping, names), trace_of(found), look, where)


@dataclass(frozen=True)
class View:
    """A kind of picture: what it is called, whether it needs a run, and what draws it."""

    name: str
    title: str
    needs_run: bool
    draw: Callable[[Scene, Look, Metric | None], Picture]


def _mesh(scene: Scene, look: Look, metric: Metric | None) -> Picture:
    return mesh_picture(scene.subject, look, scene.subtitle, metric)


def _raster(scene: Scene, look: Look, _metric: Metric | None) -> Picture:
    run = scene.has_run()
    spikes = raster(run, scene.start, scene.stop, *raster_columns(look), progress=scene.progress)
    return raster_picture(spikes, scene.names, look, scene.subtitle)


def _power(scene: Scene, look: Look, _metric: Metric | None) -> Picture:
    return power_picture(scene.profile, look, scene.subtitle)


def _deadline(scene: Scene, look: Look, _metric: Metric | None) -> Picture:
    spec = scene.machine.spec
    return deadline_picture(scene.profile, scene.mapping, scene.names, spec, look, scene.subtitle)


def _utilisation(scene: Scene, look: Look, _metric: Metric | None) -> Picture:
    spec = scene.machine.spec
    return utilisation_picture(scene.profile, scene.mapping, scene.names, spec, look, scene.subtitle)


def _traffic(scene: Scene, look: Look, _metric: Metric | None) -> Picture:
    return traffic_picture(scene.profile, look, scene.subtitle)


def _tick(scene: Scene, look: Look, _metric: Metric | None) -> Picture:
    run, spec = scene.has_run(), scene.machine.spec
    if scene.start >= scene.stop:
        return empty(look, "Within a tick", scene.subtitle, "The run has no ticks")
    tick = moment_of(run, busiest_tick(run, scene.start, scene.stop), has_ends=True)
    return tick_picture(tick, scene.mapping, spec, look, scene.subtitle)


def _why(scene: Scene, look: Look, _metric: Metric | None) -> Picture:
    if scene.start >= scene.stop:
        return empty(look, "Why", scene.subtitle, "The run has no ticks")
    return draw_why(scene.has_run(), why(scene.has_run(), start=scene.start, stop=scene.stop), look)


def _network(scene: Scene, look: Look, _metric: Metric | None) -> Picture:
    return network_picture(scene.nodes, look, scene.subtitle)


VIEWS: Mapping[str, View] = {
    view.name: view
    for view in (
        View("mesh", "Mesh", False, _mesh),
        View("raster", "Spikes", True, _raster),
        View("power", "Power", True, _power),
        View("tick", "Within a tick", True, _tick),
        View("deadline", "Deadline", True, _deadline),
        View("utilisation", "Utilisation", True, _utilisation),
        View("traffic", "Traffic", True, _traffic),
        View("why", "Why", True, _why),
        View("network", "Network", False, _network),
    )
}


def view(name: str) -> View:
    """Return the view `name`; raises UsageError where there is none."""
    if name not in VIEWS:
        raise UsageError(f"view '{name}'", "not known", hint=nearest(name, VIEWS))
    return VIEWS[name]


def check_view(asked: View, metric: Metric | None, has_run: bool) -> None:
    """Raise UsageError where `asked` or `metric` needs a run and there is none, or takes no metric."""
    if metric is not None and asked.name != "mesh":
        raise UsageError(f"metric '{metric.name}'", f"view '{asked.name}' takes none", hint="metrics are for the mesh")
    needs = f"view '{asked.name}'" if asked.needs_run else f"metric '{metric.name}'" if metric else ""
    if not has_run and (asked.needs_run or (metric is not None and metric.needs_run)):
        hint = "run the model and name the session: s2studio run MODEL -o OUT.s2s"
        raise UsageError(needs, "needs a run, and a model has none", hint=hint)


def draw(scene: Scene, asked: View, look: Look, metric: Metric | None = None) -> Picture:
    """Return the view `asked` of `scene`; raises UsageError where that needs a run and there is none."""
    check_view(asked, metric, scene.run is not None)
    return asked.draw(scene, look, metric)
