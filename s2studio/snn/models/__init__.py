"""The neuron models that run on a PE: one file each, and the table of them all."""
