"""How the window writes that a number is an estimate, and between which ends it lies."""

from __future__ import annotations

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


def band(low: float, high: float, unit: str) -> str:
    """Return in words between which ends an estimate lies."""
    return tr("(estimate: {ends})", ends=interval(low, high, unit))
