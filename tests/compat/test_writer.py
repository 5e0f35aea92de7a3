"""The session of a script is written behind its back, whole and in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from s2studio.compat import writer
from s2studio.compat.spinnaker2 import hardware, snn
from s2studio.compat.studio import Studio, StudioOptions
from s2studio.errors import SessionError
from s2studio.session.reader import open_session


def _network() -> snn.Network:
    net = snn.Network("net")
    net.add(snn.Population(3, "lif", {"threshold": 2.0, "alpha_decay": 1.0, "i_offset": 1.0}, "pop"))
    return net


def test_that_a_script_waits_for_what_is_too_large_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_WAITING_BYTES", 1)
    studio = Studio.begin(StudioOptions(session=tmp_path / "net.s2s"))
    for _ in range(3):
        hardware.SpiNNaker2Chip().run(_network(), 500)
    studio.close()

    session = open_session(tmp_path / "net.s2s")
    session.verify()
    assert [run.neuron_spikes()["pop"].tolist() for run in session.runs] == [[[250, 250, 250]]] * 3


def test_that_a_session_which_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = Studio.begin(StudioOptions(session=tmp_path / "net.s2s"))
    hardware.SpiNNaker2Chip().run(_network(), 100)
    session = studio.writer("net")
    assert session is not None
    session.flush()
    # A file stands where the folder of the next run would be.
    (tmp_path / "net.s2s/runs/0001").write_text("")

    def run_and_wait() -> None:
        hardware.SpiNNaker2Chip().run(_network(), 100)
        session.flush()

    with pytest.raises(SessionError, match="cannot be created"):
        run_and_wait()
    studio.close()
    left = open_session(tmp_path / "net.s2s")
    assert (left.state, left.runs[0].state, left.runs[0].ticks) == ("crashed", "complete", 100)


def test_that_an_existing_session_is_not_replaced_unasked(tmp_path: Path) -> None:
    for overwrite in (False, True):
        studio = Studio.begin(StudioOptions(session=tmp_path / "net.s2s", overwrite=overwrite))
        hardware.SpiNNaker2Chip().run(_network(), 10 + overwrite)
        studio.close()
    assert [run.ticks for run in open_session(tmp_path / "net.s2s").runs] == [11]

    Studio.begin(StudioOptions(session=tmp_path / "net.s2s"))
    with pytest.raises(SessionError, match="exists already"):
        hardware.SpiNNaker2Chip().run(_network(), 10)
    Studio.begin(StudioOptions())
