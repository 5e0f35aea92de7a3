"""Writing sessions: the same content however it comes in, and nothing lost whatever goes wrong."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from s2studio.errors import Cancelled, SessionError
from s2studio.session.manifest import read_manifest
from s2studio.session.reader import open_session
from s2studio.session.recorder import InputFile, Recorder, SessionHeader
from tests.conftest import REPOSITORY
from tests.session.runs import HEADER, SPEC, cut, record, start_run, whole_block


def _hashes(path: Path) -> dict[str, str]:
    return {name: content.sha256 for name, content in read_manifest(path).runs[0].tables.items()}


def _break_off(path: Path, problem: type[Exception], overwrite: bool = False) -> None:
    """Write 40 of 100 ticks and raise `problem`."""
    with Recorder(path, HEADER, overwrite) as recorder:
        start_run(recorder, 100).write(whole_block(40))
        raise problem


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.sets(st.integers(0, 100), max_size=6), chunk=st.integers(5, 400), seed=st.integers(0, 3))
def test_that_the_content_hashes_do_not_depend_on_how_a_run_is_handed_over_and_stored(
    cuts: set[int], chunk: int, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("chunks")
    block = whole_block(100, samples=2, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("s2studio.session.chunks.CHUNK_ROWS", chunk)
        in_pieces = record(folder / "pieces.s2s", block, sorted(cuts))
    at_once = record(folder / "once.s2s", block)

    assert _hashes(in_pieces) == _hashes(at_once)
    assert len(list((in_pieces / "runs/0000/neuron_spikes").iterdir())) == -(-22 // chunk)


def test_that_one_spike_more_changes_the_hash_of_the_spikes(tmp_path: Path) -> None:
    first, second = (_hashes(record(tmp_path / f"{seed}.s2s", whole_block(50, seed=seed))) for seed in (0, 1))

    assert first["spikes"] != second["spikes"]
    assert first["slices"] == second["slices"]


def test_that_an_existing_session_is_refused_and_stays_as_it_was(tmp_path: Path) -> None:
    path = record(tmp_path / "run.s2s", whole_block(20))
    before = _hashes(path)

    with pytest.raises(SessionError, match=r"exists already.*--overwrite"):
        record(path, whole_block(30))
    assert _hashes(path) == before


def test_that_overwrite_keeps_the_old_session_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = record(tmp_path / "run.s2s", whole_block(20))
    with Recorder(path, HEADER, overwrite=True) as recorder:
        run = start_run(recorder, 30)
        run.write(whole_block(30, seed=1))
        run.flush()
        assert open_session(path).runs[0].ticks == 20
        assert recorder.path != path

    assert recorder.path == path
    assert open_session(path).runs[0].ticks == 30
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.s2s"]


def test_that_an_error_while_overwriting_leaves_the_old_session_alone(tmp_path: Path) -> None:
    path = record(tmp_path / "run.s2s", whole_block(20))
    with pytest.raises(ZeroDivisionError):
        _break_off(path, ZeroDivisionError, overwrite=True)

    assert open_session(path).runs[0].ticks == 20
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.s2s"]


def test_that_a_folder_that_is_no_session_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")

    with pytest.raises(SessionError, match="is no session"):
        record(tmp_path, whole_block(5), overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_that_a_session_that_is_being_written_is_not_overwritten(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.s2s", HEADER) as recorder:
        start_run(recorder, 5).write(whole_block(5))
        with pytest.raises(SessionError, match="is being written by process"):
            Recorder(tmp_path / "run.s2s", HEADER, overwrite=True)


def test_that_a_folder_in_which_nothing_can_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SessionError, match="cannot be created"):
        record(tmp_path / "file/run.s2s", whole_block(5))


def test_that_a_cancelled_run_keeps_what_it_has(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        _break_off(tmp_path / "run.s2s", Cancelled)

    session = open_session(tmp_path / "run.s2s")
    session.verify()
    assert (session.state, session.runs[0].state, session.runs[0].ticks) == ("cancelled", "cancelled", 40)
    assert "cancelled after 40 of 100 ticks" in session.runs[0].summary()["warnings"][0]


def test_that_a_run_that_fails_keeps_the_ticks_before(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        _break_off(tmp_path / "run.s2s", ZeroDivisionError)

    session = open_session(tmp_path / "run.s2s")
    assert (session.state, session.runs[0].ticks) == ("crashed", 40)
    assert session.runs[0].neuron_spikes()["output"].sum() == whole_block(40).counts.spikes[:, :, 1:].sum()


def test_that_blocks_must_follow_one_another(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.s2s", HEADER) as recorder:
        run = start_run(recorder, 20)
        first, second = cut(whole_block(20), [10])
        run.write(first)
        with pytest.raises(SessionError, match="from tick 10 are expected"):
            run.write(first)
        run.write(second)

    assert open_session(recorder.path).runs[0].ticks == 20


def test_that_a_session_holds_several_runs(tmp_path: Path) -> None:
    with Recorder(tmp_path / "run.s2s", HEADER) as recorder:
        for ticks in (10, 20):
            with start_run(recorder, ticks) as run:
                run.write(whole_block(ticks))

    assert [run.ticks for run in open_session(recorder.path).runs] == [10, 20]


def test_that_inputs_are_copied_with_their_hashes_even_under_one_name(tmp_path: Path) -> None:
    files = []
    for role in ("model", "stimulus"):
        files.append(InputFile(role, tmp_path / role / "data.csv"))
        files[-1].path.parent.mkdir()
        files[-1].path.write_text(role)
    with Recorder(tmp_path / "run.s2s", SessionHeader("small", 0, SPEC, "py-spinnaker2", {}, tuple(files))):
        pass

    session = open_session(tmp_path / "run.s2s")
    session.verify()
    copies = {entry.role: (tmp_path / "run.s2s" / entry.path).read_text() for entry in session.manifest.inputs}
    assert copies == {"model": "model", "stimulus": "stimulus"}
    (tmp_path / "run.s2s" / session.manifest.inputs[0].path).write_text("forged")
    with pytest.raises(SessionError, match="content hash"):
        session.verify()


WRITER = """
import sys, time
from pathlib import Path
from s2studio.session.recorder import Recorder
from tests.session.runs import HEADER, cut, start_run, whole_block

