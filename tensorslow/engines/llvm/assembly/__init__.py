"""One program of all kernels."""
