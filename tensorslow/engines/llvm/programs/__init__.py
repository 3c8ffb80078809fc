"""Programs: what a plan says, as a straight list of array primitives.

| file | |
| --- | --- |
| `program.py` | programs, blocks, instructions, symbols |
| `trace.py` | a plan becomes a program |
| `tracer.py` | the primitives that write themselves down meanwhile |
| `traced.py` | the symbols that stand for arrays meanwhile |
"""
