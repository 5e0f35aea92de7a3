"""Pictures of deep networks: the schedule of every PE, and layers below the roof."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from s2studio.chip.loader import load_chip, make_machine
from s2studio.draw.frame import Look
from s2studio.draw.picture import Group, Image, Item, Picture, Rect, Text
from s2studio.draw.stages import stage_colours, stage_pixels
from s2studio.draw.svg import to_svg
from s2studio.draw.theme import THEMES, rgb
from s2studio.draw.views.layer_mesh import awake_shares, layer_mesh_picture
from s2studio.draw.views.roofline import roof_of, roof_points, roofline_picture
from s2studio.draw.views.schedule import schedule_picture
from s2studio.mapping.layers.beside import Beside
from s2studio.mapping.layers.map import map_layers
from s2studio.mapping.layers.mapping import LayerMapping, LayerOptions
from s2studio.mapping.layers.work import matmul, values
from s2studio.sim.layers.ends import layer_ends
from s2studio.sim.layers.simulate import simulate_layers
from s2studio.sim.layers.stages import MLA, STAGES
from s2studio.sim.layers.timeline import LayerTimeline

MACHINE = make_machine(load_chip(), "dnn-scheduler")


@pytest.fixture(scope="module")
def mapping() -> LayerMapping:
    works = (matmul("dense", 128, 768, 768), values("add", "elementwise", 128, 768, 2))
    return map_layers("two", works, MACHINE, LayerOptions("low"))


@pytest.fixture(scope="module")
def timeline(mapping: LayerMapping) -> LayerTimeline:
    return simulate_layers(mapping, MACHINE)


def items(picture: Picture) -> Iterator[Item]:
    """Yield all items, those in groups too."""
    waiting = list(picture.items)
    while waiting:
        item = waiting.pop()
        waiting += item.items if isinstance(item, Group) else ()
        yield item


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (1280, 800), (2560, 1440)])
def test_that_the_schedule_has_a_row_for_each_pe(timeline: LayerTimeline, theme: str, width: int, height: int) -> None:
    picture = schedule_picture(timeline, Look(THEMES[theme], width, height), "two")

    (image,) = [item for item in items(picture) if isinstance(item, Image)]
    assert len(image.pixels) == len(timeline.pes)
    texts = {item.text for item in items(picture) if isinstance(item, Text)}
    assert {"dense", "MAC array", "scheduler"} <= texts
    assert to_svg(picture).startswith("<svg")


def test_that_the_mesh_shows_a_deep_network_and_who_shares_the_chip(mapping: LayerMapping) -> None:
    pe = mapping.layers[0].workers[0]
    beside = Beside("spiking", (pe,), ("hidden",))
    shared = map_layers("two", [plan.work for plan in mapping.layers], MACHINE, LayerOptions(beside=beside))
    timeline = simulate_layers(shared, MACHINE)
    shares = awake_shares(timeline)
    picture = layer_mesh_picture(shared, MACHINE, timeline, Look(THEMES["light"]), "two")

    notes = [item.note for item in items(picture) if isinstance(item, Rect) and item.note]
    assert f"{pe}: hidden of spiking" in notes
    assert sum("awake" in note for note in notes) == len(timeline.pes)
    assert {"scheduler", "worker", "spiking"} <= {item.text for item in items(picture) if isinstance(item, Text)}
    busiest = timeline.pes.index(max(shares, key=lambda one: shares[one]))
    awake = (timeline.pe == busiest) & (timeline.stage != STAGES.index("sleep"))
    lasted = (timeline.stop_ns - timeline.start_ns)[awake].sum()
    assert max(shares.values()) == pytest.approx(lasted / timeline.end_ns)


def test_that_a_span_shows_only_its_own_layers(timeline: LayerTimeline) -> None:
    start, stop = float(timeline.totals.start_ns[1]), float(timeline.totals.stop_ns[1])

    picture = schedule_picture(timeline, Look(THEMES["dark"]), "two", start, stop)

    texts = {item.text for item in items(picture) if isinstance(item, Text)}
    assert "add" in texts
    assert "dense" not in texts


def test_that_stages_have_colours_of_their_own() -> None:
    colours = stage_colours(THEMES["dark"])

    assert len(set(colours.values())) == len(STAGES)
    pixels = stage_pixels(np.array([[MLA, -1]], np.int8), THEMES["dark"])
    assert pixels.tolist() == [[list(rgb(colours["mla"])), list(rgb(THEMES["dark"].surface))]]


def test_that_no_layer_lies_above_the_roof(timeline: LayerTimeline, mapping: LayerMapping) -> None:
    roof = roof_of(mapping, MACHINE.spec)

    points = roof_points(timeline, roof)

    assert [point.layer for point in points] == [0]
    assert all(point.macs_per_s <= roof.at(point.intensity) for point in points)


def test_that_the_roof_is_that_of_the_chip(mapping: LayerMapping) -> None:
    roof = roof_of(mapping, MACHINE.spec)

    assert roof.macs_per_s == 151 * 64 * 150e6
    assert roof.bytes_per_s == 4e9


def test_that_layers_without_products_leave_the_roofline_empty() -> None:
    mapping = map_layers("one", (values("add", "elementwise", 4, 64, 2),), MACHINE, LayerOptions("low"))
    timeline = simulate_layers(mapping, MACHINE)

    ends = layer_ends(timeline, mapping, MACHINE)
    picture = roofline_picture(timeline, ends, roof_of(mapping, MACHINE.spec), Look(THEMES["light"]), "one")

    assert "No layer multiplies" in {item.text for item in items(picture) if isinstance(item, Text)}
