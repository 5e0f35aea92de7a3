"""How the window writes that a number is an estimate, and between which ends it lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from s2studio.gui.translation import marked, tr
from s2studio.units import interval

ABOUT = "≈"
WHY = marked("An estimate: it follows from counts, which are exact, and from cycle costs, which are not published.")


def about(text: str) -> str:
    """Return `text`, an estimate, with the sign that says so."""
    return f"{ABOUT} {text}"


def about_column(title: str) -> str:
    """Return the heading `title` of a column of estimates."""
    return f"{title} {ABOUT}"


def time_band(summary: Mapping[str, Any] | None) -> str:
    """Return in words between which ends the longest tick of the run lies; while it runs, that it is an estimate."""
    if not summary or "time_done_pessimistic_s" not in summary:
        return tr("Times are estimates.")
    ends = interval(summary["time_done_low_s"], summary["time_done_pessimistic_s"], "s")
    return tr("An estimate: the longest of the run is {ends}.", ends=ends)


def energy_band(summary: Mapping[str, Any] | None) -> str:
    """Return in words between which ends the energy of the run lies, or, while it runs, that it is an estimate."""
    if not summary or "energy_high_j" not in summary:
        return tr("(estimate)")
    ends = interval(summary["energy_low_j"], summary["energy_high_j"], "J")
    return tr("(estimate: the run takes {ends})", ends=ends)
