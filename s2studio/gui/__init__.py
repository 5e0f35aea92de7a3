"""The window: networks are dropped, placed by hand, run live and profiled."""
