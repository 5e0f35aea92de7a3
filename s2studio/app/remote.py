"""A service in a process of its own: requests go in, replies and events come out, and its death is a message too."""

from __future__ import annotations

import importlib
import itertools
import multiprocessing
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, ClassVar, Protocol

from s2studio.errors import Cancelled, S2StudioError, SimulationError

CLOSE_S = 2.0


@dataclass(frozen=True)
class Reply:
    """The request was done; `value` is what it returned."""

    request: int
    value: Any


@dataclass(frozen=True)
class Refusal:
    """The request was refused; `trace` is the traceback where it was no refusal but a fault of ours."""

    request: int
    error: S2StudioError
    trace: str = ""


@dataclass(frozen=True)
class Stopped:
    """The request was cancelled."""

    request: int


@dataclass(frozen=True)
class Told:
    """Something happened while the request was worked on."""

    request: int
    event: Any


@dataclass(frozen=True)
class Ended:
    """The process is gone, and every request that was under way with it; `exit_code` negative: the signal."""

    exit_code: int | None


Message = Reply | Refusal | Stopped | Told | Ended
Emit = Callable[[Any], None]


class Service(Protocol):
    """What runs in the process. A method is a command; those in `IMMEDIATE` must be short, and overtake the others."""

    IMMEDIATE: ClassVar[frozenset[str]]


class Remote:
    """The near end of a service. Messages are handed to `receive` by a thread of their own, in order.

    `service` names what makes it, in the other process, from a function that emits events: `package.module:Class`.
    `memory_bytes` bounds what the process may take (None: no bound; only where the system can).
    """

    def __init__(self, service: str, receive: Callable[[Message], None], memory_bytes: int | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self._near, far = context.Pipe()
        self._receive = receive
        self._numbers = itertools.count(1)
        self._process = context.Process(target=serve, args=(far, service, memory_bytes), name="s2studio service")
        self._process.start()
        far.close()
        self._closing = False
        self._listener = threading.Thread(target=self._listen, name="s2studio listener", daemon=True)
        self._listener.start()

    @property
    def pid(self) -> int | None:
        """The process id of the service."""
        return self._process.pid

    def request(self, command: str, *arguments: Any) -> int:
        """Ask for `command` and return the number under which its messages come."""
        number = next(self._numbers)
        with suppress(OSError):  # the listener tells that the process is gone
            self._near.send((number, command, arguments))
        return number

    def close(self) -> None:
        """End the process, whatever it does. Nothing is received afterwards."""
        self._closing = True
        with suppress(OSError):
            self._near.send(None)
        self._process.join(CLOSE_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._listener.join(CLOSE_S)
        self._near.close()

    def _listen(self) -> None:
        with suppress(EOFError, OSError, TypeError):  # TypeError: closed by another thread while it reads
            while True:
                message = self._near.recv()
                if self._closing:
                    return
                self._receive(message)
        self._process.join(CLOSE_S)
        if not self._closing:
            self._receive(Ended(self._process.exitcode))


def serve(connection: Connection, service: str, memory_bytes: int | None) -> None:
    """Work on what comes through `connection` until its other end is gone: the body of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if memory_bytes is not None:
        _bound_memory(memory_bytes)
    module, _, name = service.partition(":")
    _Server(connection, getattr(importlib.import_module(module), name)).run()


class _Server:
    """Commands run one after another in a thread; the main thread listens, and runs those that cannot wait."""

    def __init__(self, connection: Connection, make: Callable[[Emit], Service]) -> None:
        self._connection = connection
        self._sending = threading.Lock()
        self._current = 0
        self._jobs: queue.SimpleQueue[tuple[int, str, tuple[Any, ...]]] = queue.SimpleQueue()
        self._service = make(lambda event: self._send(Told(self._current, event)))

    def run(self) -> None:
        threading.Thread(target=self._work, name="s2studio commands", daemon=True).start()
        while True:
            try:
                asked = self._connection.recv()
            except (EOFError, OSError):
                asked = None
            if asked is None:
                os._exit(0)  # whoever asked is gone: nobody needs what still runs
            number, command, arguments = asked
            if command in self._service.IMMEDIATE:
                self._send(self._answer(number, command, arguments))
            else:
                self._jobs.put((number, command, arguments))

    def _work(self) -> None:
        while True:
            number, command, arguments = self._jobs.get()
            self._current = number
            self._send(self._answer(number, command, arguments))

    def _answer(self, number: int, command: str, arguments: tuple[Any, ...]) -> Message:
        try:
            return Reply(number, getattr(self._service, command)(*arguments))
        except S2StudioError as refusal:
            return Refusal(number, refusal)
        except Cancelled:
            return Stopped(number)
        except MemoryError:
            hint = "close what you do not need, or make the network or the span smaller"
            return Refusal(number, SimulationError(command, "not enough memory", hint=hint))
        except Exception as fault:  # noqa: BLE001 - whatever it is, the window must go on
            found = f"{type(fault).__name__}: {fault}"
            error = SimulationError(command, found, "this is a fault of s2studio", "please report it with the log")
            return Refusal(number, error, traceback.format_exc())

    def _send(self, message: Message) -> None:
        with self._sending, suppress(BrokenPipeError, ConnectionResetError):
            self._connection.send(message)


def _bound_memory(limit_bytes: int) -> None:
    """Bound the memory this process may write to, where the system can."""
    if sys.platform == "win32":
        return
    import resource

    # Compilers and thread stacks reserve far more address space than they use, so data is bounded, not address space.
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit_bytes, limit_bytes))
