"""What a converter raises for a node that is valid but not covered."""


class NotCovered(Exception):
    """A node that is valid but not covered: (reason, remedy)."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason, remedy)
