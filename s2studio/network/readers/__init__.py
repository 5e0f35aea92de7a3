"""Readers of model files: one file per format, each returning a `Network`."""
