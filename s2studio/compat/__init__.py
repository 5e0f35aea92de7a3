"""Scripts written for the board with py-spinnaker2 run unchanged; `install()` does it for a notebook."""

from __future__ import annotations

from s2studio.compat.install import install

__all__ = ["install"]
