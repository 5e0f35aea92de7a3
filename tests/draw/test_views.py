"""The views: nothing is cut off, no two texts overlap, in either theme, at any size, for small and large networks."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from s2studio.app.report import report_html
from s2studio.app.scene import VIEWS, Scene, draw, scene_of_session
from s2studio.draw.colours import population_colours
from s2studio.draw.frame import Look
from s2studio.draw.metrics import METRICS, metric, slice_means
from s2studio.draw.picture import Group, Image, Item, Picture
from s2studio.draw.svg import to_svg
from s2studio.draw.theme import THEMES
from s2studio.draw.views.network import Input, Node, network_picture
from s2studio.draw.views.power import energy_j, mean_w
from s2studio.draw.views.raster import raster
from s2studio.errors import UsageError
from s2studio.session.reader import open_session
from s2studio.session.recorder import Recorder
from s2studio.session.window import Window
from tests.draw.pictures import outside, overlapping, texts
from tests.session.runs import HEADER, record, start_run, whole_block

SIZES = ((640, 480), (1280, 800), (2560, 1440), (700, 1200))
SMALL = Look(THEMES["light"], 1280, 800)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A run of 300 ticks of the small network."""
    path = record(tmp_path_factory.mktemp("views") / "run.s2s", whole_block(300))
    return scene_of_session(open_session(path))


@pytest.mark.parametrize(("view", "size"), [*itertools.product(VIEWS, SIZES)])
def test_that_nothing_is_cut_off_and_no_texts_overlap(scene: Scene, view: str, size: tuple[int, int]) -> None:
    picture = draw(scene, VIEWS[view], Look(THEMES["dark"], *size))

    assert (picture.width, picture.height) == size
    assert outside(picture) == []
    assert overlapping(picture) == []


@pytest.mark.parametrize("name", METRICS)
def test_that_every_metric_is_drawn_with_its_title_and_ends_of_its_scale(scene: Scene, name: str) -> None:
    picture = draw(scene, VIEWS["mesh"], SMALL, metric(name))
    words = [text for text, _ in texts(picture)]

    assert words.count(METRICS[name].title) >= 2
    assert overlapping(picture) == []


@pytest.mark.parametrize(("view", "theme"), [*itertools.product(VIEWS, THEMES)])
def test_that_a_picture_uses_the_colours_of_its_theme_only(scene: Scene, view: str, theme: str) -> None:
    other = THEMES["light" if theme == "dark" else "dark"]
    svg = to_svg(draw(scene, VIEWS[view], Look(THEMES[theme])))

    assert THEMES[theme].text in svg
    assert other.text not in svg
    assert other.surface not in svg or other.surface == "#ffffff"


def test_that_a_population_has_the_same_colour_in_every_view(scene: Scene) -> None:
    colour = population_colours(scene.names)["output"]

    for view in ("mesh", "raster", "deadline", "utilisation", "network"):
        assert colour in to_svg(draw(scene, VIEWS[view], SMALL)), view


def test_that_the_raster_holds_every_spike_however_many_pixels_it_has(scene: Scene) -> None:
    assert scene.run is not None
    found = scene.run.spikes()
    for columns, rows in ((1, 1), (7, 3), (1000, 1000)):
        spikes = raster(scene.run, 0, scene.stop, columns, rows)
        assert spikes.spikes == len(found.tick)
        for band in spikes.bands:
            number = scene.names.index(band.name)
            assert band.counts.sum() == (found.population == number).sum()


def test_that_a_pixel_of_one_neuron_and_tick_is_that_spike(scene: Scene) -> None:
    assert scene.run is not None
    spikes, found = raster(scene.run, 0, scene.stop, 10_000, 10_000), scene.run.spikes()
    band = spikes.bands[scene.names.index("output")]
    own = found.population == scene.names.index("output")
    expected = np.zeros((band.size, scene.stop), np.int64)
    np.add.at(expected, (found.neuron[own], found.tick[own]), 1)

    assert np.array_equal(band.counts, expected)


def images(items: tuple[Item, ...]) -> list[Image]:
    found = [item for item in items if isinstance(item, Image)]
    return found + [image for item in items if isinstance(item, Group) for image in images(item.items)]


@pytest.mark.parametrize("size", SIZES)
def test_that_no_row_or_column_of_the_raster_falls_between_two_pixels(scene: Scene, size: tuple[int, int]) -> None:
    look = Look(THEMES["dark"], *size)
    bands = images(draw(scene, VIEWS["raster"], look).items)

    assert len(bands) == 2
    for band in bands:
        rows, columns, _ = band.pixels.shape
        assert rows <= band.box.height * look.scale
        assert columns <= band.box.width * look.scale


def test_that_power_and_energy_are_those_of_the_summary(scene: Scene) -> None:
    assert scene.run is not None
    summary = scene.run.summary()

    assert mean_w(scene.profile) == pytest.approx(summary["power_mean_w"])
    assert energy_j(scene.profile) == pytest.approx({k: v for k, v in summary["energy_j"].items() if k != "total"})


def test_that_a_part_of_a_run_says_so(scene: Scene) -> None:
    assert scene.run is not None
    part = scene_of_session(open_session(scene.run.session), window=Window(0.1, 0.2))

    assert "100 ticks of 1.00 ms from 100 ms" in part.subtitle
    assert part.profile.ticks == 100


