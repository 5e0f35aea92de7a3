"""The report: a run as one HTML page that anybody can read, with what is exact, measured and estimated in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from s2studio.analysis.beside import simulated
from s2studio.analysis.literature import Figure, literature_for
from s2studio.app.scene import VIEWS, Scene, draw, scene_of_run
from s2studio.chip.spec import Quantity
from s2studio.draw.colours import population_colours
from s2studio.draw.frame import Look
from s2studio.draw.html import Heading, Number, cards, figure, folded, page, paragraph, rows
from s2studio.draw.metrics import METRICS, slice_means
from s2studio.draw.scale import quantity
from s2studio.draw.theme import THEMES
from s2studio.errors import S2StudioError
from s2studio.session.export import Part
from s2studio.session.reader import Session, open_session
from s2studio.session.run import Progress
from s2studio.sim.channels import CHANNELS
from s2studio.sim.energy import spent_on
from s2studio.snn.evidence import evidence_of
from s2studio.units import counted, estimated, numbered, said, with_unit
from s2studio.version import __version__

Json = Mapping[str, Any]

_WIDTH, _HEIGHT = 1200, 720
# A graph is mostly wider than tall.
_NETWORK_HEIGHT = 480
_MOST_ROWS = 1000
# Pictures of the report: view, metric and the heading they stand under.
_FIGURES = (
    ("Network", "network", None),
    ("Placement", "mesh", None),
    ("Placement", "mesh", "memory"),
    ("Spikes", "raster", None),
    ("Deadline", "deadline", None),
    ("Deadline", "mesh", "time_done"),
    ("Utilisation", "utilisation", None),
    ("Power and energy", "power", None),
    ("Power and energy", "mesh", "energy"),
    ("Traffic", "traffic", None),
)
_SURE = (
    ("Which neuron spikes in which tick; voltages", "exact", "the chip's equations, operation by operation"),
    ("Packets, synaptic events, neuron updates, bytes recorded", "exact", "counted, for the placement shown"),
    (
        "Flits over each link",
        "exact",
        "for the routes assumed: whether holes pass traffic is not published",
    ),
    ("Power of the chip asleep, busy and always on", "measured", "the chip paper"),
    (
        "Cycles per event, neuron and packet: time done, late ticks, safe tick",
        "estimate",
        "see the chip's numbers below",
    ),
    ("Energy of flits and router look-ups, and so of the run", "estimate", "see the chip's numbers below"),
)


def write_report(part: Part, path: Path, progress: Progress) -> None:
    """Write the report of a part of a run to the file `path`."""
    scene = scene_of_run(part.run, part.start, part.stop, progress)
    path.write_text(report_html(open_session(part.run.session), scene), encoding="utf-8")


def report_html(session: Session, scene: Scene) -> str:
    """Return the page about `scene`, a run of `session`."""
    summary = scene.has_run().summary(scene.start, scene.stop)
    drawn: dict[str, str] = {}
    for heading, view, metric in _FIGURES:
        drawn[heading] = drawn.get(heading, "") + _figure(scene, view, metric)
    drawn["Network"] += _populations(scene, summary) + _lowering(summary)
    drawn["Placement"] += _pes(scene)
    drawn["Power and energy"] = _energy(summary) + drawn["Power and energy"]
    sections = [("Key numbers", _key_numbers(scene, summary)), *drawn.items()]
    sections += [
        ("Published figures, for comparison", _literature(summary)),
        ("What is exact and what is estimated", _sure(scene, summary)),
        ("How it was made", _made(session, summary)),
    ]
    started = session.manifest.provenance.started[:16].replace("T", " ")
    return page(f"{scene.mapping.network} on {scene.machine.spec.title}", f"{scene.subtitle} · {started} UTC", sections)


def _figure(scene: Scene, view: str, metric: str | None) -> str:
    height = _NETWORK_HEIGHT if view == "network" else _HEIGHT
    light, dark = (
        draw(scene, VIEWS[view], Look(THEMES[name], _WIDTH, height), METRICS[metric] if metric else None)
        for name in ("light", "dark")
    )
    return figure(light, dark)


def _key_numbers(scene: Scene, summary: Json) -> str:
    spikes = sum(entry["spikes"] for entry in summary["populations"])
    duration_s = summary["steps"] * summary["tick_s"]
    numbers = (
        Number(f"Chip time, {counted(summary['steps'], 'tick')}", with_unit(duration_s, "s"), "exact"),
        Number("PEs used", f"{summary['pes_used']:,} of {len(scene.machine.usable_pes):,}", "exact"),
        Number("Spikes", f"{spikes:,}", "exact"),
        Number("Synaptic events", f"{summary['synaptic_events']:,}", "exact"),
        Number("Packets sent", f"{summary['packets']:,}", "exact"),
        Number("Longest time done", _longest(summary), "estimate"),
        Number("Smallest safe tick", with_unit(summary["smallest_safe_tick_s"], "s"), "estimate"),
        Number("PE ticks late", f"{summary['late_ticks']:,}", "estimate"),
        Number("Mean power", said(summary, "power_mean_w"), "estimate"),
        Number("Highest tick", said(summary, "power_peak_w"), "estimate"),
        Number("Energy", _total(summary), "estimate"),
        Number("Energy above idle", said(summary, "energy_dynamic_j"), "estimate"),
    )
    warnings = "".join(paragraph(warning, "warning") for warning in summary["warnings"])
    return cards(numbers) + (f"<br>{warnings}" if warnings else "")


def _longest(summary: Json) -> str:
    low, high = summary["time_done_low_s"], summary["time_done_pessimistic_s"]
    return estimated(summary["time_done_max_s"], low, high, "s")


def _total(summary: Json) -> str:
    return estimated(summary["energy_j"]["total"], summary["energy_low_j"], summary["energy_high_j"], "J")


def _populations(scene: Scene, summary: Json) -> str:
    duration_s = max(1e-300, summary["steps"] * summary["tick_s"] * summary["samples"])
    basis = _basis(scene)
    headings = (
        Heading("Population"),
        Heading("Model"),
        Heading("Stands on"),
        *(Heading(text, "number") for text in ("Neurons", "PEs", "Spikes", "Mean rate")),
    )
    cells = [
        (
            entry["name"],
            entry["model"],
            basis.get(entry["name"], "–"),
            f"{entry['size']:,}",
            f"{entry['pes']:,}",
            f"{entry['spikes']:,}",
            quantity(entry["spikes"] / (entry["size"] * duration_s), "Hz"),
        )
        for entry in summary["populations"]
    ]
    return rows(headings, cells, list(population_colours(scene.names).values()))


def _basis(scene: Scene) -> dict[str, str]:
    """Return what stands behind each population; nothing where the session does not hold the network's synapses."""
    try:
        part = scene.has_run().whole_network.spiking
    except S2StudioError:
        return {}
    return {each.name: evidence_of(each, part.projections).stands_on for each in part.populations}


