"""The thread behind a recorder: all in order, memory bounded, nothing lost silently."""

from __future__ import annotations

import threading
import time

import pytest

from s2studio.session.worker import Worker


def test_that_items_are_worked_on_in_order_and_flushed() -> None:
    done: list[object] = []
    worker = Worker(done.append, lambda: done.append("flush"), lambda item: 1, 60, 10)
    for number in range(100):
        worker.give(number)
    worker.flush()
    assert done == [*range(100), "flush"]
    worker.flush()
    worker.finish()
    assert done == [*range(100), "flush"]


def test_that_what_waits_long_enough_is_flushed_without_asking() -> None:
    flushed = threading.Event()
    worker: Worker[int] = Worker(lambda item: None, flushed.set, lambda item: 1, 0.05, 10)
    worker.give(1)
    assert flushed.wait(10)
    worker.finish()


def test_that_more_than_may_wait_makes_the_giver_wait() -> None:
    gate, given = threading.Event(), []

    def wait(item: int) -> None:
        gate.wait(10)

    worker = Worker(wait, lambda: None, lambda item: 6, 60, 10)

    def give() -> None:
        for number in range(3):
            worker.give(number)
            given.append(number)

    giver = threading.Thread(target=give)
    giver.start()
    time.sleep(0.2)
    assert given == [0]
    gate.set()
    giver.join(10)
    worker.finish()
    assert given == [0, 1, 2]


def test_that_a_failure_is_raised_at_the_next_call_and_ever_after() -> None:
    def fail(item: int) -> None:
        raise ZeroDivisionError

    worker = Worker(fail, lambda: None, lambda item: 1, 60, 10)
    worker.give(1)
    for call in (worker.flush, worker.flush, worker.finish):
        with pytest.raises(ZeroDivisionError):
            call()
