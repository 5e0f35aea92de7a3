from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s2studio.chip.machine import PE
from s2studio.errors import UsageError
from s2studio.mapping.mapping import Slice
from s2studio.mapping.partition import Piece
from s2studio.mapping.rates import rates_of_run, slice_traffic

PIECES = [Piece("a", 0, 3), Piece("a", 3, 5), Piece("b", 0, 4)]


def test_that_each_neuron_spikes_once_unless_a_rate_is_stated() -> None:
    assert slice_traffic(PIECES, {}).tolist() == [3, 2, 4]
    assert slice_traffic(PIECES, {"b": 0.5}).tolist() == [3, 2, 2]


def test_that_rates_per_neuron_are_summed_over_each_slice() -> None:
    assert slice_traffic(PIECES, {"a": np.array([1.0, 0, 5, 2, 2])}).tolist() == [6, 4, 4]


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        (-1.0, "negative or no number"),
        (float("nan"), "negative or no number"),
        (float("inf"), "negative or no number"),
        (np.array([1.0, -1, 0, 0, 0]), "negative or no number"),
        (np.array([1.0, 2.0]), "2 rates, at least"),
    ],
)
def test_that_rates_that_cannot_be_are_refused(rate: float, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        slice_traffic(PIECES, {"a": rate})


@given(spikes=st.lists(st.integers(0, 1_000), min_size=3, max_size=3))
def test_that_the_spikes_of_a_run_are_those_of_its_slices_and_of_any_other_cut_in_total(spikes: list[int]) -> None:
    slices = [Slice(*piece, PE(0, 0, 1, 1, index), {}) for index, piece in enumerate(PIECES)]
    rates = rates_of_run(slices, np.array(spikes))

    np.testing.assert_allclose(slice_traffic(PIECES, rates), spikes, atol=1e-9)
    np.testing.assert_allclose(
        slice_traffic([Piece("a", 0, 5), Piece("b", 0, 1), Piece("b", 1, 4)], rates),
        [spikes[0] + spikes[1], spikes[2] / 4, spikes[2] * 3 / 4],
        atol=1e-9,
    )
