"""The loops of a kernel, and the statements in them.

| file | |
| --- | --- |
| `order.py` | decides: which axes are walked through in which order, in how many passes |
| `emit.py` | a kernel becomes a function |
| `walk.py`, `passes.py` | the loops around, which threads share, and the innermost ones |
| `points.py` | what is computed and stored at a point, or at some vectors of points |
| `kept.py` | rows that one pass keeps for the next one |
| `interleave.py` | stores that take turns |
| `tiles.py`, `turn.py` | walking in squares where arrays lie along two axes, and transposing them |
"""
