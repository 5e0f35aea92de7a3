"""What tests of sessions share."""

from __future__ import annotations

import pytest


@pytest.fixture
def kept_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every run keep its counts, as one with very many spikes does."""
    monkeypatch.setattr("s2studio.session.kept_counts.SPIKES_PER_COUNT", -1)
