"""The session: what a run leaves behind, written so that a crash loses a second at most, and read back in pieces."""
