"""Lowering: from the float layers of a network to the integer weights and fp32 parameters that the chip runs."""
