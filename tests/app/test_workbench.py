from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import s2studio
from s2studio.app.events import Event, Progress, StageStarted
from s2studio.app.project import Project, open_project
from s2studio.app.workbench import Workbench
from s2studio.errors import Cancelled, NetworkError, SessionError, UsageError
from s2studio.lowering.options import LoweringOptions
from s2studio.session.reader import open_session


@pytest.fixture
def project(repository: Path) -> Project:
    return open_project(repository / "sample_projects/lif_neuron/project.yaml")


def test_that_stages_are_kept_until_what_they_are_made_from_changes(project: Project) -> None:
    events: list[Event] = []
    bench = Workbench(project, events.append)
    first = bench.lower()
    assert bench.lower() is first
    assert [event.stage for event in events if isinstance(event, StageStarted)] == ["open", "chip", "lower"]

    bench.change(replace(project, lowering=replace(project.lowering, dt_s=2e-3)))
    again = bench.lower()
    assert again is not first
    assert [event.stage for event in events if isinstance(event, StageStarted)][3:] == ["lower"]
    assert again.network.spiking.populations[1].params != first.network.spiking.populations[1].params


def test_that_a_run_tells_its_progress_to_the_end(project: Project, tmp_path: Path) -> None:
    events: list[Event] = []
    Workbench(project, events.append).run(tmp_path / "a.s2s")
    progress = [(event.done, event.total) for event in events if isinstance(event, Progress) and event.stage == "run"]

    assert progress[0] == (0, 600)
    assert progress[-1] == (600, 600)
    assert progress == sorted(progress)


def test_that_cancelling_ends_a_run_and_keeps_its_ticks(project: Project, tmp_path: Path) -> None:
    def cancel_in_the_middle(event: Event) -> None:
        if isinstance(event, Progress) and event.done >= 64:
            bench.cancel()

    bench = Workbench(project, cancel_in_the_middle)
    with pytest.raises(Cancelled):
        bench.run(tmp_path / "a.s2s")

    session = open_session(tmp_path / "a.s2s")
    assert session.state == "cancelled"
    assert 0 < session.runs[0].ticks < 600


def test_that_a_run_is_cancelled_while_its_costs_are_added_up_and_stays_complete(
    project: Project, tmp_path: Path
) -> None:
    def cancel_before_the_first_block(event: Event) -> None:
        if isinstance(event, StageStarted) and event.stage == "price":
            bench.cancel()
        assert not isinstance(event, Progress) or event.stage != "price"

    bench = Workbench(project, cancel_before_the_first_block)
    with pytest.raises(Cancelled):
        bench.run(tmp_path / "a.s2s")

    assert open_session(tmp_path / "a.s2s").state == "complete"


def test_that_an_existing_session_is_refused_before_any_work(project: Project, tmp_path: Path) -> None:
    (tmp_path / "a.s2s").mkdir()
    (tmp_path / "a.s2s/mine.txt").write_text("mine")
    events: list[Event] = []
    with pytest.raises(SessionError, match="exists already"):
        Workbench(project, events.append).run(tmp_path / "a.s2s")
    assert events == []


def test_that_without_a_time_step_only_info_and_map_go_on(project: Project) -> None:
    bench = Workbench(replace(project, lowering=LoweringOptions()))
    with pytest.raises(UsageError, match="--dt"):
        bench.lower()
    assert bench.lower(assume=True).network.dt_s == 1e-3
    assert bench.map(assume=True).pes_used == 2


def test_that_files_that_are_no_model_are_refused_with_what_is(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "b.yaml").write_text("s2studio: mapping/1\n")
    (tmp_path / "c.yaml").write_text("s2studio: project/1\nmodel: x.nir\n")
    for name, says in (
        ("a.txt", r"models are \.nir"),
        ("b.yaml", "mapping/1"),
        ("c.yaml", "give a project to"),
        ("d", "no"),
    ):
        with pytest.raises(NetworkError, match=says):
            s2studio.load_network(tmp_path / name)


def test_that_python_and_the_command_line_do_the_same(project: Project, repository: Path, tmp_path: Path) -> None:
    said = Workbench(project).run(tmp_path / "a.s2s")
    network = s2studio.lower(s2studio.load_network(project.model), dt=1e-3, integrator="forward", reset="zero")
    stimulus = s2studio.load_stimulus(repository / "sample_projects/lif_neuron/input.csv", network)
    session = s2studio.simulate(
        network, tmp_path / "b.s2s", stimulus=stimulus, steps=600, record={"neuron": ["spikes", "v"]}
    )
    mine = session.runs[0].summary()

    for key in ("outputs", "energy_j", "packets", "synaptic_events", "late_ticks", "recorded"):
        assert mine[key] == said[key]
    voltages = open_session(tmp_path / "a.s2s").runs[0].voltages("neuron")
    np.testing.assert_array_equal(session.runs[0].voltages("neuron"), voltages)
