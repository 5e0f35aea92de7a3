"""A service in its own process: replies, refusals and its death all come as messages."""

from __future__ import annotations

import os
import queue
import signal
import time
from collections.abc import Callable, Iterator
from typing import ClassVar

import pytest

from s2studio.app.remote import Emit, Ended, Message, Refusal, Remote, Reply, Stopped, Told
from s2studio.errors import Cancelled, NetworkError

SERVICE = "tests.app.test_remote:Parrot"
Start = Callable[[], tuple[Remote, "queue.SimpleQueue[Message]"]]


class Parrot:
    """A service that repeats, refuses, waits and dies."""

    IMMEDIATE: ClassVar[frozenset[str]] = frozenset({"now"})

    def __init__(self, emit: Emit) -> None:
        self._emit = emit

    def say(self, word: str) -> str:
        """Tell and return `word`."""
        self._emit(word)
        return word

    def now(self) -> str:
        """Answer at once."""
        return "now"

    def sleep(self, seconds: float) -> None:
        """Be busy."""
        time.sleep(seconds)

    def refuse(self) -> None:
        """Refuse."""
        raise NetworkError("node 'a'", "found", "limit", "hint")

    def fail(self) -> None:
        """Have a fault."""
        raise KeyError("oops")

    def cancelled(self) -> None:
        """Be cancelled."""
        raise Cancelled

    def fill(self, count: int) -> int:
        """Take memory."""
        return len(bytearray(count))

    def die(self) -> None:
        """End without a word."""
        os._exit(7)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a service, ended after the test."""
    made: list[Remote] = []

    def begin() -> tuple[Remote, queue.SimpleQueue[Message]]:
        messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        made.append(Remote(SERVICE, messages.put, 1 << 30))
        return made[-1], messages

    yield begin
    for remote in made:
        remote.close()


def test_that_events_come_before_the_reply(start: Start) -> None:
    remote, messages = start()
    number = remote.request("say", "hello")

    assert messages.get(timeout=30) == Told(number, "hello")
    assert messages.get(timeout=30) == Reply(number, "hello")


def test_that_a_refusal_keeps_its_parts(start: Start) -> None:
    remote, messages = start()
    remote.request("refuse")

    message = messages.get(timeout=30)
    assert isinstance(message, Refusal)
    assert isinstance(message.error, NetworkError)
    assert (message.error.subject, message.error.hint, message.trace) == ("node 'a'", "hint", "")


def test_that_a_fault_is_a_refusal_with_a_trace_and_the_service_goes_on(start: Start) -> None:
    remote, messages = start()
    remote.request("fail")
    again = remote.request("say", "still here")

    message = messages.get(timeout=30)
    assert isinstance(message, Refusal)
    assert "KeyError" in message.trace
    messages.get(timeout=30)
    assert messages.get(timeout=30) == Reply(again, "still here")


def test_that_a_command_that_cannot_wait_overtakes_one_that_works(start: Start) -> None:
    remote, messages = start()
    slow = remote.request("sleep", 0.5)
    quick = remote.request("now")

    assert messages.get(timeout=30) == Reply(quick, "now")
    assert messages.get(timeout=30) == Reply(slow, None)


def test_that_a_cancelled_command_says_so(start: Start) -> None:
    remote, messages = start()
    number = remote.request("cancelled")

    assert messages.get(timeout=30) == Stopped(number)


@pytest.mark.skipif(os.name != "posix", reason="memory is bounded by the system only there")
def test_that_memory_beyond_the_bound_is_a_refusal(start: Start) -> None:
    remote, messages = start()
    remote.request("fill", 4 << 30)

    message = messages.get(timeout=30)
    assert isinstance(message, Refusal)
    assert "memory" in message.error.found


def test_that_a_death_is_a_message(start: Start) -> None:
    remote, messages = start()
    remote.request("die")

    assert messages.get(timeout=30) == Ended(7)


@pytest.mark.skipif(os.name != "posix", reason="kills a process by signal")
def test_that_a_killed_service_is_told(start: Start) -> None:
    remote, messages = start()
    remote.request("sleep", 60)
    assert remote.pid is not None
    os.kill(remote.pid, signal.SIGKILL)

    assert messages.get(timeout=30) == Ended(-9)


def test_that_a_busy_service_ends_when_it_is_closed(start: Start) -> None:
    remote, messages = start()
    remote.request("sleep", 60)
    remote.close()

    assert messages.empty()