def _lowering(summary: Json) -> str:
    if not summary["lowering"]:
        return ""
    headings = (Heading("Weights into"), *(Heading(text, "number") for text in _LOWERING))
    cells = [
        (
            row["name"],
            f"{row['weights']:,}",
            f"{row['scale']:.4g}",
            f"{row['largest_weight']:.4g}",
            f"{row['largest_integer']:,}",
            f"{100 * row['clipped_share']:.2f} %",
            "exact" if row["snr_db"] is None else f"{row['snr_db']:.1f} dB",
            f"{row['silent_units']:,}",
            f"{row['saturated_units']:,}",
        )
        for row in summary["lowering"]
    ]
    return "<br>" + rows(headings, cells)


_LOWERING = (
    "Weights",
    "Scale",
    "Largest |w|",
    "As integer",
    "Clipped",
    "Signal to noise",
    "Silent neurons",
    "Saturated neurons",
)


def _pes(scene: Scene) -> str:
    profile, spec, mapping = scene.profile, scene.machine.spec, scene.mapping
    ticks, means = max(1, profile.pe_ticks), slice_means(profile)
    memory, busy, worst, energy = (
        METRICS[name].texts(mapping, means, spec) for name in ("memory", "utilisation", "time_done", "energy")
    )
    estimates = ("Memory", "Busy", "Worst", "Late", "Energy per tick")
    headings = (
        Heading("PE"),
        Heading("Slice"),
        *(Heading(text, "number", "exact") for text in ("Neurons", "Packets/tick")),
        *(Heading(text, "number", "estimate") for text in estimates),
    )
    shown = mapping.slices[:_MOST_ROWS]
    cells = [
        (
            str(piece.pe),
            f"{piece.population}[{piece.start}:{piece.stop}]",
            f"{piece.size:,}",
            quantity(float(profile.packets[number] / ticks), ""),
            memory[number],
            busy[number],
            worst[number],
            numbered(int(profile.late_ticks[number]), *profile.late_ticks_ends[:, number].tolist()),
            energy[number],
        )
        for number, piece in enumerate(shown)
    ]
    colours = population_colours(scene.names)
    title = f"Every PE ({len(shown):,} of {len(mapping.slices):,})"
    return folded(title, rows(headings, cells, [colours[piece.population] for piece in shown]))


