"""How fast tensorslow is beside others: networks, kernels, and what the NumPy engine costs."""
