from __future__ import annotations

from pathlib import Path

import pytest

from s2studio.analysis.literature import KINDS, literature_for, read_literature
from s2studio.chip.loader import load_chip
from s2studio.errors import S2StudioError, UsageError
from s2studio.resources import resource_path

MINE = """\
s2studio: literature/1
sources: {me: my own measurement}
figures:
  - {kind: energy, title: my network, value: 2, unit: J, hardware: Jetson, conditions: 15 W mode, source: me}
"""


def test_that_every_kind_has_figures_of_the_chip_with_source_and_conditions() -> None:
    for kind in KINDS:
        figures = literature_for(kind)
        assert any(figure.hardware == "SpiNNaker2" for figure in figures)
        assert all(figure.source and figure.conditions and 0 < figure.low <= figure.high for figure in figures)
    assert sum(len(literature_for(kind)) for kind in KINDS) == len(read_literature(resource_path("literature.yaml")))


def test_that_the_gesture_triple_and_the_baselines_are_there() -> None:
    energy = {(figure.title, figure.hardware): figure.low for figure in literature_for("energy")}

    triple = [
        value for (title, _), value in energy.items() if title.startswith("DVS gesture SNN, a") and "run" in title
    ]
    assert triple == [0.741, 1.023, 2.010]
    assert {hardware for _, hardware in energy} == {"SpiNNaker2", "A100", "GTX 1650"}


def test_that_powers_are_those_of_the_chip_file() -> None:
    """Two files hold them: the model's inputs, and what is shown as literature."""
    measured = load_chip().measured_power_w
    shown = {figure.title: figure.low for figure in literature_for("power")}

    assert shown["all PEs off"] == measured["measured_power.pes_off"]
    assert shown["all PEs asleep, 0.5 V"] == measured["measured_power.asleep.low"]
    assert shown["CoreMark on all PEs, 0.8 V"] == measured["measured_power.arm_busy.high"]


def test_that_figures_are_said_with_their_units() -> None:
    texts = {figure.title: figure.text for kind in KINDS for figure in literature_for(kind)}

    assert texts["DNN layers"] == "580 mW to 800 mW"
    assert texts["N-MNIST CNN"] == "98.2 %"
    assert texts["DVS gesture SNN, a gesture"] == "459 mJ"


def test_that_figures_of_a_user_come_after_those_that_ship(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)

    assert literature_for("energy", [tmp_path / "mine.yaml"])[-1].hardware == "Jetson"
    with pytest.raises(UsageError, match="did you mean 'energy'"):
        literature_for("enregy")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("kind: energy", "kind: joy", "is 'joy'"),
        ("value: 2", "value: two", "has no figure"),
        ("value: 2", "value: .inf", "has no figure"),
        ("value: 2", "range: [3, 2]", "has no figure"),
        ("source: me", "source: you", "is 'you'"),
        ("title: my network, ", "", "key 'title' is missing"),
        ("literature/1", "chip/1", "is expected in the first line"),
    ],
)
def test_that_a_malformed_file_is_refused_with_its_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    (tmp_path / "mine.yaml").write_text(MINE.replace(old, new, 1))
    with pytest.raises(S2StudioError, match=says):
        read_literature(tmp_path / "mine.yaml")
