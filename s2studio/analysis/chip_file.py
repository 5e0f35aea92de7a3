"""A calibrated chip as a chip file: the costs that were fitted in the place of those that it extends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from s2studio.analysis.calibration import Calibration, FittedCost
from s2studio.chip.loader import load_chip
from s2studio.chip.spec import ChipSpec, Quantity
from s2studio.errors import ChipError, UsageError
from s2studio.whole_file import write_whole

SOURCE = "board"
# A fitted cost is taken to lie within so many standard errors.
SURE_ERRORS = 2.0
_HEAD = "# Cycle costs fitted to a measured session; use it with --chip.\n"


def check_target(path: Path, option: str = "--fit") -> None:
    """Raise UsageError, which names `option`, where a calibrated chip cannot be written to `path`."""
    if path.suffix not in (".yaml", ".yml"):
        raise UsageError(f"{option} {path}", "no .yaml file", hint="chip files end in .yaml")
    if path.exists():
        raise UsageError(f"{option} {path}", "exists already", hint="choose another name")


def write_calibrated_chip(path: Path, calibration: Calibration, spec: ChipSpec) -> None:
    """Write `spec` with the costs of `calibration` to `path`, which names the chip.

    What the data determine is marked as measured; what they determine only together with costs that were held stays an
    estimate. Raises UsageError where the file cannot have that name.
    """
    check_target(path)
    if path.stem == spec.name:
        raise UsageError(
            f"--fit {path}", f"the chip it extends is called '{spec.name}' too", hint="choose another name"
        )
    costs = {
        cost.key: _quantity(cost, calibration, spec) for cost in calibration.costs if cost.key in _changed(calibration)
    }
    document: dict[str, Any] = {"s2studio": "chip/1"}
    if _ships(spec):
        document |= {"extends": spec.name, "name": path.stem}
        sources, quantities = {}, costs
    else:
        document |= {"name": path.stem, "label": spec.label, "is_spinnaker2": spec.is_spinnaker2}
        document["default_runtime"] = spec.default_runtime
        sources, quantities = dict(spec.sources), {**spec.quantities, **costs}
    document["title"] = f"{spec.title}, cycle costs measured"
    document["sources"] = sources | {SOURCE: f"{calibration.measured}, compared with {calibration.simulated}"}
    document |= _nested(quantities.values())
    text = _HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)
    write_whole(path, lambda unfinished: unfinished.write_text(text, encoding="utf-8"), ChipError)


def _changed(calibration: Calibration) -> set[str]:
    return {cost.key for cost in calibration.costs if cost.status in ("fitted", "uncertain", "tied")}


def _ships(spec: ChipSpec) -> bool:
    """Return whether `spec` is the chip that ships under its name."""
    try:
        return load_chip(spec.name).digest == spec.digest
    except ChipError:
        return False


def _quantity(cost: FittedCost, calibration: Calibration, spec: ChipSpec) -> Quantity:
    error = "" if cost.standard_error is None else f", standard error {cost.standard_error:.3g}"
    held = ", ".join(f"{other.key} = {other.value:g}" for other in calibration.costs if other.status == "held")
    note = f"least squares over {calibration.rows} PE ticks{error}; before {cost.before:g}"
    if cost.status == "tied":
        note += f"; together with {held}, from which the data do not tell it apart"
    unit = spec.quantities[cost.key].unit
    mark: Any = "measured" if cost.status == "fitted" else "estimate"
    return Quantity(cost.key, round(cost.value, 6), unit, mark, SOURCE, note, _range(cost, spec))


def _range(cost: FittedCost, spec: ChipSpec) -> tuple[float, float] | None:
    """Return where the cost lies: what the fit says of it, or the range as it was, widened to hold the value."""
    value = round(cost.value, 6)
    if cost.standard_error is not None and cost.status in ("fitted", "uncertain"):
        half = SURE_ERRORS * cost.standard_error
        return max(0.0, round(value - half, 6)), round(value + half, 6)
    known = spec.quantities[cost.key].range
    return known and (min(known[0], value), max(known[1], value))


def _nested(quantities: Iterable[Quantity]) -> Mapping[str, Any]:
    """Return the quantities as the tables that their keys make."""
    root: dict[str, Any] = {}
    for quantity in quantities:
        *tables, name = quantity.key.split(".")
        table = root
        for word in tables:
            table = table.setdefault(word, {})
        node = {
            "value": _plain(quantity.value),
            "unit": quantity.unit,
            "source": quantity.source,
            "mark": quantity.mark,
        }
        if quantity.range is not None:
            node["range"] = list(quantity.range)
        if quantity.note:
            node["note"] = quantity.note
        table[name] = node
    return root


def _plain(value: Any) -> Any:
    return [_plain(entry) for entry in value] if isinstance(value, tuple) else value
