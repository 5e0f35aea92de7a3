"""What lines of the log name: only what is there becomes a link."""

from __future__ import annotations

import pytest

from s2studio.gui.models.mentions import mentions

SLICES = {"lif1[0]": 4, "lif1[12]": 16}
NAMES = frozenset({"lif1", "conv 2"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Set by lif1[12] on PE(6, 6, 3) in tick 1,061, mostly synapses",
            {"lif1[12]": "slice:16", "PE(6, 6, 3)": "pe:6,6,3", "tick 1,061": "tick:1061"},
        ),
        (
            "PE(0, 1, 2, 3, 1): 40 packets from 'conv 2'",
            {"PE(0, 1, 2, 3, 1)": "pe:0,1,2,3,1", "conv 2": "population:conv 2"},
        ),
        ("lif1: put fewer neurons on a PE", {"lif1": "population:lif1"}),
        (
            "population 'lif1', slice 3 of 8 on PE(2, 1, 0): too large",
            {"lif1": "population:lif1", "PE(2, 1, 0)": "pe:2,1,0"},
        ),
        ("other[0] and 'nobody' of the input, ticks 5", {}),
    ],
)
def test_that_a_line_names_what_is_there(text: str, found: dict[str, str]) -> None:
    assert {text[one.start : one.stop]: one.target for one in mentions(text, SLICES, NAMES)} == found
