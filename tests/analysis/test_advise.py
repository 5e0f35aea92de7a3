from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from s2studio.analysis.advise import Advice, advise
from s2studio.analysis.counted import CountedRun
from s2studio.analysis.splits import pieces_needed
from s2studio.analysis.thresholds import thresholds_for
from s2studio.analysis.timed import safe_tick_s, timed
from s2studio.app.counted import Subject, subject_of
from s2studio.app.project import Project, open_project
from s2studio.app.workbench import Workbench
from s2studio.mapping.edit import Editor
from s2studio.mapping.mapping import ChipMapping
from s2studio.sim.level import LevelPolicy
from s2studio.sim.timing import cycle_bounds, late

TICK_S = 1e-3
# Three populations hear the same 200 inputs; only `hot` has so many synapses that its one PE is late.
OVERLOADED = """\
s2studio: network/1
name: overloaded
populations:
  input: {size: 200, model: spike_list}
  cool: {size: 200, model: lif_no_delay, params: {threshold: 4000}}
  hot: {size: 120, model: lif_no_delay, params: {threshold: 300}}
projections:
  - {pre: input, post: cool, weights: {rule: one_to_one, weight: 5}}
  - {pre: input, post: hot, weights: {rule: all_to_all, weight: 2}}
"""


def overloaded(folder: Path) -> Project:
    """Return a project in `folder` whose population `hot` is late in tick 4 alone: a packet acts a tick after it."""
    (folder / "net.yaml").write_text(OVERLOADED)
    rows = [(neuron, 3) for neuron in range(190)] + [(neuron, 6) for neuron in range(9)]
    (folder / "in.csv").write_text("neuron,step\n" + "".join(f"{neuron},{step}\n" for neuron, step in rows))
    (folder / "project.yaml").write_text("s2studio: project/1\nmodel: net.yaml\nstimulus: in.csv\nrun: {steps: 12}\n")
    return open_project(folder / "project.yaml")


@pytest.fixture
def hot(tmp_path: Path) -> Subject:
    return subject_of(Workbench(overloaded(tmp_path)))


def advice_on(subject: Subject, wanted_tick_s: float | None = None) -> Advice:
    return advise(subject.run, subject.network, subject.rerun, wanted_tick_s)


def test_that_the_overloaded_pe_its_tick_and_its_work_are_named(hot: Subject) -> None:
    advice = advice_on(hot)

    found = advice.deadline
    assert (found.slice, found.population, found.tick) == ("hot[0]", "hot", 4)
    assert (found.packets, found.synaptic_events, found.phase) == (190, 22_800, "synapses")
    assert found.cycles["synapses"] == 22_800 * hot.run.spec.cycles.synaptic_event
    assert found.low_s < found.nominal_s < found.pessimistic_s
    assert advice.now.late_ticks == 1
    assert [room.slice for room in advice.rooms if room.headroom_s < 0] == ["hot[0]"]
    assert advice.fifo_needed == 190


def test_that_every_fix_that_keeps_the_tick_removes_the_late_ticks(hot: Subject) -> None:
    advice = advice_on(hot)

    assert advice.wanted_tick_s == TICK_S
    kept = [fix for fix in advice.fixes if fix.tick_s == TICK_S]
    assert {"neurons_per_pe"} <= {fix.kind for fix in kept}
    assert advice.fixes[0] in kept
    assert hot.rerun is not None
    for fix in kept:
        assert fix.after.late_ticks == 0
        again = hot.run if fix.mapping is None else hot.rerun(fix.mapping)
        assert timed(again, fix.policy, fix.tick_s).late_ticks.sum() == 0
        assert again.counts.spikes.sum() == hot.run.counts.spikes.sum()


def test_that_the_smallest_safe_tick_is_safe_and_one_timer_period_less_is_not(hot: Subject) -> None:
    advice = advice_on(hot)
    safe, period = advice.now.safe_tick_s, 1 / hot.run.spec.timer_hz

    assert timed(hot.run, None, safe).outcome.late_ticks == 0
    assert timed(hot.run, None, safe - period).outcome.late_ticks > 0
    assert safe >= advice.deadline.pessimistic_s


def test_that_a_tick_no_cutting_reaches_is_said_with_the_reason(hot: Subject) -> None:
    # 190 packets take 15,200 cycles, 0.1 ms at 150 MHz, in however many pieces their target is cut.
    advice = advice_on(hot, 5e-5)

    assert any("packets alone take longer than the tick" in note for note in advice.notes)
    assert all(fix.tick_s > 5e-5 for fix in advice.fixes)


