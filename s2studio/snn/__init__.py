"""What the chip runs: populations and projections with integer weights, in the vocabulary of py-spinnaker2."""
