"""Two runs side by side: numbers, spikes, voltages, and each PE's time and packets, simulated or measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from s2studio.analysis.pe_ticks import Pair, PeTotals, pe_totals
from s2studio.analysis.spike_difference import FirstDifference, SpikeDifference, spike_differences
from s2studio.session.run import Progress, Run, no_progress
from s2studio.session.tables import SPIKES, TIME_DONE
from s2studio.units import named

Json = dict[str, Any]
# What says which run it is, and no result of it.
_NO_RESULTS = ("run", "first_step")


@dataclass(frozen=True)
class Side:
    """One of the two runs."""

    session: str
    run: int
    state: str
    origin: str
    network: str
    network_digest: str
    ticks: int
    tick_s: float


_ENDS_OF_KINDS = ("energy_kinds_low_j", "energy_kinds_high_j")


@dataclass(frozen=True)
class Number:
    """A number of both summaries by its key, such as `energy_j.total`; `relative` is None where A has 0."""

    key: str
    a: float
    b: float

    @property
    def change(self) -> float:
        """B less A."""
        return self.b - self.a

    @property
    def relative(self) -> float | None:
        """The change as a share of A."""
        return self.change / abs(self.a) if self.a else None

    @property
    def written_change(self) -> str:
        """B less A with its sign and unit: `+12.05 mJ`."""
        return ("+" if self.change > 0 else "") + named(self.key, self.change)


@dataclass(frozen=True)
class PopulationDifference:
    """A population that both runs have. `spikes` and `voltages` are None where not both runs keep them.

    `largest_v` is the largest difference of a voltage, in chip units.
    """

    name: str
    spikes_a: int | None
    spikes_b: int | None
    spikes: SpikeDifference | None
    first_voltage: FirstDifference | None
    largest_v: float | None


@dataclass(frozen=True)
class PeDifference:
    """A PE that either run uses: its populations, its longest and mean `time_done` in s, and its packets.

    Values are None where a run does not know them: it does not use the PE, or the board did not record them. The ends
    of times are pairs, None where the times were measured.
    """

    pe: str
    populations: tuple[str, ...]
    time_done_max_a_s: float | None
    time_done_max_b_s: float | None
    time_done_mean_a_s: float | None
    time_done_mean_b_s: float | None
    packets_a: int | None
    packets_b: int | None
    time_done_max_ends_a_s: Pair | None = None
    time_done_max_ends_b_s: Pair | None = None
    time_done_mean_ends_a_s: Pair | None = None
    time_done_mean_ends_b_s: Pair | None = None


@dataclass(frozen=True)
class Comparison:
    """All that two runs differ in, over the ticks that both have. `spikes_equal` is None where nothing is comparable.

    `by_hash` says that the content hashes alone proved it. `notes` are what could not be compared, in words.
    """

    a: Side
    b: Side
    ticks: int
    spikes_equal: bool | None
    by_hash: bool
    numbers: tuple[Number, ...]
    populations: tuple[PopulationDifference, ...]
    pes: tuple[PeDifference, ...]
    notes: tuple[str, ...]

    @property
    def first_tick(self) -> int | None:
        """The first tick in which any population's spikes differ, None where there is none."""
        found = [row.spikes.first.tick for row in self.populations if row.spikes and row.spikes.first]
        return min(found, default=None)

    @property
    def differing(self) -> list[Number]:
        """The numbers that differ, without the ends of kinds of energy: they differ as their values do."""
        return [one for one in self.numbers if one.change and not one.key.startswith(_ENDS_OF_KINDS)]

    def as_dict(self) -> Json:
        """Return what `compare --json` prints."""
        numbers = [asdict(number) | {"change": number.change, "relative": number.relative} for number in self.numbers]
        return asdict(self) | {"first_tick": self.first_tick, "numbers": numbers}


def compare_runs(a: Run, b: Run, progress: Progress = no_progress) -> Comparison:
    """Return how run `b` differs from run `a`; populations are matched by name, PEs by their place."""
    ticks = min(a.ticks, b.ticks)
    by_hash = _same_hash(a, b)
    populations = tuple(_populations(a, b, ticks, by_hash, progress))
    judged = [row.spikes.first is None for row in populations if row.spikes is not None]
    return Comparison(
        a=_side(a),
        b=_side(b),
        ticks=ticks,
        spikes_equal=(all(judged) and a.ticks == b.ticks) if judged else None,
        by_hash=by_hash,
        numbers=tuple(_numbers(a.summary(), b.summary())),
        populations=populations,
        pes=tuple(_pes(pe_totals(a, ticks), pe_totals(b, ticks))),
        notes=tuple(_notes(a, b)),
    )


def _side(run: Run) -> Side:
    about = run.about
    return Side(
        str(run.session),
        run.number,
        run.state,
        about.origin,
        about.network,
        about.network_digest,
        run.ticks,
        run.tick_s,
    )


