"""Reads network YAML (`s2studio: network/1`): populations and projections written by hand, each error with its line."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from s2studio.documents import Document, Section, nearest, read_document
from s2studio.errors import NetworkError
from s2studio.network.graph import MAX_NEURONS
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import ParameterValue, Population
from s2studio.snn.projection import Projection
from s2studio.snn.rules import MAX_SYNAPSES, RULES, Ends
from s2studio.snn.validate import VARIABLES

SCHEMA = "network/1"
LARGEST = float(np.finfo(np.float32).max)


def read_network_yaml(path: Path) -> ChipNetwork:
    """Return the network in the document `path`. Raises NetworkError with the line of what is wrong."""
    return _Reader(read_document(path, SCHEMA, NetworkError)).read()


class _Reader:
    """Turns the sections of a document into populations and projections, and counts what they take of memory."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.neurons = self.synapses = 0

    def read(self) -> ChipNetwork:
        document, root = self.document, self.document.root
        known = ("s2studio", "name", "description", "dt", "populations", "projections", "outputs")
        document.check_keys(root, known, required=("populations",))
        sections = document.section(root, "populations")
        populations = {name: self._population(name, document.section(sections, name)) for name in sections}
        projections = tuple(self._projection(section, populations) for section in self._entries(root, "projections"))
        part = SpikingPart(tuple(populations.values()), projections, self._names(root, "outputs", populations))
        name = str(root.get("name") or document.path.stem)
        return ChipNetwork(name, part, self.number(root, "dt", positive=True) if "dt" in root else None)

    def _population(self, name: str, section: Section) -> Population:
        document = self.document
        known = ("size", "model", "params", "record", "shape", "neurons_per_pe")
        document.check_keys(section, known, required=("size", "model"))
        size = self.whole(section, "size", 1, MAX_NEURONS)
        self.neurons += size
        if self.neurons > MAX_NEURONS:
            found = f"{self.neurons:,} neurons up to '{name}'"
            raise document.refuse(section, "size", found, f"at most {MAX_NEURONS:,} are read")
        params = document.section(section, "params")
        shape = section.get("shape")
        if shape is not None and not (
            isinstance(shape, list) and all(type(side) is int and side > 0 for side in shape)
        ):
            raise document.refuse(section, "shape", f"'shape' is {shape!r}", "[channels, height, width] is expected")
        return Population(
            name,
            size,
            str(section["model"]),
            {key: self._parameter(name, params, key, size) for key in params},
            frozenset(self._names(section, "record", VARIABLES)) if "record" in section else None,
            None if shape is None else tuple(shape),
            neurons_per_pe=self.whole(section, "neurons_per_pe", 1, MAX_NEURONS)
            if "neurons_per_pe" in section
            else None,
        )

    def _parameter(self, population: str, params: Section, key: str, size: int) -> ParameterValue:
        value = params[key]
        if isinstance(value, Section):
            return self._drawn(population, value, key, size)
        if isinstance(value, list):
            if len(value) != size:
                found = f"'{key}' has {len(value)} values"
                raise self.document.refuse(params, key, found, f"one or {size}, one per neuron, are expected")
            return np.array([self._float(params, key, entry) for entry in value], np.float32)
        if isinstance(value, str) and not _is_numeral(value):
            return value
        return self._float(params, key, value)

    def _drawn(self, population: str, section: Section, key: str, size: int) -> NDArray[np.float32]:
        """Return one value per neuron from a distribution: the same for the same seed, population and parameter."""
        kinds = ("uniform", "normal")
        self.document.check_keys(section, (*kinds, "seed"))
        named = [kind for kind in kinds if kind in section]
        pair = section[named[0]] if len(named) == 1 else None
        if not isinstance(pair, list) or len(pair) != 2:
            expected = "{uniform: [low, high]} or {normal: [mean, deviation]} is expected"
            raise self.document.refuse(section, None, f"the distribution of '{key}'", expected)
        first, second = (self._float(section, named[0], number) for number in pair)
        if (second < first) if named[0] == "uniform" else (second < 0):
            raise self.document.refuse(
                section, named[0], f"{named[0]} of {first:g} and {second:g}", "the second is too low"
            )
        seed = self.whole(section, "seed", 0, 2**63 - 1) if "seed" in section else 0
        random = np.random.default_rng([seed, zlib.crc32(population.encode()), zlib.crc32(key.encode())])
        drawn = random.uniform(first, second, size) if named[0] == "uniform" else random.normal(first, second, size)
        return drawn.astype(np.float32)

    def _projection(self, section: Section, populations: dict[str, Population]) -> Projection:
        document = self.document
        document.check_keys(section, ("pre", "post", "weights", "delay"), required=("pre", "post", "weights"))
        pre, post = (populations[self.known(section, end, populations)] for end in ("pre", "post"))
        weights = document.section(section, "weights")
        rule = self.known(weights, "rule", RULES)
        required, optional, build = RULES[rule]
        document.check_keys(weights, ("rule", *required, *optional), required=required)
        delay = self.whole(section, "delay", 0, 255) if "delay" in section else 0
        return Projection(pre.name, post.name, build(self, weights, Ends(pre.size, post.size, pre is post), delay))

    def _entries(self, parent: Section, key: str) -> list[Section]:
        value = parent.get(key) or []
        if not isinstance(value, list) or not all(isinstance(entry, Section) for entry in value):
            raise self.document.refuse(parent, key, f"'{key}' is no list of mappings", hint="begin each entry with '-'")
        return value

    def _names(self, section: Section, key: str, known: Any) -> tuple[str, ...]:
        value = section.get(key) or []
        if not isinstance(value, list):
            raise self.document.refuse(section, key, f"'{key}' is {value!r}", "a list of names is expected")
        return tuple(self.one_of(section, key, name, known) for name in value)

    def known(self, section: Section, key: str, known: Any) -> str:
        """Return the text at `key`, which must be one of `known`."""
        if key not in section:
            raise self.document.refuse(section, None, f"key '{key}' is missing")
        return self.one_of(section, key, section[key], known)

    def one_of(self, section: Section, key: str, value: Any, known: Any) -> str:
        """Return `value`, which must be one of `known`; a name such as `1` is a number to YAML."""
        if type(value) is int:
            value = str(value)
        if not isinstance(value, str) or value not in known:
            raise self.document.refuse(section, key, f"'{value}' is unknown", hint=nearest(str(value), known))
        return value

    def whole(self, section: Section, key: str, least: int, most: int) -> int:
        """Return the whole number at `key`, from `least` to `most`."""
        value = section.get(key)
        if type(value) is not int or not least <= value <= most:
            limit = f"a whole number from {least} to {most:,} is expected"
            raise self.document.refuse(section, key, f"'{key}' is {value!r}", limit)
        return value

    def count_synapses(self, section: Section, synapses: int) -> None:
        """Refuse `synapses` more where the network has too many; called before they are made."""
        self.synapses += synapses
        if self.synapses > MAX_SYNAPSES:
            limit = f"at most {MAX_SYNAPSES:,} are read"
            raise self.document.refuse(section, "rule", f"{self.synapses:,} synapses up to this projection", limit)

    def number(self, section: Section, key: str, positive: bool = False) -> float:
        """Return the number at `key`."""
        value = self._float(section, key, section[key])
        if positive and value <= 0:
            raise self.document.refuse(section, key, f"'{key}' is {value:g}", "a positive number is expected")
        return value

    def _float(self, section: Section, key: str, value: Any) -> float:
        # YAML 1.1 reads 1e-3, without a dot, as a text.
        if isinstance(value, bool) or not _is_number(value):
            raise self.document.refuse(section, key, f"'{key}' is {value!r}", "a finite number is expected")
        return float(value)


def _is_numeral(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_number(value: Any) -> bool:
    try:
        return abs(float(value)) <= LARGEST
    except (TypeError, ValueError, OverflowError):
        return False
