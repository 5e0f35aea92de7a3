"""The report: one page with everything in it, whatever names hold, that says what the summary says."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from s2studio.app.report import report_html
from s2studio.app.scene import Scene, scene_of_session
from s2studio.app.session_export import estimate, export
from s2studio.draw.theme import THEMES
from s2studio.errors import SessionError, UsageError
from s2studio.session.reader import Session, open_session
from s2studio.session.window import Window
from s2studio.units import with_unit
from tests.session.runs import record, whole_block

_VOID = {"meta", "br", "img"}


class Outline(HTMLParser):
    """What is in a page: its tags, their attributes, its words, and whether every tag is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def outline(html: str) -> Outline:
    found = Outline()
    found.feed(html)
    return found


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session of 60 ticks."""
    return open_session(record(tmp_path_factory.mktemp("report") / "run.s2s", whole_block(60)))


@pytest.fixture(scope="module")
def scene(session: Session) -> Scene:
    return scene_of_session(session)


@pytest.fixture(scope="module")
def html(session: Session, scene: Scene) -> str:
    return report_html(session, scene)


def test_that_the_page_is_well_formed_and_loads_and_runs_nothing(html: str) -> None:
    found = outline(html)

    assert found.open == []
    assert not {"script", "link", "iframe", "object"} & set(found.tags)
    sources = [value or "" for name, value in found.attributes if name in ("src", "href")]
    assert all(source.startswith(("data:image/png;base64,", "#")) for source in sources)
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert "url(" not in re.sub(r"url\(#[\w-]+\)", "", html)


def test_that_it_says_what_the_summary_says(html: str, session: Session) -> None:
    summary, words = session.run(0).summary(), outline(html).words

    for value, unit in (
        (summary["energy_j"]["total"], "J"),
        (summary["time_done_max_s"], "s"),
        (summary["power_peak_w"], "W"),
    ):
        assert any(word.startswith(with_unit(value, unit)) for word in words)
    assert f"{summary['synaptic_events']:,}" in words
    assert {"exact", "measured", "estimate"} <= set(words)


def test_that_every_picture_is_there_for_both_themes(html: str) -> None:
    assert html.count('<div class="of-light"><svg') == html.count('<div class="of-dark"><svg') == 10
    for theme in THEMES.values():
        assert f"--text: {theme.text};" in html


def test_that_every_heading_can_be_reached_from_the_top(html: str) -> None:
    found = outline(html)
    targets = {value for name, value in found.attributes if name == "id"}
    links = {
        (value or "").removeprefix("#")
        for name, value in found.attributes
        if name == "href" and value and value[0] == "#"
    }

    assert links
    assert links <= targets


def test_that_names_cannot_add_markup(session: Session, scene: Scene) -> None:
    evil = "<script>alert(1)</script>\x07'\"&"
    nodes = (replace(scene.nodes[0], model=evil), *scene.nodes[1:])
    mapping = replace(scene.mapping, network=evil)

    found = outline(report_html(session, replace(scene, mapping=mapping, nodes=nodes)))
    assert "script" not in found.tags
    assert found.open == []


def test_that_the_file_is_written_whole_and_not_over_another(session: Session, tmp_path: Path) -> None:
    path = export(session, tmp_path / "a.html", "report")
    first = path.read_text("utf-8")

    with pytest.raises(SessionError, match="exists; name a new file or add --overwrite"):
        export(session, path, "report")
    with pytest.raises(SessionError, match="is a folder; name a file"):
        export(session, tmp_path, "report")
    assert export(session, path, "report", overwrite=True).read_text("utf-8") == first
    assert [each.name for each in tmp_path.iterdir()] == ["a.html"]


def test_that_the_report_is_a_format_like_the_others(session: Session, tmp_path: Path) -> None:
    size = export(session.path, tmp_path / "r.html", "report").stat().st_size

    assert estimate(session.path, "report").bytes == pytest.approx(size, rel=0.2)
    assert export(session.path, tmp_path / "csv", "csv").is_dir()
    with pytest.raises(UsageError, match="channel 'spikes': is not in format 'report'"):
        export(session.path, tmp_path / "x", "report", channels=["spikes"])
    with pytest.raises(UsageError, match="format 'repot': not known; did you mean 'report'"):
        export(session.path, tmp_path / "x", "repot")


def test_that_a_report_of_a_part_is_of_that_part(session: Session, tmp_path: Path) -> None:
    path = export(session.path, tmp_path / "r.html", "report", Window(0.01, 0.03))

    assert "20 ticks of 1.00 ms from 10.0 ms" in path.read_text("utf-8")
