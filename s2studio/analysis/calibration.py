"""The chip's cycle costs from a measured run: least squares of `time_done` on the counts of its simulation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.least_squares import FloatArray, Products, identifiable, independent, non_negative
from s2studio.chip.spec import ChipSpec
from s2studio.errors import SessionError
from s2studio.session.run import PricedBlock, Progress, Run, no_progress
from s2studio.session.tables import N_PACKETS, TIME_DONE
from s2studio.sim.timing import SliceWork, clocks_hz, late, occurrences, switch_s

Status = Literal["fitted", "uncertain", "tied", "held", "absent"]
# Of a cost: with a standard error above it, the fit does not say what the cost is.
_SURE = 0.1


@dataclass(frozen=True)
class FittedCost:
    """A cost of the chip file by its key, in cycles, with its value before and after the fit.

    `fitted`: the data determine it by itself. `uncertain`: they do, but its standard error is above 10 %. `tied`: only
    together with those that are `held` at the chip file's value, since they never vary apart. `absent`: nothing of
    the kind happened. `standard_error` is None where there is none to give.
    """

    key: str
    status: Status
    value: float
    before: float
    standard_error: float | None


@dataclass(frozen=True)
class Calibration:
    """The costs, from `rows` PE x tick; what was left out, by reason; the root mean square errors in s."""

    simulated: str
    measured: str
    rows: int
    left_out: Mapping[str, int]
    error_before_s: float
    error_after_s: float
    costs: tuple[FittedCost, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return what `compare --json` prints as `fit`."""
        return asdict(self)


def calibrate(simulated: Run, measured: Run, first_tick: int | None, progress: Progress = no_progress) -> Calibration:
    """Return the costs that bring the times of `simulated` closest to those that `measured` recorded.

    Only ticks before `first_tick`, the first in which spikes differ (None: nowhere), PEs that were in time and, where
    packets were recorded, ticks with equal packets count, of slices that sit on the same PE on the board: elsewhere the
    simulated counts are not those of the board. Raises SessionError where nothing is left.
    """
    if simulated.is_measured or not measured.is_measured:
        raise SessionError("--fit", "one run must be simulated and the other measured", hint="see s2studio import")
    data = _Data(simulated, measured)
    stop = min(simulated.ticks, measured.ticks)
    usable = stop if first_tick is None else min(stop, first_tick)
    data.left_out["after the first spike that differs"] = (stop - usable) * len(data.columns)
    for block in simulated.priced_blocks(0, usable):
        progress(block.start, usable)
        data.add(block)
    if not data.products.rows:
        found = f"no PE and tick to fit: {', '.join(f'{n:,} {why}' for why, n in data.left_out.items() if n)}"
        raise SessionError("--fit", found, hint="record time_done on the board, on the PEs of the simulation")
    return data.calibration()


