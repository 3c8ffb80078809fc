"""The elementwise primitives in registers."""
