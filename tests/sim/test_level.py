"""Which level each PE runs at, and what the option's values mean."""

from __future__ import annotations

import numpy as np
import pytest

from s2studio.chip.loader import load_chip
from s2studio.errors import UsageError
from s2studio.sim.level import LevelPolicy, choose_levels

MODELS = ("lif_conv2d", "lif_no_delay")


def _levels(policy: LevelPolicy, packets: list[list[int]]) -> list[list[str]]:
    spec = load_chip()
    names = tuple(spec.levels)
    levels = choose_levels(policy, np.array(packets, dtype=np.int32), MODELS, spec)
    return [[names[index] for index in row] for row in levels]


@pytest.mark.parametrize("mode", ["low", "high"])
def test_that_a_fixed_level_ignores_the_packets(mode: str) -> None:
    assert _levels(LevelPolicy(mode), [[0, 10_000]]) == [[mode, mode]]


def test_that_auto_is_high_from_the_threshold_of_the_model_on() -> None:
    expected = [["low", "low"], ["high", "low"], ["high", "high"]]

    assert _levels(LevelPolicy("auto"), [[29, 199], [30, 199], [31, 200]]) == expected


def test_that_a_threshold_of_ones_own_overrules_the_chip_file() -> None:
    assert _levels(LevelPolicy("auto", {"lif_no_delay": 5}), [[29, 5]]) == [["low", "high"]]


def test_that_levels_keep_the_shape_of_the_packets() -> None:
    levels = choose_levels(LevelPolicy("auto"), np.zeros((2, 5, 2), np.int32), MODELS, load_chip())

    assert levels.shape == (2, 5, 2)
    assert levels.dtype == np.int8


@pytest.mark.parametrize(
    ("texts", "policy"),
    [
        ([], LevelPolicy("low")),
        (["high"], LevelPolicy("high")),
        (["auto"], LevelPolicy("auto")),
        (["auto:lif_conv2d=30"], LevelPolicy("auto", {"lif_conv2d": 30})),
        (["auto:lif=1", "auto:lif_conv2d = 0"], LevelPolicy("auto", {"lif": 1, "lif_conv2d": 0})),
        (["auto", "auto:lif=1"], LevelPolicy("auto", {"lif": 1})),
    ],
)
def test_that_a_policy_reads_from_its_texts_and_back(texts: list[str], policy: LevelPolicy) -> None:
    assert LevelPolicy.parse(texts) == policy
    assert LevelPolicy.parse(policy.texts) == policy


@pytest.mark.parametrize(
    "texts",
    [
        ["low", "high"],
        ["low", "auto:lif=3"],
        ["auto:lif"],
        ["auto:=3"],
        ["auto:lif=-3"],
        ["auto:lif=many"],
        ["auto:lif=²"],
        ["low:lif=3"],
        ["auto:lif=3", "auto:lif=4"],
    ],
)
def test_that_a_level_that_makes_no_sense_is_wrong_usage(texts: list[str]) -> None:
    with pytest.raises(UsageError):
        LevelPolicy.parse(texts)


@pytest.mark.parametrize(
    ("policy", "nearest"), [(LevelPolicy("hihg"), "'high'"), (LevelPolicy("auto", {"lif_conv": 3}), "'lif_conv2d'")]
)
def test_that_an_unknown_name_is_answered_with_the_nearest(policy: LevelPolicy, nearest: str) -> None:
    with pytest.raises(UsageError, match=nearest):
        policy.check(load_chip())
