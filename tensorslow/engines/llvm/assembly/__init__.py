"""One program of all kernels.

| file | |
| --- | --- |
| `assemble.py` | the function that runs them, with its branches and loops |
| `sharing.py`, `forms.py` | equal kernels have one code, and are put in one order |
| `schedule.py` | which kernels run one after the other, as data |
| `rows.py` | what moves with the iterations of loops |
| `work.py` | an estimate of how long it all takes |
| `split.py` | one module becomes several that can be compiled side by side |
"""
