"""The loops of a kernel, and the statements in them."""
