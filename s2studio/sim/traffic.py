"""What spikes put on the NoC: packets, flits over each link, look-ups in the event router, packets received."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from s2studio.mapping.mapping import ChipMapping, Link

IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Traffic:
    """What one spike of each slice causes, as tables with one row per slice.

    `links` are the links that any route uses; `flits` (slices, links) int32 the flits over each; `packets` (slices,)
    int64 the packets that enter the NoC; `router_lookups` (slices,) int64; `receivers` (slices, slices) int32 is 1
    where the PE of the column's slice receives a packet.
    """

    links: tuple[Link, ...]
    flits: NDArray[np.int32]
    packets: IntArray
    router_lookups: IntArray
    receivers: NDArray[np.int32]


def traffic(mapping: ChipMapping) -> Traffic:
    """Return the tables of `mapping`'s routes."""
    links, flit_table = link_table(mapping)
    return Traffic(
        links=links,
        flits=flit_table,
        packets=np.array([route.packets for route in mapping.routes], dtype=np.int64),
        router_lookups=np.array([route.router_lookups for route in mapping.routes], dtype=np.int64),
        receivers=receivers(mapping),
    )


def link_table(mapping: ChipMapping) -> tuple[tuple[Link, ...], NDArray[np.int32]]:
    """Return the links in use, sorted, and the flits that one spike of each slice sends over each (slices, links)."""
    links = tuple(sorted({link for route in mapping.routes for link in route.flits}))
    column = {link: index for index, link in enumerate(links)}
    table = np.zeros((len(mapping.routes), len(links)), dtype=np.int32)
    for row, route in enumerate(mapping.routes):
        for link, count in route.flits.items():
            table[row, column[link]] = count
    return links, table


def receivers(mapping: ChipMapping) -> NDArray[np.int32]:
    """Return 1 where a spike of the row's slice reaches the PE of the column's slice, shape (slices, slices)."""
    table = np.zeros((len(mapping.slices), len(mapping.slices)), dtype=np.int32)
    for row, route in enumerate(mapping.routes):
        table[row, list(route.targets)] = 1
    return table


def flits(spikes: NDArray[np.integer], table: NDArray[np.int32]) -> IntArray:
    """Return the flits over each link, shape (..., links), of `spikes` (..., slices) and the table of `link_table`."""
    return _product(spikes, table)


def packets_sent(spikes: NDArray[np.integer], mapping: ChipMapping) -> IntArray:
    """Return the packets that each slice puts on the NoC, in the shape (..., slices) of `spikes`."""
    return spikes.astype(np.int64) * np.array([route.packets for route in mapping.routes], dtype=np.int64)


def router_lookups(spikes: NDArray[np.integer], mapping: ChipMapping) -> IntArray:
    """Return the look-ups each slice's packets cause in the event router, in the shape (..., slices) of `spikes`."""
    return spikes.astype(np.int64) * np.array([route.router_lookups for route in mapping.routes], dtype=np.int64)


def packets_received(spikes: NDArray[np.integer], table: NDArray[np.int32]) -> IntArray:
    """Return the packets that reach each slice's PE of `spikes` (..., slices) sent, by the table of `receivers`."""
    return _product(spikes, table)


def _product(spikes: NDArray[np.integer], table: NDArray[np.int32]) -> IntArray:
    # In float64 the product runs in BLAS, and counts below 2^53 stay exact.
    return np.rint(spikes.astype(np.float64) @ table.astype(np.float64)).astype(np.int64)
