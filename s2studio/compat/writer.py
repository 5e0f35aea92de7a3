"""Writes the runs of a script into one session, in a thread of its own: the script goes on meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from s2studio.session.manifest import State
from s2studio.session.recorder import Recorder, SessionHeader
from s2studio.session.run_recorder import RunRecorder, ended_by
from s2studio.sim.counts import TickBlock

# What may wait to be written; beyond that the script waits.
_WAITING_BYTES = 2**28


class SessionWriter:
    """Hands the calls of a Recorder to one thread, in their order; what fails there is raised at the next call."""

    def __init__(self, path: Path, header: SessionHeader, overwrite: bool = False) -> None:
        self._recorder = Recorder(path, header, overwrite)
        self._thread = ThreadPoolExecutor(1, "s2studio session")
        self._waiting: deque[tuple[Future[None], int]] = deque()
        self._bytes = 0
        self._failure: BaseException | None = None

    @property
    def path(self) -> Path:
        """The folder of the session."""
        return self._recorder.path

    def start_run(self, **about: Any) -> RunWriter:
        """Begin a run: `about` is what `Recorder.start_run` takes."""
        return RunWriter(self, lambda: self._recorder.start_run(**about))

    def submit(self, job: Callable[[], None], size: int = 0) -> None:
        """Let the thread do `job`, which holds `size` bytes until then, after all others.

        Raises SessionError where one of those before failed.
        """
        while self._waiting and (self._waiting[0][0].done() or self._bytes + size > _WAITING_BYTES):
            self._take()
        self._waiting.append((self._thread.submit(job), size))
        self._bytes += size

    def flush(self) -> None:
        """Wait until everything is written. Raises SessionError where it cannot be."""
        while self._waiting:
            self._take()

    def close(self, state: State) -> None:
        """End the session after all that waits; what still waits when the user stops that is given up."""
        try:
            self.flush()
        except BaseException as problem:
            self._thread.shutdown(cancel_futures=True)
            self._recorder.close(ended_by(type(problem)))
            raise
        self._thread.shutdown()
        # What failed was told when it did; the session says that it is not whole.
        self._recorder.close(state if self._failure is None else ended_by(type(self._failure)))

    def _take(self) -> None:
        done, size = self._waiting.popleft()
        self._bytes -= size
        try:
            done.result()
        except BaseException as problem:
            self._failure = problem
            raise


class RunWriter:
    """One run of the session; `write` and `finish` return at once, and do nothing where it could not be begun."""

    def __init__(self, session: SessionWriter, start: Callable[[], RunRecorder]) -> None:
        self._session = session
        self._started: list[RunRecorder] = []
        session.submit(lambda: self._started.append(start()))

    def write(self, block: TickBlock) -> None:
        """Store `block`, which nobody changes any more."""

        def store() -> None:
            for run in self._started:
                run.write(block)

        self._session.submit(store, block.nbytes)

    def finish(self, state: State = "complete") -> None:
        """End the run."""

        def end() -> None:
            for run in self._started:
                run.finish(state)

        self._session.submit(end)
