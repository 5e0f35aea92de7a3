"""Published figures, shown beside simulated results of the same kind and never mixed with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Literal, cast, get_args

import platformdirs

from s2studio.documents import Document, Section, nearest, read_document
from s2studio.errors import S2StudioError, UsageError
from s2studio.resources import resource_path
from s2studio.units import with_unit
from s2studio.whole_file import not_written, write_whole

Kind = Literal["energy", "power", "latency", "throughput", "accuracy"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_REQUIRED = ("kind", "title", "unit", "hardware", "conditions", "source")


@dataclass(frozen=True)
class Figure:
    """A published figure: `low` to `high` in `unit` (equal for a single value), measured on `hardware`.

    `source` spells out where it stands; `is_quoted` says that only a note which quotes the paper has been seen.
    """

    kind: Kind
    title: str
    low: float
    high: float
    unit: str
    hardware: str
    conditions: str
    source: str
    is_quoted: bool = False

    @property
    def text(self) -> str:
        """The figure with its unit."""
        if self.unit == "%":
            return f"{self.low:g} %"
        ends = dict.fromkeys(with_unit(value, self.unit) for value in (self.low, self.high))
        return " to ".join(ends)


def literature_for(kind: str, more: Sequence[Path] = ()) -> tuple[Figure, ...]:
    """Return the published figures of `kind`: those that ship, those that a user added, those of the files `more`.

    Raises UsageError where there is no such kind, S2StudioError where a file is malformed.
    """
    if kind not in KINDS:
        raise UsageError(f"literature '{kind}'", "no such kind", hint=nearest(kind, KINDS))
    paths = (resource_path("literature.yaml"), *sorted(own_folder().glob("*.yaml")), *more)
    return tuple(figure for path in paths for figure in read_literature(path) if figure.kind == kind)


def own_folder() -> Path:
    """Return where figures that a user added are kept; it need not be there."""
    return Path(platformdirs.user_config_dir("s2studio")) / "literature"


def add_figures(path: Path) -> Path:
    """Keep a copy of the literature file `path` for all later reports, and return where it is.

    Raises S2StudioError where it is malformed or cannot be written.
    """
    read_literature(path)
    kept = own_folder() / f"{path.stem}.yaml"
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise not_written(kept, problem) from problem
    write_whole(kept, lambda unfinished: unfinished.write_bytes(path.read_bytes()))
    return kept


def read_literature(path: Path) -> tuple[Figure, ...]:
    """Return the figures of a literature file. Raises S2StudioError with the line of what is wrong in it."""
    document = read_document(path, "literature/1", S2StudioError)
    document.check_keys(document.root, ("s2studio", "sources", "figures"), ("sources", "figures"))
    sources, figures = document.root["sources"], document.root["figures"]
    if not isinstance(sources, dict) or not isinstance(figures, list):
        raise document.refuse(document.root, "figures", "not understood", "sources {name: text} and a list of figures")
    return tuple(_figure(document, sources, row) for row in figures)


def _figure(document: Document, sources: dict[str, Any], row: object) -> Figure:
    if not isinstance(row, Section):
        raise document.refuse(document.root, "figures", f"{row!r} is no figure", f"a mapping of {', '.join(_REQUIRED)}")
    document.check_keys(row, (*_REQUIRED, "value", "range", "quoted"), _REQUIRED)
    if row["kind"] not in KINDS:
        raise document.refuse(row, "kind", f"is '{row['kind']}'", hint=nearest(str(row["kind"]), KINDS))
    if row["source"] not in sources:
        raise document.refuse(row, "source", f"is '{row['source']}'", hint=nearest(str(row["source"]), sources))
    low, high = _limits(document, row)
    return Figure(
        kind=cast("Kind", row["kind"]),
        title=str(row["title"]),
        low=low,
        high=high,
        unit=str(row["unit"]),
        hardware=str(row["hardware"]),
        conditions=str(row["conditions"]),
        source=str(sources[row["source"]]),
        is_quoted=bool(row.get("quoted")),
    )


def _limits(document: Document, row: Section) -> tuple[float, float]:
    ends = row.get("range", [row.get("value")] * 2)
    numbers = [end for end in ends if isinstance(end, int | float) and isfinite(end)] if isinstance(ends, list) else []
    if len(numbers) != 2 or numbers[0] > numbers[1] or ("range" in row) == ("value" in row):
        raise document.refuse(row, "title", "has no figure", "value: a number, or range: [from, to]")
    return float(numbers[0]), float(numbers[1])
