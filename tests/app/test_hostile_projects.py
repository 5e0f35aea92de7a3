"""Projects from strangers: what they name must lie in their folder, and what they say is never taken at its word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from s2studio.app.project import open_project
from s2studio.chip.loader import load_chip
from s2studio.errors import S2StudioError, UsageError
from tests.conftest import Cli

NETWORK = """\
s2studio: network/1
populations:
  {name}: {{model: spike_list, size: 2}}
  out: {{model: lif, size: 2, params: {{threshold: 1.0}}}}
projections: [{{pre: {name}, post: out, weights: {{rule: all_to_all, weight: 5}}}}]
"""
ESCAPES = r'"\e[31mred\e[2J\a\u202e"'


def project(folder: Path, text: str) -> Path:
    (folder / "p").mkdir(exist_ok=True)
    (folder / "p/net.yaml").write_text(NETWORK.format(name="in"))
    path = folder / "p/project.yaml"
    path.write_text(f"s2studio: project/1\n{text}\n")
    return path


@pytest.mark.parametrize("outside", ["/etc/passwd", "../secret", "x/../../secret", "link", "/", "linked/secret"])
@pytest.mark.parametrize(
    "text",
    [
        "model: {}",
        "model: net.yaml\nstimulus: {}",
        "model: net.yaml\nstimulus: {{file: {}, bin: 1.0e-3}}",
        "model: net.yaml\nstimulus: {{in: {}}}",
        "model: net.yaml\nstimulus: {{in: {{file: {}}}}}",
        "model: net.yaml\nmapping: {{file: {}}}",
        "model: net.yaml\nmapping: {{traffic: {}}}",
        "model: net.yaml\nchip: {}.yaml",
    ],
)
def test_that_a_path_that_leaves_the_project_is_refused(tmp_path: Path, text: str, outside: str) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "secret.yaml").write_text("secret")
    path = project(tmp_path, text.format(outside))
    (path.parent / "link").symlink_to(tmp_path / "secret")
    (path.parent / "link.yaml").symlink_to(tmp_path / "secret")
    (path.parent / "linked").symlink_to(tmp_path)

    with pytest.raises(UsageError, match=r"project\.yaml, line [23]: '.*' leads out of the folder of this file"):
        open_project(path)


def test_that_paths_inside_the_project_are_taken(tmp_path: Path) -> None:
    path = project(tmp_path, "model: ./a/../net.yaml\nstimulus: a/in.csv")
    (path.parent / "a").mkdir()
    found = open_project(path)

    assert found.model.resolve() == (path.parent / "net.yaml").resolve()
    assert found.stimuli[0].path == path.parent / "a/in.csv"


# PyYAML refuses some of them itself from 6.0.4 on.
TOO_DEEP = "nested more than 100 deep|maximum nesting depth"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("model: " + "[" * 100_000, TOO_DEEP),
        ("model: " + "{a: " * 100_000, TOO_DEEP),
        ("model:\n  - " + "- " * 100_000 + "x", TOO_DEEP),
        ("model: &a [*a, *a]", "not valid YAML"),
        ("model: net.yaml\nrun: {steps: 0x" + "f" * 10_000 + "}", "more than 100 digits"),
        ("model: net.yaml\nrun: {steps: 1" + ":59" * 10_000 + "}", "more than 100 digits"),
        ("model: net.yaml\nrun: {steps: 99999999999999999999}", "'steps' is 99999999999999999999"),
        ("model: net.yaml\nmapping: {seed: 99999999999999999999}", "'seed' is 99999999999999999999"),
        ('model: "a\\0b"', "leads out of the folder"),
        (f"model: {'a/' * 5000}", "leads out of the folder"),
        ("model: [1, 2]", "a text is expected"),
        (
            "model: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + "".join(f"k{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else '*a'] * 10)}]\n" for n in range(20)),
            "its aliases stand for more than 64 MiB",
        ),
    ],
)
def test_that_a_malicious_document_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(S2StudioError, match=says):
        open_project(project(tmp_path, text))


@pytest.mark.parametrize("outside", ["/etc/passwd.yaml", "../secret.yaml"])
def test_that_a_chip_file_extends_none_outside_its_folder(tmp_path: Path, outside: str) -> None:
    (tmp_path / "secret.yaml").write_text("secret: 1")
    path = project(tmp_path, "model: net.yaml\nchip: chip.yaml")
    (path.parent / "chip.yaml").write_text(f"s2studio: chip/1\nname: mine\nextends: {outside}\nsources: {{}}\n")
    with pytest.raises(S2StudioError, match="leads out of the folder"):
        load_chip(open_project(path).chip)


def test_that_a_pipe_is_no_document(tmp_path: Path) -> None:
    path = project(tmp_path, "model: net.yaml")
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(S2StudioError, match="is no file"):
        open_project(path)


def test_that_a_file_name_reaches_a_terminal_without_escape_sequences(cli: Cli, tmp_path: Path) -> None:
    result = cli("run", project(tmp_path, "model: net.yaml\nrun: {steps: 5}"), "-o", tmp_path / "\x1b[2J.s2s")

    assert result.exit_code == 0, result.output
    assert r"\x1b[2J.s2s" in result.stdout
    assert all(letter.isprintable() or letter == "\n" for letter in result.output)


def test_that_a_refusal_shows_names_without_escape_sequences(cli: Cli, tmp_path: Path) -> None:
    path = project(tmp_path, f"model: net.yaml\nstimulus: {{{ESCAPES}: in.csv}}")
    (tmp_path / "net.yaml").write_text(NETWORK.format(name=ESCAPES))
    for arguments in ([path], [path, "--json"], [tmp_path / "net.yaml", "--steps", 5], [tmp_path / "\x1b[2J.nir"]):
        result = cli("run", *arguments)
        assert result.exit_code in (1, 2)
        assert result.output
        assert all(letter.isprintable() or letter == "\n" for letter in result.output)


def test_that_markup_in_names_is_printed_as_it_is(cli: Cli, tmp_path: Path) -> None:
    path = project(tmp_path, "model: net.yaml\nrun: {steps: 5}")
    (path.parent / "net.yaml").write_text(NETWORK.format(name='"[/red]:smile:"'))
    assert "[/red]:smile:" in cli("run", path, "-o", tmp_path / "run.s2s").stdout
