"""Pictures of a mapping and of a run as plain descriptions, the same for the window, `render` and the report."""