@pytest.mark.parametrize("ticks", [1, 2])
def test_that_a_run_of_hardly_any_ticks_is_drawn(tmp_path: Path, ticks: int) -> None:
    scene = scene_of_session(open_session(record(tmp_path / "run.s2s", whole_block(ticks))))

    for view in VIEWS.values():
        assert outside(draw(scene, view, SMALL)) == []


def test_that_a_run_that_stopped_before_its_first_tick_says_so(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.s2s", HEADER) as recorder:
        start_run(recorder, 100)
    session = open_session(tmp_path / "run.s2s")
    scene = scene_of_session(session)

    for view in VIEWS.values():
        assert ("The run has no ticks" in to_svg(draw(scene, view, SMALL))) == view.needs_run
    for asked in METRICS.values():
        assert "nan" not in to_svg(draw(scene, VIEWS["mesh"], SMALL, asked))
    assert "0 s" in report_html(session, scene)


def test_that_a_run_without_spikes_is_drawn(tmp_path: Path) -> None:
    scene = scene_of_session(open_session(record(tmp_path / "run.s2s", whole_block(50, rate=0.0))))

    for view in VIEWS.values():
        picture = draw(scene, view, SMALL)
        assert overlapping(picture) == []
        assert "nan" not in to_svg(picture)


@pytest.mark.parametrize("view", [view.name for view in VIEWS.values() if view.needs_run])
def test_that_a_view_of_a_run_is_refused_for_a_model(scene: Scene, view: str) -> None:
    model = replace(scene, run=None)

    with pytest.raises(UsageError, match="needs a run, and a model has none; run the model"):
        draw(model, VIEWS[view], SMALL)
    assert "flits if every neuron spikes once" in to_svg(draw(model, VIEWS["mesh"], SMALL))


def test_that_estimates_of_a_run_lie_between_their_ends_and_what_is_counted_has_none(scene: Scene) -> None:
    means = slice_means(scene.profile)
    for shown in METRICS.values():
        values, ends = shown.of(scene.mapping, means, scene.machine.spec), shown.ends_of(means)
        assert (ends is not None) == (shown.is_estimate and shown.needs_run), shown.name
        assert ends is None or ((ends[0] < values) & (values < ends[1])).all(), shown.name
    with_ends = METRICS["energy"].texts(scene.mapping, means, scene.machine.spec)[0]
    assert re.fullmatch(r"[\d.]+ .J/tick \([\d.]+ (.J/tick )?to [\d.]+ .J/tick\)", with_ends), with_ends


def test_that_a_metric_is_refused_where_it_has_no_meaning(scene: Scene) -> None:
    with pytest.raises(UsageError, match="view 'power' takes none"):
        draw(scene, VIEWS["power"], SMALL, metric("energy"))
    with pytest.raises(UsageError, match="metric 'energy': needs a run"):
        draw(replace(scene, run=None), VIEWS["mesh"], SMALL, metric("energy"))


def test_that_the_chips_of_a_grid_are_drawn_and_named(scene: Scene) -> None:
    chips = ((0, 0), (1, 0), (0, 1), (1, 1))
    picture = draw(replace(scene, machine=replace(scene.machine, chips=chips), run=None), VIEWS["mesh"], SMALL)

    assert {f"chip ({x}, {y})" for x, y in chips} <= {text for text, _ in texts(picture)}
    assert outside(picture) == []
    assert overlapping(picture) == []


def wide_network(layers: int, width: int) -> Picture:
    """A network of `layers` layers of `width` populations with long names, each fed by all before and by itself."""
    nodes = []
    for layer, column in itertools.product(range(layers), range(width)):
        before = [f"population {layer - 1}.{other} of a long name" for other in range(width)] if layer else []
        name = f"population {layer}.{column} of a long name"
        inputs = tuple(Input(source, "dense", 123456) for source in (*before, name))
        nodes.append(Node(name, "lif_curr_exp_no_delay", 4096, (16, 16, 16), layer == layers - 1, inputs))
    return network_picture(nodes, SMALL, "test")


@pytest.mark.parametrize(("layers", "width"), [(1, 1), (2, 9), (12, 3), (30, 1)])
def test_that_the_boxes_of_a_network_of_any_shape_fit(layers: int, width: int) -> None:
    picture = wide_network(layers, width)

    assert outside(picture) == []
    assert overlapping(picture) == []


def test_that_many_populations_are_counted_where_they_do_not_fit(scene: Scene) -> None:
    many = tuple(Node(f"p{number}", "relay", 1, None, False, ()) for number in range(60))
    crowded = replace(scene, nodes=(*scene.nodes, *many))
    picture = draw(crowded, VIEWS["mesh"], SMALL)

    assert any(text.startswith("and ") and text.endswith(" more") for text, _ in texts(picture))
    assert outside(picture) == []


@pytest.mark.parametrize("size", [(100, 100), (20000, 100)])
def test_that_a_size_that_cannot_be_drawn_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UsageError, match="640x480 to 16384x16384 px can be drawn"):
        Look(THEMES["dark"], *size)
