"""The deep networks that ship: they are read, fused and lowered, and int8 is as close to float as their READMEs say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from s2studio.app.samples import samples

pytest.importorskip("onnx")

CliJson = Callable[..., dict[str, Any]]
DIGITS = ("digits/digits_mlp.yaml", "digits/digits_cnn.yaml")
TRANSFORMER = "next_character/project.yaml"


@pytest.fixture
def folder(repository: Path) -> Path:
    return repository / "sample_projects"


def readme(project: Path) -> str:
    return (project.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*DIGITS, TRANSFORMER])
def test_that_a_sample_is_covered_and_its_readme_says_how_large_it_is(
    name: str, folder: Path, cli_json: CliJson
) -> None:
    about = cli_json("info", folder / name)

    assert about["unsupported"] == []
    assert len(about["fused"]) < len(about["layers"])
    assert f"{about['parameters']:,} parameters" in readme(folder / name)


@pytest.mark.parametrize("name", DIGITS)
def test_that_int8_reads_digits_as_float_does_within_a_hundredth(name: str, folder: Path, cli_json: CliJson) -> None:
    found = cli_json("evaluate", folder / name, "--data", folder / "digits/test.npz")
    rows = re.search(rf"`{Path(name).stem}` \| (\d+) .*\| (\d+) ", readme(folder / name))

    assert found["answers"] == 360
    assert found["int8"]["accuracy"] > found["float"]["accuracy"] - 0.01
    assert rows is not None
    assert [found["float"]["right"], found["int8"]["right"]] == [int(right) for right in rows.groups()]


@pytest.mark.slow
def test_that_int8_adds_less_than_a_fiftieth_to_the_loss_of_the_transformer(folder: Path, cli_json: CliJson) -> None:
    found = cli_json("evaluate", folder / TRANSFORMER, "--data", folder / "next_character/test.npz")
    assert found["largest_sum"] < found["accumulator_limit"]
    said = re.search(r"\| ([\d.]+) nats \| ([\d.]+) nats", readme(folder / TRANSFORMER))

    assert found["answers"] == 64 * 128
    assert found["int8"]["loss"] < 1.02 * found["float"]["loss"]
    assert said is not None
    assert found["float"]["loss"] == pytest.approx(float(said[1]), abs=2e-4)
    assert found["int8"]["loss"] == pytest.approx(float(said[2]), abs=2e-3)


@pytest.mark.parametrize("name", DIGITS)
def test_that_lowering_a_sample_finds_no_accumulator_that_overflows(name: str, folder: Path, cli_json: CliJson) -> None:
    about = cli_json("lower", folder / name)

    assert about["overflows"] == []
    assert about["samples"] == 100


def test_that_all_samples_are_listed_with_what_they_are() -> None:
    found = {sample.name: sample for sample in samples()}

    assert {name for name, sample in found.items() if sample.is_deep} == {"digits_mlp", "digits_cnn", "next_character"}
    assert {"balanced_network", "event_digits", "lif_neuron"} < set(found)
    assert all(sample.description and sample.path.is_file() for sample in found.values())


@pytest.mark.parametrize("name", ["digits", "next_character"])
def test_that_a_folder_stays_below_a_megabyte(name: str, folder: Path) -> None:
    files = [path for path in (folder / name).rglob("*") if path.is_file() and "__pycache__" not in path.parts]

    assert sum(path.stat().st_size for path in files) < 1_000_000
