"""`s2studio run SCRIPT.py` and `python -m s2studio.compat`, as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from s2studio.session.reader import open_session
from tests.conftest import REPOSITORY, Cli

Process = subprocess.CompletedProcess[str]
Studio = Callable[..., Process]

NETWORK = """\
import os
import sys
from spinnaker2 import hardware, snn
import neighbour

print("arguments", sys.argv[1:], os.environ.get("MPLBACKEND"), neighbour.HERE)
stim = snn.Population(1, "spike_list", {0: [1, 4, 9]}, "stim")
pop = snn.Population(2, "lif", {"threshold": 10.0, "alpha_decay": 0.9}, "pop", record=["spikes"])
net = snn.Network("net")
net.add(stim, pop, snn.Projection(stim, pop, [[0, 0, 12, 0], [0, 1, 4, 0]]))
hw = hardware.SpiNNaker2Chip(eth_ip="192.168.1.25")
"""


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """Write a script and call a module of s2studio on it, without a display."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/neighbour.py").write_text("HERE = 'beside the script'\n")
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}

    def call(body: str, *arguments: str, module: str = "s2studio") -> Process:
        (tmp_path / "scripts/net.py").write_text(NETWORK + body)
        words = ["run"] if module == "s2studio" else []
        command = [sys.executable, "-m", module, *words, *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)

    return call


def test_that_a_script_runs_with_its_arguments_and_leaves_its_runs(studio: Studio, tmp_path: Path) -> None:
    done = studio("hw.run(net, 20)\nhw.run(net, 30)\n", "scripts/net.py", "--", "--samples", "3")

    assert done.returncode == 0, done.stderr
    assert "arguments ['--samples', '3'] Agg beside the script" in done.stdout
    assert "net.s2s" in done.stdout
    session = open_session(tmp_path / "net.s2s")
    assert (session.state, [run.ticks for run in session.runs]) == ("complete", [20, 30])
    assert [entry.role for entry in session.manifest.inputs] == ["script"]
    assert (tmp_path / "net.s2s" / session.manifest.inputs[0].path).read_text().startswith("import os")


def test_that_json_is_all_on_standard_output(studio: Studio, tmp_path: Path) -> None:
    done = studio("hw.run(net, 20)\n", "scripts/net.py", "--json", "-o", "out.s2s", "--level", "high")

    printed = json.loads(done.stdout)
    assert (printed["script"], printed["session"]) == ("net.py", "out.s2s")
    (summary,) = printed["runs"]
    assert (summary["network"], summary["steps"], summary["level"]) == ("net", 20, "high")
    assert summary == open_session(tmp_path / "out.s2s").runs[0].summary() | {"session": "out.s2s"}
    assert "arguments [] Agg" in done.stderr


def test_that_an_exception_is_the_scripts_own_with_its_line(studio: Studio, tmp_path: Path) -> None:
    done = studio("hw.run(net, 20)\n\ndef fail():\n    return 1 / 0\n\nfail()\n", "scripts/net.py")

    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1] == '  File "scripts/net.py", line 17, in <module>'
    assert lines[-1] == "ZeroDivisionError: division by zero"
    assert "s2studio" not in done.stderr
    session = open_session(tmp_path / "net.s2s")
    assert (session.state, session.runs[0].state) == ("crashed", "complete")


def test_that_a_refusal_ends_at_the_line_of_the_script(studio: Studio, tmp_path: Path) -> None:
    done = studio("hw.run(net, 10**6)\n", "scripts/net.py", "--json")

    assert done.returncode == 1
    assert '  File "scripts/net.py", line 12, in <module>' in done.stderr
    assert "MappingError: population 'pop'" in done.stderr
    assert "run.py" not in done.stderr
    assert json.loads(done.stdout)["error"]["subject"] == "net.py"
    assert not (tmp_path / "net.s2s").exists()


def test_that_a_syntax_error_names_its_line(studio: Studio) -> None:
    done = studio("hw.run(net,\n", "scripts/net.py")

    assert done.returncode == 1
    assert "SyntaxError: '(' was never closed" in done.stderr
    assert "runpy" not in done.stderr


@pytest.mark.parametrize(("body", "code"), [("sys.exit(7)", 7), ("sys.exit('no board')", 1), ("sys.exit()", 0)])
def test_that_the_exit_code_is_the_scripts(studio: Studio, body: str, code: int) -> None:
    done = studio(f"{body}\n", "scripts/net.py", module="s2studio.compat")

    assert done.returncode == code
    assert ("no board" in done.stderr) == (code == 1)


def test_that_options_which_the_script_decides_are_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("print('never')\n")
    result = cli("run", tmp_path / "net.py", "-o", tmp_path / "net.s2s", "--dt", "1e-3")

    assert result.exit_code == 2
    assert "--dt: the script decides this, it takes --level, --rounding" in result.stderr


def test_that_a_missing_script_and_arguments_of_a_model_are_refused(cli: Cli, tmp_path: Path) -> None:
    result = cli("run", tmp_path / "other.py")
    assert (result.exit_code, "other.py: no such file; check the path" in result.stderr) == (1, True)

    result = cli("run", tmp_path / "model.nir", "--", "10")
    assert (result.exit_code, "only a script (.py) takes arguments" in result.stderr) == (2, True)


def test_that_a_stopped_script_leaves_a_cancelled_session(studio: Studio, tmp_path: Path) -> None:
    body = "hw.run(net, 20)\nprint('waits', flush=True)\nimport time\ntime.sleep(60)\n"
    (tmp_path / "scripts/net.py").write_text(NETWORK + body)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "s2studio", "run", "scripts/net.py"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "waits" not in process.stdout.readline():
            pass
        time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 130
    session = open_session(tmp_path / "net.s2s")
    assert (session.state, session.runs[0].state, session.runs[0].ticks) == ("cancelled", "complete", 20)
