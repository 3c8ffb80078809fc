"""Programs: what a plan says, as a straight list of array primitives."""
