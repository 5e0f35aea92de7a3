"""What a session does not store because it follows: counts per PE from spikes, flits per link from counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from s2studio.chip.spec import ChipSpec
from s2studio.mapping.check import check_cover
from s2studio.mapping.mapping import ChipMapping
from s2studio.session.about import RunAbout
from s2studio.session.columns import Columns
from s2studio.session.rows import RowMaker
from s2studio.session.stored import Texts
from s2studio.session.tables import COUNTS, LINKS
from s2studio.sim.counts import Counts, SpikeRuns, SpikeTable, TickBlock
from s2studio.sim.recount import Recount
from s2studio.snn.network import ChipNetwork

_NOTHING = np.empty(0, np.int32)
_NO_SPIKES = SpikeTable(_NOTHING, _NOTHING.astype(np.int64), _NOTHING, _NOTHING)


def recount_of(about: RunAbout, network: ChipNetwork, mapping: ChipMapping, spec: ChipSpec) -> Recount | None:
    """Return what counts the run's spikes again, None where its network and mapping do not fit each other."""
    part = network.spiking
    is_same = [(one.name, one.size) for one in part.populations] == [(one.name, one.size) for one in about.populations]
    place = {name: number for number, name in enumerate(about.names)}
    order = [place[piece.population] for piece in mapping.slices]
    if not is_same or order != sorted(order) or check_cover(mapping.slices, part):
        return None
    return Recount.of(network, mapping, spec)


def in_order(tables: list[SpikeTable], samples: int) -> SpikeTable:
    """Return the rows of `tables` as one, sorted by sample, tick and population."""
    names = ("sample", "tick", "population", "neuron")
    columns = [np.concatenate([getattr(table, name) for table in (_NO_SPIKES, *tables)]) for name in names]
    if len(tables) > 1 or samples > 1:
        sample, tick, population, _ = columns
        order = np.lexsort((population, tick, sample))
        columns = [column[order] for column in columns]
    return SpikeTable(*columns)


class CountRows:
    """Makes the rows of the tables `counts` and `links` from counts, as far as a session does not store them."""

    def __init__(self, about: RunAbout, mapping: ChipMapping) -> None:
        self._maker = RowMaker(about, mapping)
        names = [str(node) for node in self._maker.nodes]
        self.texts: Texts = {"source": names, "target": names}

    def rows(self, table: str, start: int, counts: Counts) -> Iterator[Columns]:
        """Return the rows of `table` for the ticks from `start` on that `counts` has."""
        block = TickBlock(start, counts.packets.shape[1], SpikeRuns.of(_NO_SPIKES), counts, {})
        yield from _MAKERS[table](self._maker, block)


_MAKERS: Mapping[str, Callable[[RowMaker, TickBlock], Iterator[Mapping[str, NDArray[np.generic]]]]] = {
    COUNTS.name: lambda maker, block: iter((maker.counts(block),)),
    LINKS.name: lambda maker, block: maker.links(block),
}
