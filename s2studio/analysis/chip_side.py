"""The chip's side of a comparison: a network in the lockstep engine, whole or with each population on its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from s2studio.analysis.float_network import Raster
from s2studio.chip.machine import PE
from s2studio.chip.spec import ChipSpec
from s2studio.mapping.mapping import ChipMapping, Demand, MappingOptions, Route, Slice
from s2studio.network.stimulus.spikes import SpikeTrain, Stimulus
from s2studio.sim.lockstep import Simulator
from s2studio.sim.program import Program, compile_program
from s2studio.snn.models import MODELS
from s2studio.snn.network import ChipNetwork, SpikingPart
from s2studio.snn.population import Population

# Behind a name in the network of populations on their own; no node of NIR may have it, since it cannot be printed.
ALONE = "\x00alone"
SOURCE_MODEL = "spike_list"


@dataclass(frozen=True)
class ChipRun:
    """Spikes (ticks, samples, neurons) and the voltages that were asked for, of the same shape, in chip units."""

    spikes: Raster
    voltages: Mapping[str, NDArray[np.float32]]


def program_of(network: ChipNetwork, spec: ChipSpec, voltages_of: Collection[str] = ()) -> Program:
    """Return the program of `network` without a place for it: what spikes when does not depend on one."""
    slices = tuple(
        Slice(population.name, 0, population.size, PE(0, 0, 0, 0, number), {})
        for number, population in enumerate(network.spiking.populations)
    )
    nowhere = (Route((), 0, {}, 0),) * len(slices)
    mapping = ChipMapping(network.name, "", "", "", "", MappingOptions(), Demand(1), slices, nowhere)
    return compile_program(network, mapping, spec, voltages_of)


def run_chip(program: Program, stimuli: list[Stimulus], steps: int, threads: int = 1) -> ChipRun:
    """Run one sample for each of `stimuli`, side by side, from rest."""
    block = Simulator(program, batch=len(stimuli), threads=threads).advance(steps, stimuli)
    sizes = np.diff(program.populations.first_neuron)
    spikes = {
        name: np.zeros((steps, len(stimuli), size), np.bool_) for name, size in zip(program.names, sizes, strict=True)
    }
    table = block.spikes
    for index, name in enumerate(program.names):
        rows = table.population == index
        spikes[name][table.tick[rows], table.sample[rows], table.neuron[rows]] = True
    return ChipRun(spikes, {name: v.swapaxes(0, 1) for name, v in block.voltages.items()})


def each_alone(network: ChipNetwork) -> ChipNetwork:
    """Return a network in which each population of neurons hears sources that play back spikes, and no other neurons.

    A source has the name of the population it stands for, the population that name with `ALONE` behind.
    """
    part = network.spiking
    sources = [
        Population(population.name, population.size, SOURCE_MODEL, shape=population.shape)
        for population in part.populations
    ]
    neurons = [
        replace(population, name=population.name + ALONE)
        for population in part.populations
        if MODELS[population.model].inputs
    ]
    projections = tuple(replace(projection, post=projection.post + ALONE) for projection in part.projections)
    return replace(network, spiking=SpikingPart((*sources, *neurons), projections))


def run_each_alone(
    program: Program, spikes: Raster, steps: int, samples: int, threads: int = 1
) -> Mapping[str, NDArray[np.bool_]]:
    """Return what each population of neurons sends on its own when it hears `spikes`; `program` is of `each_alone`."""
    stimuli = [{name: train(raster[:, sample]) for name, raster in spikes.items()} for sample in range(samples)]
    found = run_chip(program, list(stimuli), steps, threads).spikes
    return {name.removesuffix(ALONE): raster for name, raster in found.items() if name.endswith(ALONE)}


def train(raster: NDArray[np.bool_]) -> SpikeTrain:
    """Return the spikes in `raster` (ticks, neurons)."""
    step, neuron = np.nonzero(raster)
    return SpikeTrain(step.astype(np.int64), neuron.astype(np.int32))


def raster_of(stimuli: list[Stimulus], sizes: Mapping[str, int], steps: int) -> dict[str, NDArray[np.bool_]]:
    """Return the spikes of `stimuli`, one per sample, within `steps`, for the populations in `sizes`."""
    rasters = {name: np.zeros((steps, len(stimuli), size), np.bool_) for name, size in sizes.items()}
    for sample, stimulus in enumerate(stimuli):
        for name, spikes in stimulus.items():
            inside = spikes.between(0, steps)
            rasters[name][inside.step, sample, inside.neuron] = True
    return rasters
