"""What a user may choose, and how a wrong choice is answered."""

from __future__ import annotations

import math

import pytest

from s2studio.errors import UsageError
from s2studio.lowering.options import LoweringOptions


def test_that_the_defaults_are_those_of_the_command_line() -> None:
    options = LoweringOptions()

    assert options.dt_s is None
    assert (options.integrator, options.reset, options.scale, options.rounding) == (
        "exponential",
        "subtract",
        "max",
        "nearest",
    )


@pytest.mark.parametrize(
    ("option", "field", "value"),
    [
        ("--integrator", "integrator", "euler"),
        ("--reset", "reset", "substract"),
        ("--rounding", "rounding", "floor"),
        ("--scale", "scale", "maximum"),
        ("--scale", "scale", "max:3"),
        ("--scale", "scale", "percentile"),
        ("--scale", "scale", "percentile:0"),
        ("--scale", "scale", "percentile:101"),
        ("--scale", "scale", "fixed:-1"),
        ("--scale", "scale", "fixed:nan"),
        ("--scale", "scale", "fixed:inf"),
        ("--scale", "scale", "fixed:x"),
    ],
)
def test_that_a_wrong_value_is_refused_by_the_name_of_its_option(option: str, field: str, value: str) -> None:
    with pytest.raises(UsageError) as refusal:
        LoweringOptions(**{field: value})  # type: ignore[arg-type]

    assert refusal.value.subject == option
    assert value in refusal.value.found


@pytest.mark.parametrize("dt_s", [0.0, -1e-3, math.nan, math.inf])
def test_that_a_time_step_is_a_positive_number(dt_s: float) -> None:
    with pytest.raises(UsageError, match="--dt"):
        LoweringOptions(dt_s)


def test_that_a_misspelt_value_is_answered_with_the_nearest_known_one() -> None:
    with pytest.raises(UsageError, match="did you mean 'subtract'"):
        LoweringOptions(reset="substract")
