"""What an edit by hand would do: where slices may go, why not elsewhere, and what that changes, with its error."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from s2studio.chip.machine import PE, Machine
from s2studio.chip.spec import ChipSpec
from s2studio.draw.metrics import Values
from s2studio.gui.models.mesh_values import overlap
from s2studio.gui.models.selection import Selected, of_slices
from s2studio.gui.models.studio import Studio
from s2studio.gui.models.sure import about_column
from s2studio.gui.translation import tr
from s2studio.mapping.board import BoardClass, board_class
from s2studio.mapping.edit import Editor, Refused, name_of, why_not_on
from s2studio.mapping.mapping import ChipMapping
from s2studio.mapping.pins import pinned_slices
from s2studio.mapping.rates import Rates, slice_traffic
from s2studio.sim.traffic import link_table
from s2studio.units import interval, with_unit

if TYPE_CHECKING:
    from s2studio.mapping.edit_cost import Change, EditCost

Plan = Mapping[int, PE]
"""The PE that each slice that moves gets, by its index in the mapping."""

# What a PE spends nearly all of its time on, with the neurons of the LIF family; the chip file has the ranges.
Pair = tuple[float, float]
MAIN_COSTS = ("cycles.tick", "cycles.packet", "cycles.synaptic_event")


@dataclass(frozen=True, eq=False)
class Measured:
    """What a run showed of the network: spikes of each neuron in `ticks` ticks, and per slice of `ran` its worst tick.

    `time_done_s` (slices,) is the longest time a tick took, `busy_energy_j` the energy of busy PEs over the run;
    `time_factors` and `energy_factors` are the ends of the longest of all, and of that energy, as shares of them.
    """

    name: str
    ran: ChipMapping
    rates: Rates
    ticks: int
    tick_s: float
    time_done_s: Values
    busy_energy_j: float
    time_factors: Pair = (1.0, 1.0)
    energy_factors: Pair = (1.0, 1.0)


@dataclass(frozen=True)
class Figure:
    """One number before and after an edit. `error` is what the model may be wrong by; `more_is_better` for head-room.

    `before` None: there is no such number yet; `ends` are those of it where it is an estimate.
    """

    title: str
    unit: str
    before: float | None
    change: float
    error: float = 0.0
    more_is_better: bool = False
    note: str = ""
    ends: Pair | None = None

    @property
    def band(self) -> str:
        """Between which ends the number lies; empty of what is exact."""
        return "" if self.ends is None else interval(*self.ends, self.unit)

    @property
    def verdict(self) -> str:
        """`same`, `unclear` (smaller than the error), `better` or `worse`."""
        if self.before is None or abs(self.change) < 1e-9 * max(1e-30, abs(self.before)):
            return "same"
        if abs(self.change) <= self.error:
            return "unclear"
        return "better" if (self.change > 0) == self.more_is_better else "worse"

    @property
    def now(self) -> str:
        """The number after the edit, with its unit."""
        return "–" if self.before is None else written(self.before + self.change, self.unit)

    @property
    def difference(self) -> str:
        """What the edit changes, in words where it is nothing that could be measured."""
        if self.before is None:
            return self.note
        match self.verdict:
            case "same":
                return tr("no change")
            case "unclear":
                return tr("no measurable difference")
        sign = "+" if self.change > 0 else "−"
        share = f" ({sign}{abs(self.change / self.before):.1%})" if self.before else ""
        return f"{sign}{written(abs(self.change), self.unit)}{share}"


@dataclass(frozen=True)
class Preview:
    """What a plan would change: `text` names the edit, `figures` its numbers, `refused` why it cannot be.

    `board` says whether the board could then reproduce the placement.
    """

    text: str
    figures: tuple[Figure, ...]
    refused: Refused | None = None
    board: BoardClass | None = None


class Editing:
    """Edits of the mapping that `studio` holds. What is expensive is made when first asked for, and kept per mapping.

    The cost of an edit goes by `measured`, the last run's traffic, or, without one, by one spike of every neuron.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._measured: Measured | None = None
        self._cost: EditCost | None = None
        self._now: _Now | None = None
        self._editor: Editor | None = None
        self._board: tuple[ChipMapping, BoardClass | None] | None = None
        # Of a mapping: the PEs that may be used, and where slices are pinned, so that a plan is checked in no time.
        self._open: tuple[ChipMapping, frozenset[PE], Mapping[int, PE]] | None = None
        self._grid: tuple[Machine, _Grid] | None = None
        self._warming: threading.Thread | None = None

    @property
    def measured(self) -> Measured | None:
        """The run whose traffic edits are judged by; None where it was of another network."""
        mapping, found = self._studio.mapping, self._measured
        if mapping is None or found is None or found.ran.network_digest != mapping.network_digest:
            return None
        return found

    @measured.setter
    def measured(self, value: Measured | None) -> None:
        self._measured = value
        self._cost = self._now = self._editor = None

    @property
    def basis(self) -> str:
        """On what the numbers of an edit rest, in words."""
        found = self.measured
        if found is None:
            return tr("If every neuron spiked once: run the network to judge by its own traffic.")
        return tr("On the traffic of {name}, {ticks:,} ticks.", name=found.name, ticks=found.ticks)

    @property
    def editor(self) -> Editor | None:
        """The editor for the network that is open."""
        network, machine = self._studio.network, self._studio.machine
        if network is None or machine is None:
            return None
        if self._editor is None or self._editor.network is not network or self._editor.machine is not machine:
            self._editor = Editor(network, machine, self._rates())
        return self._editor

    @property
    def is_ready(self) -> bool:
        """Whether costs can be told without making anybody wait for compiled code."""
        return self._warming is not None and not self._warming.is_alive()

    def warm(self) -> None:
        """Load, or the first time compile, what tells costs and finds places: in a thread, for it takes a while."""
        if self._warming is None and self._studio.mapping is not None and self.editor is not None:
            from s2studio.mapping.edit_cost import EditCost

            mapping, editor = self._studio.mapping, self.editor

            def load() -> None:
                cost = EditCost(mapping, editor.network, editor.machine)
                cost.move(0, mapping.slices[0].pe)
                cost.places(0)
                editor.place_rest(mapping, range(1, len(mapping.slices)), "greedy")

            self._warming = threading.Thread(target=load, name="edit costs")
            self._warming.start()

    def wait(self) -> None:
        """Wait until `is_ready`."""
        self.warm()
        if self._warming is not None:
            self._warming.join()

    def plan(self, slices: Collection[int], lead: int, pe: PE) -> Plan | Refused:
        """Return where slices go if `lead` is dropped on `pe` and the others keep their places around it.

        Slices that stood there take the places that became free. Refused where one of them cannot be where it would.
        """
        mapping, machine = self._studio.mapping, self._studio.machine
        if mapping is None or machine is None:
            return Refused("mapping", tr("there is none"), tr("open a network first"))
        moving = {index: mapping.slices[index].pe for index in {lead, *slices}}
        if len(moving) == 1:
            targets = {lead: pe}
        else:
            grid = self._grid_of(machine)
            found = {index: grid.shifted(start, moving[lead], pe) for index, start in moving.items()}
            for index, target in found.items():
                if target is None:
                    name = name_of(mapping, index)
                    return Refused(name, tr("there is no PE where it would go"), tr("drop elsewhere, or fewer at once"))
            targets = {index: target for index, target in found.items() if target is not None}
        plan = _with_displaced(mapping, moving, targets)
        return self._why_not(mapping, plan) or plan

    def legality(self, slices: Collection[int], lead: int) -> dict[PE, Refused | None]:
        """Return for every PE why `lead`, with `slices` around it, cannot be dropped there; None where it can."""
        machine = self._studio.machine
        found: dict[PE, Refused | None] = {}
        for pe in machine.pes if machine is not None else ():
            plan = self.plan(slices, lead, pe)
            found[pe] = plan if isinstance(plan, Refused) else None
        return found

    def text(self, plan: Plan) -> str:
        """Return what carrying out `plan` is called in the history."""
        mapping = self._studio.mapping
        if mapping is None:
            return "Move"
        names = [name_of(mapping, index) for index in plan]
        if len(plan) == 1:
            return tr("Move {name} to {pe}", name=names[0], pe=next(iter(plan.values())))
        if len(plan) == 2 and all(mapping.slices[one].pe in plan.values() for one in plan):
            return tr("Swap {first} and {second}", first=names[0], second=names[1])
        return tr("Move {count} slices", count=len(plan))

    def carry_out(self, plan: Plan) -> ChipMapping | Refused:
        """Return the mapping with the slices of `plan` on their new PEs."""
        mapping, editor = self._studio.mapping, self.editor
        if mapping is None or editor is None:
            return Refused("mapping", tr("there is none"), tr("open a network first"))
        return editor.rearrange(mapping, plan)

    def preview(self, plan: Plan | Refused) -> Preview:
        """Return what carrying out `plan` would change."""
        if isinstance(plan, Refused):
            return Preview("", (), plan)
        moves = {index: pe for index, pe in plan.items() if pe != self._slices()[index].pe}
        if not moves:
            return Preview(tr("stays where it is"), self._figures(None), board=self.board)
        if not self.is_ready:
            return Preview(self.text(plan), ())
        change = self._edit_cost().rearrange(moves)
        refused = None
        if not change.fits:
            refused = Refused(
                self.text(plan), tr("a slice would no longer fit the memory of its PE"), tr("drop elsewhere")
            )
        # Routes and memory do not matter to what the board can place, and would take longer than a frame.
        slices = tuple(replace(piece, pe=moves.get(index, piece.pe)) for index, piece in enumerate(self._slices()))
        mapping = self._studio.mapping
        board = None if mapping is None else self._board_of(replace(mapping, slices=slices))
        return Preview(self.text(plan), self._figures(change), refused, board)

    @property
    def board(self) -> BoardClass | None:
        """Whether the board can reproduce the placement as it is."""
        mapping = self._studio.mapping
        if mapping is None:
            return None
        if self._board is None or self._board[0] is not mapping:
            self._board = (mapping, self._board_of(mapping))
        return self._board[1]

    def now(self) -> tuple[Figure, ...]:
        """Return the numbers of the mapping as it is."""
        return self._figures(None)

    def changes(self, slices: Collection[int], lead: int, pes: Iterable[PE]) -> dict[PE, float]:
        """Return the change in flit-hops, as a share, of dropping `lead` on each of `pes` where that can be."""
        hops = self._state().hops
        if not self.is_ready or not hops:
            return {}
        cost, wanted = self._edit_cost(), set(pes)
        if not set(slices) - {lead}:
            places = cost.places(lead)
            pairs = zip(places.pes, (places.flit_hops / hops).tolist(), strict=True)
            return {pe: change for pe, change in pairs if pe in wanted}
        plans = {pe: self.plan(slices, lead, pe) for pe in wanted}
        return {
            pe: cost.rearrange(plan).flit_hops / hops for pe, plan in plans.items() if not isinstance(plan, Refused)
        }

    # ----------------------------------------------------------------------------------------------------------- inside
    def _board_of(self, mapping: ChipMapping) -> BoardClass | None:
        network, machine = self._studio.network, self._studio.machine
        if network is None or machine is None:
            return None
        return board_class(mapping, machine, network.spiking)

    def _why_not(self, mapping: ChipMapping, plan: Plan) -> Refused | None:
        machine = self._studio.machine
        if machine is None:
            return None
        if self._open is None or self._open[0] is not mapping:
            closed = machine.reserved_pes | mapping.options.forbidden
            pins = pinned_slices(mapping.slices, machine, mapping.options)
            self._open = (mapping, frozenset(machine.pes) - closed, pins)
        _mapping, open_pes, pinned = self._open
        for index, pe in plan.items():
            if pe not in open_pes or pinned.get(index, pe) != pe:
                return why_not_on(mapping, machine, index, pe)
        return None

    def _grid_of(self, machine: Machine) -> _Grid:
        if self._grid is None or self._grid[0] is not machine:
            self._grid = (machine, _Grid(machine.pes))
        return self._grid[1]

    def _slices(self) -> tuple:  # type: ignore[type-arg]
        return () if self._studio.mapping is None else self._studio.mapping.slices

    def _rates(self) -> Rates | None:
        return None if self.measured is None else self.measured.rates

    def _edit_cost(self) -> EditCost:
        from s2studio.mapping.edit_cost import EditCost

        mapping, editor = self._studio.mapping, self.editor
        if mapping is None or editor is None:
            raise ValueError("the cost of an edit was asked for without a mapping")
        if self._cost is None or self._cost.mapping is not mapping:
            ticks = 1 if self.measured is None else self.measured.ticks
            busy_s = self._state().time_done_s
            self._cost = EditCost(mapping, editor.network, editor.machine, self._rates(), busy_s, ticks)
        return self._cost

    def _state(self) -> _Now:
        mapping, machine = self._studio.mapping, self._studio.machine
        if mapping is None or machine is None:
            raise ValueError("the numbers of a mapping were asked for without one")
        if self._now is None or self._now.mapping is not mapping:
            self._now = _Now.of(mapping, self.measured)
        return self._now

    def _figures(self, change: Change | None) -> tuple[Figure, ...]:
        machine = self._studio.machine
        if self._studio.mapping is None or machine is None:
            return ()
        state, found = self._state(), self.measured
        ticks = found.ticks if found is not None else 1
        per = "/tick" if found is not None else ""
        error, spec = time_error(machine.spec), machine.spec
        fullest = spec.memory.data_bytes - state.fullest_bytes
        time_s = None if state.time_done_s is None else float(state.time_done_s.max(initial=0.0))
        time_change = 0.0 if change is None else change.worst_time_done_s or 0.0
        energy_j = state.hops * spec.energy.flit_hop_j + state.lookups * spec.energy.router_lookup_j
        busy_j = found.busy_energy_j if found is not None else 0.0
        time_ends_s = None if found is None or time_s is None else _times(found.time_factors, time_s)
        return (
            Figure(
                tr("NoC traffic"),
                tr("hops{per}", per=per),
                state.hops / ticks,
                (change.flit_hops if change else 0.0) / ticks,
            ),
            Figure(
                tr("Worst link"),
                tr("flits{per}", per=per),
                state.worst_link / ticks,
                (change.worst_link_flits if change else 0.0) / ticks,
            ),
            Figure(
                about_column(tr("Worst time_done")),
                "s",
                time_s,
                time_change,
                error * (time_s or 0.0),
                note=tr("after a run"),
                ends=time_ends_s,
            ),
            Figure(tr("Head-room"), "B", fullest, -(change.fullest_bytes if change else 0), more_is_better=True),
            Figure(
                about_column(tr("Energy") if found is not None else tr("NoC energy")),
                f"J{per}",
                (energy_j + busy_j) / ticks,
                change.energy_per_tick_j if change else 0.0,
                error * busy_j / ticks,
                ends=_energy_ends_j(state, spec, found, ticks),
            ),
        )


