"""The programs as one function compiled by TensorFlow's XLA, which is called with the batch."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

from benchmarks.peers import Step
from benchmarks.workloads import Workload


def make_step(peer: str, workload: Workload) -> Step:
    import tensorflow as tf

    v1 = tf.compat.v1
    arguments: list[Any] = []

    class Names(types.ModuleType):
        """TensorFlow's old interface, where a placeholder is the function's next argument."""

        def __getattr__(self, name: str) -> Any:
            return getattr(v1, name)

        def placeholder(self, dtype: Any, shape: Any = None, name: str | None = None) -> Any:
            return arguments.pop(0)

    sys.modules["tensorslow"] = Names("tensorslow")
    program = importlib.import_module(f"benchmarks.programs.{workload.name}")

    def train_once(*batch: Any) -> Any:
        arguments[:] = batch
        _, loss, train = program.build(workload.initial)
        with v1.control_dependencies([train]):
            return v1.identity(loss)

    signature = [tf.TensorSpec(array.shape, array.dtype) for array in workload.batch]
    inner = v1.wrap_function(train_once, signature)
    step = tf.function(lambda *batch: inner(*batch), jit_compile=True)
    batch = [tf.constant(array) for array in workload.batch]
    return lambda: step(*batch).numpy()
