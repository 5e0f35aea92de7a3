"""The steps of a layer part, each with its equation in whole numbers and its value in NumPy, the reference."""
