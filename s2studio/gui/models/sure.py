"""How the window writes that a number is an estimate."""

from __future__ import annotations

from s2studio.gui.translation import marked

ABOUT = "≈"
WHY = marked("An estimate: it follows from counts, which are exact, and from cycle costs, which are not published.")


def about(text: str) -> str:
    """Return `text`, an estimate, with the sign that says so."""
    return f"{ABOUT} {text}"


def about_column(title: str) -> str:
    """Return the heading `title` of a column of estimates."""
    return f"{title} {ABOUT}"
