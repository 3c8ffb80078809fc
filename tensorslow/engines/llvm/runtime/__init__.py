"""Machine code in memory and on disk, the threads that run it, and the arrays it is given."""
