"""Kernels: which loops there are, what is computed in one, and where arrays lie.

| file | |
| --- | --- |
| `buffers.py`, `views.py` | memory, and arrays in it |
| `nests.py` | what is computed at each point of some loops: the language of all that follows |
| `accesses.py` | which buffers a nest reads, and whether it fills one |
| `lower/` | primitives become nests |
| `fuse.py` | nests become kernels, level by level |
| `match.py`, `joins.py` | which axes run in step, and when a nest may join a kernel |
| `leaves.py` | arrays that are cheaper to compute than to keep |
| `items.py` | kernels and regions, the items of a program |
| `regions.py` | branches and loops: regions with kernels of their own |
| `recompute.py`, `beside.py`, `prepack.py` | what is computed again, together, or packed once |
| `in_place.py`, `memory.py` | variables updated where they are; places in the arena |
| `root.py` | a product or convolution inside of a kernel |
| `inverses.py`, `wide_products.py` | two tricks inside of a kernel, before its loops are written |
"""
