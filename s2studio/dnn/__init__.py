"""What the chip's MAC arrays run: layers of whole numbers, all that an inference needs."""
