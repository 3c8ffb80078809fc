"""Lowering: every primitive of a simplified program becomes a nest over strided memory.

Views become strides and cost nothing; what has no strides (a reshape of a transposed array) is
copied.

| file | lowers |
| --- | --- |
| `rules.py` | blocks: which primitive goes to which of the files below |
| `lowering.py` | nothing, but has what all of them write with |
| `elementwise.py`, `chains.py` | primitives on elements, several at a time |
| `moves.py` | reshape, transpose, slice, flip, broadcast, iota, pad, concat |
| `reductions.py` | sums and other reductions, argmax, running sums |
| `contractions.py` | matrix products and convolutions |
| `orders.py` | argsort |
| `windows.py` | pooling and its adjoints |
| `indexing.py` | what reads and adds at places that other arrays name, and checks |
| `regions.py` | branches and loops |
"""