def _times(factors: Pair, value: float) -> Pair:
    return factors[0] * value, factors[1] * value


def _energy_ends_j(state: _Now, spec: ChipSpec, found: Measured | None, ticks: int) -> Pair:
    """Return the ends of the energy of flits, look-ups and, after a run, busy PEs, in J of a tick."""
    hops_j, lookups_j = state.hops * spec.energy.flit_hop_j, state.lookups * spec.energy.router_lookup_j
    parts = [
        _times(spec.quantities["energy.flit_hop"].factors, hops_j),
        _times(spec.quantities["energy.router_lookup"].factors, lookups_j),
        (0.0, 0.0) if found is None else _times(found.energy_factors, found.busy_energy_j),
    ]
    low, high = (sum(part[end] for part in parts) / ticks for end in (0, 1))
    return low, high


@dataclass(frozen=True, eq=False)
class _Now:
    """The numbers of one mapping as it is; totals over the run, or over one spike of every neuron."""

    mapping: ChipMapping
    hops: float
    worst_link: float
    lookups: float
    fullest_bytes: int
    time_done_s: Values | None

    @classmethod
    def of(cls, mapping: ChipMapping, found: Measured | None) -> _Now:
        """Return the numbers of `mapping` for the spikes of `found`."""
        spikes = slice_traffic(mapping.slices, found.rates if found is not None else {})
        _links, table = link_table(mapping)
        loads = spikes @ table
        time_s = None if found is None else found.time_done_s @ overlap(found.ran.slices, mapping.slices)
        return cls(
            mapping=mapping,
            hops=float(loads.sum()),
            worst_link=float(loads.max(initial=0.0)),
            lookups=float(spikes @ np.array([route.router_lookups for route in mapping.routes], np.float64)),
            fullest_bytes=max((sum(piece.bytes.values()) for piece in mapping.slices), default=0),
            time_done_s=time_s,
        )


