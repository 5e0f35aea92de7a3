"""`race` as a use case: placers and seeds side by side in processes of their own, judged by one run's traffic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from queue import Empty, Queue
from typing import Any

from s2studio.analysis.counted import CountedRun
from s2studio.analysis.race import Race, RaceRow, Runner, judge, measure
from s2studio.app.counted import subject_of_model
from s2studio.app.events import CostFound, Listener
from s2studio.app.pool import each_finished, messages
from s2studio.app.workbench import Workbench
from s2studio.documents import nearest
from s2studio.errors import S2StudioError, UsageError
from s2studio.mapping.map import map_network
from s2studio.mapping.place import PLACERS, SEEDED
from s2studio.mapping.rates import Rates, rates_of_run
from s2studio.snn.network import ChipNetwork

MOST_RUNNERS = 1_000
Report = Callable[[int, int], None]


def runners_of(placers: Sequence[str], seeds: int, first_seed: int) -> tuple[Runner, ...]:
    """Return every placer with every seed; one that draws nothing from its seed runs once."""
    for placer in placers:
        if placer not in PLACERS:
            raise UsageError("--placers", f"no placer '{placer}'", hint=nearest(placer, PLACERS))
    if seeds < 1:
        raise UsageError("--seeds", f"{seeds}", "at least 1 is expected")
    found = tuple(
        Runner(placer, first_seed + number)
        for placer in dict.fromkeys(placers or PLACERS)
        for number in range(seeds if placer in SEEDED else 1)
    )
    if len(found) > MOST_RUNNERS:
        raise UsageError("--seeds", f"{len(found):,} placements", f"at most {MOST_RUNNERS:,} are tried", "give fewer")
    return found


def race_on(bench: Workbench, runners: Sequence[Runner], jobs: int, emit: Listener, report: Report) -> Race:
    """Return `runners` compared on the project of `bench`, which is run once: where slices sit changes no spike.

    Placers go by the spikes of that run. `emit` is told of the costs they find.
    """
    if jobs < 1:
        raise UsageError("--jobs", f"{jobs}", "at least 1 is expected")
    project = replace(bench.project, mapping_file=None, mapping=replace(bench.project.mapping, placer="sequential"))
    subject = subject_of_model(bench.beside(project))
    run, network = subject.run, bench.lower().network
    rates = rates_of_run(run.mapping.slices, run.counts.spikes.sum(axis=(0, 1)))
    curves: dict[Runner, list[tuple[int, float]]] = {runner: [] for runner in runners}
    rows: dict[Runner, RaceRow] = {}
    with messages() as told:

        def look(done: int) -> None:
            for runner, step, total, cost in _all(told):
                curves[runner].append((step, cost))
                emit(CostFound("race", runner.name, step, total, cost))
            report(done, len(runners))

        inputs = [(runner, network, run, rates, told) for runner in runners]
        for row in each_finished(place, inputs, jobs, "race", look):
            rows[row.runner] = row
        look(len(runners))
    return judge(run, [replace(rows[runner], curve=tuple(curves[runner])) for runner in runners])


def place(runner: Runner, network: ChipNetwork, run: CountedRun, rates: Rates, told: Queue[Any]) -> RaceRow:
    """Place `network` as `runner` does and return what its run then costs, telling `told` of each round."""
    options = replace(run.mapping.options, placer=runner.placer, seed=runner.seed)

    def tell(done: int, total: int, cost: float) -> None:
        told.put((runner, done, total, cost))

    try:
        mapping = map_network(network, run.machine, options, run.mapping.demand, rates, cost=tell)
    except UsageError:
        raise
    except S2StudioError as refusal:
        return RaceRow(runner, None, None, " ".join(str(refusal).split()))
    return RaceRow(runner, measure(replace(run, mapping=mapping)), mapping)


def _all(told: Queue[Any]) -> list[Any]:
    found = []
    while True:
        try:
            found.append(told.get_nowait())
        except Empty:
            return found