block = whole_block(4000)
with Recorder(Path(sys.argv[1]), HEADER) as recorder:
    run = start_run(recorder, 4000)
    for piece in cut(block, range(10, 4000, 10)):
        run.write(piece)
        print(piece.start + piece.ticks, time.monotonic(), flush=True)
        time.sleep(0.02)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_that_a_killed_process_loses_at_most_its_last_second(tmp_path: Path) -> None:
    path = tmp_path / "run.s2s"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    writer.stdout.readline()
    time.sleep(2)
    writer.send_signal(signal.SIGKILL)
    killed = time.monotonic()
    written = [(int(tick), float(moment)) for tick, moment in map(str.split, writer.stdout.read().splitlines())]
    writer.wait()
    writer.stdout.close()

    session = open_session(path)
    run = session.runs[0]
    assert session.state == "crashed"
    assert run.ticks >= max(tick for tick, moment in written if moment < killed - 1) > 0
    counts = run.counts()
    assert counts.spikes.sum() == len(run.spikes().tick) == whole_block(4000).counts.spikes[:, : run.ticks].sum()
    assert run.spike_counts(512).sum() == counts.spikes.sum()
    assert run.summary()["state"] == "crashed"
    assert record(path, whole_block(5), overwrite=True) == path


FULL = """
import resource, signal, sys
from pathlib import Path
from s2studio.errors import SessionError
from s2studio.session.recorder import Recorder
from tests.session.runs import HEADER, cut, start_run, whole_block

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    with Recorder(Path(sys.argv[1]), HEADER, overwrite=len(sys.argv) > 2) as recorder:
        run = start_run(recorder, 30_000)
        for piece in cut(whole_block(30_000), range(1000, 30_000, 1000)):
            run.write(piece)
            run.flush()
except SessionError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit on file sizes")
@pytest.mark.parametrize("overwrite", [False, True])
def test_that_a_file_that_cannot_be_written_is_a_clear_error_and_loses_nothing(tmp_path: Path, overwrite: bool) -> None:
    path = tmp_path / "run.s2s"
    if overwrite:
        record(path, whole_block(20))
    arguments = [str(path), *(["--overwrite"] if overwrite else [])]
    result = subprocess.run([sys.executable, "-c", FULL, *arguments], cwd=REPOSITORY, capture_output=True, text=True)

    assert "cannot be written: File too large; free some space" in result.stdout, result.stderr
    assert not list(tmp_path.rglob("*.tmp"))
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.s2s"]
    session = open_session(path)
    assert session.state == ("complete" if overwrite else "crashed")
    assert session.runs[0].ticks == 20 if overwrite else session.runs[0].ticks >= 1000


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_that_a_process_that_dies_at_once_leaves_a_session_without_ticks(tmp_path: Path) -> None:
    code = "import os" + WRITER.replace("        print(", "        os.kill(os.getpid(), 9); print(")
    subprocess.run([sys.executable, "-c", code, tmp_path / "run.s2s"], cwd=REPOSITORY, check=False)
    run = open_session(tmp_path / "run.s2s").runs[0]

    assert (run.state, run.ticks, len(run.spikes().tick), run.table("spikes").num_rows) == ("crashed", 0, 0, 0)
    assert run.summary()["steps"] == 0
