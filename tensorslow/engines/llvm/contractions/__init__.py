"""Products of matrices and convolutions.

| file | |
| --- | --- |
| `contraction.py` | what both are: sums of products over loops, with strides |
| `matmul.py`, `convolution.py` | begin here: their kernels |
| `phases.py` | which contractions a convolution and its gradients consist of |
| `scheme.py`, `tiling.py` | decide: what is copied or packed, and how the result is cut up |
| `walk.py` | how threads go through a contraction, from operands in memory to the epilogue |
| `products.py` | computes and finishes one tile |
| `microkernel.py`, `dots.py` | the innermost loops: a tile in registers; rows times a vector |
| `narrow.py` | results of few columns: what else vectors may run along |
| `operands.py`, `copied.py`, `packed.py` | operands copied first: which; A; B in panels |
| `packing.py`, `padding.py` | the functions that copy; images with zeros around them |
| `streaming.py` | a large right operand, packed bit by bit by who reads it |
| `epilogue.py` | what is done with a tile once it is finished |
| `winograd.py` | convolutions with fewer multiplications: the mathematics, and where it pays |
| `transforms.py` | small constant matrices applied to vectors, and what is looked for in numbers |
| `winograd_tiles.py` | images cut into tiles and transformed |
| `winograd_images.py`, `winograd_filter.py` | convolutions and gradients of x; of kernels |
| `methods.py` | how a kernel is computed, in words |
"""
