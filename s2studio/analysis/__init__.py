"""Questions asked of runs: what happened when, what differs, what to change."""
