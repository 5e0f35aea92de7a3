"""From a late tick or a lost packet to its cause, on a network that overloads one PE by design."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from s2studio.analysis.forensics import why
from s2studio.analysis.trouble import next_trouble
from s2studio.app.project import Project, RunOptions, StimulusSource
from s2studio.app.workbench import Workbench
from s2studio.chip.loader import load_chip
from s2studio.chip.machine import PE
from s2studio.errors import UsageError
from s2studio.mapping.mapping import MappingOptions
from s2studio.session.reader import open_session
from s2studio.session.run import Run
from tests.conftest import Cli, CliJson

# Two sources whose spikes all reach 100 neurons; in tick 3 all 700 fire at once.
NETWORK = """\
s2studio: network/1
populations:
  burst: {size: 600, model: spike_list}
  drip: {size: 100, model: spike_list}
  sink: {size: 100, model: lif_no_delay, params: {threshold: 100000}}
projections:
  - {pre: burst, post: sink, weights: {rule: probability, p: 0.3, weight: 1, seed: 1}}
  - {pre: drip, post: sink, weights: {rule: probability, p: 0.3, weight: 1, seed: 2}}
"""
TICKS, BURST = 12, 3


# Costs at the ends of what is feasible for the sink, in cycles.
CHEAP = {"tick": 300, "packet": 60, "synaptic_event": 15}
DEAR = {"tick": 500, "packet": 100, "synaptic_event": 18}
CHIP = "s2studio: chip/1\nextends: spinnaker2\nname: mine\ncycles:\n"
COST = "  {name}: {{value: {value}, unit: cycles, source: me, mark: estimate}}\n"


def made(folder: Path, engine: str, costs: Mapping[str, int] | None = None) -> Path:
    (folder / "net.yaml").write_text(NETWORK)
    (folder / "burst.csv").write_text("neuron,step\n" + "".join(f"{n},{BURST}\n" for n in range(600)))
    (folder / "drip.csv").write_text("neuron,step\n" + "".join(f"{t},{t}\n" for t in range(TICKS)))
    stimuli = tuple(StimulusSource(name, folder / f"{name}.csv") for name in ("burst", "drip"))
    options = RunOptions(TICKS, 1e-3, engine=engine)
    chip = None
    if costs is not None:
        chip = folder / "chip.yaml"
        lines = (COST.format(name=name, value=value) for name, value in costs.items())
        chip.write_text(CHIP + "".join(lines) + "sources: {me: a test}\n")
    project = Project(
        folder / "net.yaml",
        chip=chip or "spinnaker2",
        mapping=MappingOptions(neurons_per_pe={"burst": 200}),
        stimuli=stimuli,
        run=options,
    )
    Workbench(project).run(folder / f"{engine}.s2s")
    return folder / f"{engine}.s2s"


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("forensics")
    return {engine: made(folder, engine) for engine in ("lockstep", "per_pe")}


@pytest.fixture
def late(sessions: dict[str, Path]) -> Run:
    return open_session(sessions["per_pe"]).run()


def sink_of(run: Run) -> PE:
    return next(piece.pe for piece in run.mapping.slices if piece.population == "sink")


def test_that_the_first_tick_with_trouble_is_found_with_its_pe_phase_queue_and_senders(late: Run) -> None:
    found = why(late)

    # The burst arrives a tick after it was sent; 601 packets meet a FIFO of 512 places.
    assert (found.tick, found.population, found.pe) == (BURST + 1, "sink", str(sink_of(late)))
    assert found.late
    assert (found.packets, found.packets_lost) == (512, 601 - 512)
    assert found.phases[0].kind == "synapses"
    assert sum(phase.time_s for phase in found.phases) == pytest.approx(found.time_done_s)
    assert all(phase.time_low_s < phase.time_s < phase.time_high_s for phase in found.phases)
    # Costs that are at one end together bound each other: the whole lies closer than the sum of its phases.
    assert sum(phase.time_high_s for phase in found.phases) >= found.time_done_pessimistic_s > found.time_done_s
    assert found.phases[0].time_s == pytest.approx(
        found.synaptic_events * load_chip().cycles.synaptic_event / 150e6, rel=1e-9
    )
    assert [sender.population for sender in found.senders] == ["burst", "burst", "burst", "drip"]
    assert sum(sender.packets for sender in found.senders) == 601
    assert found.senders[3].neurons[0].neuron == BURST
    for sender in found.senders:
        assert sender.route.through_router
        assert sender.route.unloaded_s > 27.5e-9
        assert len(sender.route.links) * 5 / 300e6 + 27.5e-9 == pytest.approx(sender.route.unloaded_s)
        assert all(crossed.flits == 601 for crossed in sender.route.links)
        waiting_s = sum(crossed.waiting_s for crossed in sender.route.links)
        assert 0 < waiting_s <= sender.route.waiting_s
    for text in ("synaptic events", "lost 89 packets", "from burst", "5"):
        assert text in found.cause


def test_that_lost_packets_are_named_down_to_their_neurons(late: Run) -> None:
    found = why(late, BURST + 1, sink_of(late))

    assert len(found.lost) == 20
    for packet in found.lost:
        assert packet.population in ("burst", "drip")
        assert packet.sent_tick == BURST
        assert BURST * 1e-3 < packet.arrival_s < (BURST + 1) * 1e-3


def test_that_a_tick_that_began_late_leads_to_the_one_that_made_it_so(late: Run) -> None:
    found = why(late, BURST + 2, sink_of(late))

    assert found.origin is not None
    assert (found.origin.tick, found.origin.kind) == (BURST + 1, "synapses")
    assert found.origin.time_done_s == pytest.approx(why(late, BURST + 1).time_done_s)
    assert f"tick {BURST + 1}" in found.cause
    assert {phase.kind for phase in found.phases} >= {"began late", "neurons"}
    assert sum(phase.share for phase in found.phases) == pytest.approx(1.0)
    assert sum(phase.time_s for phase in found.phases) == pytest.approx(found.time_done_s)


def test_that_the_ends_of_a_late_pe_carry_what_is_left_from_ticks_before(
    late: Run, tmp_path: Path, sessions: dict[str, Path]
) -> None:
    for costs in (CHEAP, DEAR):
        folder = tmp_path / str(costs["tick"])
        folder.mkdir()
        other = open_session(made(folder, "per_pe", costs)).run()
        for tick in range(BURST, BURST + 4):
            found, at_end = why(late, tick, sink_of(late)), why(other, tick, sink_of(late))
            assert found.time_done_low_s <= at_end.time_done_s <= found.time_done_pessimistic_s
    after = why(late, BURST + 2, sink_of(late))
    own_s = sum(phase.time_s for phase in after.phases if phase.kind != "began late")
    assert after.time_done_pessimistic_s - after.time_done_s > own_s  # wider than the work of the tick itself


def test_that_a_session_of_lockstep_tells_what_could_be_lost(sessions: dict[str, Path]) -> None:
    found = why(open_session(sessions["lockstep"]).run())

    assert (found.tick, found.packets, found.packets_lost, found.origin) == (BURST + 1, 601, 0, None)
    assert "601 packets waited for a FIFO of 512" in found.cause


def test_that_a_pe_in_time_is_said_to_be(late: Run) -> None:
    found = why(late, 1)

    assert found.cause == f"{found.pe} was in time and lost nothing"
    assert why(late, 0).senders == ()


@pytest.mark.parametrize("tick", [-1, TICKS])
def test_that_a_tick_or_pe_that_is_not_there_is_refused(late: Run, tick: int) -> None:
    with pytest.raises(UsageError, match="the run has 12 ticks"):
        why(late, tick)
    with pytest.raises(UsageError, match="holds no slice"):
        why(late, 1, PE(0, 0, 1, 1, 0))


def test_that_the_picture_shows_receiver_senders_links_with_their_queue_and_the_cause(
    sessions: dict[str, Path], tmp_path: Path, cli: Cli
) -> None:
    assert cli("why", sessions["per_pe"], "-o", tmp_path / "why.svg", "--theme", "dark").exit_code == 0
    drawn, found = (tmp_path / "why.svg").read_text("utf-8"), why(open_session(sessions["per_pe"]).run())

    assert f">Why: {found.pe} in tick 4<" in drawn
    for text in (">burst on PE(7, 6, 0)<", ">QPE(7, 6) → QPE(6, 6)<", ">601<", ">135 ps<", "lost 89 packets"):
        assert text in drawn
    # Of each sender a line from its PE by the event router to the receiver.
    assert drawn.count("<polyline") == len(found.senders) == 4


def test_that_the_command_prints_cause_and_json(sessions: dict[str, Path], cli: Cli, cli_json: CliJson) -> None:
    about = cli_json("why", sessions["per_pe"])
    printed = cli("why", sessions["per_pe"], "--tick", BURST + 1, "--pe", about["pe"])

    assert printed.exit_code == 0
    for text in ("lost 89 packets", "Where the time went", "Who sent to it in tick 3", "Lost packets, 20 of 89"):
        assert text in printed.output
    last = about["senders"][0]["route"]["links"][-1]
    assert last["link"].endswith(about["pe"].replace("PE", "QPE").rsplit(",", 1)[0] + ")")
    assert cli("why", sessions["per_pe"], "--tick", 99).exit_code == 2


def test_that_troubled_ticks_are_found_one_after_another_around_the_ends_of_a_run(
    late: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2studio.analysis.trouble.STRIDE", 5)
    troubled = [tick for tick in range(late.ticks) if why(late, tick).late or why(late, tick).packets_lost]
    assert 1 < len(troubled) < late.ticks

    for tick in range(late.ticks):
        on, back = next_trouble(late, tick), next_trouble(late, tick, is_forward=False)
        assert on is not None
        assert back is not None
        assert on.tick == min((one for one in troubled if one > tick), default=troubled[0])
        assert back.tick == max((one for one in troubled if one < tick), default=troubled[-1])
        assert str(late.mapping.slices[on.slice].pe) == why(late, on.tick).pe