def _notes(a: Run, b: Run) -> Iterator[str]:
    if a.about.network_digest != b.about.network_digest:
        yield "the networks are not written the same: their digests differ"
    if a.ticks != b.ticks:
        yield f"A has {a.ticks:,} ticks and B {b.ticks:,}: spikes, voltages and PEs are compared over those of both"
    if a.about.samples != b.about.samples:
        yield f"A has {a.about.samples:,} samples and B {b.about.samples:,}: spikes and voltages are not compared"
    for one, other, name in ((a, b, "A"), (b, a, "B")):
        yield from _measured_notes(one, name)
        missing = [population for population in one.about.names if population not in other.about.names]
        if missing:
            yield f"only {name} has {', '.join(map(repr, missing))}"


def _measured_notes(run: Run, name: str) -> Iterator[str]:
    """Yield what a reader of a measured run's numbers must know."""
    if not run.is_measured:
        return
    used, board = len(run.mapping.slices), run.about.board
    recorded = len(run.measured(TIME_DONE))
    if 0 < recorded < used:
        yield f"{name} has time_done of {recorded:,} of {used:,} PEs: its deadline and smallest tick are of these alone"
    if board is not None and board.moved:
        yield f"{len(board.moved):,} slices sit on other PEs on the board than in the simulation"


def _same_hash(a: Run, b: Run) -> bool:
    """Return whether the manifests say that both runs hold the same spikes."""
    hashes = [run.content.get(SPIKES.name) for run in (a, b)]
    kept = [tuple((entry.name, entry.size, entry.keeps("spikes")) for entry in run.about.populations) for run in (a, b)]
    return hashes[0] is not None and hashes[0] == hashes[1] and kept[0] == kept[1] and a.ticks == b.ticks


def _numbers(a: Json, b: Json) -> Iterator[Number]:
    flat_a, flat_b = dict(_flat(a)), dict(_flat(b))
    for key, value in flat_a.items():
        if key in flat_b:
            yield Number(key, value, flat_b[key])


def _flat(summary: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for key, value in summary.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, int | float) and not isinstance(value, bool) and key not in _NO_RESULTS:
            yield f"{prefix}{key}", value


def _populations(a: Run, b: Run, ticks: int, by_hash: bool, progress: Progress) -> Iterator[PopulationDifference]:
    there = {entry.name: entry for entry in b.about.populations}
    shared = [entry for entry in a.about.populations if entry.name in there and there[entry.name].size == entry.size]
    same_samples = a.about.samples == b.about.samples
    both = [entry.name for entry in shared if entry.keeps("spikes") and there[entry.name].keeps("spikes")]
    spikes: Mapping[str, SpikeDifference] = {}
    if same_samples and by_hash:
        spikes = {name: SpikeDifference(0, 0, None) for name in both}
    elif same_samples and both:
        spikes = spike_differences(a, b, both, ticks, progress)
    counts = [run.neuron_spikes() for run in (a, b)]
    for entry in shared:
        number = [int(count[entry.name].sum()) if entry.name in count else None for count in counts]
        first, largest = None, None
        if same_samples and entry.keeps("v") and there[entry.name].keeps("v"):
            first, largest = _voltages(a, b, entry.name, ticks)
        yield PopulationDifference(entry.name, number[0], number[1], spikes.get(entry.name), first, largest)


def _voltages(a: Run, b: Run, name: str, ticks: int) -> tuple[FirstDifference | None, float]:
    """Return the first voltage that differs, and the largest difference."""
    first, largest = None, 0.0
    span = a.span(max(part.stop for run in (a, b) for part in run.voltage_columns.values()))
    for start in range(0, ticks, span):
        stop = min(start + span, ticks)
        values = [run.voltages(name, start, stop, in_chip_units=True).transpose(1, 0, 2) for run in (a, b)]
        apart = np.abs(values[0].astype(np.float64) - values[1])
        largest = max(largest, float(apart.max(initial=0.0)))
        if first is None and apart.any():
            place = tuple(int(index) for index in np.unravel_index(np.flatnonzero(apart)[0], apart.shape))
            tick, sample, neuron = place
            first = FirstDifference(start + tick, sample, neuron, float(values[0][place]), float(values[1][place]))
    return first, largest


def _pes(a: Mapping[str, PeTotals], b: Mapping[str, PeTotals]) -> Iterator[PeDifference]:
    unused = PeTotals("", None, None, None)
    for pe in dict.fromkeys((*a, *b)):
        one, other = a.get(pe, unused), b.get(pe, unused)
        yield PeDifference(
            pe,
            tuple(dict.fromkeys(side.population for side in (one, other) if side is not unused)),
            one.time_done_max_s,
            other.time_done_max_s,
            one.time_done_mean_s,
            other.time_done_mean_s,
            one.packets,
            other.packets,
            one.time_done_max_ends_s,
            other.time_done_max_ends_s,
            one.time_done_mean_ends_s,
            other.time_done_mean_ends_s,
        )
