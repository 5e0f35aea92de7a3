"""A chip file: read, joined with the file it extends, and checked leaf by leaf into quantities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

from s2studio.chip.spec import Quantity, Scalar, Value
from s2studio.documents import Section, nearest, read_document
from s2studio.errors import ChipError
from s2studio.resources import resource_path

FORMAT = "chip/1"
REFERENCE = "spinnaker2"
# In these tables a file may add entries of its own, with the leaves that the reference file's entries have.
_TABLES = (
    "levels",
    "models",
    "runtimes",
    "measured_power.asleep",
    "measured_power.arm_busy",
    "measured_power.mla_busy",
)
_HEAD = ("s2studio", "extends", "name", "title", "label", "is_spinnaker2", "default_runtime", "sources")
_LEAF = ("value", "unit", "source", "mark")
_LEAF_OPTIONAL = ("range", "note")
_MARKS = ("measured", "derived", "estimate")
_MOST_LEAVES = 10_000
_MOST_VALUES = 100_000
_DEEPEST = 6


@dataclass(frozen=True)
class ChipDocument:
    """A chip file joined with what it extends: its head (name, title, ...), and quantities by key with their places."""

    file: str
    head: Mapping[str, Any]
    sources: Mapping[str, str]
    quantities: Mapping[str, Quantity]
    places: Mapping[str, str]

    def refuse(self, key: str, found: str, limit: str = "", hint: str = "") -> ChipError:
        """Return the error that says what is wrong with `key`."""
        return _refuse(self.places.get(key, self.file), key, found, limit, hint)


@dataclass(frozen=True)
class _Leaf:
    """What stands at a key of a file before it is checked (None takes the key out of the file that is extended)."""

    key: str
    node: Any
    place: str


def chip_path(name: str | Path) -> Path:
    """Return the file of the shipped chip `name`, or `name` itself where it is a path to a YAML file."""
    path = Path(name)
    if path.suffix.lower() in (".yaml", ".yml"):
        return path
    shipped = {file.stem: file for file in resource_path("chips").glob("*.yaml")}
    if str(name) not in shipped:
        found = "no chip of that name ships, and it is not the path of a .yaml file"
        raise ChipError(f"chip '{name}'", found, hint=nearest(str(name), shipped))
    return shipped[str(name)]


def read_chip_document(name: str | Path) -> ChipDocument:
    """Return the chip file `name`, joined with the files it extends, every leaf checked.

    Raises ChipError where a file cannot be read, a leaf lacks value, unit, source or mark, or a key is unknown.
    """
    path = chip_path(name)
    document = _checked(path)
    reference = chip_path(REFERENCE)
    if path != reference:
        _check_keys(document, _checked(reference).quantities)
    return document


def _checked(path: Path) -> ChipDocument:
    head, leaves = _joined(path, ())
    sources = {str(key): str(text) for key, text in head["sources"].items()}
    quantities = {key: _quantity(leaf, sources) for key, leaf in leaves.items()}
    return ChipDocument(path.name, head, sources, quantities, {key: leaf.place for key, leaf in leaves.items()})


def _joined(path: Path, below: tuple[Path, ...]) -> tuple[dict[str, Any], dict[str, _Leaf]]:
    """Return head and leaves of the file, in place of those of the file that it extends."""
    document = read_document(path, FORMAT, ChipError)
    root = document.root
    head = {key: root[key] for key in _HEAD if key in root}
    head["sources"] = _sources(path, root)
    own = {leaf.key: leaf for leaf in islice(_leaves(path, root, ""), _MOST_LEAVES + 1)}
    if len(own) > _MOST_LEAVES:
        raise ChipError(path.name, "holds too many numbers", f"at most {_MOST_LEAVES:,} are read")
    base = head.get("extends")
    if base is None:
        return head, own
    if path.resolve() in below or not isinstance(base, str):
        found = f"is {base!r}" if path.resolve() not in below else "leads back to this file"
        raise _refuse(path.name, "extends", found, "the name or path of another chip file is expected")
    is_file = base.lower().endswith((".yaml", ".yml"))
    base_path = document.inside(root, "extends", base) if is_file else chip_path(base)
    base_head, leaves = _joined(base_path, (*below, path.resolve()))
    if head.get("name") in (None, base_head.get("name")):
        raise _refuse(path.name, "name", f"is not its own: the chip '{base_head.get('name')}' is another one")
    sources = {**base_head["sources"], **head["sources"]}
    return {**base_head, **head, "sources": sources}, _replaced(leaves, own)


def _replaced(base: Mapping[str, _Leaf], own: Mapping[str, _Leaf]) -> dict[str, _Leaf]:
    leaves = dict(base)
    for key, leaf in own.items():
        if leaf.node is not None:
            leaves[key] = leaf
            continue
        gone = [other for other in leaves if other == key or other.startswith(f"{key}.")]
        if not gone:
            found = "is taken out, but the file it extends has no such key"
            raise _refuse(leaf.place, key, found, hint=nearest(key, base))
        for other in gone:
            del leaves[other]
    return leaves


def _sources(path: Path, root: Section) -> Mapping[str, object]:
    sources = root.get("sources", {})
    if not isinstance(sources, dict):
        raise _refuse(path.name, "sources", f"is {sources!r}", "a table from short names to full sources is expected")
    return sources


def _leaves(path: Path, section: Section, prefix: str) -> Iterator[_Leaf]:
    """Yield what stands at the ends of the file's tables."""
    if prefix.count(".") > _DEEPEST:
        raise _refuse(path.name, prefix, "is nested too deeply", f"at most {_DEEPEST} tables in each other are read")
    for name, (node, line) in _entries(section).items():
        if not prefix and name in _HEAD:
            continue
        key = f"{prefix}{name}"
        if isinstance(node, Section) and not set(_LEAF) & set(node):
            yield from _leaves(path, node, f"{key}.")
        else:
            yield _Leaf(key, node, f"{path.name}, line {line}")


