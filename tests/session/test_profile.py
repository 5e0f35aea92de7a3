"""The profile of a run: however it is cut into bins, it adds up to what the summary says."""

from __future__ import annotations

import numpy as np
import pytest

from s2studio.session.profile import profile
from s2studio.session.reader import open_session
from s2studio.session.run import Run
from s2studio.sim.timing import smallest_safe_tick_s
from tests.session.runs import record, whole_block

TICKS = 37


@pytest.fixture(scope="module", params=[1, 3], ids=["one sample", "three samples"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    path = tmp_path_factory.mktemp("profile") / "run.s2s"
    return open_session(record(path, whole_block(TICKS, request.param))).run(0)


@pytest.mark.parametrize("bins", [1, 2, 7, TICKS, 1000])
@pytest.mark.parametrize("cells", [1, 100, 1 << 18])
def test_that_bins_of_any_width_add_up_to_the_summary(
    run: Run, bins: int, cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2studio.session.run._CELLS", cells)
    found, summary = profile(run, bins=bins), run.summary()
    spans_s = np.diff(found.edges) * run.tick_s * found.samples

    assert len(found.edges) == min(bins, TICKS) + 1
    assert found.packets.sum() == summary["packets_received"]
    assert found.synaptic_events.sum() == summary["synaptic_events"]
    assert found.flits.sum() == summary["flit_hops"]
    assert found.late.sum() == found.late_ticks.sum() == summary["late_ticks"]
    assert found.time_done_max_s.max() == found.worst_s.max() == summary["time_done_max_s"]
    for kind, power in found.power_w.items():
        assert (power * spans_s).sum() == pytest.approx(summary["energy_j"][kind])
    assert (found.packets_sent * np.diff(found.edges) * found.samples).sum() == pytest.approx(summary["packets"])
    assert found.power_peak_w.max() == pytest.approx(summary["power_peak_w"])
    assert found.power_peak_ends_w == pytest.approx((summary["power_peak_low_w"], summary["power_peak_high_w"]))
    assert found.late_ends[1] == summary["late_ticks_pessimistic"]
    low, high = found.utilisation_peak_ends
    assert low < found.utilisation.max() < high
    assert found.worst_ends_s == (summary["time_done_low_s"], summary["time_done_pessimistic_s"])
    assert smallest_safe_tick_s(found.work_pessimistic_s, run.machine.spec) == summary["smallest_safe_tick_s"]
    assert found.energy_low_j["total"] == pytest.approx(summary["energy_low_j"])
    assert found.energy_high_j["noc"] == pytest.approx(summary["energy_kinds_high_j"]["noc"])
    assert (found.link_flits * (np.diff(found.edges) * found.samples)[:, None]).sum() == pytest.approx(
        summary["flit_hops"]
    )


def test_that_a_bin_of_one_tick_is_that_tick(run: Run) -> None:
    found = profile(run, bins=TICKS)
    (block,) = run.priced_blocks()
    done = block.priced.time_done_s

    assert found.worst_s == pytest.approx(done.max(axis=(0, 2)))
    assert found.worst_slice.tolist() == done.max(axis=0).argmax(axis=1).tolist()
    assert found.packets_peak.tolist() == block.priced.packets_sent.sum(axis=2).max(axis=0).tolist()
    assert found.utilisation == pytest.approx(np.minimum(done / run.tick_s, 1).mean(axis=0))


def test_that_a_part_of_a_run_is_that_part_only(run: Run) -> None:
    parts = [profile(run, start, stop) for start, stop in ((0, 10), (10, TICKS))]

    assert sum(part.packets.sum() for part in parts) == profile(run).packets.sum()
    assert parts[1].edges[[0, -1]].tolist() == [10, TICKS]


def test_that_the_clock_is_between_the_slowest_and_the_fastest_level(run: Run) -> None:
    clocks = [level.clock_hz for level in run.machine.spec.levels.values()]
    found = profile(run)

    assert min(clocks) <= found.clock_hz.min() <= found.clock_hz.max() <= max(clocks)
    assert found.ticks * found.samples == found.pe_ticks
