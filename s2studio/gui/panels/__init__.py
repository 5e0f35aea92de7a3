"""One docked panel per file."""
