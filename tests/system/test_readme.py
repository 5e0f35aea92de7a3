"""What the README shows is what happens: its Python example runs, its commands print what stands under them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
WIDTH = "110"


def blocks(language: str) -> list[str]:
    """Return the code blocks of the README in `language`."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def execute(*command: str, cwd: Path) -> str:
    """Return what this interpreter prints when given `command`."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": WIDTH, "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_that_the_python_example_prints_what_it_says(tmp_path: Path) -> None:
    (code,) = blocks("python")
    said = re.findall(r"^print\(.*\)  # (.*)$", code, flags=re.MULTILINE)

    assert said
    assert execute("-c", code, cwd=tmp_path).splitlines() == said


def test_that_the_commands_print_what_stands_under_them(tmp_path: Path) -> None:
    """`...` in the README stands for anything; the width of columns does not matter."""
    shutil.copytree(REPOSITORY / "sample_projects", tmp_path / "sample_projects")
    steps = [part for block in blocks("console") for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]

    assert steps
    for step in steps:
        command, _, expected = step.partition("\n")
        program, *arguments = shlex.split(command)
        assert program == "s2studio"
        printed = execute("-m", "s2studio", *arguments, cwd=tmp_path)

        assert OutputChecker().check_output(expected, printed, ELLIPSIS | NORMALIZE_WHITESPACE), f"{command}\n{printed}"
