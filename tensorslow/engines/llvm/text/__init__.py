"""LLVM's language as text, and what every function of ours knows of threads and processor.

| file | |
| --- | --- |
| `ir.py` | functions, loops and calls as text |
| `target.py` | the processor that code is made for |
| `spmd.py` | every thread runs the same function and takes a share |
| `barrier.py`, `waiting.py` | where threads meet, and how they wait for each other |
"""
