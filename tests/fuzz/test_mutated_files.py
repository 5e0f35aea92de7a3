"""Mutated files of every kind that s2studio reads: each is read or refused in words, soon and in bounded memory.

`S2STUDIO_FUZZ=N` takes N times as many (`make fuzz`); the seeds are fixed, so that a failure can be repeated. With
pytest's `-s` the figures are printed at the end.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

import s2studio
from s2studio.app.dataset import read_dataset
from s2studio.app.project import Project, RunOptions, open_project
from s2studio.app.workbench import Workbench
from s2studio.errors import S2StudioError
from s2studio.mapping.file import write_mapping
from s2studio.network.stimulus import RECORDINGS, EventOptions, Target, read_stimulus
from s2studio.session.measured import measured_about
from s2studio.session.network_file import read_network
from s2studio.session.results_file import read_results
from tests.network.stimulus.recordings import camera, packet, write_aedat3, write_tonic
from tests.session.board_results import results_of, write_results

TIMES = int(os.environ.get("S2STUDIO_FUZZ", "1"))
LIMIT_S = 20
resource = pytest.importorskip("resource")

# Of this process, with all that its tests have imported, and of the largest child.
MAX_RSS_BYTES = 2 * 2**30
TARGETS = {"in": Target(2 * 34 * 34, (2, 34, 34))}
NETWORK = """s2studio: network/1
populations:
  in: {model: spike_list, size: 4}
  out: {model: lif, size: 2, params: {threshold: 10.0, alpha_decay: 0.9}}
projections:
  - {pre: in, post: out, weights: {rule: all_to_all, weight: 5}, delay: 0}
