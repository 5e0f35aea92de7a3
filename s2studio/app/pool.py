"""The same work on many inputs, each in a fresh process, as the results come: stopped at once when asked to."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.managers import SyncManager
from queue import Queue
from typing import Any, TypeVar

from s2studio.errors import SimulationError

Result = TypeVar("Result")

# How often it is looked whether to stop.
LOOK_S = 0.2


def each_finished(
    function: Callable[..., Result],
    inputs: Sequence[tuple[Any, ...]],
    jobs: int,
    subject: str,
    look: Callable[[int], None],
) -> Iterator[Result]:
    """Yield `function(*input)` of each of `inputs` as it is done, `jobs` at once in processes of their own.

    `look` is told how many are done, several times a second, and may raise Cancelled, which ends the processes. A
    process that dies is a SimulationError about `subject`.
    """
    if not inputs:
        return
    with _workers(min(jobs, len(inputs))) as pool:
        open_jobs: set[Future[Result]] = {pool.submit(function, *each) for each in inputs}
        done = 0
        while open_jobs:
            finished, open_jobs = wait(open_jobs, LOOK_S, FIRST_COMPLETED)
            for job in finished:
                try:
                    yield job.result()
                except BrokenProcessPool as problem:
                    found = "a process that ran a combination died"
                    hint = "run it again; with fewer --jobs if memory ran out"
                    raise SimulationError(subject, found, hint=hint) from problem
                done += 1
            look(done)


@contextmanager
def messages() -> Iterator[Queue[Any]]:
    """Yield a queue that may be given to other processes, for what they tell meanwhile."""
    manager = SyncManager(ctx=multiprocessing.get_context("spawn"))
    manager.start(_leave_ctrl_c_to_the_parent)
    try:
        yield manager.Queue()
    finally:
        manager.shutdown()


@contextmanager
def _workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of fresh processes, which end at once when its user does."""
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), initializer=_leave_ctrl_c_to_the_parent)
    try:
        yield pool
        pool.shutdown()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()


def _leave_ctrl_c_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
