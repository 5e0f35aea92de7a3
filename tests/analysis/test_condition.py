from __future__ import annotations

from dataclasses import replace

import pytest

from s2studio.analysis.compare import Comparison, Number, Side
from s2studio.analysis.condition import parse_condition, violated
from s2studio.errors import UsageError

SIDE = Side("a.s2s", 0, "complete", "simulated", "net", "0", 10, 1e-3)
NUMBERS = (
    Number("energy_j.total", 2.0, 2.1),
    Number("energy_j.noc", 1.0, 1.0),
    Number("late_ticks", 0, 3),
    Number("packets", 100, 90),
    Number("time_done_max_s", 1e-4, 2e-4),
)
COMPARISON = Comparison(SIDE, SIDE, 10, True, True, NUMBERS, (), (), ())


@pytest.mark.parametrize(
    ("text", "is_violated"),
    [
        ("energy>+4.9%", True),
        ("energy>+5.1%", False),
        ("energy_j.total > 4.9%", True),
        ("energy.noc>0%", False),
        ("packets<-9%", True),
        ("packets<-11%", False),
        ("packets<-5", True),
        ("packets<95", True),
        ("packets>95", False),
        ("late_ticks>0", True),
        ("late_ticks>+3", False),
        ("late_ticks>+5%", True),
        ("time_done_max>1.5e-4", True),
        ("spikes", False),
    ],
)
def test_that_a_condition_looks_at_change_share_or_value(text: str, is_violated: bool) -> None:
    assert violated([parse_condition(text)], COMPARISON) == ((text,) if is_violated else ())


def test_that_spikes_which_differ_or_cannot_be_compared_violate() -> None:
    for equal in (False, None):
        assert violated([parse_condition("spikes")], replace(COMPARISON, spikes_equal=equal)) == ("spikes",)


@pytest.mark.parametrize("text", ["", "energy", "energy>", "energy=5", "spikes>1", "energy>+1.2.3%", "energy>1e999"])
def test_that_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--fail-if"):
        parse_condition(text)


def test_that_an_unknown_number_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'energy'"):
        violated([parse_condition("enrgy>1")], COMPARISON)
