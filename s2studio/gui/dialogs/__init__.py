"""Windows that ask something: one per file."""
