"""Pictures in files: PNG and PDF without a display, whole or not at all, and what is said where Qt is missing."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from s2studio.draw.mesh import Box
from s2studio.draw.picture import Curve, Group, Image, Line, Picture, Polyline, Rect, Text
from s2studio.draw.save import save_picture
from s2studio.errors import UsageError

PICTURE = Picture(
    120,
    80,
    "#102030",
    (
        Rect(Box(0, 0, 60, 40), "#ff0000"),
        Image(Box(60, 40, 60, 40), np.array([[[0, 255, 0], [0, 0, 255]]], np.uint8)),
        Group((Rect(Box(0, 0, 100, 100), "#ffffff"),), (60.0, 0.0), 1.0, Box(60, 0, 10, 10)),
        Line((0, 60), (50, 60), "#ffffff", 2.0, (4.0, 4.0)),
        Polyline(np.array([[0.0, 70.0], [20.0, 75.0]]), "#ffffff"),
        Curve((0, 50), (((5, 45), (10, 55), (15, 50)),), "#ffffff"),
        Text((20, 70), "hello", "#ffffff"),
    ),
    "a test",
)


def test_that_a_png_has_the_colours_of_the_picture(tmp_path: Path) -> None:
    gui = pytest.importorskip("PySide6.QtGui")
    save_picture(PICTURE, tmp_path / "a.png")
    image = gui.QImage(str(tmp_path / "a.png"))

    assert (image.width(), image.height()) == (120, 80)
    points = {"red": (30, 20), "ground": (110, 20), "green": (75, 60), "blue": (105, 60), "clipped": (65, 5)}
    colours = {name: image.pixelColor(*point).name() for name, point in points.items()}
    assert colours == {
        "red": "#ff0000",
        "ground": "#102030",
        "green": "#00ff00",
        "blue": "#0000ff",
        "clipped": "#ffffff",
    }


def test_that_a_pdf_holds_one_page_of_the_size_of_the_picture_with_its_words(tmp_path: Path) -> None:
    pytest.importorskip("PySide6.QtGui")
    save_picture(PICTURE, tmp_path / "a.pdf")
    data = (tmp_path / "a.pdf").read_bytes()

    assert data.startswith(b"%PDF-")
    (page,) = re.findall(rb"/MediaBox \[([^]]*)\]", data)
    assert [float(side) for side in page.split()] == [0, 0, 90, 60]  # 120 x 80 px at 96 to the inch, in points
    assert b"/FontFile2" in data
    assert b"/DCTDecode" not in data  # no image as JPEG


def test_that_saving_again_and_again_works_and_leaves_no_application_behind(tmp_path: Path) -> None:
    gui = pytest.importorskip("PySide6.QtGui")
    before = gui.QGuiApplication.instance()
    for number in range(3):
        save_picture(PICTURE, tmp_path / f"{number}.png")

    assert gui.QGuiApplication.instance() is before
    assert len({(tmp_path / f"{number}.png").read_bytes() for number in range(3)}) == 1


def test_that_without_qt_the_remedy_is_named_and_svg_still_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PySide6.QtGui", None)
    save_picture(PICTURE, tmp_path / "a.svg")

    with pytest.raises(UsageError, match=r"pip install 's2studio\[gui\]', or write \.svg"):
        save_picture(PICTURE, tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


def test_that_an_unknown_ending_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a picture of kind '\.gif', known are \.svg, \.png, \.pdf"):
        save_picture(PICTURE, tmp_path / "a.gif")


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_that_a_folder_that_is_not_there_is_a_refusal(tmp_path: Path, ending: str) -> None:
    pytest.importorskip("PySide6.QtGui")

    with pytest.raises(UsageError, match="cannot be written"):
        save_picture(PICTURE, tmp_path / "nowhere" / f"a.{ending}")
