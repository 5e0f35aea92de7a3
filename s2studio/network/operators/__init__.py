"""What a layer of a deep network computes: one frozen dataclass per operator, its equation as the docstring."""
