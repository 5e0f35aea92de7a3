"""The error of a node that cannot be lowered, which knows the node's name so that all of them can be listed."""

from __future__ import annotations

from s2studio.errors import LoweringError


class NodeError(LoweringError):
    """A refusal that is about the node `node` of the user's file."""

    def __init__(self, node: str, found: str, limit: str = "", hint: str = "") -> None:
        super().__init__(f"node '{node}'", found, limit, hint)
        self.node = node
