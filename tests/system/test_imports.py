"""What an import costs and what it may not bring along."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("h5py", "networkx", "nir", "numba", "pyarrow", "rich", "typer")
NEVER_IN_THE_CORE = ("PySide6", "PyQt6", "pyqtgraph", "torch", "onnx")


def imported_by(code: str, repository: Path) -> set[str]:
    """Return the modules that a new interpreter has imported after `code`."""
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", script], cwd=repository, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


def modules(repository: Path) -> list[str]:
    """Return the dotted name of every module of s2studio but `__main__`."""
    paths = (path.relative_to(repository).with_suffix("") for path in (repository / "s2studio").rglob("*.py"))
    names = {".".join(path.parts).removesuffix(".__init__") for path in paths}
    return sorted(name for name in names if not name.endswith("__main__"))


def test_that_importing_s2studio_brings_no_heavy_package(repository: Path) -> None:
    assert imported_by("import s2studio", repository).isdisjoint({*HEAVY, *NEVER_IN_THE_CORE})


def test_that_no_module_of_the_core_imports_qt_torch_nir_or_h5py(repository: Path) -> None:
    core = [name for name in modules(repository) if not name.startswith("s2studio.gui")]
    imported = imported_by("\n".join(f"import {name}" for name in core), repository)

    assert "s2studio" in imported
    assert imported.isdisjoint({*NEVER_IN_THE_CORE, "nir", "h5py"})


@pytest.mark.parametrize(
    ("arguments", "unused"),
    [
        (["chip", "--json"], {"numba", "pyarrow", "networkx", "nir", "h5py"}),
        (["--version"], {"pyarrow", "nir", "h5py", "networkx"}),
        (["info", "sample_projects/balanced_network/project.yaml"], {"numba", "nir", "h5py", "pyarrow", "networkx"}),
        (["info", "sample_projects/lif_neuron/project.yaml"], {"numba", "pyarrow", "networkx"}),
        (
            ["run", "sample_projects/lif_neuron/project.yaml", "-o", "SESSION"],
            {"networkx", "onnx", "scipy", "pandas", "s2studio.session.layer_run"},
        ),
        (["map", "sample_projects/balanced_network/project.yaml", "--json"], {"nir", "h5py", "pyarrow", "networkx"}),
    ],
)
def test_that_a_command_imports_nothing_heavy_that_it_does_not_use(
    arguments: list[str], unused: set[str], repository: Path, tmp_path: Path
) -> None:
    arguments = [str(tmp_path / "run.s2s") if word == "SESSION" else word for word in arguments]
    code = (
        f"import sys, contextlib, io\nsys.argv = ['s2studio', *{arguments!r}]\n"
        "from s2studio.cli.main import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()): main()"
    )
    assert imported_by(code, repository).isdisjoint({*unused, *NEVER_IN_THE_CORE})


def test_that_a_cached_kernel_is_loaded_without_what_compiles_it(repository: Path) -> None:
    code = (
        "import sys, numpy as np\n"
        "from s2studio.sim.kernels.sorting import count_in_rows as count\n"
        "targets, slices = np.array([0, 1, 2, 2], np.uint16), np.array([0, 0, 1], np.int32)\n"
        "counts = np.zeros((2, 2), np.int64)\n"
        "most = count(np.array([0, 1, 4]), targets, 3, slices, counts)\n"
        "assert (most, counts.tolist()) == (2, [[1, 0], [1, 2]])\n"
    )
    imported_by(code, repository)  # compiles where this machine has not yet

    assert "numba.np.polynomial" not in imported_by(code, repository)


def test_that_every_public_name_can_be_imported(repository: Path) -> None:
    code = "import s2studio\nfor name in s2studio.__all__: getattr(s2studio, name)"

    assert imported_by(code, repository).isdisjoint(NEVER_IN_THE_CORE)


@pytest.mark.parametrize("room", ["chip", "network", "snn", "lowering", "mapping", "sim", "session", "app", "compat"])
def test_that_no_room_imports_the_public_package(room: str, repository: Path) -> None:
    """`from s2studio import x` inside a room would go round the one direction of imports unseen."""
    for path in (repository / "s2studio" / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "s2studio":
                names = {alias.name for alias in node.names}
                found = {name for name in names if not (repository / "s2studio" / f"{name}.py").is_file()}
                assert not found, f"{path}, line {node.lineno}"
            if isinstance(node, ast.Import):
                assert "s2studio" not in {alias.name for alias in node.names}, f"{path}, line {node.lineno}"


def test_that_the_window_is_there_before_anything_heavy_is_imported(repository: Path) -> None:
    heavy = {"h5py", "nir", "numba", "pyarrow", "networkx", "torch", "onnx", "typer", "rich"}
    assert imported_by("import s2studio.gui.window", repository).isdisjoint(heavy)
