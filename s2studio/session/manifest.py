"""The manifest of a session, `manifest.json`: what was run, from what, with which chip, and what the tables hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from s2studio.chip.spec import ChipSpec
from s2studio.errors import SessionError
from s2studio.session.chunks import TableContent
from s2studio.session.plain import from_plain, to_plain
from s2studio.session.provenance import Provenance
from s2studio.whole_file import write_whole

SCHEMA = 2
FILE = "manifest.json"
MAX_BYTES = 64 * 2**20

Origin = Literal["simulated", "measured"]
RunKind = Literal["ticks", "layers"]
State = Literal["running", "complete", "cancelled", "crashed"]
Json = dict[str, Any]
Texts = dict[int, tuple[Any, str]]


@dataclass(frozen=True)
class InputEntry:
    """A copy of a file that the run was made from: `role` (model, stimulus, project ...), `path` in the session."""

    role: str
    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class RunEntry:
    """A run: its folder inside the session, how far it came, and the content of its tables once they are complete.

    `kind` says whether a network ran tick by tick or layer by layer; a run of layers has inferences instead of ticks.
    """

    path: str
    state: State
    ticks: int = 0
    tables: Mapping[str, TableContent] = field(default_factory=dict)
    kind: RunKind = "ticks"


@dataclass(frozen=True)
class Manifest:
    """All of a session but its tables. `options` is what the user asked for; `provenance` is in no hash.

    `origin` says whether its runs were simulated or measured on a board, `hashes` what the content hashes of tables
    are made of: values one by one, or runs of equal values where there are such (see `session.content`).
    """

    version: str
    state: State
    network: str
    seed: int
    options: Mapping[str, Any]
    runtime: str
    inputs: tuple[InputEntry, ...]
    runs: tuple[RunEntry, ...]
    provenance: Provenance
    chip: ChipSpec
    origin: Origin = "simulated"
    hashes: Literal["values", "runs"] = "runs"


def _from_1(document: Json) -> Json:
    """Sessions of schema 1 store all counts and links, and hash every value."""
    return document | {"hashes": "values"}


# {schema version: what turns a manifest of it into one of the next version}
MIGRATIONS: Mapping[int, Callable[[Json], Json]] = {1: _from_1}


def write_manifest(folder: Path, manifest: Manifest, texts: Texts | None = None) -> None:
    """Write the manifest of the session at `folder`, the old one staying until the new one is complete.

    A line for each run. `texts` keeps the parts in words: give the same one each time, and a session of hundreds of
    runs does not write all of them anew with each.
    """
    kept = {} if texts is None else texts
    lines = [f'"s2studio": "session/{SCHEMA}"']
    for column in fields(manifest):
        value = getattr(manifest, column.name)
        if column.name == "runs":
            rows = ",\n  ".join(_text(run, kept) for run in value)
            lines.append(f'"runs": [\n  {rows}\n ]')
        else:
            lines.append(f'"{column.name}": {_text(value, kept)}')
    text = "{\n " + ",\n ".join(lines) + "\n}\n"
    write_whole(folder / FILE, lambda unfinished: unfinished.write_text(text, encoding="utf-8"), SessionError)


def _text(part: Any, kept: Texts) -> str:
    """Return `part` as JSON; the part itself is kept with its text, so that no other has its identity meanwhile."""
    if id(part) not in kept:
        kept[id(part)] = (part, json.dumps(to_plain(part), ensure_ascii=False))
    return kept[id(part)][1]


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of the session at `folder`; raises SessionError where there is none that can be read."""
    path = folder / FILE
    if not path.is_file():
        found = "is no session: it has no manifest.json" if folder.is_dir() else "no such folder"
        raise SessionError(str(folder), found, hint="name the folder NAME.s2s that `s2studio run` wrote")
    return from_plain(Manifest, _migrated(path, read_json(path)), str(path))


def write_json(path: Path, document: Json) -> None:
    """Write `document` to `path` through a temporary file beside it."""
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    write_whole(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"), SessionError)


def read_json(path: Path) -> Json:
    """Return the JSON object in `path`; raises SessionError where it is no such thing or larger than 64 MiB."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise SessionError(str(path), "is no file", hint="the session was changed")
        if size > MAX_BYTES:
            raise SessionError(str(path), f"{size:,} B", f"at most {MAX_BYTES:,} B are read")
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise SessionError(str(path), f"cannot be read: {problem.strerror or problem}") from problem
    except (ValueError, RecursionError) as problem:
        raise SessionError(str(path), f"is no JSON: {problem}", hint="the file is damaged") from problem
    if not isinstance(document, dict):
        raise SessionError(str(path), "holds no JSON object", hint="the file is damaged")
    return document


def inside(folder: Path, text: str) -> Path:
    """Return the path that `text`, relative, names in `folder`; raises SessionError where it leads out of it."""
    parts = PurePosixPath(text)
    path = folder.joinpath(*parts.parts)
    is_plain = not parts.is_absolute() and ".." not in parts.parts and not set("\\:\0") & set(text)
    if not is_plain or not path.resolve().is_relative_to(folder.resolve()):
        raise SessionError(str(folder / FILE), f"path '{text}'", "leads out of the session", "the file was changed")
    return path


def _migrated(path: Path, document: Json) -> Json:
    name, _, number = str(document.get("s2studio", "")).partition("/")
    if name != "session" or not number.isdecimal():
        raise SessionError(str(path), "is no manifest of a session", f"'s2studio: session/{SCHEMA}' is expected")
    version = int(number)
    if version > SCHEMA:
        raise SessionError(
            str(path), f"schema session/{version}", f"this s2studio reads up to session/{SCHEMA}", "upgrade s2studio"
        )
    for step in range(version, SCHEMA):
        if step not in MIGRATIONS:
            raise SessionError(str(path), f"schema session/{version}", "no longer known")
        document = MIGRATIONS[step](document)
    return document
