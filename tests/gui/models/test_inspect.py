"""What the inspector says of each kind of thing that can be selected."""

from __future__ import annotations

import numpy as np
import pytest

from s2studio.app.engine import Engine, Prepared
from s2studio.app.project import open_project
from s2studio.gui.models.inspect import Known, Sheet, inspected
from s2studio.gui.models.mesh_values import Facts
from s2studio.gui.models.selection import Selected, of_population, of_projection, of_slices
from s2studio.resources import resource_path


@pytest.fixture(scope="module")
def known() -> Known:
    engine = Engine(lambda event: None)
    prepared: Prepared = engine.prepare(open_project(resource_path("sample_projects", "event_digits", "project.yaml")))
    assert prepared.network is not None
    return Known(prepared.network, Facts(engine.place(prepared.project), prepared.machine))


def value(sheet: Sheet, name: str) -> str:
    return next(row.value for section in sheet.sections for row in section.rows if row.name == name)


def targets(sheet: Sheet, title: str) -> list[str]:
    return [row.target for section in sheet.sections if section.title == title for row in section.rows if row.target]


def test_that_nothing_selected_tells_of_the_network(known: Known) -> None:
    sheet = inspected(Selected(), known)
    assert value(sheet, "Neurons") == "3,594"
    assert value(sheet, "Hops, each neuron once") == f"{known.mapping.weighted_hops:,}"


def test_that_a_slice_tells_its_memory_by_region_and_whom_it_reaches(known: Known) -> None:
    sheet = inspected(of_slices(known.mapping, frozenset({4})), known)
    assert sheet.title == "lif1[1]"
    assert sheet.subtitle == "slice on PE(7, 5, 0)"
    assert sheet.memory == known.mapping.slices[4].bytes
    assert sheet.capacity == 98304
    assert value(sheet, "Neurons") == "256 to 511 (256)"
    assert targets(sheet, "Sends to") == [f"slice:{index}" for index in known.mapping.routes[4].targets]
    heard = targets(sheet, "Hears")
    assert heard
    assert all(4 in known.mapping.routes[int(target.partition(":")[2])].targets for target in heard)


def test_that_a_population_sums_its_slices_and_names_its_projections(known: Known) -> None:
    sheet = inspected(of_population(known.mapping, "lif2"), known)
    pieces = [piece for piece in known.mapping.slices if piece.population == "lif2"]
    assert sheet.title == "lif2"
    assert sum(sheet.memory.values()) == sum(sum(piece.bytes.values()) for piece in pieces)
    assert targets(sheet, "Comes from") == ["projection:1"]
    assert targets(sheet, "Goes to") == ["projection:2"]


def test_that_a_projection_tells_its_weights(known: Known) -> None:
    sheet = inspected(of_projection(known.network, known.mapping, 2), known)
    weights = known.network.spiking.projections[2].connectivity.weight
    assert sheet.title == "lif2 → lif3"
    assert (value(sheet, "Least"), value(sheet, "Largest")) == (str(weights.min()), str(weights.max()))


def test_that_a_link_tells_who_uses_it(known: Known) -> None:
    link, load = max(known.mapping.link_loads.items(), key=lambda entry: entry[1])
    sheet = inspected(Selected(links=frozenset({link})), known)
    assert value(sheet, "Load").startswith(f"{load:,.4g} flits")
    users = [index for index, route in enumerate(known.mapping.routes) if link in route.flits]
    shown = targets(sheet, "Used by")
    assert shown == [f"slice:{index}" for index in users][: len(shown)]


def test_that_a_neuron_tells_its_place_and_how_often_it_spiked(known: Known) -> None:
    rates = {"lif3": np.arange(10.0)}
    sheet = inspected(Selected(neurons=(("lif3", 7),)), Known(known.network, known.facts, rates, 64))
    assert sheet.title == "lif3, neuron 7"
    assert value(sheet, "Spikes") == "7 in 64 ticks"
    weights = known.network.spiking.projections[2].connectivity.weight
    assert value(sheet, "lif2") == f"{np.count_nonzero(weights[:, 7]):,} synapses"


def test_that_an_empty_pe_tells_why_it_is_empty(known: Known) -> None:
    machine = known.facts.machine
    reserved = next(iter(machine.reserved_pes))
    assert value(inspected(Selected(pes=frozenset({reserved})), known), "State").startswith("reserved")
    assert value(inspected(Selected(pes=frozenset({machine.usable_pes[-1]})), known), "State") == "free"


def test_that_what_is_selected_but_no_longer_there_is_left_out(known: Known) -> None:
    gone = Selected(slices=frozenset({999}), populations=frozenset({"gone"}), neurons=(("gone", 1),))
    assert inspected(gone, known).subtitle == "network"
