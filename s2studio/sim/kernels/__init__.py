"""Compiled kernels: one file per kind of connectivity, and the loop over ticks."""
