"""Edits of the placement by hand: what the mesh, the menus and the keys ask for, each one undoable step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from s2studio.analysis.view import Span, View
from s2studio.gui.models.editing import Editing, Measured, Plan, carried_over
from s2studio.gui.translation import tr
from s2studio.mapping.edit import Editor, Refused, name_of
from s2studio.mapping.mapping import ChipMapping
from s2studio.mapping.place import PLACERS
from s2studio.mapping.rates import Rates

if TYPE_CHECKING:
    from s2studio.app.shown import RunShown
    from s2studio.chip.machine import PE
    from s2studio.gui.controller import Controller

Thing = TypeVar("Thing")
Step = Callable[[Editor, ChipMapping], ChipMapping | Refused]

# What tells the cost of an edit is loaded once the new mapping is painted: its thread would make the painting wait.
WARM_AFTER_MS = 200


class Edits(QObject):
    """Carries out edits of what is selected. `refused` carries why one could not be; the log says it too."""

    refused = Signal(object)
    # What edits are judged by changed: another run was measured, or costs can be told from now on.
    judged = Signal()

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller = controller
        self.editing = Editing(controller.studio)
        self._mapping: ChipMapping | None = None
        controller.studio.mapping_changed.connect(self._mapping_changed)
        controller.studio.shown_changed.connect(self._measure)

    # -------------------------------------------------------------------------------------------------------- commands
    def drop(self, plan: Plan) -> None:
        """Carry out `plan`."""
        moves = {index: pe for index, pe in plan.items() if pe != self._slices()[index].pe}
        if moves:
            self._step(self.editing.text(moves), lambda editor, mapping: editor.rearrange(mapping, moves))

    def split(self) -> None:
        """Cut each selected slice in two; the second part goes where traffic is least."""
        indices = sorted(self.slices, reverse=True)
        self._each(tr("Split"), indices, lambda editor, mapping, index: editor.split(mapping, index))

    def merge(self) -> None:
        """Put each selected slice and the next of its population in one; several that touch become one."""
        indices = sorted(self.slices, reverse=True)
        if len(indices) > 1:
            # Of slices in a row the last stays as it is: the one before it takes it in.
            slices = self._slices()
            chosen = set(indices)
            indices = [
                one for one in indices if one + 1 in chosen and slices[one + 1].population == slices[one].population
            ] or indices
        self._each(tr("Merge"), indices, lambda editor, mapping, index: editor.merge(mapping, index))

    def pin(self) -> None:
        """Pin the selected slices to where they are."""
        self._each(tr("Pin"), sorted(self.slices), lambda editor, mapping, index: editor.pin(mapping, index))

    def unpin(self) -> None:
        """Let the selected slices move again."""
        pinned = sorted(self.pinned & self.slices)
        self._each(tr("Unpin"), pinned, lambda editor, mapping, index: editor.unpin(mapping, index))

    def forbid(self) -> None:
        """Keep the selected PEs empty; what is there moves to where traffic is least."""
        self._each_pe(tr("Forbid"), sorted(self.pes - self.forbidden), Editor.forbid)

    def allow(self) -> None:
        """Let the selected PEs be used again."""
        self._each_pe(tr("Allow"), sorted(self.pes & self.forbidden), Editor.allow)

    def set_neurons_per_pe(self, population: str, neurons: int) -> None:
        """Cut a population anew, at most `neurons` in a slice."""
        self._step(
            tr("At most {neurons} neurons of {population} on a PE", neurons=neurons, population=population),
            lambda editor, mapping: editor.set_neurons_per_pe(mapping, population, neurons),
        )

    def place_rest(self) -> None:
        """Place every slice anew but the pinned and the selected ones."""
        placer = self._placer()
        self._controller.place_rest(
            tr("Place the rest with {placer}", placer=placer), self.slices, placer, self._rates()
        )

    def place_selection(self, placer: str) -> None:
        """Place the selected slices anew with `placer`, all others staying."""
        keep = frozenset(range(len(self._slices()))) - self.slices
        self._controller.place_rest(tr("Place the selection with {placer}", placer=placer), keep, placer, self._rates())

    # -------------------------------------------------------------------------------------------------- what is there
    @property
    def slices(self) -> frozenset[int]:
        """The selected slices."""
        there = len(self._slices())
        return frozenset(index for index in self._controller.selection.now.slices if index < there)

    @property
    def pes(self) -> frozenset[PE]:
        """The selected PEs that a program may use."""
        machine = self._controller.studio.machine
        usable = frozenset(machine.usable_pes) if machine is not None else frozenset()
        return self._controller.selection.now.pes & usable

    @property
    def pinned(self) -> frozenset[int]:
        """The slices that are pinned."""
        mapping = self._controller.studio.mapping
        if mapping is None or not mapping.options.pinned:
            return frozenset()
        pinned = mapping.options.pinned
        return frozenset(index for index in range(len(mapping.slices)) if name_of(mapping, index) in pinned)

    @property
    def forbidden(self) -> frozenset[PE]:
        """The PEs that are forbidden."""
        mapping = self._controller.studio.mapping
        return mapping.options.forbidden if mapping is not None else frozenset()

    def can_merge(self) -> bool:
        """Return whether a selected slice has a next one."""
        slices = self._slices()
        return any(
            index + 1 < len(slices) and slices[index + 1].population == slices[index].population
            for index in self.slices
        )

    @property
    def can_edit(self) -> bool:
        """Whether there is a mapping of an open project, and the engine has nothing else to do."""
        studio = self._controller.studio
        return studio.mapping is not None and studio.project is not None and studio.busy is None

    # ----------------------------------------------------------------------------------------------------------- inside
    def _slices(self) -> tuple:  # type: ignore[type-arg]
        mapping = self._controller.studio.mapping
        return () if mapping is None else mapping.slices

    def _placer(self) -> str:
        project = self._controller.studio.project
        return project.mapping.placer if project is not None else next(iter(PLACERS))

    def _rates(self) -> Rates | None:
        found = self.editing.measured
        return found.rates if found is not None else None

    def _each(
        self,
        verb: str,
        indices: Collection[int],
        edit: Callable[[Editor, ChipMapping, int], ChipMapping | Refused],
    ) -> None:
        """Do the same with each of `indices` in this order, as one step."""
        mapping = self._controller.studio.mapping
        if mapping is None or not indices:
            return
        what = name_of(mapping, next(iter(indices)))
        several = tr("{verb} {count} slices", verb=verb, count=len(indices))
        self._step(f"{verb} {what}" if len(indices) == 1 else several, _all_of(indices, edit))

    def _each_pe(
        self, verb: str, pes: Collection[PE], edit: Callable[[Editor, ChipMapping, PE], ChipMapping | Refused]
    ) -> None:
        if pes:
            several = tr("{verb} {count} PEs", verb=verb, count=len(pes))
            self._step(f"{verb} {next(iter(pes))}" if len(pes) == 1 else several, _all_of(pes, edit))

    def _step(self, text: str, edit: Step) -> None:
        mapping, editor = self._controller.studio.mapping, self.editing.editor
        if mapping is None or editor is None:
            return
        edited = edit(editor, mapping)
        if isinstance(edited, Refused):
            self._controller.studio.say("warning", str(edited))
            self.refused.emit(edited)
        else:
            self._controller.edit(text, edited)

    def _mapping_changed(self, mapping: ChipMapping | None) -> None:
        selection = self._controller.selection
        selection.select(carried_over(selection.now, self._mapping, mapping))
        self._mapping = mapping
        QTimer.singleShot(WARM_AFTER_MS, self, self.editing.warm)
        self.judged.emit()

    def _measure(self, shown: RunShown | None) -> None:
        """Ask the session that is shown for the traffic by which edits are judged from now on."""
        sessions = self._controller.sessions
        if shown is None or shown.state == "running" or not shown.ticks:
            return

        def counted(rates: Rates) -> None:
            sessions.request(
                "view", shown.session, shown.number, Span(0, shown.ticks, 1), False, done=lambda v: seen(rates, v)
            )

        def seen(rates: Rates, view: View) -> None:
            self.editing.measured = measured_of(shown, rates, view)
            self.judged.emit()

        sessions.request("neuron_spikes", shown.session, shown.number, done=counted, failed=lambda refusal: None)


def _all_of(things: Collection[Thing], edit: Callable[[Editor, ChipMapping, Thing], ChipMapping | Refused]) -> Step:
    """Return the step that does the same with each of `things`, in this order, or is refused as a whole."""

    def step(editor: Editor, edited: ChipMapping) -> ChipMapping | Refused:
        for thing in things:
            found = edit(editor, edited, thing)
            if isinstance(found, Refused):
                return found
            edited = found
        return edited

    return step


def measured_of(shown: RunShown, rates: Rates, view: View) -> Measured:
    """Return what edits are judged by, of a whole run in one column."""
    asleep_w = shown.machine.spec.levels[shown.machine.spec.sleep_level].asleep_w
    span_s = view.tick_s * view.ticks_seen
    # By the low end of times PEs are asleep longer.
    asleep_j = asleep_w * span_s * (1 - np.stack([view.slice_busy, *view.slice_busy_ends]))
    busy_j = np.maximum(np.stack([view.slice_energy_j, *view.slice_energy_ends_j]) - asleep_j, 0.0).sum(axis=1)
    worst_s = [float(each.max(initial=0.0)) for each in (view.slice_time_done_s, *view.slice_time_done_ends_s)]
    return Measured(
        name=shown.session.name,
        ran=shown.mapping,
        rates=rates,
        ticks=max(1, view.ticks_seen),
        tick_s=view.tick_s,
        time_done_s=view.slice_time_done_s,
        busy_energy_j=float(busy_j[0]),
        time_factors=_factors(worst_s),
        energy_factors=_factors(busy_j.tolist()),
    )


def _factors(values: Sequence[float]) -> tuple[float, float]:
    """Return both ends of a number, which stand after it, as shares of it."""
    value, low, high = values
    return (low / value, high / value) if value else (1.0, 1.0)
