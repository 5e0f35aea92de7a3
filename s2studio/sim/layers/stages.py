"""The stages of the scheduler PE and of its workers: what a PE is busy with, in the order of a layer."""

from __future__ import annotations

STAGES = (
    "set_up", "schedule", "config", "input", "reorder", "weights", "mla", "arm", "store", "flag", "sleep", "clean_up",
)  # fmt: skip
SET_UP, SCHEDULE, CONFIG, INPUT, REORDER, WEIGHTS, MLA, ARM, STORE, FLAG, SLEEP, CLEAN_UP = range(len(STAGES))
TITLES = {
    "set_up": "Set-up",
    "schedule": "Scheduling",
    "config": "Fetch configuration",
    "input": "Load input",
    "reorder": "Reorder input",
    "weights": "Load weights",
    "mla": "MAC array",
    "arm": "ARM core",
    "store": "Store output",
    "flag": "Raise flag",
    "sleep": "Asleep",
    "clean_up": "Clean-up",
}
# In which a PE waits for the DRAM.
DRAM_STAGES = (CONFIG, INPUT, WEIGHTS, STORE)
