"""Spikes from outside: recordings and generators, read into one type."""
