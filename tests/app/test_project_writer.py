"""A project that is written is the project that is read back, and so is its command line."""

from __future__ import annotations

import errno
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from s2studio.app.command_line import command_line
from s2studio.app.project import Project, RunOptions, StimulusSource, open_project
from s2studio.app.project_writer import write_project
from s2studio.chip.machine import PE
from s2studio.chip.settings import ChipSettings
from s2studio.cli.options import apply
from s2studio.errors import UsageError
from s2studio.lowering.options import LoweringOptions
from s2studio.mapping.mapping import MappingOptions
from s2studio.network.stimulus.events import EventOptions
from s2studio.sim.level import LevelPolicy


def full(folder: Path) -> Project:
    """Return a project in which nothing is at its default."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("net.nir", "in.csv"):
        (folder / name).write_text(name)
    return Project(
        model=folder / "net.nir",
        runtime="custom",
        lowering=LoweringOptions(2e-3, "forward", "zero", "percentile:99.5", "truncate"),
        mapping=MappingOptions(
            "greedy", "c2c", 7, {"out": 12}, frozenset({PE(0, 0, 1, 1, 0)}), {"out[0]": PE(0, 0, 2, 1, 3)}
        ),
        stimuli=(
            StimulusSource("in", folder / "in.csv", None, EventOptions(1e-3, (0.0, 0.5), "merged", 2)),
            StimulusSource("noise", None, 20.0, EventOptions(1e-3, (0.0, 0.5), "merged", 2)),
        ),
        run=RunOptions(
            300,
            5e-4,
            LevelPolicy("auto", {"lif": 30}),
            {"out": frozenset({"spikes", "v"})},
            {"in": frozenset({"spikes"})},
        ),
        settings=ChipSettings("high", "off", 0.0, 2.5e-10),
    )


def test_that_a_written_project_reads_back_the_same(tmp_path: Path) -> None:
    project = full(tmp_path)
    written = write_project(project, tmp_path / "project.yaml")

    assert open_project(tmp_path / "project.yaml") == written
    assert replace(written, document=None) == project


def test_that_a_bare_model_reads_back_the_same(tmp_path: Path) -> None:
    (tmp_path / "net.nir").write_text("x")
    written = write_project(Project(tmp_path / "net.nir"), tmp_path / "project.yaml")

    assert open_project(tmp_path / "project.yaml") == written


def test_that_files_from_elsewhere_are_copied_beside_it(tmp_path: Path) -> None:
    project = full(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "in.csv").write_text("another")
    written = write_project(project, tmp_path / "b" / "project.yaml")

    assert written.model == (tmp_path / "b" / "net.nir").resolve()
    assert written.stimuli[0].path == (tmp_path / "b" / "in-2.csv").resolve()
    assert (tmp_path / "b" / "in-2.csv").read_text() == "in.csv"
    assert (tmp_path / "b" / "in.csv").read_text() == "another"
    assert open_project(tmp_path / "b" / "project.yaml") == written


def test_that_the_calibration_set_of_a_deep_network_goes_along(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for name in ("net.onnx", "samples.npz"):
        (tmp_path / "a" / name).write_text(name)
    project = Project(tmp_path / "a" / "net.onnx", calibration=tmp_path / "a" / "samples.npz")
    written = write_project(project, tmp_path / "b" / "project.yaml")

    assert written.calibration == (tmp_path / "b" / "samples.npz").resolve()
    assert open_project(tmp_path / "b" / "project.yaml") == written


def test_that_saving_twice_copies_once(tmp_path: Path) -> None:
    project = full(tmp_path / "a")
    first = write_project(project, tmp_path / "b" / "project.yaml")
    second = write_project(project, tmp_path / "b" / "project.yaml")

    assert first == second
    assert len(list((tmp_path / "b").iterdir())) == 3


def test_that_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    project = full(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written"):
        write_project(project, tmp_path / "file" / "project.yaml")


def test_that_a_full_disk_is_refused_by_the_name_of_the_copy_and_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fills_up(_source: Path, target: Path) -> None:
        target.write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfile", fills_up)
    with pytest.raises(UsageError) as refused:
        write_project(full(tmp_path / "a"), tmp_path / "b" / "project.yaml")

    assert refused.value.subject == str((tmp_path / "b" / "net.nir").resolve())
    assert list((tmp_path / "b").iterdir()) == []


def test_that_the_document_is_one_that_people_can_read(tmp_path: Path) -> None:
    write_project(full(tmp_path), tmp_path / "project.yaml")
    document = yaml.safe_load((tmp_path / "project.yaml").read_text())

    assert list(document) == [
        "s2studio",
        "model",
        "chip",
        "runtime",
        "lowering",
        "mapping",
        "stimulus",
        "run",
        "settings",
    ]
    assert document["stimulus"]["noise"]["poisson"] == 20.0


def test_that_the_command_line_makes_the_same_project(tmp_path: Path) -> None:
    project = full(tmp_path)
    words = shlex.split(command_line(project))
    assert words[:2] == ["s2studio", "run"]
    given: dict[str, object] = {}
    repeated = {"neurons_per_pe", "forbid", "pin", "input", "record", "observe", "level"}
    kinds = {
        "switch_time": float,
        "switch_energy": float,
        "dt": float,
        "bin": float,
        "tick": float,
        "seed": int,
        "steps": int,
        "downsample": int,
    }
    for option, value in zip(words[3::2], words[4::2], strict=True):
        name = option.removeprefix("--").replace("-", "_")
        if name in repeated:
            given[name] = [*given.get(name, []), value]  # type: ignore[misc]
        else:
            given[name] = kinds.get(name, str)(value)

    assert apply(Project(Path(words[2])), given) == project
