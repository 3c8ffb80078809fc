"""The programs as they are, in a session: tensorslow's, or TensorFlow's."""

from __future__ import annotations

import importlib
import sys

from benchmarks.peers import Step, kind
from benchmarks.workloads import Workload


def make_step(peer: str, workload: Workload) -> Step:
    """Runs `[train, loss]`, feeding the batch in every step."""
    options = {}
    if kind(peer) == "tensorflow":
        # The programs import tensorslow; in this process that is TensorFlow's old interface.
        import tensorflow

        sys.modules["tensorslow"] = tensorflow.compat.v1
        tensorflow.compat.v1.disable_eager_execution()
    else:
        options["engine"] = peer.partition(":")[2] or None
    import tensorslow as tf

    program = importlib.import_module(f"benchmarks.programs.{workload.name}")
    with tf.Graph().as_default():
        placeholders, loss, train = program.build(workload.initial)
        session = tf.Session(**options)
        session.run(tf.global_variables_initializer())
    feeds, fetches = dict(zip(placeholders, workload.batch)), [train, loss]
    return lambda: session.run(fetches, feeds)[1]
