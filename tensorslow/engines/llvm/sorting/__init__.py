"""Orders: where the elements of each row stand that come first, second and so on.

An element and its place in the row make one integer, a *word*, and words are in the order of what
they stand for: nan comes last, of equals the first one first. No two words are equal, so they may
be sorted in any way that is fast.

| file | |
| --- | --- |
| `words.py` | elements become words |
| `runs.py` | a buffer of words is sorted: short runs at once, which are then merged |
| `selection.py` | a few words of a long row are found without sorting all of it |
| `order.py` | the kernel: row by row, and what becomes of the places |
"""
