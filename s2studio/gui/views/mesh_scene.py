"""What the mesh shows at a moment, as plain data: made from the models by `scene`, drawn by `mesh_paint`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from s2studio.chip.machine import PE, Machine
from s2studio.draw.colours import apply, colour_map, population_colours
from s2studio.draw.metrics import METRICS, Metric, Values
from s2studio.draw.theme import hex_colour
from s2studio.draw.trace import Trace
from s2studio.gui.models.mesh_values import Facts, link_loads
from s2studio.gui.models.sure import about
from s2studio.gui.translation import tr
from s2studio.mapping.edit import Refused, name_of
from s2studio.mapping.mapping import ChipMapping, Link
from s2studio.units import interval, with_unit

POPULATION = "population"
NO_SLICE = -1


@dataclass(frozen=True)
class Tile:
    """A PE that holds a slice: `index` of the slice, its name, its population's colour, and its value of a heat map.

    `detail` is shown where there is room for a third line. A PE that works on layers has no slice: its index is
    `NO_SLICE`, and `tip` says all that is known of it.
    """

    index: int
    name: str
    colour: str
    heat: str | None
    value: str
    is_pinned: bool
    detail: str = ""
    tip: str = ""


@dataclass(frozen=True)
class Legend:
    """What the colours mean: the populations; title and ends of the heat map, empty where there is none.

    `is_estimate`: what the heat map shows is an estimate.
    """

    populations: Mapping[str, str]
    title: str
    low: str
    high: str
    links: str
    is_estimate: bool = False


@dataclass(frozen=True, eq=False)
class MeshScene:
    """The chip with its slices, heat map and links. `slice_at` is the slice on each PE in use.

    `facts` are what it was made of; None where it shows the layers of a deep network.
    """

    machine: Machine
    facts: Facts | None
    tiles: Mapping[PE, Tile]
    reserved: frozenset[PE]
    forbidden: frozenset[PE]
    loads: Mapping[Link, float]
    link_unit: str
    legend: Legend
    values: Values | None
    slice_at: Mapping[PE, int]

    @property
    def mapping(self) -> ChipMapping | None:
        """The mapping that is shown; layers have none."""
        return None if self.facts is None else self.facts.mapping

    def state(self, pe: PE) -> str:
        """Return what a PE is, in words."""
        if pe in self.tiles:
            return tr("pinned") if self.tiles[pe].is_pinned else tr("in use")
        if pe in self.reserved:
            return tr("reserved by the runtime")
        return tr("forbidden") if pe in self.forbidden else tr("free")


@dataclass(frozen=True)
class Carried:
    """Slices that are being moved: the one held, all that move with it, where they may go, and where it is aimed."""

    lead: int
    slices: frozenset[int]
    legality: Mapping[PE, Refused | None]
    changes: Mapping[PE, float] = field(default_factory=dict)
    target: PE | None = None


def scene(facts: Facts, names: tuple[str, ...], shown: str) -> MeshScene:
    """Return what the mesh shows by the heat map `shown` (`population`: none), populations in the order of `names`."""
    mapping, machine = facts.mapping, facts.machine
    colours = population_colours(names)
    metric = METRICS.get(shown)
    if metric is not None and metric.needs_run and facts.view is None:
        metric = None
    heats: list[str | None] = [None] * len(mapping.slices)
    values, low, high = None, "", ""
    if metric is not None:
        values = facts.values(metric)
        ends = metric.scale(values, machine.spec)
        heats = [hex_colour(*row) for row in apply(values, ends.low, ends.high, colour_map()).tolist()]
        # The unit stands at the other end.
        low = metric.text(ends.low) if ends.low else "0"
        high = _high(metric, ends.high, values, metric.ends_of(facts.means))
    loads, unit = link_loads(facts)
    pinned = mapping.options.pinned
    tiles = {}
    for index, piece in enumerate(mapping.slices):
        name = name_of(mapping, index)
        value = metric.text(float(values[index])) if metric is not None and values is not None else ""
        detail = f"{piece.start:,}–{piece.stop - 1:,}"
        tiles[piece.pe] = Tile(index, name, colours[piece.population], heats[index], value, name in pinned, detail)
    largest = max(loads.values(), default=0.0)
    used = {name: colour for name, colour in colours.items() if any(one.population == name for one in mapping.slices)}
    return MeshScene(
        machine=machine,
        facts=facts,
        tiles=tiles,
        reserved=machine.reserved_pes,
        forbidden=mapping.options.forbidden,
        loads=loads,
        link_unit=unit,
        legend=Legend(
            used,
            "" if metric is None else metric.title,
            low,
            high,
            f"{_short(largest)} {unit}" if loads else "",
            metric is not None and metric.is_estimate,
        ),
        values=values,
        slice_at={pe: tile.index for pe, tile in tiles.items()},
    )


def tip(shown: MeshScene, pe: PE) -> str:
    """Return all that is known of a PE and its slice, with units, as the text of a tooltip."""
    tile = shown.tiles.get(pe)
    if tile is None:
        return f"<b>{pe}</b><br>{shown.state(pe)}"
    if shown.facts is None:
        return tile.tip
    mapping, machine = shown.facts.mapping, shown.machine
    piece, route = mapping.slices[tile.index], mapping.routes[tile.index]
    used, total = sum(piece.bytes.values()), machine.spec.memory.data_bytes
    rows = [
        (
            tr("Neurons"),
            tr("{start:,} to {stop:,} ({size:,})", start=piece.start, stop=piece.stop - 1, size=piece.size),
        ),
        (
            tr("Data memory"),
            about(tr("{used:,} of {total:,} B ({share:.0%})", used=used, total=total, share=used / total)),
        ),
        (tr("Sends to"), tr("{targets:,} PEs, {hops:,} hops a spike", targets=len(route.targets), hops=route.hops)),
    ]
    if shown.facts.view is not None:
        rows += [
            (tr(metric.title), shown.facts.said(metric, (tile.index,)))
            for metric in METRICS.values()
            if metric.needs_run
        ]
    state = f" – {shown.state(pe)}" if tile.is_pinned else ""
    cells = "".join(f"<tr><td>{title}&nbsp;&nbsp;</td><td align=right>{text}</td></tr>" for title, text in rows)
    return f"<b>{_escaped(tile.name)}</b> on {pe}{state}<table cellspacing=0>{cells}</table>"


def link_tip(shown: MeshScene, link: Link, trace: Trace | None = None) -> str:
    """Return what is known of a link, as the text of a tooltip; of a traced one its queue in that tick too."""
    load = shown.loads.get(link, 0.0)
    text = f"<b>{link.source} → {link.target}</b><br>{_short(load)} {shown.link_unit}"
    if trace is None or link not in trace.loads:
        return text
    queue = trace.loads[link]
    waiting = about(with_unit(queue.waiting_s, "s"))
    told = tr(
        "tick {tick:,}: {flits:,} flits, each waits {waiting}", tick=trace.tick - 1, flits=queue.flits, waiting=waiting
    )
    return f"{text}<br>{told}"


def _high(metric: Metric, high: float, values: Values, bands: Values | None) -> str:
    """Return where the colours end: as both ends of the largest of `values` where it is that, and an estimate."""
    largest = int(values.argmax()) if len(values) else 0
    if bands is None or not len(values) or values[largest] != high:
        return metric.text(high)
    return interval(float(bands[0, largest]), float(bands[1, largest]), metric.unit)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == round(value) else f"{value:.3g}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
