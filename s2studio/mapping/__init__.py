"""Who goes where: populations cut into slices, slices placed on PEs, packets routed between them."""
