"""The channel table agrees with what is measured, stored and exported."""

from __future__ import annotations

from s2studio.session.tables import COUNTS, LINKS, TABLES, VOLTAGES, Table
from s2studio.sim.channels import CHANNELS, Scope, channels_of
from s2studio.sim.energy import ENERGY_KINDS


def test_that_every_channel_is_found_by_its_key_which_starts_with_its_scope() -> None:
    for key, channel in CHANNELS.items():
        assert key == channel.key == f"{channel.scope}.{channel.column}"


def test_that_the_energy_channels_of_the_chip_are_the_kinds_of_energy() -> None:
    assert tuple(channel.column for channel in channels_of("chip")) == ENERGY_KINDS


def test_that_stored_tables_hold_the_counted_channels_of_their_scope() -> None:
    tables: dict[Scope, Table] = {
        "pe": COUNTS,
        "link": LINKS,
        "neuron": VOLTAGES,
        "population": TABLES["spike_counts_8"],
    }
    for scope, table in tables.items():
        columns = {(column.name, column.dtype, column.unit) for column in table.columns}
        counted = {(channel.column, channel.dtype, channel.unit) for channel in channels_of(scope, "counted")}
        assert counted
        assert counted <= columns
