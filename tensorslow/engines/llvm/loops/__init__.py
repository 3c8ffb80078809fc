"""The loops of a kernel, and the statements in them.

| file | |
| --- | --- |
| `order.py` | decides: which axes are walked through in which order, in how many passes |
| `emit.py` | a kernel becomes a function |
| `walk.py`, `passes.py` | the loops around, which threads share, and the innermost ones |
| `points.py` | what is computed and stored at a point, or at some vectors of points |
| `kept.py` | rows that one pass keeps for the next one |
| `interleave.py` | stores that take turns |
| `past.py` | very large results, which are written past the caches |
| `squares.py` | decides: what lies across the vectors, and is transposed in squares |
| `tiles.py`, `turn.py` | walking in squares, and transposing them |
"""
