"""What a file or folder that a user opens is: told from its name and first line, nothing of it is run."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from s2studio.app.loading import LAYER_SUFFIXES, SUFFIXES, how_to_import
from s2studio.app.project import SCHEMA
from s2studio.documents import document_schema
from s2studio.errors import NetworkError
from s2studio.network.stimulus import READERS, RECORDINGS

Kind = Literal["project", "network", "session", "stimulus", "mapping", "script", "chip", "program"]

_MANIFEST = "manifest.json"
_YAML = (".yaml", ".yml")
_SCHEMAS: dict[str, Kind] = {"project": "project", "network": "network", "mapping": "mapping", "chip": "chip"}


def kind_of(path: Path) -> Kind:
    """Return what `path` is. Raises NetworkError where it is nothing that s2studio takes."""
    if not path.exists():
        raise NetworkError(str(path), "no such file", hint="check the path")
    if path.is_dir():
        if (path / _MANIFEST).is_file():
            return "session"
        raise NetworkError(path.name, "a folder that is no session", hint="drop the files in it")
    if path.suffix in _YAML:
        schema = document_schema(path) or ""
        kind = _SCHEMAS.get(schema.partition("/")[0])
        if kind is None:
            expected = f"documents begin with 's2studio: {SCHEMA}', network/1, mapping/1 or chip/1"
            raise NetworkError(path.name, f"its first line says {schema or 'nothing'}", expected)
        return kind
    if path.suffix in (*SUFFIXES, *LAYER_SUFFIXES):
        return "network"
    if path.suffix in READERS or path.suffix in RECORDINGS:
        return "stimulus"
    if path.suffix == ".py":
        return "script"
    if path.suffix == ".pt2":
        return "program"
    raise NetworkError(
        path.name,
        f"a file of kind '{path.suffix}'",
        f"taken are {', '.join(known_suffixes())} and sessions (.s2s)",
        how_to_import(path),
    )


def known_suffixes() -> tuple[str, ...]:
    """Return the suffixes of files that can be opened."""
    return tuple(dict.fromkeys((*SUFFIXES, *LAYER_SUFFIXES, *READERS, *RECORDINGS, ".py", ".pt2")))
