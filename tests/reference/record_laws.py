"""Records TensorFlow's value and gradient for every row of the case table, for law 6.

usage: python -m tests.reference.record_laws [--all]      (from the project's root; extra: [tf])

Only rows without an answer are computed, and answers without a row are dropped; --all computes all
anew.
Rows that TensorFlow refuses are listed with its reason, and the exit status is 1: give them
`tf=None` and
say why, or repair them.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np
import tensorflow.compat.v1 as tf

from tensorslow import nest
from tensorslow.dtypes import DType
from tests.ops.case import Case, normal
from tests.ops.cases import CASES
from tests.ops.golden import Answer, load, save
from tests.ops.laws import GRAPH_SEED


def function_named(case: Case) -> Any:
    """TensorFlow's function for a row: by the name it gives, else `tf.<name>`, else `tf.nn.<name>`.

    Raises:
        AttributeError: there is none.
    """
    if case.tf:
        found: Any = tf
        for part in case.tf.split("."):
            found = getattr(found, part)
        return found
    name = case.function.__name__
    return getattr(tf, name, None) or getattr(tf.nn, name)


def translated(case: Case) -> Case:
    """The row with TensorFlow's types in place of ours; its arrays stay the same objects."""

    def leaf(x: Any) -> Any:
        return getattr(tf, x.name) if isinstance(x, DType) else x

    structure = (list(case.inputs), case.kwargs)
    inputs, kwargs = nest.pack_like(structure, [leaf(x) for x in nest.flatten(structure)])
    options = {"gradient": case.gradient, "wrt": case.wrt, "needs": case.needs, "tf": case.tf}
    return Case(case.function, inputs, **options, **kwargs)


def answer(case: Case) -> Answer:
    """What TensorFlow computes."""
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(GRAPH_SEED)
        xs = [tf.placeholder(x.dtype, x.shape) for x in case.arrays]
        called = translated(case).call(xs, function_named(case))
        ys = [
            tf.convert_to_tensor(y)
            for y in called
            if y is not None and not isinstance(y, tf.Operation)
        ]
        feeds = dict(zip(xs, case.arrays, strict=True))
        values = [np.asarray(y) for y in session.run(ys, feeds)]
        if not case.gradient:
            return Answer(values, None)
        floating = [i for i, y in enumerate(values) if y.dtype.kind in "fc"]
        dys = [
            tf.constant(normal(*values[i].shape, seed=100 + i, dtype=values[i].dtype))
            for i in floating
        ]
        sources = [xs[i] for i in case.differentiated]
        try:
            found = (
                tf.gradients([ys[i] for i in floating], sources, dys)
                if floating and sources
                else []
            )
        except LookupError:  # "No gradient defined for operation"
            return Answer(values, None)
        tensors = [None if dx is None else tf.convert_to_tensor(dx) for dx in found]
        numbers = iter(session.run([dx for dx in tensors if dx is not None], feeds))
        return Answer(values, [None if dx is None else np.asarray(next(numbers)) for dx in tensors])


def main() -> int:
    """Records what is missing; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="compute all answers anew")
    known = {} if parser.parse_args().all else load()
    tf.disable_eager_execution()
    tf.logging.set_verbosity(tf.logging.ERROR)
    answers, refused = {}, []
    for case in CASES:
        if case.tf is None:
            continue
        try:
            answers[case.key] = known[case.key] if case.key in known else answer(case)
        except Exception as error:  # whatever TensorFlow says: it is reported, and the others go on
            refused.append(
                f"{case}\n    {type(error).__name__}: {str(error).splitlines()[0][:200]}"
            )
    save(answers)
    new = len(answers.keys() - known.keys())
    print(
        f"{len(answers)} answers, {new} of them new, {len(known.keys() - answers.keys())} dropped"
    )
    print(*[f"refused: {text}" for text in refused], sep="\n")
    return bool(refused)


if __name__ == "__main__":
    sys.exit(main())
