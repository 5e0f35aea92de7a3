"""Scales: round numbers, as many decimals as they need, one unit for an axis."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.draw.scale import Scale, axis_unit, powers, quantity, round_steps, round_up, written
from s2studio.draw.text import fitted, width_px


def test_that_steps_are_round_numbers() -> None:
    assert round_steps(0.0, 1.0, 5) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert round_steps(3.0, 3.0, 5) == [3.0]
    assert round_steps(0.0, 64.0, 6) == pytest.approx([0, 20, 40, 60])


@given(st.floats(-1e6, 1e6), st.floats(1e-9, 1e6), st.integers(1, 20))
def test_that_steps_lie_within_the_scale_and_are_not_too_many(low: float, span: float, count: int) -> None:
    high = low + span
    steps = round_steps(low, high, count)
    reach = 1e-6 * max(abs(low), abs(high), span)

    assert all(low - reach <= step <= high + reach for step in steps)
    assert len(steps) <= count + 1


@given(st.floats(1e-12, 1e12), st.integers(2, 12))
def test_that_a_rounded_up_end_holds_the_value_and_is_a_mark_of_its_axis(value: float, count: int) -> None:
    end = round_up(round_up(value, count), count)

    assert value * (1 - 1e-9) <= end <= 2.5 * value
    assert round_steps(0.0, end, count)[-1] == pytest.approx(end)


@pytest.mark.parametrize(
    ("largest", "unit", "expected"),
    [
        (0.064, "s", (1e-3, "ms")),
        (1.0, "s", (1.0, "s")),
        (2000.0, "s", (1.0, "s")),
        (3.0e8, "Hz", (1e6, "MHz")),
        (0.6, "%", (0.01, "%")),
    ],
)
def test_that_an_axis_has_one_unit_that_keeps_its_numbers_short(
    largest: float, unit: str, expected: tuple[float, str]
) -> None:
    factor, name = axis_unit(largest, unit)
    assert factor == pytest.approx(expected[0])
    assert name == expected[1]


def test_that_counts_take_no_prefix() -> None:
    assert axis_unit(12000.0, "packets/tick") == (1.0, "packets/tick")
    assert quantity(12000.0, "packets/tick") == "12,000 packets/tick"
    assert quantity(0.4561, "%") == "45.6 %"
    assert quantity(0.00123, "J") == "1.23 mJ"
    assert quantity(7.25, "") == "7.25"


def test_that_shares_have_three_digits_so_that_they_stand_in_line() -> None:
    assert [quantity(share, "%") for share in (0.0, 0.00413, 0.0999, 0.47, 1.0)] == [
        "0 %",
        "0.413 %",
        "9.99 %",
        "47.0 %",
        "100 %",
    ]


def test_that_numbers_have_the_decimals_their_steps_need() -> None:
    assert [written(value, 0.2) for value in (0.0, 0.2, 1.0)] == ["0.0", "0.2", "1.0"]
    assert written(12000.0, 2000.0) == "12,000"
    assert written(-0.0, 1.0) == "0"


def test_that_a_scale_by_powers_of_ten_puts_them_evenly() -> None:
    scale = Scale(0.001, 1.0, 300.0, 0.0, is_log=True)

    assert [scale.px(power) for power in powers(0.001, 1.0)] == pytest.approx([300, 200, 100, 0])


@given(st.text(), st.floats(0, 500))
def test_that_a_cut_text_fits(text: str, width: float) -> None:
    shown = fitted(text, width, 13)

    assert shown == text or width_px(shown, 13) <= max(width, width_px("…", 13))
