"""Spikes over time: every population a band in which each pixel counts its spikes, and their rates above."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from s2studio.draw.colours import apply, population_colours, ramp
from s2studio.draw.frame import Look, content, empty, framed, heading, time_axis, upward, value_axis
from s2studio.draw.mesh import Box
from s2studio.draw.picture import Image, Item, Picture, Polyline, Rect, Text
from s2studio.draw.scale import Scale
from s2studio.draw.text import fitted
from s2studio.draw.theme import FAR_PX, NEAR_PX, SMALL_PX, TIGHT_PX, Theme, mixed, readable_on
from s2studio.draw.views.curves import steps
from s2studio.session.run import Progress, Run, no_progress
from s2studio.session.tables import SPIKES
from s2studio.units import counted

_LEFT_PX = 132
_AXIS_PX = 40
_RATES = 0.24
_BAND_PX = 18
_RATE_BINS = 200


@dataclass(frozen=True, eq=False)
class Band:
    """A population's spikes, `counts` (rows, columns): a row is one neuron or several, a column one tick or several."""

    name: str
    size: int
    counts: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Raster:
    """The spikes of the ticks from `edges[i]` to `edges[i + 1]`, by band; `missing` populations were not kept."""

    edges: NDArray[np.int64]
    tick_s: float
    samples: int
    bands: tuple[Band, ...]
    missing: tuple[str, ...]

    @property
    def spikes(self) -> int:
        """All of them."""
        return int(sum(band.counts.sum() for band in self.bands))


def raster(run: Run, start: int, stop: int, columns: int, rows: int, progress: Progress = no_progress) -> Raster:
    """Return the spikes of the ticks `start` to `stop` counted in at most `columns` x `rows` per population."""
    edges = np.unique(np.linspace(start, stop, min(columns, stop - start) + 1).round().astype(np.int64))
    width = len(edges) - 1
    kept = [entry for entry in run.about.populations if entry.keeps("spikes")]
    heights = np.array([min(rows, entry.size) for entry in run.about.populations], np.int64)
    sizes = np.array([entry.size for entry in run.about.populations], np.int64)
    first = np.concatenate([[0], np.cumsum(heights * width)])
    counts = np.zeros(int(first[-1]), np.int64)
    column_of = np.repeat(np.arange(width), np.diff(edges))
    for block in run.spike_blocks(start, stop):
        progress(int(block.tick[-1]) - start, stop - start)
        if block.tick.min() < start or block.tick.max() >= stop:
            raise run.stored(SPIKES.name).damaged()
        row = block.neuron.astype(np.int64) * heights[block.population] // sizes[block.population]
        index = first[block.population] + row * width + column_of[block.tick - start]
        np.add.at(counts, index, 1)
    bands = tuple(
        Band(entry.name, entry.size, counts[first[number] : first[number + 1]].reshape(heights[number], width))
        for number, entry in enumerate(run.about.populations)
        if entry in kept
    )
    missing = tuple(entry.name for entry in run.about.populations if entry not in kept)
    return Raster(edges, run.tick_s, run.about.samples, bands, missing)


def raster_columns(look: Look) -> tuple[int, int]:
    """Return how many columns and rows of pixels a raster of this size has at most."""
    area = content(look)
    return int((area.width - _LEFT_PX) * look.scale), int(area.height * look.scale)


def raster_picture(spikes: Raster, names: tuple[str, ...], look: Look, subtitle: str) -> Picture:
    """Return the raster with rates above; `names` are all populations in the network's order."""
    title = "Spikes"
    if not spikes.bands:
        return empty(look, title, subtitle, "No spikes were kept: run with --observe POP:spikes")
    if len(spikes.edges) < 2:
        return empty(look, title, subtitle, "The run has no ticks")
    theme, area, colours = look.theme, content(look), population_colours(names)
    x, width = area.x + _LEFT_PX, area.width - _LEFT_PX
    top = Box(x, area.y + FAR_PX, width, _RATES * area.height)
    below = Box(x, top.bottom + FAR_PX, width, area.bottom - _AXIS_PX - top.bottom - FAR_PX)
    moments = spikes.edges * spikes.tick_s
    time = Scale(float(moments[0]), float(moments[-1]), x, x + width)
    words = f"{subtitle} · {counted(spikes.spikes, 'spike')}"
    if spikes.missing:
        words += f" · not kept: {', '.join(spikes.missing)}"
    items = [*_rates(spikes, colours, theme, top, time), *time_axis(theme, below, time)]
    for band, box in zip(spikes.bands, _boxes(spikes.bands, below), strict=True):
        # No more rows than the band has pixels: a row that falls between two would hide its spikes.
        shown = replace(band, counts=_fit(band.counts, int(box.height * look.scale)))
        items += _band(shown, colours[band.name], theme, box, area.x)
    return framed(look, title, words, items)