"""

Read = Callable[[Path], object]


def mutate(content: bytes, random: np.random.Generator) -> bytes:
    """Return `content` cut, or with bits flipped, bytes written over, a part repeated, or a number made huge."""
    data = bytearray(content)
    kind = int(random.integers(5))
    start = int(random.integers(len(data)))
    if kind == 0:
        return bytes(data[:start])
    if kind == 1:
        for place in random.integers(len(data), size=int(random.integers(1, 20))):
            data[place] ^= 1 << int(random.integers(8))
        return bytes(data)
    stop = min(len(data), start + int(random.integers(1, 64)))
    if kind == 2:
        data[start:stop] = random.bytes(stop - start)
    elif kind == 3:
        data[start:start] = data[start:stop] * int(random.integers(1, 50))
    else:
        data[start : start + 8] = random.choice([b"\xff" * 8, b"99999999", b"[[[[[[[[", b"\x00" * 8])
    return bytes(data)


@contextmanager
def within(seconds: int) -> Iterator[None]:
    """Fail where the block takes more processor time, or waits very much longer: the machine may be busy."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"took more than {seconds} s")

    timers = ((signal.ITIMER_PROF, signal.SIGPROF, seconds), (signal.ITIMER_REAL, signal.SIGALRM, 30 * seconds))
    before = [signal.signal(number, stop) for _, number, _ in timers]
    for timer, _, limit in timers:
        signal.setitimer(timer, limit)
    try:
        yield
    finally:
        for (timer, number, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def stimulus(path: Path) -> object:
    return read_stimulus(path, TARGETS, None, 1e-3 if path.suffix in RECORDINGS else None)


def archive(path: Path) -> object:
    return [sample.read() for sample in read_dataset(path, {"in": Target(6, None)})]


def cuts(path: Path) -> object:
    return [sample.read() for sample in read_dataset(path.parent, TARGETS, 1e-3)]


def summary(folder: Path, _file: Path) -> object:
    session = s2studio.open_session(folder)
    found = session.runs[0].summary()
    session.verify()
    return found


def write_csv(path: Path) -> None:
    path.write_text("population,neuron,step\n" + "".join(f"in,{n},{3 * n}\n" for n in range(60)), encoding="utf-8")


def write_npy(path: Path) -> None:
    np.save(path, np.eye(30, 2 * 34 * 34, dtype=np.uint8))


def write_npz(path: Path) -> None:
    columns = {"neuron": np.arange(40), "step": np.arange(40), "population": np.array(["in"] * 40)}
    np.savez_compressed(path, allow_pickle=False, **columns)


def write_bin(path: Path) -> None:
    events = np.random.default_rng(0).integers(0, 34, (100, 5), dtype=np.uint8)
    events[:, 2] |= 128
    path.write_bytes(events.tobytes())


def write_dat(path: Path) -> None:
    words = np.random.default_rng(0).integers(0, 34, (100, 2), dtype=np.uint32)
    words[:, 1] |= words[:, 0] << 14
    path.write_bytes(b"% Version 2\n% Width 34\n% Height 34\n\x0c\x08" + words.astype("<u4").tobytes())


def write_aedat(path: Path) -> None:
    write_aedat3(path, [packet(camera(seed, 40)) for seed in range(3)])


def write_h5(path: Path) -> None:
    write_tonic(path, camera(0), 3)


def write_cuts(path: Path) -> None:
    write_aedat(path.with_name("file.aedat"))
    path.write_text("class,startTime_usec,endTime_usec\n" + "".join(f"{n},{n}000,{n}900\n" for n in range(1, 20)))


def write_archive(path: Path) -> None:
    np.savez_compressed(path, spikes=np.eye(30, dtype=np.uint8).reshape(5, 30, 6), labels=np.arange(5))


def write_network(path: Path) -> None:
    path.write_text(NETWORK, encoding="utf-8")


KINDS: dict[str, tuple[str, Callable[[Path], None], Read, int]] = {
    "csv": (".csv", write_csv, stimulus, 300),
    "npy": (".npy", write_npy, stimulus, 300),
    "npz": (".npz", write_npz, stimulus, 300),
    "archive": (".npz", write_archive, archive, 200),
    "n-mnist": (".bin", write_bin, stimulus, 200),
    "prophesee": (".dat", write_dat, stimulus, 200),
    "aedat 3.1": (".aedat", write_aedat, stimulus, 300),
    "labels of aedat 3.1": ("_labels.csv", write_cuts, cuts, 100),
    "tonic": (".h5", write_h5, stimulus, 15),
    "network": (".yaml", write_network, s2studio.load_network, 300),
}


@dataclass
class Tally:
    """What was read so far."""

    files: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    children_before: int = 0

    @property
    def most_bytes(self) -> int:
        """The most memory that this process held for it, or a child, where that is more than any child before it."""
        children = max_rss(resource.RUSAGE_CHILDREN)
        return max(peak_bytes(), children if children > self.children_before else 0)

    def __str__(self) -> str:
        mib = self.most_bytes / 2**20
        figures = f"{self.files:,} files, {self.refused:,} refused, slowest {self.slowest_s:.2f} s"
        return f"fuzz: {figures}, at most {mib:,.0f} MiB in a process"


def peak_bytes() -> int:
    """Return the most memory this process held since `forget_peak`, where the system tells, else since its start."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return max_rss(resource.RUSAGE_SELF)


def forget_peak() -> None:
    """Begin to measure anew: tests before these may have taken more."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def max_rss(who: int) -> int:
    """Return the most memory that this process, or a child of it, ever held."""
    found: int = resource.getrusage(who).ru_maxrss
    return found * (1 if sys.platform == "darwin" else 1024)


@pytest.fixture(scope="module")
def tally() -> Iterator[Tally]:
    forget_peak()
    found = Tally(children_before=max_rss(resource.RUSAGE_CHILDREN))
    yield found
    sys.stdout.write(f"\n{found}\n")


def fuzz(original: bytes, path: Path, read: Read, count: int, seed: int, tally: Tally) -> int:
    """Read `count` mutations of `original` written to `path`; return how many were refused."""
    refused = 0
    for number in range(count * TIMES):
        path.write_bytes(mutate(original, np.random.default_rng([seed, number])))
        began = time.monotonic()
        try:
            with within(LIMIT_S):
                read(path)
        except S2StudioError as error:
            refused += bool(error.subject and error.found)
        except Exception as problem:
            raise AssertionError(f"mutation {number} of seed {seed} raised {problem!r}") from problem
        tally.slowest_s = max(tally.slowest_s, time.monotonic() - began)
    tally.files += count * TIMES
    tally.refused += refused
    assert tally.most_bytes < MAX_RSS_BYTES
    return refused


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="the time limit of a file needs SIGALRM")
class TestMutatedFiles:
    @pytest.mark.parametrize("kind", KINDS)
    def test_that_a_mutated_file_is_read_or_refused_in_words(self, tmp_path: Path, kind: str, tally: Tally) -> None:
        suffix, write, read, count = KINDS[kind]
        path = tmp_path / f"file{suffix}"
        write(path)
        read(path)
        assert fuzz(path.read_bytes(), path, read, count, len(kind), tally) > 0

    def test_that_a_mutated_project_is_read_or_refused(self, tmp_path: Path, repository: Path, tally: Tally) -> None:
        original = (repository / "sample_projects/lif_neuron/project.yaml").read_bytes()
        assert fuzz(original, tmp_path / "project.yaml", open_project, 200, 11, tally) > 0

    def test_that_a_mutated_mapping_is_read_or_refused(self, tmp_path: Path, tally: Tally) -> None:
        model, file = tmp_path / "network.yaml", tmp_path / "mapping.yaml"
        write_network(model)
        write_mapping(Workbench(Project(model=model, run=RunOptions(steps=5))).map(), file)

        def read(path: Path) -> object:
            return Workbench(Project(model=model, run=RunOptions(steps=5), mapping_file=path)).map()

        read(file)
        assert fuzz(file.read_bytes(), file, read, 80, 12, tally) > 0

    def test_that_a_mutated_session_is_read_or_refused(self, tmp_path: Path, repository: Path, tally: Tally) -> None:
        folder = tmp_path / "run.s2s"
        Workbench(open_project(repository / "sample_projects/lif_neuron/project.yaml")).run(folder)
        for number, original in enumerate(sorted(path for path in folder.rglob("*") if path.is_file())):
            copy = tmp_path / f"{number}.s2s"
            shutil.copytree(folder, copy)
            fuzz(
                original.read_bytes(),
                copy / original.relative_to(folder),
                partial(summary, copy),
                10,
                20 + number,
                tally,
            )

    def test_that_a_mutated_nir_file_is_read_or_refused(self, tmp_path: Path, repository: Path, tally: Tally) -> None:
        original = next((repository / "sample_projects/lif_neuron").glob("*.nir")).read_bytes()
        assert fuzz(original, tmp_path / "model.nir", s2studio.load_network, 30, 13, tally) > 0

    def test_that_a_mutated_aedat4_recording_is_read_or_refused(
        self, tmp_path: Path, conformance: Path, tally: Tally
    ) -> None:
        pytest.importorskip("aedat", reason="the package 'aedat' (extra 'events') is not installed")
        original = (conformance / "events/sample.aedat4").read_bytes()[:100_000]
        targets = {"in": Target(320 * 240, (1, 240, 320))}

        def read(path: Path) -> object:
            return read_stimulus(path, targets, options=EventOptions(1e-3, polarity="merged"))

        assert fuzz(original, tmp_path / "file.aedat4", read, 15, 14, tally) > 0

    def test_that_mutated_results_of_a_board_are_read_or_refused(
        self, tmp_path: Path, repository: Path, tally: Tally
    ) -> None:
        folder, file = tmp_path / "run.s2s", tmp_path / "results.npz"
        Workbench(open_project(repository / "sample_projects/lif_neuron/project.yaml")).run(folder)
        run = s2studio.open_session(folder).runs[0]
        write_results(file, results_of(run))

        def read(path: Path) -> object:
            return measured_about(run.about, read_results([path]), run.machine)

        read(file)
        assert fuzz(file.read_bytes(), file, read, 200, 16, tally) > 0

    def test_that_a_mutated_network_of_a_session_is_read_or_refused(
        self, tmp_path: Path, repository: Path, tally: Tally
    ) -> None:
        folder = tmp_path / "run.s2s"
        Workbench(open_project(repository / "sample_projects/lif_neuron/project.yaml")).run(folder)
        (file,) = (folder / "networks").iterdir()
        assert fuzz(file.read_bytes(), file, read_network, 200, 15, tally) > 0

    def test_that_at_least_2000_files_were_read(self, tally: Tally) -> None:
        if not tally.files:
            pytest.skip("the other tests of this file did not run")
        assert tally.files >= 2000
