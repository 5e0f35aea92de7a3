"""Environments for frameworks that s2studio does not depend on: built once in the user's cache, on demand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

COMMON = ("torch==2.13.0", "nir", "nirtorch")
BUILD_LIMIT_S = 900


@pytest.fixture(scope="session")
def python_with() -> Callable[[str], Path]:
    """Return a function from a framework's name to a Python that has it; skips where there can be none."""
    return _python_with


def _python_with(framework: str) -> Path:
    if os.environ.get("S2STUDIO_FRAMEWORKS") != "1":
        pytest.skip(f"set S2STUDIO_FRAMEWORKS=1 to build an environment with {framework} (about 1 GB) and compare")
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "s2studio" / "frameworks" / framework
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / "ready").exists():
        _run([sys.executable, "-m", "venv", "--clear", str(folder)], framework)
        _run([str(python), "-m", "pip", "install", "-q", *COMMON, framework], framework)
        (folder / "ready").write_text(" ".join((*COMMON, framework)))
    return python


def _run(command: list[str], framework: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=BUILD_LIMIT_S)
    except subprocess.CalledProcessError as problem:
        pytest.skip(f"no environment with {framework}: {problem.stderr.strip().splitlines()[-1:]}")
    except (OSError, subprocess.TimeoutExpired) as problem:
        pytest.skip(f"no environment with {framework}: {problem}")