def _energy(summary: Json) -> str:
    energy, total = summary["energy_j"], summary["energy_j"]["total"]
    low, high = summary["energy_kinds_low_j"], summary["energy_kinds_high_j"]
    headings = (
        Heading("Spent on"),
        *(Heading(text, "number", "estimate") for text in ("Energy", "Share")),
        Heading("What", "words"),
    )
    cells = [
        (
            CHANNELS[f"chip.{kind}"].title,
            estimated(energy[kind], low[kind], high[kind], "J"),
            f"{100 * energy[kind] / total:.2f} %" if total else "0 %",
            CHANNELS[f"chip.{kind}"].doc,
        )
        for kind in spent_on(energy)
    ]
    return paragraph(summary["baseline"]) + rows(headings, cells)


def _literature(summary: Json) -> str:
    """Return what is published of the same kinds as this run's results, a table for each, apart from them."""
    headings = (
        *(Heading(text, "words") for text in ("Published", "On")),
        Heading("Figure", "number"),
        *(Heading(text, "words") for text in ("Conditions", "Source")),
    )
    note = (
        "Measured by others, on other networks: nothing in this report was computed from these figures, and none of "
        "them is a result of this run."
    )
    parts = [paragraph(note)]
    for ran in simulated(summary):
        cells = [
            (figure_.title, figure_.hardware, figure_.text, figure_.conditions, _source(figure_))
            for figure_ in literature_for(ran.kind)
        ]
        said = f"{ran.kind.capitalize()}; this run, simulated: {ran.text}, {ran.what} ({ran.mark})"
        parts.append(paragraph(said) + rows(headings, cells))
    return "".join(parts)


def _source(figure_: Figure) -> str:
    return f"{figure_.source}{' (quoted)' if figure_.is_quoted else ''}"


def _sure(scene: Scene, summary: Json) -> str:
    headings = (Heading("What", "words"), Heading("How sure"), Heading("On what it rests", "words"))
    quantities = scene.machine.spec.quantities
    marks = [quantity_.mark for quantity_ in quantities.values()]
    counts = ", ".join(f"{marks.count(mark)} {mark}" for mark in ("measured", "derived", "estimate"))
    numbers = rows(
        (
            Heading("Number"),
            *(Heading(text, "number") for text in ("Value", "Range")),
            Heading("Unit"),
            Heading("How sure"),
            Heading("Source", "words"),
        ),
        [_quantity(quantity_) for quantity_ in quantities.values()],
    )
    sources = rows((Heading("Source"), Heading("What it is", "words")), [*scene.machine.spec.sources.items()])
    table = paragraph(summary["estimates"]) + rows(headings, _SURE)
    return table + folded(f"The chip's numbers: {counts}", numbers + "<br>" + sources)


def _quantity(quantity_: Quantity) -> tuple[str, ...]:
    value = quantity_.value
    text = "…" if isinstance(value, tuple) else f"{value:,}" if isinstance(value, int) else str(value)
    return quantity_.key, text, quantity_.range_text, quantity_.unit, quantity_.mark, quantity_.source


def _made(session: Session, summary: Json) -> str:
    manifest = session.manifest
    facts = [
        ("s2studio", f"{manifest.version}; this page: {__version__}"),
        *manifest.provenance.versions.items(),
        ("Chip file", f"{summary['chip']}, {manifest.chip.digest[:12]}"),
        ("Runtime", summary["runtime"]),
        ("Placer, routing, seed", f"{summary['placer']}, {summary['routing']}, {manifest.seed}"),
        ("Tick, level", f"{with_unit(summary['tick_s'], 's')}, {summary['level']}"),
        *((entry.role, f"{Path(entry.path).name}, sha256 {entry.sha256[:12]}") for entry in manifest.inputs),
    ]
    return rows((Heading("What"), Heading("Value", "words")), facts)
