"""The published figures beside the model's: `make anchors` as a test."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from s2studio.analysis.feasible import AnchorRow, anchor_table, left_out_table
from s2studio.chip.loader import load_chip
from tests.conftest import REPOSITORY

SPEC = load_chip()


@pytest.mark.parametrize("row", anchor_table(SPEC), ids=lambda row: row.key)
def test_that_the_model_agrees_with_each_published_figure(row: AnchorRow) -> None:
    assert row.agrees, f"{row.title}: {row.model:g} for {row.published:g} {row.unit}"
    assert row.source
    assert row.interval is None or row.interval[0] * (1 - 1e-9) <= row.model <= row.interval[1]


def test_that_every_measured_power_and_throughput_of_the_chip_file_has_a_row() -> None:
    keys = {row.key for row in anchor_table(SPEC)}
    of_tables = ("measured_power.", "throughput.synaptic", "mac_array.chip_", "noc.link_", "noc.bisection")

    wanted = {key for key in SPEC.quantities if key.startswith(of_tables)} - {"measured_power.pes"}
    assert wanted <= keys


def test_that_a_figure_which_the_model_does_not_meet_is_explained() -> None:
    apart = [row for row in anchor_table(SPEC) if abs(row.error) > 0.02 and not row.is_bound]

    assert [row.key for row in apart] == ["chip_links.board_to_board_packet_time"]
    assert "48 ns" in apart[0].note


def test_that_a_model_that_is_wrong_fails() -> None:
    slow = replace(SPEC, cycles=replace(SPEC.cycles, synaptic_event=17.5))
    low = replace(SPEC.levels["low"], mla_busy_w=SPEC.levels["low"].mla_busy_w * 1.1)
    wrong = replace(slow, levels={**SPEC.levels, "low": low})
    failed = {row.key for row in anchor_table(wrong) if not row.agrees}

    assert failed == {
        *("throughput.synaptic_events_per_core", "throughput.synaptic_events_per_chip"),
        *("throughput.cycles_per_synaptic_event", "levels.low.mac_above_sleep", "measured_power.mla_busy.low"),
    }


def test_that_without_its_own_figure_the_throughput_is_uncertain_and_holds_the_published_one() -> None:
    rows = {row.key: row for row in left_out_table(SPEC) if row.how != "no throughput: the ranges alone"}
    core = rows["throughput.synaptic_events_per_core"]

    assert core.interval is not None
    assert core.interval[0] < core.published < core.interval[1]
    assert core.error == pytest.approx(0.12, abs=0.02)
    assert rows["measured_power.pes_off"].predicted is None
    for row in rows.values():
        assert row.error is None or abs(row.error) < 0.7


@pytest.mark.parametrize("chip", ["spinnaker2", "benchmark"])
def test_that_make_anchors_prints_the_table_and_ends_with_0_where_all_agree(chip: str) -> None:
    script = REPOSITORY / "benchmarks/feasible_costs.py"
    printed = subprocess.run([sys.executable, str(script), chip], capture_output=True, text=True, cwd=REPOSITORY)

    assert printed.returncode == (0 if chip == "spinnaker2" else 1), printed.stderr
    for row in anchor_table(load_chip(chip)):
        assert row.title in printed.stdout
        assert row.is_bound or row.note in printed.stdout
    assert "leave one anchor out" in printed.stdout
