from __future__ import annotations

import numpy as np
import pytest

from s2studio.sim.kernels.dense import MOST_ROWS, add_dense_rows, add_dense_rows_apart

LARGEST = np.array([-128, 127], np.int8)


@pytest.mark.parametrize("width", [1, 15, 16, 63, 64, 150])
@pytest.mark.parametrize("rows", [1, MOST_ROWS, MOST_ROWS + 1, 700])
def test_that_no_number_of_rows_overflows_the_narrow_sums(width: int, rows: int) -> None:
    random = np.random.default_rng(width)
    weight = random.choice(LARGEST, (rows, width), p=[0.9, 0.1])
    sources = np.sort(random.integers(0, rows, rows)).astype(np.int32)
    sums, apart = np.arange(width, dtype=np.int32), np.arange(2 * width, dtype=np.int32)

    add_dense_rows(sums, sources, weight.reshape(-1), (0, width))
    add_dense_rows_apart(apart, sources, weight.reshape(-1), (0, width))

    added = weight[sources].astype(np.int64)
    np.testing.assert_array_equal(sums, np.arange(width) + added.sum(axis=0))
    both = [np.maximum(added, 0).sum(axis=0), np.maximum(-added, 0).sum(axis=0)]
    np.testing.assert_array_equal(apart, np.arange(2 * width) + np.concatenate(both))
