"""Decisions: who leads, and since when."""

from __future__ import annotations

import numpy as np

from s2studio.gui.models.decisions import Decision, decisions


def test_that_a_tie_decides_nothing_and_a_lead_counts_once() -> None:
    outputs = np.array([[0, 1, 0, 1, 0, 0], [0, 0, 1, 0, 2, 1]])

    # column 1: first leads; 2: a tie; 3: first again, no news; 4: second leads.
    assert decisions(outputs) == (Decision(1, 0), Decision(4, 1))


def test_that_a_single_output_decides_nothing() -> None:
    assert decisions(np.ones((1, 5), np.int32)) == ()


def test_that_without_spikes_nothing_is_decided() -> None:
    assert decisions(np.zeros((3, 5), np.int32)) == ()
    assert decisions(np.zeros((0, 5), np.int32)) == ()
