"""SVG: well-formed whatever a name holds, and whole without any file beside it."""

from __future__ import annotations

import base64
import struct
import zlib
from xml.etree import ElementTree as ET

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from s2studio.draw.mesh import Box
from s2studio.draw.picture import Curve, Group, Image, Item, Line, Picture, Polyline, Rect, Text
from s2studio.draw.png import png
from s2studio.draw.svg import to_svg

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*items: Item) -> ET.Element:
    return ET.fromstring(to_svg(Picture(200, 100, "#ffffff", items, "a title")))


@given(st.text())
def test_that_any_name_can_be_drawn_and_read_back(name: str) -> None:
    svg = drawn(Text((1, 2), name, "#000000"), Rect(Box(0, 0, 1, 1), note=name or "x"))
    (text,) = svg.iter(f"{SVG}text")
    kept = "".join(letter for letter in name if letter in "\t\n\r" or letter >= " ")

    assert len(text.text or "") == len(name)
    assert set((text.text or "").replace("\n", " ").replace("�", "")) <= set(kept.replace("\r", " ")) | {" "}


def test_that_markup_in_a_name_stays_a_name() -> None:
    svg = drawn(Text((0, 0), "<script>alert('&')</script>", "#000000"))

    assert next(svg.iter(f"{SVG}text")).text == "<script>alert('&')</script>"
    assert not list(svg.iter(f"{SVG}script"))


def test_that_every_kind_of_item_has_its_element() -> None:
    points = np.array([[0.0, 0.0], [10.0, 5.0], [20.0, 0.0]])
    svg = drawn(
        Line((0, 0), (5, 5), "#000000", dash=(4.0, 2.0)),
        Polyline(points, "#000000"),
        Polyline(points, fill="#ff0000"),
        Curve((0, 0), (((1, 0), (2, 1), (3, 1)),), "#000000"),
        Group((Rect(Box(0, 0, 5, 5), "#00ff00"),), (10.0, 20.0), 2.0, Box(0, 0, 8, 8)),
    )

    tags = [element.tag.removeprefix(SVG) for element in svg.iter()]
    assert {"line", "polyline", "polygon", "path", "clipPath", "g"} <= set(tags)
    assert next(svg.iter(f"{SVG}line")).get("stroke-dasharray") == "4 2"
    assert "translate(10 20) scale(2)" in {element.get("transform") for element in svg.iter(f"{SVG}g")}
    assert (svg.get("width"), svg.get("viewBox")) == ("200", "0 0 200 100")


@given(st.integers(1, 9), st.integers(1, 9))
def test_that_an_image_is_embedded_pixel_for_pixel(rows: int, columns: int) -> None:
    pixels = np.random.default_rng(rows * 100 + columns).integers(0, 256, (rows, columns, 3), np.uint8)
    (image,) = drawn(Image(Box(0, 0, 10, 10), pixels)).iter(f"{SVG}image")
    data = (image.get("href") or "").removeprefix("data:image/png;base64,")

    assert (read_png(base64.b64decode(data)) == pixels).all()


def test_that_a_png_has_right_checksums() -> None:
    data, at, kinds = png(np.zeros((2, 3, 3), np.uint8)), 8, []
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        body = data[at + 4 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length) == (zlib.crc32(body),)
        kinds.append(body[:4])
        at += 12 + length

    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def read_png(data: bytes) -> NDArray[np.uint8]:
    """Read a PNG of one IDAT chunk without filters."""
    columns, rows = struct.unpack_from(">II", data, 16)
    (length,) = struct.unpack_from(">I", data, 33)
    lines = np.frombuffer(zlib.decompress(data[41 : 41 + length]), np.uint8).reshape(rows, 1 + 3 * columns)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(rows, columns, 3)
