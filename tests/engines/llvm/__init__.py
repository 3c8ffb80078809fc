"""Tests of the LLVM engine: folders for stages that are tested by themselves, here the whole.

`compiled.py` runs plans in machine code beside NumPy, `programs.py` makes random ones, `hazards.py`
looks for kernels that are in each other's way, and `kernels.py` runs a kernel alone.
"""
