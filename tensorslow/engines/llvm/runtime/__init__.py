"""Machine code in memory and on disk, the threads that run it, and the arrays it is given.

| file | |
| --- | --- |
| `jit.py` | text becomes machine code |
| `artifact.py`, `cache.py` | what running it takes, and how that is kept on disk |
| `pointers.py` | from Python's arrays into the program |
| `outputs.py` | arrays for results |
| `pool.py`, `pool_ir.py` | the threads, and what they do all day |
| `team.py`, `quota.py` | how many of them run a program, and how many there may be |
| `patience.py` | how long a run waits for Python's lock at its end |
| `float_mode.py` | rounding and denormals, whatever mode a thread is in |
"""