def _rates(spikes: Raster, colours: dict[str, str], theme: Theme, box: Box, time: Scale) -> list[Item]:
    # Fewer bins than the raster has columns: single ticks of few neurons say nothing of a rate.
    cuts = np.unique(np.linspace(0, len(spikes.edges) - 1, _RATE_BINS, endpoint=False).astype(int))
    moments = np.append(spikes.edges[cuts], spikes.edges[-1]) * spikes.tick_s
    spans = np.diff(moments) * spikes.samples
    rates = {
        band.name: np.asarray(np.add.reduceat(band.counts.sum(axis=0), cuts) / (band.size * spans), np.float64)
        for band in spikes.bands
    }
    scale = upward(box, max(float(rate.max()) for rate in rates.values()))
    items = heading(theme, box.x, box.y - NEAR_PX - TIGHT_PX, "Rate", "mean of a population's neurons", box.width)
    items += [*time_axis(theme, box, time, labelled=False), *value_axis(theme, box, scale, "Hz")]
    for name, rate in rates.items():
        items.append(Polyline(steps(moments, rate, time, scale), colours[name]))
    return items


def _boxes(bands: tuple[Band, ...], box: Box) -> list[Box]:
    """Return a box for each band: taller for more neurons, by the square root, so that small ones are seen."""
    gap = min(NEAR_PX, box.height / (4 * len(bands)))
    room = box.height - gap * (len(bands) - 1)
    least = min(_BAND_PX, room / len(bands))
    weights = np.sqrt([band.size for band in bands])
    heights = least + (room - least * len(bands)) * weights / weights.sum()
    tops = box.y + np.concatenate([[0], np.cumsum(heights + gap)[:-1]])
    return [Box(box.x, top, box.width, height) for top, height in zip(tops.tolist(), heights.tolist(), strict=True)]


def _band(band: Band, colour: str, theme: Theme, box: Box, left: float) -> list[Item]:
    shades = ramp(theme.background, mixed(theme.background, colour, 0.75), colour, _bright(colour, theme))
    # Most pixels hold few spikes and some very many: by the logarithm, both are seen.
    highest = float(np.log1p(band.counts.max(initial=1)))
    pixels = apply(np.log1p(band.counts), 0.0, highest, shades)
    room = box.x - left - 2 * NEAR_PX
    middle = box.centre[1]
    items: list[Item] = [
        Image(box, pixels, f"{band.name}: {counted(int(band.counts.sum()), 'spike')}"),
        Rect(Box(box.x - TIGHT_PX - 3, box.y, 3, box.height), colour),
        Text((left, middle - (1 if box.height > 30 else -4)), fitted(band.name, room, SMALL_PX + 1), theme.text, 12),
    ]
    if box.height > 30:
        items.append(Text((left, middle + 13), counted(band.size, "neuron"), theme.muted, SMALL_PX))
    return items


def _fit(counts: NDArray[np.int64], rows: int) -> NDArray[np.int64]:
    """Return `counts` in at most `rows` rows, several added up where there are more."""
    if len(counts) <= max(1, rows):
        return counts
    cuts = np.unique(np.linspace(0, len(counts), max(1, rows), endpoint=False).astype(int))
    added: NDArray[np.int64] = np.add.reduceat(counts, cuts, axis=0)
    return added


def _bright(colour: str, theme: Theme) -> str:
    return mixed(colour, readable_on(theme.background), 0.35)
