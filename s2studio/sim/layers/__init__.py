"""What the layers of a deep network do on the chip in time, and what that costs."""
