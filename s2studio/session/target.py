"""Where a session is written: a new folder, or one beside the session that it will replace once it is complete."""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from s2studio.errors import SessionError
from s2studio.session.manifest import FILE, read_manifest
from s2studio.session.provenance import is_being_written


def check_target(path: Path, overwrite: bool) -> None:
    """Raise SessionError where a session cannot be written to `path`: cheap, so ask before a long run.

    `overwrite` allows `path` to be a session that no one is writing; any other file or folder is never replaced.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not overwrite:
        raise SessionError(str(path), "exists already", hint="choose another name or add --overwrite")
    if not (path / FILE).is_file():
        raise SessionError(str(path), "is no session", "only a session is overwritten", "choose another name")
    try:
        old = read_manifest(path)
    except SessionError:
        return
    if old.state == "running" and is_being_written(old.provenance, path):
        raise SessionError(str(path), f"is being written by process {old.provenance.pid}", hint="choose another name")


def free_path(wanted: Path) -> Path:
    """Return `wanted`, or the first of `NAME-2.s2s`, `NAME-3.s2s` ... that does not exist."""
    path, number = wanted, 1
    while path.exists():
        number += 1
        path = wanted.with_stem(f"{wanted.stem}-{number}")
    return path


def reserved_path(wanted: Path) -> Path:
    """Create the first of `wanted`, `NAME-2.s2s` ... that does not exist as an empty folder, and return it.

    Two programs that ask at the same moment get different ones.
    """
    while True:
        path = free_path(wanted)
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as problem:
            hint = "choose a folder you may write to"
            raise SessionError(str(path), f"cannot be created: {problem.strerror or problem}", hint=hint) from problem
        return path


class Target:
    """The folder a recorder writes to. `folder` is where it writes now, `path` where the session shall stand."""

    def __init__(self, path: Path, overwrite: bool) -> None:
        self.path = path
        try:
            check_target(path, overwrite)
            self.replaces = (path / FILE).is_file()
            self.folder = path.with_name(f"{path.name}.partial-{secrets.token_hex(4)}") if self.replaces else path
            # Who finds no folder makes it, or is refused: another program may do so at this moment.
            self.folder.mkdir(parents=True, exist_ok=path.exists() and not self.replaces)
        except OSError as problem:
            raise SessionError(
                str(path), f"cannot be created: {problem.strerror or problem}", hint="choose a folder you may write to"
            ) from problem

    def keep(self) -> None:
        """Put the complete session in its place; the one it replaces is removed only then."""
        if not self.replaces:
            return
        aside = self.path.with_name(f"{self.path.name}.old-{secrets.token_hex(4)}")
        try:
            self.path.rename(aside)
            try:
                self.folder.rename(self.path)
            except OSError:
                aside.rename(self.path)
                raise
        except OSError as problem:
            found = f"cannot be replaced: {problem.strerror or problem}"
            raise SessionError(str(self.path), found, hint=f"the new one is {self.folder}") from problem
        self.folder = self.path
        shutil.rmtree(aside, ignore_errors=True)

    def discard(self) -> None:
        """Remove what was written."""
        with suppress(OSError):
            shutil.rmtree(self.folder)
