"""What the chip is: its structure, limits, costs and power, all read from `resources/chips/*.yaml`."""