def _entries(section: Section) -> dict[str, tuple[Any, int]]:
    """Return what a table holds, each with its line; `<<` brings in the entries of another table."""
    merged = section.get("<<")
    entries = _entries(merged) if isinstance(merged, Section) else {}
    return {**entries, **{key: (section[key], section.lines[key]) for key in section if key != "<<"}}


def _quantity(leaf: _Leaf, sources: Mapping[str, str]) -> Quantity:
    node = leaf.node
    if not isinstance(node, dict):
        hint = "write {value: ..., unit: ..., source: ..., mark: ...}"
        raise _refuse(leaf.place, leaf.key, f"is {node!r}", "every number stands with unit, source and mark", hint)
    for word in node:
        if word not in _LEAF + _LEAF_OPTIONAL:
            hint = nearest(str(word), _LEAF + _LEAF_OPTIONAL)
            raise _refuse(leaf.place, leaf.key, f"has an unknown part '{word}'", hint=hint)
    for word in _LEAF:
        if node.get(word) is None:
            raise _refuse(leaf.place, leaf.key, f"has no {word}", "every number needs value, unit, source and mark")
    if node["mark"] not in _MARKS:
        raise _refuse(leaf.place, leaf.key, f"has the mark {node['mark']!r}", hint=nearest(str(node["mark"]), _MARKS))
    source = str(node["source"])
    short = re.split("[,;]", source)[0]
    if short not in sources:
        limit = "a source starts with a name that stands under 'sources'"
        raise _refuse(leaf.place, leaf.key, f"has the source '{source}'", limit, nearest(short, sources))
    return Quantity(
        key=leaf.key,
        value=_value(leaf, node["value"]),
        unit=str(node["unit"]),
        mark=node["mark"],
        source=source,
        note=str(node.get("note", "")),
        range=_range(leaf, node.get("range")),
    )


def _value(leaf: _Leaf, value: object) -> Value:
    if not isinstance(value, list):
        return _scalar(leaf, value)
    if all(isinstance(row, list) for row in value) and sum(len(row) for row in value) <= _MOST_VALUES:
        return tuple(tuple(_scalar(leaf, item) for item in row) for row in value)
    return tuple(_scalar(leaf, item) for item in value)


def _scalar(leaf: _Leaf, value: object) -> Scalar:
    if value is False:
        return "off"  # as YAML reads a bare `off`
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)):
        return value
    limit = "a number, a text, a list of them or a list of lists is expected"
    raise _refuse(leaf.place, leaf.key, "has a value of another kind", limit)


def _range(leaf: _Leaf, limits: object) -> tuple[float, float] | None:
    match limits:
        case None:
            return None
        case [int() | float() as low, int() | float() as high] if low <= high:
            return float(low), float(high)
    raise _refuse(leaf.place, leaf.key, f"has the range {limits!r}", "[lowest, highest] is expected")


def _check_keys(document: ChipDocument, reference: Mapping[str, Quantity]) -> None:
    known = {_in_table(key) for key in reference}
    for key in document.quantities:
        if _in_table(key) not in known:
            found = f"is unknown: {REFERENCE}.yaml has no such key"
            raise document.refuse(key, found, hint=nearest_key(key, reference))


def _in_table(key: str) -> str:
    """Return `key` with `*` for the name of an entry in one of the tables: `levels.low.clock` -> `levels.*.clock`."""
    for table in _TABLES:
        if key.startswith(f"{table}."):
            _, dot, leaf = key.removeprefix(f"{table}.").partition(".")
            return f"{table}.*{dot}{leaf}"
    return key


def nearest_key(key: str, known: Mapping[str, object]) -> str:
    """Return `did you mean 'levels.low.clock'?` for the known key most like `key`, or nothing: there are too many."""
    hint = nearest(key, known)
    return hint if hint.startswith("did you mean") else ""


def _refuse(place: str, key: str, found: str, limit: str = "", hint: str = "") -> ChipError:
    return ChipError(f"'{key}' in {place}", found, limit, hint)
