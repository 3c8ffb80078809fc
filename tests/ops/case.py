"""Case: a row of the table of operations, an interesting call that must obey the six laws."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorslow import nest


@dataclass(frozen=True, init=False, eq=False)
class Case:
    """A call of a public function; every NumPy array among its arguments is fed, all else is handed
    over as it is.

        Case(softmax, [normal(3, 4)], axis=-1)
        Case(concat, [[normal(2, 3), normal(1, 3)], 0])  # arrays are found inside lists too
        Case(conv2d, [normal(1, 5, 5, 2)], filter=normal(3, 3, 2, 4), strides=[1, 1, 1, 1],
        padding="SAME", tf="nn.conv2d")
        x = normal(3)
        Case(multiply, [x, x])  # the same array twice is one input used twice

    Attributes:
        function: builds the nodes; it returns a tensor or a nested structure of tensors.
        inputs: its positional arguments.
        kwargs: its keyword arguments: every keyword that is none of the options below.
        gradient: False: nothing flows back (the gradient is None, or asking for it is an error).
        second: False: the gradient itself has no gradient.
        wrt: which arrays are differentiated in, by position in `inputs` or by keyword; None: all
            floating ones.
        kinks: an input lies where the function has a kink or a tie: central differences and JAX
            (laws 3 to 5)
            say nothing there, and TensorFlow alone (law 6) decides.
        without_jax: why JAX's own derivative cannot be asked (law 5): "a loop of unknown length",
            "the gradient is
            another on purpose", or what of it needs values, and so may run in NumPy in law 2; ""
            where it must hold.
        tf: the name under tf.compat.v1, such as "nn.softmax"; "": the function's own name, looked
            for in `tf`,
            then `tf.nn`; None: TensorFlow has no such function, or it behaves otherwise (say why in
            a comment).
        needs: what the function must know of its inputs when it is called, as TensorFlow's does:
            any of the words "sizes", "rank", "dtype"; law 1 then leaves that much known.
    """

    function: Callable[..., Any]
    inputs: Sequence[Any]
    kwargs: dict[str, Any]
    gradient: bool
    second: bool
    wrt: Sequence[int | str] | None
    kinks: bool
    without_jax: str
    tf: str | None
    needs: str

    def __init__(
        self,
        function: Callable[..., Any],
        inputs: Sequence[Any],
        /,
        *,
        gradient: bool = True,
        second: bool = True,
        wrt: Sequence[int | str] | None = None,
        kinks: bool = False,
        without_jax: str = "",
        tf: str | None = "",
        needs: str = "",
        **kwargs: Any,
    ) -> None:
        options = (gradient, second, wrt, kinks, without_jax, tf, needs)
        for field, value in zip(
            self.__dataclass_fields__, (function, inputs, kwargs, *options), strict=True
        ):
            object.__setattr__(self, field, value)
        self._check_distinct()

    def _check_distinct(self) -> None:
        floating = [x for x in self.arrays if x.dtype.kind in "fc" and x.size]
        for i, x in enumerate(floating):
            if any(
                x.shape == y.shape and np.array_equal(x, y) and not np.all(x == x.flat[0])
                for y in floating[:i]
            ):
                raise ValueError(
                    f"{self}: two inputs hold equal values; "
                    "give one another seed=, or pass one array twice"
                )

    @property
    def arrays(self) -> list[np.ndarray[Any, Any]]:
        """What is fed, each array once, in the order of `nest.flatten`."""
        found = [
            leaf
            for leaf in nest.flatten((list(self.inputs), self.kwargs))
            if isinstance(leaf, np.ndarray)
        ]
        return list({id(x): x for x in found}.values())

    @property
    def differentiated(self) -> list[int]:
        """Which of `arrays` the gradient is taken in."""
        if self.wrt is None:
            chosen = self.arrays
        else:
            chosen = nest.flatten(
                [self.kwargs[k] if isinstance(k, str) else self.inputs[k] for k in self.wrt]
            )
        identities = {id(x) for x in chosen}
        return [
            i for i, x in enumerate(self.arrays) if id(x) in identities and x.dtype.kind in "fc"
        ]

    def call(self, values: Sequence[Any], function: Callable[..., Any] | None = None) -> list[Any]:
        """The flat results of the function, with `values` in the places of `arrays`."""
        of = {id(x): value for x, value in zip(self.arrays, values, strict=True)}
        structure = (list(self.inputs), self.kwargs)
        leaves = [of.get(id(leaf), leaf) for leaf in nest.flatten(structure)]
        inputs, kwargs = nest.pack_like(structure, leaves)
        return nest.flatten((function or self.function)(*inputs, **kwargs))

    def cast(self, dtype: Any) -> list[np.ndarray[Any, Any]]:
        """The arrays, with the float64 ones as another type."""
        return [x.astype(dtype) if x.dtype == np.float64 else x for x in self.arrays]

    @property
    def key(self) -> str:
        """A name that changes whenever the call does; recorded answers are filed under it."""
        digest = hashlib.sha256(str(self).encode())
        for x in self.arrays:
            digest.update(np.ascontiguousarray(x).tobytes())
        return f"{self.function.__name__}-{digest.hexdigest()[:12]}"

    def __str__(self) -> str:
        shown = [_show(x) for x in self.inputs] + [
            f"{k}={_show(v)}" for k, v in self.kwargs.items()
        ]
        return f"{self.function.__name__}({', '.join(shown)})"


def _show(argument: Any) -> str:
    if isinstance(argument, np.ndarray):
        return f"{argument.dtype}{list(argument.shape)}".replace(" ", "")
    if isinstance(argument, (list, tuple)) and any(
        isinstance(leaf, np.ndarray) for leaf in nest.flatten(argument)
    ):
        return f"[{', '.join(map(_show, argument))}]"
    return (
        argument.__name__
        if callable(argument) and hasattr(argument, "__name__")
        else repr(argument)
    )


# Inputs. The shape is part of the seed, so arrays of different shapes are unrelated; two of one
# shape
# in one row need different `seed`s (`Case` says so).


def _rng(seed: int, shape: Sequence[int]) -> np.random.Generator:
    return np.random.default_rng([seed, len(shape), *shape])


def normal(*shape: int, seed: int = 0, dtype: Any = np.float64) -> np.ndarray[Any, Any]:
    """Normally distributed numbers."""
    return np.asarray(_rng(seed, shape).standard_normal(shape)).astype(dtype)


def between(
    low: float, high: float, *shape: int, seed: int = 0, dtype: Any = np.float64
) -> np.ndarray[Any, Any]:
    """Numbers evenly distributed from `low` to `high`."""
    return np.asarray(_rng(seed, shape).uniform(low, high, shape)).astype(dtype)


def positive(*shape: int, seed: int = 0, dtype: Any = np.float64) -> np.ndarray[Any, Any]:
    """Numbers from 0.5 to 2."""
    return between(0.5, 2.0, *shape, seed=seed, dtype=dtype)


def distinct(*shape: int, seed: int = 0, dtype: Any = np.float64) -> np.ndarray[Any, Any]:
    """-1 … 1 in even steps, shuffled: far from ties, for maxima and sorting."""
    count = math.prod(shape)
    steps = (np.arange(count) - (count - 1) / 2 + 0.25) * (2 / max(1, count))
    return _rng(seed, shape).permutation(steps).reshape(shape).astype(dtype)


def integers(
    low: int, high: int, *shape: int, seed: int = 0, dtype: Any = np.int32
) -> np.ndarray[Any, Any]:
    """Whole numbers, `high` excluded."""
    return np.asarray(_rng(seed, shape).integers(low, high, shape)).astype(dtype)


def boolean(*shape: int, seed: int = 0) -> np.ndarray[Any, Any]:
    """Trues and falses."""
    return np.asarray(_rng(seed, shape).random(shape) < 0.5)
