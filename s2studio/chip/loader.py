"""Build a ChipSpec from a chip file, and a machine from a ChipSpec."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from s2studio.chip.document import REFERENCE, ChipDocument, nearest_key, read_chip_document
from s2studio.chip.machine import Machine
from s2studio.chip.settings import PROJECT, ChipSettings
from s2studio.chip.spec import ChipSpec, CycleCosts, EnergyCosts, Level, Memory, ModelLimits, Runtime, Value
from s2studio.documents import nearest
from s2studio.errors import UsageError

Section = TypeVar("Section", Level, Memory, ModelLimits, CycleCosts, EnergyCosts)
Cells = tuple[tuple[int, int], ...]

_EXPONENTS = {"p": -12, "n": -9, "u": -6, "µ": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9}
_UNIT = re.compile(r"([pnuµmkMG]?)(W|J|Hz|V|s)")
# A field's name ends in its SI unit, the file's key does not: the file says the unit itself.
_SUFFIXES = {"_w": "W", "_j": "J", "_hz": "Hz", "_v": "V", "_s": "s"}


def load_chip(name: str | Path = REFERENCE, settings: ChipSettings | None = None) -> ChipSpec:
    """Return the chip that ships under `name`, or the one in the YAML file `name`, with `settings` in place of its own.

    Raises ChipError that names the key: unknown or missing, without unit, source or mark, or at odds with others.
    """
    document = read_chip_document(name)
    changed = {} if settings is None else settings.quantities
    if changed:
        sources = {**document.sources, PROJECT: "set by the project or on the command line"}
        document = replace(document, quantities={**document.quantities, **changed}, sources=sources)
    return _Builder(document).spec()


def make_machine(spec: ChipSpec, runtime: str | None = None) -> Machine:
    """Return a machine of one chip under `runtime` (the chip file's default where None)."""
    name = spec.default_runtime if runtime is None else runtime
    if name not in spec.runtimes:
        hint = nearest(name, spec.runtimes)
        raise UsageError(f"runtime '{name}'", f"the chip '{spec.name}' has no such runtime", hint=hint)
    return Machine(spec, spec.runtimes[name])


class _Builder:
    """Takes what code needs out of a chip document, and says which key is missing or wrong."""

    def __init__(self, document: ChipDocument) -> None:
        self.document = document

    def spec(self) -> ChipSpec:
        """Return the document as a ChipSpec."""
        levels = {name: self._section(Level, f"levels.{name}", name=name) for name in self._names("levels")}
        runtimes = {name: self._runtime(name) for name in self._names("runtimes")}
        spec = ChipSpec(
            name=self._head("name", str),
            title=self._head("title", str),
            label=self._head("label", str),
            is_spinnaker2=self._head("is_spinnaker2", bool),
            columns=self._whole("mesh.columns"),
            rows=self._whole("mesh.rows"),
            pes_per_qpe=self._whole("mesh.pes_per_qpe"),
            qpe_order=self._order(),
            router_cells=self._cells("mesh.router_cells"),
            periphery_cells=self._cells("mesh.periphery_cells"),
            router_entries=self._whole("event_router.entries"),
            fifo_depth_packets=self._whole("fifo.depth"),
            memory=self._section(Memory, "memory"),
            models={name: self._section(ModelLimits, f"models.{name}") for name in self._names("models")},
            levels=levels,
            cycles=self._section(CycleCosts, "cycles"),
            energy=self._section(EnergyCosts, "energy"),
            runtimes=runtimes,
            default_runtime=self._one_of("default_runtime", self._head("default_runtime", str), runtimes),
            measured_power_w=self._measured_power(),
            measured_pes=self._whole("measured_power.pes"),
            sleep_level=self._one_of("settings.sleep_level", self._value("settings.sleep_level"), levels),
            unused_pes=self._word("settings.unused_pes", "asleep", "off"),
            hole_crossing=self._word("settings.hole_crossing", "pass", "detour"),
            timer_hz=self._number("timers.clock", "Hz"),
            quantities=self.document.quantities,
            sources=self.document.sources,
            digest=self._digest(),
            switch_time_s=self._number("level_switch.time", "s"),
            switch_energy_j=self._number("level_switch.energy", "J"),
        )
        self._check_geometry(spec)
        return spec

    def _head(self, key: str, kind: type[Any]) -> Any:
        value = self.document.head.get(key)
        if not isinstance(value, kind):
            found = "is missing" if value is None else f"is {value!r}"
            raise self.document.refuse(key, found, f"a {kind.__name__} is expected")
        return value

    def _names(self, table: str) -> Iterator[str]:
        found = {key.split(".")[1]: None for key in self.document.quantities if key.startswith(f"{table}.")}
        if not found:
            raise self.document.refuse(table, "is missing", "at least one entry is needed")
        return iter(found)

    def _section(self, kind: type[Section], prefix: str, **known: str) -> Section:
        """Return the dataclass `kind` filled from the keys `prefix`.FIELD, fields less the suffix of their SI unit."""
        values: dict[str, Any] = dict(known)
        for field in fields(kind):
            if field.name in known:
                continue
            suffix = next((suffix for suffix in _SUFFIXES if field.name.endswith(suffix)), "")
            key = f"{prefix}.{field.name.removesuffix(suffix)}"
            values[field.name] = self._whole(key) if field.type == "int" else self._number(key, _SUFFIXES.get(suffix))
        return kind(**values)

    def _value(self, key: str) -> Value:
        if key not in self.document.quantities:
            raise self.document.refuse(key, "is missing", hint=nearest_key(key, self.document.quantities))
        return self.document.quantities[key].value

    def _number(self, key: str, unit: str | None = None) -> float:
        """Return the number at `key`, converted to the SI unit `unit` where one is given."""
        value = self._value(key)
        if not isinstance(value, int | float) or value < 0:
            raise self.document.refuse(key, f"is {value!r}", "a number of at least 0 is expected")
        if unit is None:
            return float(value)
        written = self.document.quantities[key].unit
        match = _UNIT.fullmatch(written)
        if match is None or match.group(2) != unit:
            raise self.document.refuse(key, f"is in '{written}'", f"{unit} or a multiple such as m{unit} is expected")
        # A decimal shift, not a product: 8.3 pJ becomes the double nearest to 8.3e-12.
        return float(Decimal(str(value)).scaleb(_EXPONENTS[match.group(1)]))

    def _whole(self, key: str) -> int:
        value = self._value(key)
        if not isinstance(value, int) or value < 0:
            raise self.document.refuse(key, f"is {value!r}", "a whole number of at least 0 is expected")
        return value

    def _one_of(self, key: str, value: object, known: Mapping[str, object]) -> str:
        if not isinstance(value, str) or value not in known:
            raise self.document.refuse(key, f"is {value!r}", hint=nearest(str(value), known))
        return value

    def _word(self, key: str, *words: str) -> Any:
        return self._one_of(key, self._value(key), dict.fromkeys(words))

    def _tuples(self, key: str, length: int) -> tuple[tuple[int, ...], ...]:
        value = self._value(key)
        rows = value if isinstance(value, tuple) else (value,)
        for row in rows:
            if not isinstance(row, tuple) or len(row) != length or not all(isinstance(item, int) for item in row):
                raise self.document.refuse(key, f"holds {row!r}", f"a list of {length} whole numbers is expected")
        return rows  # type: ignore[return-value]  # every row was looked at

    def _cells(self, key: str) -> Cells:
        return tuple((x, y) for x, y in self._tuples(key, 2))

    def _order(self) -> Cells:
        key = "mesh.logical_core_order"
        if self._value(key) != "rows":
            return self._cells(key)
        holes = {*self._cells("mesh.router_cells"), *self._cells("mesh.periphery_cells")}
        columns, rows = self._whole("mesh.columns"), self._whole("mesh.rows")
        every = ((x, y) for y in range(1, rows + 1) for x in range(1, columns + 1))
        return tuple(cell for cell in every if cell not in holes)

    def _runtime(self, name: str) -> Runtime:
        key = f"runtimes.{name}"
        reserved = tuple((x, y, p) for x, y, p in self._tuples(f"{key}.reserved", 3))
        return Runtime(name, str(self._value(f"{key}.title")), reserved)

    def _measured_power(self) -> Mapping[str, float]:
        self._value("measured_power.pes_off")
        keys = (key for key in self.document.quantities if key.startswith("measured_power."))
        return {key: self._number(key, "W") for key in keys if key != "measured_power.pes"}

    def _digest(self) -> str:
        head = {key: self.document.head.get(key) for key in ("name", "is_spinnaker2", "default_runtime")}
        numbers = {key: (quantity.value, quantity.unit) for key, quantity in self.document.quantities.items()}
        return hashlib.sha256(json.dumps([head, numbers], sort_keys=True).encode()).hexdigest()

    def _check_geometry(self, spec: ChipSpec) -> None:
        """Refuse a mesh whose cells are not each exactly one QPE or hole, and reserved PEs that are not there."""
        holes = (*spec.router_cells, *spec.periphery_cells)
        grid = {(x, y) for x in range(1, spec.columns + 1) for y in range(1, spec.rows + 1)}
        times = Counter((*spec.qpe_order, *holes))
        wrong = sorted({*grid.symmetric_difference(times), *(cell for cell, count in times.items() if count > 1)})
        if wrong:
            limit = f"each of the {spec.columns} x {spec.rows} cells is one QPE or one hole"
            found = "misses, repeats or invents the cells " + ", ".join(map(str, wrong[:5]))
            raise self.document.refuse("mesh.logical_core_order", found, limit)
        self._check_count("mesh.qpes", len(spec.qpe_order))
        self._check_count("mesh.pes", spec.pe_count)
        for runtime in spec.runtimes.values():
            for x, y, p in runtime.reserved:
                if (x, y) not in spec.qpe_order or not 0 <= p < spec.pes_per_qpe:
                    raise self.document.refuse(
                        f"runtimes.{runtime.name}.reserved", f"holds ({x}, {y}, {p})", "no such PE"
                    )
            self._check_count(f"runtimes.{runtime.name}.usable_pes", spec.pe_count - len(set(runtime.reserved)))

    def _check_count(self, key: str, count: int) -> None:
        if self._whole(key) != count:
            raise self.document.refuse(key, f"is {self._whole(key):,}", f"the cells of the mesh make it {count:,}")
