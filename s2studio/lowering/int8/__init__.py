"""How the float tensors of a deep network become the MAC arrays' int8."""
