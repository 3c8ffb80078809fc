"""The elementwise primitives in registers.

| file | |
| --- | --- |
| `elementwise.py` | what each primitive is in LLVM's instructions |
| `lanes.py`, `calls.py` | what it and the functions are written with |
| `casts.py`, `integers.py`, `remainders.py` | conversions; integers; floor_divide and mod |
| `reducing.py` | two values to one, and the lanes of a vector to a number |
| `functions.py`, `functions_exp.py` | exp, log, tanh; their kin |
| `functions_trig.py` | sin, cos, tan and their inverses |
| `functions_special.py` | erf, lgamma, digamma, zeta |
"""
