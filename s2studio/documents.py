"""YAML documents that people write: read safely, every key with its line, the nearest known key for an unknown one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from s2studio.errors import S2StudioError

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_BYTES = 64 * 2**20
# Letters of a value that an error repeats.
MAX_FOUND = 200
# PyYAML nests a C function for each level: some ten thousand levels overflow the stack, which ends the process.
MAX_DEPTH = 100
# Python refuses to print a number of thousands of digits, and YAML has ways to write one.
MAX_INTEGER = 10**100


# When a file was last written (ns) and its size (B); None where there is none.
Written = tuple[int, int] | None


class Section(dict[str, Any]):
    """A mapping of the document; `line` is where it starts, `lines` where each of its keys stands (from 1)."""

    line: int
    lines: dict[str, int]


class _Loader(_Base):  # type: ignore[misc]
    """A safe loader whose mappings are `Section`s with text keys, each key at most once."""

    depth = 0

    def descend_resolver(self, parent: Any, _index: Any) -> None:
        """Count the levels: the loader calls this when it enters a node."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.constructor.ConstructorError(None, None, f"nested more than {MAX_DEPTH} deep", parent.start_mark)

    def ascend_resolver(self) -> None:
        """Count the levels: the loader calls this when it leaves a node."""
        self.depth -= 1


def _section(loader: Any, node: yaml.MappingNode) -> Iterable[Section]:
    section = Section()
    section.line = node.start_mark.line + 1
    section.lines = {}
    yield section
    for key_node, value_node in node.value:
        key = loader.construct_scalar(key_node)
        if key in section.lines:
            raise yaml.constructor.ConstructorError(None, None, f"key '{key}' stands twice", key_node.start_mark)
        section.lines[key] = key_node.start_mark.line + 1
        section[key] = loader.construct_object(value_node, deep=True)


def _integer(loader: Any, node: yaml.ScalarNode) -> int:
    value = int(yaml.constructor.SafeConstructor.construct_yaml_int(loader, node))
    if abs(value) >= MAX_INTEGER:
        raise yaml.constructor.ConstructorError(None, None, "a number of more than 100 digits", node.start_mark)
    return value


_Loader.add_constructor("tag:yaml.org,2002:map", _section)
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `did you mean 'x'?` for the known name most like `name`, or the list of all where none is like it."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else f"known are {', '.join(names)}"


@dataclass(frozen=True)
class Document:
    """A YAML file whose root is a mapping; `error` is the class of the errors it raises."""

    path: Path
    error: type[S2StudioError]
    root: Section

    def refuse(self, section: Section, key: str | None, found: str, limit: str = "", hint: str = "") -> S2StudioError:
        """Return the error that says what is wrong with `key` of `section`, with its line."""
        line = section.lines.get(key, section.line) if key else section.line
        return self.error(f"{self.path.name}, line {line}", _shortened(found), limit, hint)

    def check_keys(self, section: Section, known: Iterable[str], required: Iterable[str] = ()) -> None:
        """Raise for a key of `section` that is not `known`, or for a `required` one that is missing."""
        names = set(known)
        for key in section:
            if key not in names:
                raise self.refuse(section, key, f"unknown key '{key}'", hint=nearest(key, names))
        for key in required:
            if key not in section:
                raise self.refuse(section, None, f"key '{key}' is missing")

    def section(self, parent: Section, key: str) -> Section:
        """Return the mapping at `key`, empty where the key is missing or null; raise where it is something else."""
        value = parent.get(key)
        if value is None:
            value = Section()
            value.line, value.lines = parent.lines.get(key, parent.line), {}
        if not isinstance(value, Section):
            raise self.refuse(parent, key, f"'{key}' is {value!r}", "a mapping is expected")
        return value

    def inside(self, section: Section, key: str | None, text: str) -> Path:
        """Return the path that `text` names in the document's folder.

        Raises where it leads out of it, through `..`, a link or a root: a document from a stranger reads nothing else.
        """
        folder = self.path.parent
        path = folder / text
        try:
            leaves = "\0" in text or not path.resolve().is_relative_to(folder.resolve())
            path.exists()
        except (OSError, RuntimeError, ValueError):  # a name that is too long, links that go round in circles
            leaves = True
        if leaves:
            found = f"'{text[:80]}' leads out of the folder of this file"
            raise self.refuse(section, key, found, hint="copy what it names into the folder, or name it with an option")
        return path


def read_document(path: Path, schema: str, error: type[S2StudioError]) -> Document:
    """Return the document at `path`, whose key `s2studio` must be `schema`, such as `network/1`.

    Raises `error` where the file cannot be read, is larger than 64 MiB, is not YAML or is another kind of document.
    """
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise error(str(path), "is a folder" if path.is_dir() else "is no file", hint="check the path")
        if size > MAX_BYTES:
            raise error(
                str(path), f"{size:,} B", f"a document may have {MAX_BYTES:,} B", "put large data into .npz files"
            )
        content = path.read_bytes()
        root = yaml.load(content, Loader=_Loader)  # noqa: S506 - _Loader is a safe loader
        if b"*" in content:
            _check_aliases(root)
    except OSError as problem:
        raise error(str(path), problem.strerror or str(problem), hint="check the path") from problem
    except (yaml.YAMLError, ValueError, RecursionError) as problem:
        raise error(str(path), f"not valid YAML: {_one_line(problem)}") from problem
    if not isinstance(root, Section):
        raise error(str(path), "no mapping at the top", f"the first line must be 's2studio: {schema}'")
    document = Document(path, error, root)
    if root.get("s2studio") != schema:
        raise document.refuse(
            root,
            "s2studio",
            f"'s2studio: {root.get('s2studio')}'",
            f"'s2studio: {schema}' is expected in the first line",
        )
    return document


def document_schema(path: Path) -> str | None:
    """Return what the first line says the document is (`network/1`), None where it does not say."""
    try:
        with path.open(encoding="utf-8") as file:
            key, _, value = file.readline(200).partition(":")
    except (OSError, UnicodeDecodeError):
        return None
    return value.split("#")[0].strip() if key.strip() == "s2studio" else None


def _check_aliases(root: Any) -> None:
    """Raise ValueError where aliases stand for more than a file may hold."""
    sizes: dict[int, int] = {}

    def letters(value: Any) -> int:
        """Return about how long `value` is with every alias written out."""
        if not isinstance(value, (dict, list)):
            return len(value) if isinstance(value, str) else 1
        if id(value) not in sizes:
            sizes[id(value)] = 1 + sum(map(letters, value.values() if isinstance(value, dict) else value))
        return sizes[id(value)]

    if letters(root) > MAX_BYTES:
        raise ValueError("its aliases stand for more than 64 MiB")


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_FOUND else f"{text[: MAX_FOUND - 3]}..."


def _one_line(problem: Exception) -> str:
    mark = getattr(problem, "problem_mark", None)
    text = getattr(problem, "problem", None) or str(problem)
    return f"{text} (line {mark.line + 1})" if mark else " ".join(str(text).split())


def written(path: Path | None) -> Written:
    """Return what tells whether the file at `path` was written since."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size)