class _Data:
    """Gathers the rows that count, one for each PE and tick."""

    def __init__(self, simulated: Run, measured: Run) -> None:
        self.simulated, self.measured = simulated, measured
        self.spec, self.work = simulated.machine.spec, simulated.work
        done, packets = measured.measured(TIME_DONE), measured.measured(N_PACKETS)
        pes = [str(piece.pe) for piece in simulated.mapping.slices]
        board = simulated.about.board
        # A slice that sits elsewhere on the board leaves its PE to another.
        moved = {row.pe for row in board.moved} if board is not None else set()
        self.columns = [number for number, pe in enumerate(pes) if pe in done and pe not in moved]
        self.done = [done[pes[number]] for number in self.columns]
        self.packets = [packets.get(pes[number]) for number in self.columns]
        self.keys = _keys(self.work, self.spec)
        self.products = Products(len(self.keys))
        self.left_out = {"after the first spike that differs": 0, "late": 0, "with other packets": 0}

    def add(self, block: PricedBlock) -> None:
        """Add the ticks of `block`."""
        ticks = slice(block.start, block.start + block.counts.packets.shape[1])
        features = _features(block, self.work, self.spec)[0]
        clock, change_s = (of(block.priced.levels, self.spec)[0] for of in (clocks_hz, switch_s))
        for place, number in enumerate(self.columns):
            done = self.done[place][ticks]
            recorded = self.packets[place]
            is_late = late(done, self.measured.tick_s)
            differs = np.zeros(len(done), np.bool_)
            if recorded is not None:
                differs = recorded[ticks] != block.counts.packets[0, :, number]
            self.left_out["late"] += int(is_late.sum())
            self.left_out["with other packets"] += int((differs & ~is_late).sum())
            kept = ~is_late & ~differs
            self.products.add(features[kept, number], ((done - change_s[:, number]) * clock[:, number])[kept])

    def calibration(self) -> Calibration:
        """Return the fit of all rows."""
        gram, before = self.products.gram, np.array(list(self.keys.values()))
        alone = identifiable(gram)
        others = [number for number in _by_preference(list(self.keys)) if not alone[number]]
        fitted = independent(gram, [*np.flatnonzero(alone).tolist(), *others])
        values = before.copy()
        held = [number for number in range(len(before)) if number not in fitted]
        right = self.products.right - gram[:, held] @ before[held]
        values[fitted] = non_negative(gram[np.ix_(fitted, fitted)], right[fitted])
        errors = self._errors(fitted, values)
        return Calibration(
            str(self.simulated.session),
            str(self.measured.session),
            self.products.rows,
            {why: count for why, count in self.left_out.items() if count},
            self._error_s(before),
            self._error_s(values),
            tuple(
                FittedCost(
                    key,
                    _status(number, alone, fitted, gram, float(values[number]), errors.get(number)),
                    float(values[number]),
                    float(before[number]),
                    errors.get(number),
                )
                for number, key in enumerate(self.keys)
            ),
        )

    def _errors(self, fitted: list[int], values: FloatArray) -> dict[int, float]:
        """Return the standard error of each fitted cost, in cycles."""
        freedom = self.products.rows - len(fitted)
        if freedom <= 0:
            return {}
        variance = self.products.mean_square(values) * self.products.rows / freedom
        inverse = np.linalg.inv(self.products.gram[np.ix_(fitted, fitted)])
        return dict(zip(fitted, np.sqrt(np.abs(np.diag(inverse)) * variance).tolist(), strict=True))

    def _error_s(self, values: FloatArray) -> float:
        """Return the root mean square error of the times, at the slowest clock, in s."""
        slowest = min(level.clock_hz for level in self.spec.levels.values())
        return float(np.sqrt(self.products.mean_square(values)) / slowest)


def _keys(work: SliceWork, spec: ChipSpec) -> dict[str, float]:
    """Return the costs by their keys in the chip file, in cycles, in the order of the columns of `_features`."""
    models = {f"models.{model}.cycles_per_neuron": spec.models[model].cycles_per_neuron for model in _models(work)}
    return {f"cycles.{name}": float(value) for name, value in vars(spec.cycles).items()} | models


def _models(work: SliceWork) -> list[str]:
    return sorted(set(work.models))


def _by_preference(keys: list[str]) -> list[int]:
    """Return the costs, those first that are rather fitted than held where they cannot be told apart."""
    last = ("cycles.send", "cycles.voltage_record", "cycles.tick")
    return sorted(range(len(keys)), key=lambda number: last.index(keys[number]) + 1 if keys[number] in last else 0)


def _features(block: PricedBlock, work: SliceWork, spec: ChipSpec) -> FloatArray:
    """Return how often each cost falls due, shape (samples, ticks, slices, costs)."""
    due = occurrences(block.counts, work)
    columns = [due[name] for name in vars(spec.cycles)]
    for model in _models(work):
        own = np.array([name == model for name in work.models])
        columns.append(due["neuron"] * own)
    return np.stack(columns, axis=3).astype(np.float64)


def _status(
    number: int, alone: NDArray[np.bool_], fitted: list[int], gram: FloatArray, value: float, error: float | None
) -> Status:
    if not gram[number, number] > 0:
        return "absent"
    if number not in fitted:
        return "held"
    if not alone[number]:
        return "tied"
    return "fitted" if error is not None and error <= _SURE * value else "uncertain"
