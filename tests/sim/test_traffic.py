"""Packets, flits and look-ups of a mapping made by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from s2studio.sim.traffic import (
    flits,
    link_table,
    packets_received,
    packets_sent,
    receivers,
    router_lookups,
    traffic,
)
from tests.sim.mappings import LINKS, small_mapping

SPIKES = np.array([[[2, 5, 7], [1, 0, 0]]], dtype=np.int32)


def test_that_the_link_table_holds_the_flits_of_a_spike() -> None:
    links, table = link_table(small_mapping())

    assert set(links) == set(LINKS)
    assert table.tolist() == [[1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]


def test_that_flits_follow_the_spikes_of_each_tick() -> None:
    _, table = link_table(small_mapping())

    assert flits(SPIKES, table).tolist() == [[[2, 2, 2, 2], [1, 1, 1, 1]]]


def test_that_a_slice_without_targets_sends_nothing() -> None:
    assert packets_sent(SPIKES, small_mapping()).tolist() == [[[2, 0, 0], [1, 0, 0]]]
    assert router_lookups(SPIKES, small_mapping()).tolist() == [[[2, 0, 0], [1, 0, 0]]]


@given(counts=st.lists(st.integers(0, 2**31 - 1), min_size=3, max_size=3))
def test_that_target_pes_of_packets_sent_are_packets_received(counts: list[int]) -> None:
    mapping = small_mapping()
    spikes = np.array([counts], dtype=np.int32)
    targets = sum(count * len(route.targets) for count, route in zip(counts, mapping.routes, strict=True))

    assert int(packets_received(spikes, receivers(mapping)).sum()) == targets


def test_that_the_tables_of_a_run_are_those_of_its_mapping() -> None:
    tables = traffic(small_mapping())

    assert tables.packets.tolist() == [1, 0, 0]
    assert tables.router_lookups.tolist() == [1, 0, 0]
    assert tables.receivers.tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 0]]
    assert tables.flits.shape == (3, len(tables.links))
