"""What the user brings: float networks in NIR's vocabulary, and the spikes that drive them."""
