"""What `info` and `map` say of a network: the JSON objects that other tools rely on (docs/interface.md)."""

from __future__ import annotations

from dataclasses import asdict

from s2studio.app.inputs import stimulus_targets
from s2studio.app.workbench import ASSUMED_DT_S, ASSUMED_STEPS, Workbench
from s2studio.errors import MappingError
from s2studio.lowering.lower import unsupported
from s2studio.mapping.board import board_class
from s2studio.mapping.map import pes_needed
from s2studio.mapping.mapping import ChipMapping
from s2studio.network.graph import Network
from s2studio.network.layers import Affine, Conv2d, Linear
from s2studio.snn.connectivity import SynapseList, kind_of, weight_count
from s2studio.snn.evidence import evidence_of
from s2studio.snn.network import ChipNetwork
from s2studio.snn.projection import Projection

Json = dict[str, object]


def describe_network(bench: Workbench) -> Json:
    """Return what `info` says: what is in the file, what became of its weights, what it needs, whether it fits."""
    network = bench.open()
    about: Json = {"name": network.name, "populations": [], "projections": [], "parameters": _parameters(network)}
    about["repairs"] = [vars(repair) for repair in network.repairs] if isinstance(network, Network) else []
    missing = unsupported(network) if isinstance(network, Network) else ()
    about |= {"unsupported": [vars(node) for node in missing], "assumed": assumed(bench)}
    about |= {"outputs": [], "lowering": [], "warnings": [], "violations": []}
    about |= {"fits": None, "pes_needed": None, "pes_available": len(bench.machine().usable_pes)}
    if missing:
        return about
    lowered = bench.lower(assume=True)
    about["assumed"] = [*assumed(bench), *lowered.assumed]
    about |= {"lowering": [row.as_dict() for row in lowered.report], "warnings": list(lowered.all_warnings)}
    return about | _parts(lowered.network) | _fit(bench, lowered.network)


def describe_mapping(bench: Workbench, mapping: ChipMapping) -> Json:
    """Return what `map` says: which slice sits where, what its memory holds, and what its traffic costs."""
    machine = bench.machine()
    return {
        "network": mapping.network,
        "chip": machine.spec.name,
        "chip_label": machine.spec.label,
        "runtime": machine.runtime.name,
        "placer": mapping.options.placer,
        "seed": mapping.options.seed,
        "routing": mapping.options.routing,
        "pes_used": mapping.pes_used,
        "pes_available": len(machine.usable_pes),
        "slices": [
            {
                "population": piece.population,
                "start": piece.start,
                "stop": piece.stop,
                "pe": str(piece.pe),
                "bytes": dict(piece.bytes),
            }
            for piece in mapping.slices
        ],
        "routing_entries": mapping.routing_entries,
        "weighted_hops": mapping.weighted_hops,
        "max_link_load": mapping.max_link_load,
        "board": asdict(board_class(mapping, machine, bench.lower(assume=True).network.spiking)),
        "assumed": assumed(bench),
    }


def assumed(bench: Workbench) -> list[str]:
    """Return what `info` and `map` took for granted because no option said it."""
    notes = []
    project = bench.project
    if bench.assumed_dt():
        notes.append(f"model time step dt = {ASSUMED_DT_S:g} s (say --dt)")
    if project.run.steps is None and not project.stimuli:
        notes.append(f"{ASSUMED_STEPS:,} steps of recording (say --steps)")
    if not project.stimuli and (isinstance(bench.open(), Network) or stimulus_targets(bench.lower().network)):
        notes.append("no stimulus stored on the source PEs (say --input)")
    return notes


def _fit(bench: Workbench, network: ChipNetwork) -> Json:
    machine = bench.machine()
    options, demand = bench.project.mapping, bench.inputs(assume=True).demand
    try:
        needed = pes_needed(network, machine, options, demand)
    except MappingError as error:
        return {"fits": False, "violations": [vars(violation) for violation in error.violations]}
    try:
        bench.map(assume=True)
    except MappingError as error:
        return {"fits": False, "pes_needed": needed, "violations": [vars(violation) for violation in error.violations]}
    return {"fits": True, "pes_needed": needed, "violations": []}


def _parts(network: ChipNetwork) -> Json:
    part = network.spiking
    return {
        "populations": [
            {
                "name": population.name,
                "model": population.model,
                "size": population.size,
                "evidence": evidence_of(population, part.projections).as_dict(),
            }
            for population in part.populations
        ],
        "projections": [_projection(projection) for projection in part.projections],
        "outputs": list(part.outputs),
    }


def _projection(projection: Projection) -> Json:
    weights = projection.connectivity
    kind, count = kind_of(weights), weight_count(weights)
    return {"pre": projection.pre, "post": projection.post, "kind": kind, "weights": count}


def _parameters(network: Network | ChipNetwork) -> int:
    """Return how many weights and biases the model has."""
    if isinstance(network, ChipNetwork):
        return sum(_stored(projection) for projection in network.spiking.projections)
    total = 0
    for layer in network.layers.values():
        if isinstance(layer, Linear | Affine | Conv2d):
            total += layer.weight.size
        if isinstance(layer, Affine | Conv2d):
            total += layer.bias.size
    return total


def _stored(projection: Projection) -> int:
    weights = projection.connectivity
    return len(weights.weight) if isinstance(weights, SynapseList) else weights.weight.size
