from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from s2studio.analysis.levels import Switching, chip_switching
from s2studio.app.counted import subject_of
from s2studio.app.project import Project, open_project
from s2studio.app.session_project import project_of_session
from s2studio.app.workbench import Workbench
from s2studio.chip.settings import ChipSettings
from s2studio.errors import SessionError
from s2studio.session.reader import open_session


@pytest.fixture
def session(repository: Path, tmp_path: Path) -> Path:
    project = open_project(repository / "sample_projects/event_digits/project.yaml")
    Workbench(project).run(tmp_path / "a.s2s")
    return tmp_path / "a.s2s"


def tampered(session: Path, **changes: Any) -> Path:
    manifest = json.loads((session / "manifest.json").read_text())
    for key, value in changes.items():
        manifest[key] = value
    (session / "manifest.json").write_text(json.dumps(manifest))
    return session


def test_that_the_project_of_a_session_is_what_it_was_run_from(session: Path, repository: Path) -> None:
    original = open_project(repository / "sample_projects/event_digits/project.yaml")
    found = project_of_session(open_session(session))

    assert found is not None
    assert found.model == session / "inputs/model.nir"
    assert found.stimuli[0].path == session / "inputs/00.bin"
    assert replace(found.stimuli[0], path=None) == replace(original.stimuli[0], path=None)
    assert (found.lowering, found.mapping, found.run) == (original.lowering, original.mapping, original.run)


def test_that_a_session_keeps_what_its_project_assumed_of_the_chip(repository: Path, tmp_path: Path) -> None:
    plain = open_project(repository / "sample_projects/lif_neuron/project.yaml")
    settings = ChipSettings("high", "off", 2e-7, 1e-10)
    Workbench(replace(plain, settings=settings)).run(tmp_path / "set.s2s")
    session = open_session(tmp_path / "set.s2s")
    found = project_of_session(session)

    assert found is not None
    assert found.settings == settings
    assert chip_switching(session.chip) == Switching(2e-7, 1e-10)
    # Two PEs sleep, those without a slice are off.
    run = session.run(0)
    asleep_j = 2 * session.chip.levels["high"].asleep_w * run.ticks * run.tick_s
    summary = run.summary()
    assert 0.9 * asleep_j < summary["energy_j"]["asleep"] <= asleep_j


def test_that_what_is_counted_again_is_what_the_session_holds(session: Path) -> None:
    subject = subject_of(Workbench(Project(session)))

    assert subject.rerun is not None
    again = subject.rerun(subject.run.mapping)
    assert (again.counts.packets == subject.run.counts.packets).all()
    assert (again.counts.synaptic_events == subject.run.counts.synaptic_events).all()


def test_that_a_session_without_its_model_is_only_counted(session: Path) -> None:
    inputs = json.loads((session / "manifest.json").read_text())["inputs"]
    without = tampered(session, inputs=[entry for entry in inputs if entry["role"] != "model"])
    subject = subject_of(Workbench(Project(without)))

    assert (subject.network, subject.rerun, subject.project) == (None, None, None)
    assert subject.run.counts.packets.sum() > 0


@pytest.mark.parametrize(
    "options", [{"stimulus": ["x"]}, {"stimulus": 3}, {"lowering": {"dt_s": "soon"}}, {"mapping": {"seed": []}}]
)
def test_that_options_which_are_none_are_refused(options: dict[str, Any], session: Path) -> None:
    with pytest.raises(SessionError, match="not what is expected"):
        project_of_session(open_session(tampered(session, options=options)))


def test_that_a_chip_is_known_by_its_name_and_never_by_a_path(session: Path) -> None:
    chip = json.loads((session / "manifest.json").read_text())["chip"]
    assert project_of_session(open_session(tampered(session, chip={**chip, "name": "../spinnaker2"}))) is None
