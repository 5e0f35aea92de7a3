"""The raster: every population has its name, even the smallest."""

from __future__ import annotations

import numpy as np
import pytest

from s2studio.gui.panels.raster import spread


@pytest.mark.parametrize("sizes", [(512, 2048, 1024, 10), (1, 1, 1, 5000), (5000, 1, 1, 1), (3, 3, 3)])
def test_that_names_are_apart_in_order_and_inside(sizes: tuple[int, ...]) -> None:
    offsets = np.cumsum([0, *sizes])
    end = float(offsets[-1])
    apart = 0.1 * end
    places = spread((offsets[:-1] + offsets[1:]) / 2, apart, end)

    assert (np.diff(places) >= apart * (1 - 1e-9)).all()
    assert places[0] >= apart / 2 * (1 - 1e-9)
    assert places[-1] <= end - apart / 2 * (1 - 1e-9)


def test_that_a_name_with_room_stands_in_the_middle() -> None:
    assert spread(np.array([25.0, 75.0]), 10.0, 100.0).tolist() == [25.0, 75.0]
