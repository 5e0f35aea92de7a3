"""The simulator: a mapping compiled to a program, run tick by tick, its counts priced in time and energy."""
