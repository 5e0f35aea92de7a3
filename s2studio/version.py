"""The version of s2studio: its only source, read by the build, the command line and every session."""

__version__ = "0.1.0"
