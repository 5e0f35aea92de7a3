"""A mapping as a YAML document (`s2studio: mapping/1`) that people can read and edit: one line per slice.

It holds who sits where; memory and routes are worked out again from the network, the machine and the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from s2studio.chip.machine import PE, Machine
from s2studio.documents import Document, Section, nearest, read_document
from s2studio.errors import MappingError, UsageError
from s2studio.mapping.check import check_cover, check_placement, mapping_error
from s2studio.mapping.map import assemble
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions, Slice
from s2studio.mapping.memory import MemoryModel
from s2studio.mapping.partition import Piece, cuts_of
from s2studio.mapping.pins import parse_slice_name, pinned_slices, slice_name
from s2studio.mapping.place import PLACERS
from s2studio.mapping.route import ROUTERS
from s2studio.snn.digest import network_digest
from s2studio.snn.network import ChipNetwork
from s2studio.whole_file import write_whole

SCHEMA = "mapping/1"
_HEADER = ("network", "network_digest", "chip", "chip_digest", "runtime", "routing", "placer", "seed")
_REQUIRED = ("s2studio", *_HEADER, "forbid", "neurons_per_pe", "slices")
_KEYS = (*_REQUIRED, "pin")
_SLICE_KEYS = ("population", "start", "stop", "pe")
_NO_LINE_BREAKS = 2**31 - 1
_COMMENT = "# A line of `slices` puts the neurons start to stop (excluded) of a population on a PE. Edit them freely."


def write_mapping(mapping: ChipMapping, path: Path) -> None:
    """Write `mapping` to `path`, replacing a file there only once the new one is complete."""
    options = mapping.options
    header: dict[str, object] = {
        "network": mapping.network,
        "network_digest": mapping.network_digest,
        "chip": mapping.chip,
        "chip_digest": mapping.chip_digest,
        "runtime": mapping.runtime,
        "routing": options.routing,
        "placer": options.placer,
        "seed": options.seed,
        "forbid": [str(pe) for pe in sorted(options.forbidden)],
        "neurons_per_pe": dict(options.neurons_per_pe),
    }
    if options.pinned:
        header["pin"] = {name: str(pe) for name, pe in options.pinned.items()}
    lines = [f"s2studio: {SCHEMA}", _COMMENT]
    lines += [_dump(header, flow=None).rstrip(), "slices:"]
    lines += [f"- {_dump(_row(piece), flow=True).rstrip()}" for piece in mapping.slices]
    text = "\n".join(lines) + "\n"
    write_whole(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"), MappingError)


def read_mapping(path: Path, network: ChipNetwork, machine: Machine, demand: Demand) -> ChipMapping:
    """Return the mapping in `path`, with memory and routes for a run that asks for `demand`.

    Raises MappingError, with the line where it can, if the file is malformed, was made for another network, chip or
    runtime, or breaks a limit.
    """
    document = read_document(path, SCHEMA, MappingError)
    document.check_keys(document.root, _KEYS, required=_REQUIRED)
    digest = network_digest(network)
    _check_made_for(document, network.name, digest, machine)
    reader = _Reader(document, network)
    options = reader.options()
    placed = reader.slices()
    pieces, pes = [piece for piece, _ in placed], [pe for _, pe in placed]
    part = network.spiking
    violations = [*check_cover(pieces, part), *check_placement(pieces, pes, machine, options)]
    if violations:
        raise mapping_error(network.name, violations)
    reader.check_pins(pieces, pes, machine, options)
    return assemble(network.name, digest, MemoryModel(part, machine, demand), options, cuts_of(part, pieces), pes)


def _row(piece: Slice) -> dict[str, object]:
    return {"population": piece.population, "start": piece.start, "stop": piece.stop, "pe": str(piece.pe)}


def _dump(value: object, flow: bool | None) -> str:
    """Return `value` as YAML. `flow` None writes the outer mapping in lines and what it holds within a line."""
    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(
        value, Dumper=dumper, default_flow_style=flow, sort_keys=False, allow_unicode=True, width=_NO_LINE_BREAKS
    )
    return text


def _check_made_for(document: Document, network: str, digest: str, machine: Machine) -> None:
    """Raise if the file was made for another network, chip or runtime."""
    spec = machine.spec
    expected = {
        "network_digest": (digest, "network", network),
        "chip_digest": (spec.digest, "chip", spec.name),
        "runtime": (machine.runtime.name, "runtime", machine.runtime.name),
    }
    for key, (value, what, name) in expected.items():
        found = document.root[key]
        if found == value:
            continue
        made_for = document.root[what]
        same_name = made_for == name and key != what
        difference = f"{key} is {found}, not {value}" if same_name else f"this is {what} '{name}'"
        hint = f"map again, or use the {what} it was made for"
        raise document.refuse(document.root, key, f"made for {what} '{made_for}'", difference, hint)


class _Reader:
    """Turns the rows of a mapping document into options and placed slices, each error with its line."""

    def __init__(self, document: Document, network: ChipNetwork) -> None:
        self.document = document
        self.names = [population.name for population in network.spiking.populations]

    def options(self) -> MappingOptions:
        """Return the options in the header."""
        root = self.document.root
        wishes = self.document.section(root, "neurons_per_pe")
        for name in wishes:
            self._check_population(wishes, name, name)
        forbidden = root["forbid"]
        if not isinstance(forbidden, list):
            raise self.document.refuse(root, "forbid", f"'forbid' is {forbidden!r}", "a list of PEs is expected")
        return MappingOptions(
            placer=self._one_of("placer", PLACERS),
            routing=self._one_of("routing", ROUTERS),
            seed=self._whole(root, "seed", 0),
            neurons_per_pe={name: self._whole(wishes, name, 1) for name in wishes},
            forbidden=frozenset(self._pe(root, "forbid", name) for name in forbidden),
            pinned=self._pins(),
        )

    def slices(self) -> list[tuple[Piece, PE]]:
        """Return the slices with their PEs, in the order of the network's populations and their neurons."""
        rows = self.document.root["slices"]
        if not isinstance(rows, list):
            raise self.document.refuse(self.document.root, "slices", "'slices' is not a list", "one line per slice")
        placed = [self._slice(row) for row in rows]
        order = {name: index for index, name in enumerate(self.names)}
        return sorted(placed, key=lambda entry: (order[entry[0].population], entry[0].start, entry[0].stop))

    def check_pins(self, pieces: Sequence[Piece], pes: Sequence[PE], machine: Machine, options: MappingOptions) -> None:
        """Raise if a pinned slice is not there, or on another PE than its pin says."""
        root = self.document.root
        try:
            pinned = pinned_slices(pieces, machine, options)
        except UsageError as problem:
            found = f"{problem.subject.removeprefix('--pin ')}: {problem.found}"
            raise self.document.refuse(root, "pin", found, problem.limit, problem.hint) from problem
        for index, pe in pinned.items():
            if pes[index] != pe:
                piece = pieces[index]
                found = f"neurons {piece.start} to {piece.stop - 1} of '{piece.population}' are on {pes[index]}"
                raise self.document.refuse(
                    root, "pin", found, f"they are pinned to {pe}", "change the pin or the slice"
                )

    def _pins(self) -> dict[str, PE]:
        if "pin" not in self.document.root:
            return {}
        pins = self.document.section(self.document.root, "pin")
        found = {}
        for name in pins:
            try:
                found[slice_name(*parse_slice_name(str(name)))] = self._pe(pins, name, pins[name])
            except UsageError as problem:
                raise self.document.refuse(pins, name, problem.subject, problem.found, problem.hint) from problem
        return found

    def _slice(self, row: object) -> tuple[Piece, PE]:
        if not isinstance(row, Section):
            known = "{population, start, stop, pe}"
            raise self.document.refuse(self.document.root, "slices", f"slice {row!r}", f"{known} is expected")
        self.document.check_keys(row, _SLICE_KEYS, required=_SLICE_KEYS)
        self._check_population(row, "population", row["population"])
        start = self._whole(row, "start", 0)
        piece = Piece(row["population"], start, self._whole(row, "stop", start + 1))
        return piece, self._pe(row, "pe", row["pe"])

    def _check_population(self, section: Section, key: str, name: object) -> None:
        if name not in self.names:
            raise self.document.refuse(section, key, f"no population '{name}'", hint=nearest(str(name), self.names))

    def _pe(self, section: Section, key: str, name: object) -> PE:
        try:
            return PE.parse(str(name))
        except UsageError as problem:
            raise self.document.refuse(section, key, problem.subject, problem.found, problem.hint) from problem

    def _whole(self, section: Section, key: str, least: int) -> int:
        value = section[key]
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self.document.refuse(section, key, f"'{key}' is {value!r}", f"a whole number of at least {least}")
        return value

    def _one_of(self, key: str, table: Any) -> Any:
        value = self.document.root[key]
        if not isinstance(value, str) or value not in table:
            raise self.document.refuse(self.document.root, key, f"no {key} '{value}'", hint=nearest(str(value), table))
        return value
