"""Run control: a run gets exactly the ticks that it was granted."""

from __future__ import annotations

import threading

import pytest

from s2studio.app.control import RunControl
from s2studio.errors import Cancelled


def test_that_a_run_is_free_by_default() -> None:
    assert RunControl().grant(100) == 100


def test_that_a_step_grants_its_ticks_and_no_more() -> None:
    control = RunControl()
    control.step(3)

    assert control.grant(2) == 2
    assert control.grant(2) == 1
    control.step(5)
    assert control.grant(100) == 5


def test_that_a_paused_run_waits_until_it_goes_on() -> None:
    control = RunControl()
    control.pause()
    threading.Timer(0.05, control.resume).start()

    assert control.grant(7) == 7


def test_that_a_stopped_run_gets_nothing() -> None:
    control = RunControl()
    control.pause()
    control.stop()

    assert control.grant(7) == 0
    assert control.is_stopped


def test_that_a_waiting_run_can_be_cancelled() -> None:
    control = RunControl()
    control.pause()

    def cancelled() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        control.grant(1, cancelled)


def test_that_a_slow_run_is_granted_few_ticks_at_once() -> None:
    control = RunControl()
    control.set_speed(100.0)

    assert control.grant(1000) <= 10
