"""The workloads as programs for TensorFlow 1, as a user would write them.

Each has a function `build(initial)` that adds the network to the default graph and returns
`(placeholders, loss, train)`. `tensorslow` is all they import, and TensorFlow 1 runs them as well.
"""
