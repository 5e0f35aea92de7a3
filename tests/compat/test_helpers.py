"""The helpers of py-spinnaker2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from s2studio.compat.spinnaker2 import ann2snn_helpers, helpers
from s2studio.errors import UsageError

WEIGHTS = np.array([[1.5, 0.0], [0.0, -2.0], [3.0, 0.0]])


def test_that_a_dense_list_has_every_pair_and_a_sparse_one_those_with_a_weight() -> None:
    dense = helpers.connection_list_from_dense_weights(WEIGHTS, delay=2)
    sparse = ann2snn_helpers.sparse_connection_list_from_dense_weights(WEIGHTS, 0)

    assert len(dense) == 6
    assert dense[0] == [0, 0, 1.5, 2]
    assert [type(value) for value in dense[0]] == [int, int, float, int]
    assert sparse == [[0, 0, 1.5, 0], [1, 1, -2.0, 0], [2, 0, 3.0, 0]]
    with pytest.raises(UsageError, match=r"a matrix \(pre, post\)"):
        helpers.connection_list_from_dense_weights(np.ones(3))


def test_that_spikes_change_their_shape_and_nothing_else() -> None:
    spikes = {0: [1, 4], 1: [], 2: np.array([0])}
    indices, times = helpers.spike_times_dict_to_arrays(spikes)

    assert (indices.tolist(), times.tolist()) == ([0, 0, 2], [1, 4, 0])
    assert helpers.spike_times_to_matrix(spikes, 4).tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert helpers.spike_times_dict_to_arrays({})[0].size == 0


def test_that_times_by_pe_are_saved_without_pickle(tmp_path: Path) -> None:
    helpers.save_dict_to_npz({"PE(7, 6, 0)": [0.5, 0.25], "PE(7, 6, 1)": np.zeros(2)}, tmp_path / "times")

    with np.load(tmp_path / "times.npz", allow_pickle=False) as saved:
        assert saved["pes"].tolist() == ["PE(7, 6, 0)", "PE(7, 6, 1)"]
        assert saved["times"].tolist() == [[0.5, 0.25], [0.0, 0.0]]
