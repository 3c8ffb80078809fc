"""LLVM's language as text, and what every function of ours knows of threads and processor."""