class _Grid:
    """All PEs of a machine in one grid, so that several keep their places around one of them."""

    def __init__(self, pes: Iterable[PE]) -> None:
        self._place: dict[PE, tuple[int, int, int, int]] = {}
        for pe in pes:
            # Four in a QPE stand as the mesh shows them: 0 and 1 above 2 and 3.
            self._place[pe] = (pe.chip_x, pe.chip_y, 2 * pe.x + pe.p % 2, 2 * pe.y - pe.p // 2)
        self._at = {place: pe for pe, place in self._place.items()}

    def shifted(self, pe: PE, origin: PE, target: PE) -> PE | None:
        """Return the PE that lies to `pe` as `target` lies to `origin`, None where there is none."""
        place, one, other = self._place[pe], self._place[origin], self._place[target]
        moved = tuple(part + to - start for part, start, to in zip(place, one, other, strict=True))
        return self._at.get((moved[0], moved[1], moved[2], moved[3]))


def _with_displaced(mapping: ChipMapping, moving: Mapping[int, PE], targets: Mapping[int, PE]) -> dict[int, PE]:
    """Return `targets` with every slice that has to make room on a PE that becomes free."""
    back = {target: moving[index] for index, target in targets.items()}
    plan = dict(targets)
    for index, piece in enumerate(mapping.slices):
        if index not in moving and piece.pe in back:
            place = back[piece.pe]
            while place in back:
                place = back[place]
            plan[index] = place
    return plan


def time_error(spec: ChipSpec) -> float:
    """Return by what share a time may be wrong: the widest half range of the costs that nearly all of it is made of."""
    found = [0.0]
    for key, quantity in spec.quantities.items():
        is_cost = key in MAIN_COSTS or (key.startswith("models.lif") and key.endswith(".cycles_per_neuron"))
        if is_cost and quantity.range is not None and isinstance(quantity.value, int | float) and quantity.value:
            low, high = quantity.range
            found.append((high - low) / 2 / quantity.value)
    return max(found)


def written(value: float, unit: str) -> str:
    """Return a number of an edit as people read it."""
    if unit == "B":
        return f"{value:,.0f} B"
    symbol, slash, per = unit.partition("/")
    if symbol in ("s", "J"):
        return with_unit(value, symbol) + slash + per
    number = f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else f"{value:.3g}"
    return f"{number} {unit}"


def carried_over(selected: Selected, before: ChipMapping | None, after: ChipMapping | None) -> Selected:
    """Return what is selected after the mapping changed: the slices with the same neurons, wherever they are now."""
    if before is None or after is None or not selected.slices:
        return selected
    kept = [before.slices[index] for index in selected.slices if index < len(before.slices)]
    found = frozenset(
        index
        for index, piece in enumerate(after.slices)
        if any(piece.population == old.population and old.start <= piece.start < old.stop for old in kept)
    )
    again = of_slices(after, found)
    return Selected(again.slices, again.pes, selected.populations or again.populations, selected.projections)
