"""What a plan became: every stage's value, for people to read.

| file | |
| --- | --- |
| `explanation.py` | the whole: what `session.explain` returns |
| `kernels.py` | kernels: what each does, for which lines of the program, and how much it moves |
| `times.py` | how long each of them takes |
| `table.py` | numbers and tables as people read them |
"""
