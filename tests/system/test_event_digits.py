"""The sample that shows it all: its recording is read right, and its README says what the chip gets right."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

CliJson = Callable[..., dict[str, Any]]


@pytest.fixture
def sample(repository: Path) -> Path:
    return repository / "sample_projects" / "event_digits"


@pytest.fixture
def labels(sample: Path) -> dict[str, int]:
    with (sample / "recordings" / "labels.csv").open(newline="") as file:
        return {row["file"]: int(row["label"]) for row in csv.DictReader(file)}


def test_that_the_project_reads_its_digit(
    sample: Path, labels: dict[str, int], cli_json: CliJson, tmp_path: Path
) -> None:
    ran = cli_json("run", sample / "project.yaml", "-o", tmp_path / "digit.s2s")

    assert int(np.argmax(ran["outputs"]["lif3"])) == labels["00.bin"]
    assert ran["state"] == "complete"
    assert ran["late_ticks"] == 0


def test_that_the_chip_gets_as_many_recordings_right_as_the_readme_says(sample: Path, cli_json: CliJson) -> None:
    said = re.search(r"(\d+) of the (\d+) stored recordings", (sample / "README.md").read_text(encoding="utf-8"))
    found = cli_json("evaluate", sample / "project.yaml", "--data", sample / "recordings", "--bin", "1e-3")

    assert said is not None
    assert (found["right"], found["labelled"]) == (int(said[1]), int(said[2]))


def test_that_every_digit_is_among_the_recordings(sample: Path, labels: dict[str, int]) -> None:
    assert set(labels.values()) == set(range(10))
    assert {path.name for path in (sample / "recordings").glob("*.bin")} == set(labels)


def test_that_the_folder_stays_below_a_megabyte(sample: Path) -> None:
    files = [path for path in sample.rglob("*") if path.is_file() and "__pycache__" not in path.parts]

    assert sum(path.stat().st_size for path in files) < 1_000_000
