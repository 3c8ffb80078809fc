"""Kernels: which loops there are, what is computed in one, and where arrays lie."""
