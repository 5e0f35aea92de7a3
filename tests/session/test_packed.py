"""Files of spikes written run by run hold what pyarrow writes value by value, as pyarrow reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s2studio.session.columns import Chunk, write_chunk
from s2studio.session.packed import write_packed
from s2studio.session.run_lengths import RunLengths, joined
from s2studio.session.spike_rows import by_tick, columns
from s2studio.session.tables import SPIKES
from s2studio.sim.counts import SpikeRuns, SpikeTable

TEXTS = {"population": ("input", "hidden", "oütput")}


@settings(max_examples=20)
@given(
    seed=st.integers(0, 1000),
    rows=st.sampled_from([1, 7, 64, 1001, 20_000]),
    ticks=st.sampled_from([1, 3, 300, 70_000]),
    samples=st.sampled_from([1, 1, 3]),
    neurons=st.sampled_from([1, 2, 5, 300, 70_000]),
)
def test_that_a_packed_file_reads_as_the_one_that_pyarrow_writes(
    seed: int, rows: int, ticks: int, samples: int, neurons: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    random = np.random.default_rng(seed)
    sample, tick, population, neuron = (random.integers(0, most, rows) for most in (samples, ticks, 3, neurons))
    by_sample, order = np.lexsort((neuron, population, tick, sample)), np.lexsort((neuron, population, sample, tick))
    table = SpikeTable(
        sample[by_sample].astype(np.int32),
        tick[by_sample],
        population[by_sample].astype(np.int32),
        neuron[by_sample].astype(np.int32),
    )
    names = ("sample", "tick", "population", "neuron")
    plain = {name: values[order] for name, values in zip(names, (sample, tick, population, neuron), strict=True)}
    runs = by_tick(SpikeRuns.of(table))
    folder = tmp_path_factory.mktemp("files")

    write_packed(folder / "packed.parquet", SPIKES, [columns(runs, runs.tick * 1000)], TEXTS)
    write_chunk(folder / "plain.parquet", SPIKES, [plain | {"time_ns": plain["tick"] * 1000}], TEXTS)

    packed, expected = (pq.read_table(folder / f"{name}.parquet") for name in ("packed", "plain"))
    assert packed.schema.equals(expected.schema, check_metadata=True)
    assert packed.equals(expected)
    assert Chunk(folder / "packed.parquet", SPIKES).ticks() == (tick.min(), tick.max())


def test_that_a_dense_population_takes_few_bits_a_spike(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    tick, neuron = np.nonzero(random.random((40, 10_000)) < 0.2)
    zero = np.zeros(len(tick), np.int32)
    runs = SpikeRuns.of(SpikeTable(zero, tick, zero, neuron.astype(np.int32)))

    write_packed(tmp_path / "spikes.parquet", SPIKES, [columns(runs, runs.tick)], TEXTS)

    assert (tmp_path / "spikes.parquet").stat().st_size < 7 / 8 * len(tick)


@given(values=st.lists(st.integers(0, 2), min_size=1), cut=st.integers(0, 20), until=st.integers(0, 30))
def test_that_runs_are_cut_and_joined_as_arrays_are(values: list[int], cut: int, until: int) -> None:
    plain = np.array(values)
    runs = RunLengths.of(plain)
    parts = [runs[:cut], runs[cut:until], runs[max(cut, until) :]]
    whole = joined(parts)

    assert isinstance(whole, RunLengths)
    assert [len(part) for part in parts] == [len(plain[:cut]), len(plain[cut:until]), len(plain[max(cut, until) :])]
    np.testing.assert_array_equal(whole.whole(), plain)
    assert (whole.merged().values[1:] != whole.merged().values[:-1]).all()