def test_that_scattered_targets_are_gathered_or_routed_as_one_packet(tmp_path: Path) -> None:
    outs = [f"out{number}" for number in range(8)]
    lines = ["s2studio: network/1", "name: wide", "populations:", "  input: {size: 200, model: spike_list}"]
    lines += [f"  {out}: {{size: 1, model: lif_no_delay, params: {{threshold: 9000}}}}" for out in outs]
    rule = "weights: {rule: all_to_all, weight: 1}"
    lines += ["projections:", *(f"  - {{pre: input, post: {out}, {rule}}}" for out in outs)]
    plain = overloaded(tmp_path)
    (tmp_path / "net.yaml").write_text("\n".join(lines) + "\n")
    subject = subject_of(Workbench(replace(plain, mapping=replace(plain.mapping, routing="c2c"))))
    assert subject.network is not None
    assert subject.rerun is not None
    pes = [pe for pe in subject.run.machine.usable_pes if pe.p == 3][-8:]
    apart = Editor(subject.network, subject.run.machine).rearrange(subject.run.mapping, dict(enumerate(pes, 1)))
    assert isinstance(apart, ChipMapping)
    advice = advise(subject.rerun(apart), subject.network, subject.rerun)

    assert (advice.deadline.slice, advice.deadline.phase) == ("input[0]", "packets")
    fixes = {fix.kind: fix for fix in advice.fixes}
    assert fixes["move"].after.safe_tick_s < advice.now.safe_tick_s
    assert fixes["routing"].after.safe_tick_s < advice.now.safe_tick_s
    assert fixes["routing"].mapping is not None
    assert fixes["routing"].mapping.options.routing == "mc"


def test_that_without_the_model_only_ticks_and_levels_are_tried(hot: Subject) -> None:
    advice = advise(hot.run, None, None)

    assert {fix.kind for fix in advice.fixes} == {"tick", "level"}
    assert any("does not hold the model" in note for note in advice.notes)


def test_that_ticks_shorter_than_the_models_are_said_to_be(hot: Subject) -> None:
    timeless = advise(hot.run, None, None).notes
    network = replace(hot.run.network, dt_s=1.0)
    timely = advise(replace(hot.run, network=network), None, None).notes

    assert [note for note in timely if note not in timeless] == [
        (
            "a tick stands for 1.00 s of the model: "
            "if the network has to keep up with the world and no more, keep ticks of 1.00 s"
        )
    ]


def test_that_thresholds_are_the_highest_that_are_in_time(hot: Subject) -> None:
    run, tick_s = hot.run, safe_tick_s(hot.run, LevelPolicy("high"))
    policy = thresholds_for(run, tick_s)

    assert policy.mode == "auto"
    assert timed(run, policy, tick_s).outcome.late_ticks == 0
    higher = {**policy.thresholds, "lif_no_delay": policy.thresholds["lif_no_delay"] + 1}
    assert timed(run, LevelPolicy("auto", higher), tick_s).outcome.late_ticks > 0
    assert thresholds_for(run, 1.0) == LevelPolicy("low")


def test_that_pieces_are_as_few_as_their_share_of_the_work_allows(hot: Subject) -> None:
    run = hot.run
    (index,) = np.flatnonzero(pieces_needed(run, TICK_S) > 1).tolist()
    pieces = int(pieces_needed(run, TICK_S)[index])
    most = cycle_bounds(run.counts, run.work, run.spec).pessimistic[0, 4, index]
    clock = run.spec.levels["low"].clock_hz

    assert most / pieces / clock < TICK_S
    assert late(np.array([most / (pieces - 2) / clock]), TICK_S)[0]


def test_that_recording_that_takes_much_of_the_tick_can_be_left_out(tmp_path: Path) -> None:
    quiet = overloaded(tmp_path)
    (tmp_path / "in.csv").write_text("neuron,step\n0,3\n")
    recorded = replace(quiet.run, record={"cool": frozenset({"spikes", "v"})})
    subject = subject_of(Workbench(replace(quiet, run=recorded)))

    (fix,) = [fix for fix in advice_on(subject).fixes if fix.kind == "record"]
    assert fix.record == {"cool": frozenset({"spikes"})}
    assert fix.after.safe_tick_s < timed(subject.run).outcome.safe_tick_s


def test_that_blocks_of_a_long_run_give_what_the_whole_gives(hot: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = timed(hot.run)
    monkeypatch.setattr("s2studio.analysis.counted._CELLS", 5 * len(hot.run.mapping.slices))
    assert len(list(hot.run.blocks())) == 3
    parts = timed(hot.run)

    assert parts.outcome == replace(
        whole.outcome, energy_j=parts.outcome.energy_j, energy_dynamic_j=parts.outcome.energy_dynamic_j
    )
    assert parts.outcome.energy_j == pytest.approx(whole.outcome.energy_j, rel=1e-12)
    for name in ("low_s", "nominal_s", "longest_s", "tick", "sample", "most_packets", "late_ticks"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_that_a_run_that_is_asked_again_is_the_same_run(hot: Subject) -> None:
    assert hot.rerun is not None
    again: CountedRun = hot.rerun(hot.run.mapping)

    np.testing.assert_array_equal(again.counts.packets, hot.run.counts.packets)
    np.testing.assert_array_equal(again.counts.synaptic_events, hot.run.counts.synaptic_events)
