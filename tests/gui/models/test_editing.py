"""What an edit by hand would do, told before it is done."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from s2studio.app.engine import Engine, Prepared
from s2studio.app.project import open_project
from s2studio.draw.metrics import METRICS
from s2studio.gui.models.editing import Editing, Figure, Measured, carried_over, time_error
from s2studio.gui.models.mesh_values import Facts, link_loads, overlap
from s2studio.gui.models.selection import of_slices
from s2studio.gui.models.studio import Studio
from s2studio.mapping.edit import Refused
from s2studio.mapping.mapping import ChipMapping
from s2studio.resources import resource_path


@dataclass(frozen=True)
class Opened:
    """A project of many slices, prepared and placed."""

    prepared: Prepared
    mapping: ChipMapping


@pytest.fixture(scope="module")
def opened() -> Opened:
    engine = Engine(lambda event: None)
    prepared = engine.prepare(open_project(resource_path("sample_projects", "event_digits", "project.yaml")))
    return Opened(prepared, engine.place(prepared.project))


@pytest.fixture
def studio(opened: Opened) -> Studio:
    found = Studio()
    found.prepared, found.mapping = opened.prepared, opened.mapping
    return found


def free_pe(studio: Studio, number: int = 0):  # type: ignore[no-untyped-def] # noqa: ANN201
    assert studio.machine is not None
    assert studio.mapping is not None
    used = {piece.pe for piece in studio.mapping.slices}
    return [pe for pe in studio.machine.usable_pes if pe not in used][number]


def test_that_a_slice_dropped_on_a_free_pe_moves_there(studio: Studio) -> None:
    editing, target = Editing(studio), free_pe(studio)
    plan = editing.plan({3}, 3, target)
    assert plan == {3: target}
    edited = editing.carry_out(plan)
    assert isinstance(edited, ChipMapping)
    assert edited.slices[3].pe == target
    assert editing.text(plan) == f"Move lif1[0] to {target}"


def test_that_a_slice_dropped_on_another_changes_places_with_it(studio: Studio, opened: Opened) -> None:
    editing, slices = Editing(studio), opened.mapping.slices
    plan = editing.plan({0}, 0, slices[5].pe)
    assert plan == {0: slices[5].pe, 5: slices[0].pe}
    assert editing.text(plan) == "Swap input[0] and lif1[2]"


def test_that_several_slices_keep_their_places_around_the_one_held(studio: Studio, opened: Opened) -> None:
    """Slices 0 to 3 fill QPE (7, 6); dropped one QPE to the left they change places with those of QPE (6, 6)."""
    editing, slices = Editing(studio), opened.mapping.slices
    plan = editing.plan({0, 1, 2, 3}, 0, slices[8].pe)
    assert not isinstance(plan, Refused)
    assert slices[8].pe.cell == (6, 6)
    assert plan == {
        **{index: slices[index + 8].pe for index in range(4)},
        **{index + 8: slices[index].pe for index in range(4)},
    }
    edited = editing.carry_out(plan)
    assert isinstance(edited, ChipMapping)
    assert len({piece.pe for piece in edited.slices}) == len(slices)


def test_that_slices_that_overlap_their_target_push_the_others_back(studio: Studio, opened: Opened) -> None:
    """Two neighbours moved by one: the one in the way takes the place that becomes free."""
    editing, slices = Editing(studio), opened.mapping.slices
    plan = editing.plan({0, 1}, 1, slices[9].pe)  # a QPE further, same place in it
    assert not isinstance(plan, Refused)
    edited = editing.carry_out(plan)
    assert isinstance(edited, ChipMapping)
    assert sorted(piece.pe for piece in edited.slices) == sorted(piece.pe for piece in slices)


def test_that_every_pe_says_whether_a_slice_may_go_there_and_the_editor_agrees(studio: Studio) -> None:
    editing, machine = Editing(studio), studio.machine
    assert machine is not None
    legality = editing.legality({2}, 2)
    assert set(legality) == set(machine.pes)
    for pe, refused in list(legality.items())[::7]:
        plan = editing.plan({2}, 2, pe)
        assert isinstance(plan, Refused) == (refused is not None)
        if not isinstance(plan, Refused) and pe != next(iter(plan.values())):
            assert isinstance(editing.carry_out(plan), ChipMapping)
    assert all(legality[pe] is not None for pe in machine.reserved_pes)


def test_that_a_pinned_slice_and_a_forbidden_pe_say_why_not(studio: Studio, opened: Opened) -> None:
    target = free_pe(studio)
    options = replace(opened.mapping.options, pinned={"input[0]": opened.mapping.slices[0].pe})
    studio.mapping = replace(opened.mapping, options=replace(options, forbidden=frozenset({target})))
    editing = Editing(studio)
    pinned, forbidden = editing.plan({0}, 0, free_pe(studio, 1)), editing.plan({1}, 1, target)
    assert isinstance(pinned, Refused)
    assert "pinned" in str(pinned)
    assert isinstance(forbidden, Refused)
    assert "forbidden" in str(forbidden)


def test_that_the_preview_of_a_move_is_what_the_move_then_changes(studio: Studio, opened: Opened) -> None:
    editing = Editing(studio)
    editing.wait()
    plan = editing.plan({12}, 12, free_pe(studio, 40))
    assert not isinstance(plan, Refused)
    hops, worst_link, time_done, headroom, energy = editing.preview(plan).figures
    edited = editing.carry_out(plan)
    assert isinstance(edited, ChipMapping)
    assert hops.before == opened.mapping.weighted_hops
    assert hops.before + hops.change == pytest.approx(edited.weighted_hops)
    assert worst_link.change == pytest.approx(edited.max_link_load - opened.mapping.max_link_load)
    assert time_done.before is None  # there was no run
    assert time_done.difference == "after a run"
    assert headroom.unit == "B"
    assert energy.change != 0.0


def test_that_every_target_is_compared_by_its_hops(studio: Studio) -> None:
    editing = Editing(studio)
    editing.wait()
    near, far = free_pe(studio, 0), free_pe(studio, 60)
    changes = editing.changes({12}, 12, [near, far])
    hops = editing.now()[0].before
    assert hops is not None
    for pe in (near, far):
        plan = editing.plan({12}, 12, pe)
        assert editing.preview(plan).figures[0].change / hops == pytest.approx(changes[pe])


def test_that_measured_traffic_is_used_and_named(studio: Studio, opened: Opened) -> None:
    slices = opened.mapping.slices
    rates = {piece.population: 0.0 for piece in slices} | {"lif2": 3.0}
    editing = Editing(studio)
    ends = (0.9, 1.25), (0.5, 2.0)
    editing.measured = Measured("run.s2s", opened.mapping, rates, 10, 1e-3, np.full(len(slices), 2e-4), 1e-3, *ends)
    figures = editing.now()
    size = sum(
        piece.size * route.hops
        for piece, route in zip(slices, opened.mapping.routes, strict=True)
        if piece.population == "lif2"
    )
    assert figures[0].before == pytest.approx(3.0 * size / 10)
    assert figures[2].before == pytest.approx(2e-4)
    # What is counted has no band; energies of flits and look-ups lie between half and double too.
    assert [figure.band != "" for figure in figures] == [False, False, True, False, True]
    assert figures[2].band == "180 to 250 µs"
    energy_j = figures[4].before or 0.0
    assert figures[4].ends == pytest.approx((energy_j / 2, energy_j * 2))
    assert editing.basis == "On the traffic of run.s2s, 10 ticks."
    studio.mapping = replace(opened.mapping, network_digest="of another network")
    assert "spiked once" in editing.basis


@pytest.mark.parametrize(
    ("change", "more_is_better", "verdict", "text"),
    [
        (0.0, False, "same", "no change"),
        (4.0, False, "unclear", "no measurable difference"),
        (-20.0, False, "better", "−20 B (−20.0%)"),
        (20.0, False, "worse", "+20 B (+20.0%)"),
        (20.0, True, "better", "+20 B (+20.0%)"),
    ],
)
def test_that_a_change_within_the_error_is_no_measurable_difference(
    change: float, more_is_better: bool, verdict: str, text: str
) -> None:
    figure = Figure("memory", "B", 100.0, change, error=5.0, more_is_better=more_is_better)
    assert (figure.verdict, figure.difference) == (verdict, text)


def test_that_the_error_of_times_is_the_widest_half_range_of_the_chip_file(opened: Opened) -> None:
    """cycles.tick is 400, from 300 to 500."""
    assert time_error(opened.prepared.machine.spec) == pytest.approx(0.25)


def test_that_what_is_selected_stays_selected_when_slices_are_numbered_anew(studio: Studio, opened: Opened) -> None:
    editing = Editing(studio)
    editor = editing.editor
    assert editor is not None
    split = editor.split(opened.mapping, 0)
    assert isinstance(split, ChipMapping)
    before = of_slices(opened.mapping, frozenset({0, 4}))
    after = carried_over(before, opened.mapping, split)
    assert after.slices == frozenset({0, 1, 5})
    assert {split.slices[index].population for index in after.slices} == {"input", "lif1"}


def test_that_counts_of_a_slice_are_shared_by_its_parts() -> None:
    engine = Engine(lambda event: None)
    prepared = engine.prepare(open_project(resource_path("sample_projects", "event_digits", "project.yaml")))
    mapping = engine.place(prepared.project)
    studio = Studio()
    studio.prepared, studio.mapping = prepared, mapping
    editor = Editing(studio).editor
    assert editor is not None
    split = editor.split(mapping, 3)
    assert isinstance(split, ChipMapping)
    counts = np.arange(1.0, len(mapping.slices) + 1)
    shared = counts @ overlap(mapping.slices, split.slices)
    assert shared.sum() == pytest.approx(counts.sum())
    assert shared[3] + shared[4] == pytest.approx(counts[3])
    share_of_time = np.full(len(mapping.slices), 0.3) @ overlap(mapping.slices, split.slices, "part")
    assert share_of_time == pytest.approx(np.full(len(split.slices), 0.3))


def test_that_heat_maps_of_the_placement_need_no_run(opened: Opened) -> None:
    facts = Facts(opened.mapping, opened.prepared.machine)
    memory = facts.values(METRICS["memory"])
    first = opened.mapping.slices[0]
    capacity = opened.prepared.machine.spec.memory.data_bytes
    assert memory[0] == pytest.approx(sum(first.bytes.values()) / capacity)
    assert facts.values(METRICS["neurons"]).sum() == sum(piece.size for piece in opened.mapping.slices)
    loads, unit = link_loads(facts)
    assert loads == opened.mapping.link_loads
    assert "once" in unit
