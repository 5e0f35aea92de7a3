"""The family of errors that a user of s2studio can meet, each saying subject, found, limit and hint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

_COUNTED = {"pes": "PEs", "pe": "PE", "targets": "targets", "neurons": "neurons", "routing_entries": "routing entries"}


def printable(text: str) -> str:
    r"""Return `text` with what a terminal obeys or hides (control characters, escape sequences) written as `\x1b`."""
    return text if text.isprintable() else "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode()


@dataclass(frozen=True)
class Violation:
    """One way in which a network breaks a limit of the chip.

    `pe` and `slice` are names as printed (`PE(1, 1, 0)`, `3 of 8`), None where the limit belongs to no single one.
    `bytes` is what is needed and `free` what is there, in bytes; for limits that are not memory they are counts of
    what `region` names (`pes`, `pe`, `targets`, `neurons`, `routing_entries`).
    """

    pe: str | None
    population: str | None
    slice: str | None
    region: str
    bytes: int
    free: int
    remedy: str

    @property
    def subject(self) -> str:
        """What it is about: `population 'conv2', slice 3 of 8 on PE(2, 1, 0)`."""
        where = ", ".join(
            part
            for part in (
                f"population '{self.population}'" if self.population else "",
                f"slice {self.slice}" if self.slice else "",
            )
            if part
        )
        return f"{where} on {self.pe}" if self.pe and where else where or self.pe or "the network"

    @property
    def found(self) -> str:
        """What is needed: `synapses needs 101,224 B`, `161 PEs needed`."""
        counted = _COUNTED.get(self.region)
        return f"{self.bytes:,} {counted} needed" if counted else f"{self.region} needs {self.bytes:,} B"

    @property
    def limit(self) -> str:
        """What is there: `94,208 B are free`."""
        return f"{self.free:,} are free" if self.region in _COUNTED else f"{self.free:,} B are free"

    def __str__(self) -> str:
        return printable(f"{self.subject}: {self.found}, {self.limit}; {self.remedy}")


class S2StudioError(Exception):
    """A refusal that a user can act on.

    subject: the object it is about; found: what was found; limit: what is allowed; hint: what to do next. Names in
    them come from files of strangers: what is no letter is written out, never sent to a terminal.
    """

    def __init__(self, subject: str, found: str, limit: str = "", hint: str = "") -> None:
        subject, found, limit, hint = map(printable, (subject, found, limit, hint))
        super().__init__(subject, found, limit, hint)
        self.subject = subject
        self.found = found
        self.limit = limit
        self.hint = hint
        self.violations: tuple[Violation, ...] = ()

    def __str__(self) -> str:
        finding = ", ".join(part for part in (self.found, self.limit) if part)
        return f"{self.subject}: {finding}" + (f"; {self.hint}" if self.hint else "")

    def as_dict(self) -> dict[str, object]:
        """Return the JSON object that `--json` prints for this refusal."""
        return {
            "error": {"subject": self.subject, "found": self.found, "limit": self.limit, "hint": self.hint},
            "violations": [asdict(violation) for violation in self.violations],
        }


class UsageError(S2StudioError):
    """An option is missing or cannot be understood (exit code 2)."""


class ChipError(S2StudioError):
    """A chip description is incomplete or contradicts itself."""


class NetworkError(S2StudioError):
    """A model or stimulus file cannot be read, or a network is malformed."""


class LoweringError(S2StudioError):
    """A network cannot be turned into what the chip runs."""


class MappingError(S2StudioError):
    """A network does not fit the chip; `violations` lists every limit that is broken."""

    def __init__(
        self, subject: str, found: str, limit: str = "", hint: str = "", violations: Iterable[Violation] = ()
    ) -> None:
        super().__init__(subject, found, limit, hint)
        self.violations = tuple(violations)


class SimulationError(S2StudioError):
    """A program cannot be run as asked."""


class SessionError(S2StudioError):
    """A session cannot be written, opened or exported."""


class Cancelled(Exception):
    """The user stopped a long operation (exit code 130)."""
